/** The known disagreements (e2e/referee/KNOWN.md) in Korean, by their name there. */
export const KNOWN_KO: Readonly<Record<string, { readonly name: string; readonly reason: string }>> = {
  'pieces in a tunnel that leads into itself': {
    name: '자기 자신에게 들어가는 터널 안의 조각',
    reason: 'NAT 때문에 터널의 바깥 패킷이 다시 그 터널로 들어가고, 들어가는 것마다 조각내야 합니다. 조각은 커널의 중첩 터널 한도까지 다시 감싸이고 다시 나뉩니다. 뒤 조각은 해시가 달라 바깥 출발지 포트도 다르므로, 커널에서는 새 연결이 시작되지만 여기서는 있던 연결을 찾습니다. 어느 쪽에서도 아무것도 도착하지 않습니다.',
  },
};
