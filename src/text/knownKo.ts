/** The known disagreements (e2e/referee/KNOWN.md) in Korean, by their name there. */
export const KNOWN_KO: Readonly<Record<string, { readonly name: string; readonly reason: string }>> = {
  'a redirect and an ARP question at once': {
    name: 'ICMP redirect와 ARP 질문이 동시에 나갈 때',
    reason: '라우터가 패킷을 들어온 장치로 다시 내보내는데, 보낸 쪽도 다음 홉도 아직 모릅니다. 커널은 ICMP redirect가 답을 기다리는 동안 다음 홉도 함께 묻고, 여기서는 첫 답을 받은 뒤에 묻습니다. 순서만 다르고 프레임과 결과는 같습니다.',
  },
  'two ARP questions that nobody answers': {
    name: '아무도 답하지 않는 ARP 질문 두 개',
    reason: '두 패킷이 대답 없는 이웃 둘을 동시에 기다립니다. 커널은 3초 뒤에 하나씩 포기하고, 시계가 없는 여기서는 한꺼번에 포기합니다. 순서만 다릅니다.',
  },
  'pieces in a tunnel that leads into itself': {
    name: '자기 자신에게 들어가는 터널 안의 조각',
    reason: 'NAT 때문에 터널의 바깥 패킷이 다시 그 터널로 들어가고, 들어가는 것마다 조각내야 합니다. 조각은 커널의 중첩 터널 한도까지 다시 감싸이고 다시 나뉩니다. 뒤 조각은 해시가 달라 바깥 출발지 포트도 다르므로, 커널에서는 새 연결이 시작되지만 여기서는 있던 연결을 찾습니다. 어느 쪽에서도 아무것도 도착하지 않습니다.',
  },
};
