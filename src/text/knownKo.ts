/** The known disagreements (e2e/referee/KNOWN.md) in Korean, by their name there. */
export const KNOWN_KO: Readonly<Record<string, { readonly name: string; readonly reason: string }>> = {
  'pieces in a tunnel that leads into itself': {
    name: '자기 자신에게 들어가는 터널 안의 조각',
    reason: 'NAT 때문에 터널의 바깥 패킷이 다시 그 터널로 들어가고, 들어가는 것마다 조각내야 합니다. 조각은 커널의 중첩 터널 한도까지 다시 감싸이고 다시 나뉩니다. 뒤 조각은 해시가 달라 바깥 출발지 포트도 다르므로, 커널에서는 새 연결이 시작되지만 여기서는 있던 연결을 찾습니다. 어느 쪽에서도 아무것도 도착하지 않습니다.',
  },
  "a tunnel's own packets redirected to a program": {
    name: '프로그램으로 돌려진 터널 자신의 패킷',
    reason: 'VXLAN 장치가 체크섬을 쓰는(`udpcsum`) 머신이 자신이 보내는 UDP를 자기 포트로 돌리고(`-A OUTPUT -p udp -j REDIRECT --to-ports 53`), TCP나 UDP가 터널로 들어갑니다. 여기서는 바깥 패킷을 프로그램에 넘기거나 거절합니다. 커널은 안쪽 체크섬을 장치에 맡겨 두므로 NAT가 바깥 체크섬도 미완성으로 보고 망가뜨립니다(inet_proto_csum_replace4()). 패킷은 lo에 보인 뒤 `UdpInCsumErrors`로 세어집니다. `noudpcsum`이거나 터널 안이 ICMP이면 여기서 말하는 대로 프로그램이 받습니다. 무작위 세계에는 나오지 않습니다.',
  },
  'both ends of a tunnel on one kernel, translated at INPUT': {
    name: '한 커널 위 터널의 양 끝, INPUT에서의 변환',
    reason: '터널 끝의 `-A INPUT -j SNAT`이 양방향 바깥 패킷에 같은 주소를 줍니다. 랩에서는 양 끝이 커널 하나를 같이 쓰므로 커널의 해시도 같아 한 흐름에 같은 출발지 포트를 고릅니다. 항목이 충돌해 NAT가 다른 포트를 고르지만, 여기서는 그대로 둡니다. 커널이 따로인 머신들은 서로 다른 포트를 고릅니다. 무작위 세계에는 나오지 않습니다.',
  },
  'a UDP answer of the machine itself, where the reply zone is another': {
    name: '응답 zone이 다른 곳에서 머신 자신이 보내는 UDP 응답',
    reason: '머신이 받은 요청의 응답에 다른 zone을 주지만(`-A PREROUTING -j CT --zone-reply 1`) 자신의 응답에는 그 zone이 없고, nat을 쓰고 있습니다. 응답은 그 연결을 찾지 못해 새 연결이 되고, 둘은 같은 튜플을 원합니다. 6.12부터의 커널과 6.11, 6.6의 나중 릴리스는 포트를 그대로 두므로(nf_nat_used_tuple_new()) 확정할 때 충돌이 드러나 패킷을 버리며, 여기서도 그렇게 말합니다. 6.1과 같은 이전 커널은 다른 포트를 고르고, 클라이언트가 그 응답을 거절합니다. 둘 다 제 커널로는 맞으며, 덤프에는 어느 커널인지 나오지 않습니다.',
  },
};
