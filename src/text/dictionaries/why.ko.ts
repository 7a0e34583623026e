import type { TunnelKind } from '../../engine/step.ts';
import { josa } from '../josa.ts';
import type { Dictionary, TaleOf } from '../tale-types.ts';
import { plain } from '../telling.ts';
import { askFor } from './ask.ko.ts';
import { dropWhys } from './dropWhys.ko.ts';

const c = (value: string | number): string => `\`${plain(String(value))}\``;
/** 코드로 쓴 값에 조사를 붙입니다. */
const cj = (value: string | number, pair: Parameters<typeof josa>[1]): string => `${c(value)}${josa(String(value), pair).slice(String(value).length)}`;
const list = (items: readonly string[]): string => items.map(c).join(', ');
const join = (...items: readonly string[]): string => items.filter((x) => x !== '').join(' ');

/** 바깥 목적지가 어디서 왔는지. */
function remoteOf(t: TaleOf<'encap'>): string {
  switch (t.by) {
    case 'nexthop':
      return `경로의 다음 홉이 바깥 목적지 ${cj(t.dst, '이/가')} 됩니다.`;
    case 'remote':
      return `장치에 정해진 반대쪽 끝이 바깥 목적지 ${c(t.dst)}입니다.`;
    case 'entry':
      return `장치의 포워딩 테이블에 이 프레임의 MAC 주소가 ${c(t.dst)} 뒤에 있다고 되어 있습니다.`;
    case 'learned':
      return `장치는 이 MAC 주소를 전에 ${c(t.dst)}에서 온 프레임에서 보았습니다.`;
    case 'default':
      return `장치의 포워딩 테이블에 이 MAC 주소가 없어 기본 항목의 ${cj(t.dst, '으로/로')} 보냅니다.`;
  }
}

const arrived: Readonly<Record<TunnelKind, string>> = {
  ipip: '프로토콜 4 패킷',
  gre: 'GRE 패킷',
  gretap: '프레임이 든 GRE 패킷',
  vxlan: 'VXLAN 포트의 UDP 데이터그램',
  geneve: 'Geneve 포트의 UDP 데이터그램',
};

/** 까닭을 한두 문장으로. 별표와 백틱은 pieces()의 것입니다. */
export const whyKo: Dictionary = {
  send: (t) =>
    join(
      t.sourceChosen ? `출발지 ${cj(t.src, '은/는')} 커널이 골랐습니다. 목적지로 가는 경로가 정해 줍니다.` : `출발지는 ${c(t.src)}입니다.`,
      t.toName === undefined ? '' : `${cj(t.to, '은/는')} *${plain(t.toName)}*의 주소입니다.`,
      t.sort === 'tcp' ? '첫 패킷은 SYN입니다. 모든 규칙과 테이블이 이 패킷에서 연결 전체를 정합니다.' : '',
    ),
  answer: (t) => join(t.expected ? '' : '클라이언트가 쓴 주소는 알지 못합니다. 자기가 본 주소로만 답할 수 있습니다.', t.mss === undefined ? '응답은 새로 라우팅됩니다. 같은 길로 돌아간다는 보장은 없습니다.' : `${cj(`mss ${t.mss}`, '을/를')} 제시합니다. 나가는 길의 MTU에서 헤더 40바이트를 뺀 값입니다. 응답은 새로 라우팅됩니다.`),
  data: (t) => `핸드셰이크에서 서로의 세그먼트 크기를 알았습니다. ${c(t.bytes)}바이트가 세그먼트 ${c(t.segments)}개에 담깁니다. 모든 테이블이 이미 아는 연결이므로 nat은 다시 묻지 않습니다.`,
  'icmp-error': (t) => `오류는 ${c(t.from)}에서 나가며 문제가 된 패킷의 앞부분을 인용합니다. 그래서 ${cj(t.to, '은/는')} 어느 연결의 일인지 압니다.`,
  reset: (t) => `어느 소켓의 것도 아니거나 규칙이 거절한 TCP 세그먼트에는 RST로 답합니다. ${cj(t.to, '은/는')} 바로 포기합니다.`,
  arrive: (t) => (t.pf !== undefined && !t.otherhost ? `${cj(t.dev, '은/는')} ${c(t.pf)}의 가상 기능(VF)입니다. NIC이 프레임을 이 네임스페이스에 바로 넣었습니다. *장비의 커널은 이 프레임을 보지 못했으므로* 장비의 규칙, 경로, 정책, 연결은 아무 상관이 없습니다.` : t.otherhost ? '캡처에는 보이지만, 목적지 MAC이 이 장치의 것이 아닙니다.' : `${c(t.dev)}에서 캡처하면 여기서 보입니다. 아직 어떤 규칙도 거치지 않았습니다.`),
  mark: (t) => (t.cleared ? '마크는 할 일을 마쳤습니다. 두 번 작용하지 않도록 뗍니다.' : `마크는 그 자체로는 아무 일도 하지 않습니다. *나중에 다른 규칙이나 경로가 이 마크를 확인합니다*. ${c(t.host)} 안에서만 패킷에 붙어 다니고, 헤더에는 없습니다.${t.later === undefined ? '' : ` 여기서는 ${cj(t.later, '이/가')} 이 마크를 보고 움직입니다.`}`),
  returned: (t) => `${cj(t.rule, '은/는')} RETURN입니다. ${c(t.chain)}의 나머지는 건너뛰고, 불렀던 체인의 다음 규칙으로 돌아갑니다.${t.skipped === undefined ? '' : ` 그 뒤의 ${cj(t.skipped, '은/는')} 이 패킷을 보지 못합니다.`}`,
  accepted: (t) => `ACCEPT가 ${cj(`${t.table} ${t.hook}`, '을/를')} 끝냅니다. 여기서는 마크도 주소도 바뀌지 않았습니다.`,
  'source-kept': (t) => `${t.rule === undefined ? '맞는 규칙이 없습니다' : `${cj(t.rule, '이/가')} 체인을 끝냈습니다`}${t.because?.text.includes('mark') === true ? `. 패킷에 그 마크가 없기 때문입니다(마크는 ${c(t.because.saw)})` : ''}. 받는 쪽은 진짜 출발지 ${cj(t.src, '을/를')} 보며, *그 주소로 답할 수 있어야 합니다*.`,
  table: (t) =>
    t.by === 'policy'
      ? `${c(`${t.table} ${t.hook}`)}의 모든 규칙을 시도했지만 끝낸 규칙이 없어, 체인의 정책 ACCEPT가 끝냈습니다.`
      : t.by === 'rule'
        ? `${cj(t.rule ?? '', '이/가')} ${cj(`${t.table} ${t.hook}`, '을/를')} 끝냈습니다. 마크와 주소는 그대로입니다.`
        : `${c(`${t.table} ${t.hook}`)}에는 이 패킷에 관한 규칙이 없습니다.`,
  'table-asked': (t) => `기본 체인의 규칙을 하나씩 확인합니다. 마지막 판정은 ${c(t.verdict)}입니다.`,
  'ct-zone': () => '존은 연결을 서로 나눕니다. 주소와 포트가 같아도 존이 다르면 다른 연결입니다. 이런 규칙 가운데 첫 번째만 따릅니다.',
  notrack: () => '추적하지 않는 패킷은 변환되지 않으며, `ctstate` 규칙에는 UNTRACKED로 보입니다.',
  'rule-hit': (t) => (t.because === undefined ? '조건이 없는 규칙입니다. 여기까지 온 것은 모두 맞습니다.' : `모든 조건이 맞습니다. 결정적인 조건은 ${cj(t.because.text, '이/')}고, 패킷의 값은 ${c(t.because.saw)}입니다.`),
  'rules-skipped': () => '모두 다른 주소나 포트, 프로토콜을 요구합니다. 규칙마다의 이유는 아래 목록에 있습니다.',
  'rule-miss': (t) => (t.because === undefined ? '맞지 않는 조건이 있습니다.' : `조건 ${cj(t.because.text, '이/가')} 맞지 않습니다. 패킷의 값은 ${c(t.because.saw)}입니다. 그 뒤의 조건은 더 보지 않습니다.`),
  'rule-unknown': (t) => `${c(t.rule)}의 조건을 아직 다루지 않거나, 필요한 것이 덤프에 없습니다. “맞지 않음”으로 여기지 않습니다. 그것은 짐작이기 때문입니다.`,
  policy: (t) => `${c(t.chain)}의 어떤 규칙도 끝내지 않았으므로 정책이 정합니다.`,
  'rule-drop': (t) => `DROP은 조용합니다. 아무에게도 알리지 않으므로 보낸 쪽은 포기할 때까지 기다립니다.${t.because === undefined ? ` ${c(t.rule)}에는 조건이 없어 여기까지 온 것을 모두 버립니다.` : ` 규칙이 맞은 까닭: ${c(t.because.text)}, 패킷의 값은 ${c(t.because.saw)}.`}${t.comment === undefined ? '' : ` 규칙에 적힌 설명: “${plain(t.comment)}”`}`,
  'policy-drop': (t) => `${c(`${t.table} ${t.chain}`)}의 모든 규칙을 시도했습니다. 허용되지 않은 것은 정책이 말없이 버립니다.`,
  reject: (t) => `REJECT는 패킷을 버리고 *보낸 쪽에 알립니다*. ${t.outer ? '그런데 보낸 쪽은 패킷을 감싼 장비라서, 안쪽 패킷을 보낸 쪽은 아무것도 모른 채 기다립니다.' : '그래서 기다리지 않고 바로 실패합니다.'}${t.because === undefined ? '' : ` 규칙이 맞은 까닭: ${c(t.because.text)}.`}`,
  masquerade: (t) =>
    join(
      t.borrowed ? `MASQUERADE는 패킷이 나가는 장치의 주소를 씁니다. ${c(t.out)}에는 주소가 없으므로 커널은 *장치 순서로 첫 global 주소*, ${c(t.dev)}의 ${cj(t.after, '을/를')} 씁니다.` : `MASQUERADE는 패킷이 나가는 장치의 주소를 씁니다. 여기서는 *${plain(t.out)}*의 ${c(t.after)}입니다.`,
      t.marked === undefined ? '' : `마크 ${cj(t.marked, '이/가')} 이것을 요청했습니다.`,
      t.port === undefined ? '' : `포트도 ${c(t.port.before)}에서 ${cj(t.port.after, '으로/로')} 바뀌었습니다. 어느 포트인지는 커널이 정합니다.`,
    ),
  'nat-rule': (t) => `${cj(t.rule, '이/가')} 연결 전체를 정합니다. conntrack이 이 변환을 기억하므로 nat은 다시 묻지 않습니다.`,
  'nat-entry': () => '이 연결에는 이미 변환이 정해져 있습니다. nat 규칙을 읽지 않고 항목이 변환합니다.',
  undo: (t) => `응답에는 nat 규칙을 읽지 않습니다. ${c(t.host)}에 있는 이 연결의 항목이 ${cj(t.before, '을/를')} ${cj(t.after, '으로/로')} 되돌립니다.`,
  'undo-both': (t) => (t.ipvs ? `응답에는 nat 규칙을 읽지 않습니다. *conntrack*이 목적지를 ${cj(t.dst, '으로/로')}, *IPVS*가 출발지를 ${cj(t.src, '으로/로')} 되돌립니다.` : `응답에는 nat 규칙을 읽지 않습니다. 연결의 항목이 목적지를 ${cj(t.dst, '으로/로')}, 출발지를 ${cj(t.src, '으로/로')} 되돌립니다.`),
  'undo-ipvs': (t) => `${c(t.host)}의 IPVS 연결과 맞는 패킷입니다. 리얼 서버의 주소 대신 클라이언트가 물었던 주소를 씁니다.`,
  conntrack: (t) =>
    ({
      new: '항목이 생기지만, 패킷이 마지막 훅을 지나 확정될 때까지는 아무도 찾을 수 없습니다.',
      found: t.direction === 'reply' ? '항목의 응답 쪽과 맞는 패킷입니다. 가는 길에 바뀐 것은 이 항목에서 되돌립니다.' : '첫 패킷과 같은 방향의 항목과 맞습니다.',
      confirm: '패킷이 모든 훅을 지났으므로 항목이 테이블에 들어갑니다.',
      related: '오류가 인용한 패킷의 항목이 있으므로, 오류도 그 연결의 것으로 다룹니다.',
      invalid: '맞는 항목이 없고 연결을 열 수도 없습니다. 변환되지 않으며, 규칙이 INVALID로 버릴 수 있습니다.',
      untracked: '규칙이나, `vs.conntrack` 없는 IPVS가 추적에서 뺐습니다.',
      removed: '항목이 없어졌습니다.',
    })[t.op],
  'route-local': (t) => (t.virtual && t.dummy ? `${c('local')} 테이블에는 더미 장치의 것까지 자기 주소가 모두 있습니다. 이것이 없으면 패킷은 *그대로 전달되고 IPVS는 보지 못합니다*.` : `${c('local')} 테이블에는 자기 주소가 모두 있고 가장 먼저 확인합니다. 패킷은 FORWARD가 아니라 INPUT으로 올라갑니다.`),
  'route-forward': (t) =>
    t.into === 'pod'
      ? `${c(t.prefix ?? t.ip)} 경로가 파드 veth의 노드 쪽 끝 ${cj(t.oif, '을/를')} 가리킵니다. 주소는 그대로이고 TTL만 하나 줄어듭니다.`
      : t.into === 'tunnel'
        ? `${cj(t.ip, '을/를')} 담는 가장 긴 프리픽스는 ${c(t.prefix ?? '?')}이고 그 장치는 터널입니다. 다음 홉${t.nexthop === undefined ? '이' : ` ${cj(t.nexthop, '이/가')}`} 바깥 목적지가 됩니다.`
        : `${t.prefix === t.ip ? `${c(t.ip)}만을 위한 경로가 있습니다` : t.prefix === 'default' ? `더 자세한 경로가 없어 ${c('default')} 경로를 씁니다` : `${cj(t.ip, '을/를')} 담는 가장 긴 프리픽스는 ${c(t.prefix ?? '?')}입니다`}. ${t.nexthop === undefined ? '목적지는 바로 그 링크에 있습니다.' : `다음 홉은 ${c(t.nexthop)}입니다.`}`,
  'route-again': (t) =>
    t.into === 'local'
      ? `${cj(t.ip, '은/는')} ${c('local')} 테이블에 있습니다. 길은 그대로이고 목적지만 바뀌었습니다.`
      : t.ipvs
        ? `IPVS는 패킷을 FORWARD로 넘기지 않습니다. ${cj(t.ip, '으로/로')} 가는 길(${c(t.prefix ?? '?')})을 직접 찾아 *OUTPUT과 POSTROUTING으로*, 여기서 만든 패킷처럼 내보냅니다.`
        : 'OUTPUT에서 주소나 마크가 바뀌었으므로 처음 찾은 경로는 더 쓰지 않습니다.',
  'route-output': (t) => (t.outer ? '바깥 패킷은 이 장비가 만든 것이므로 다른 로컬 패킷처럼 라우팅되고 걸러집니다.' : t.src === undefined ? '출발지는 이미 정해져 있습니다. 경로는 어디로 갈지만 정합니다.' : `경로가 출발지 주소도 정합니다: ${c(t.src)}.`),
  'route-error': (t) => (t.result === 'no-route' ? `어느 테이블에도 ${cj(t.ip, '으로/로')} 가는 경로가 없습니다.` : `${cj(t.ip, '을/를')} 담는 경로가 ${c(t.result)}입니다.`),
  'rp-filter': (t) => `${cj('rp_filter', '이/가')} ${t.mode}입니다. ${t.mode === 'strict' ? '출발지로 답할 때 나갈 장치로 들어온 패킷만 받습니다' : '출발지로 돌아가는 경로가 하나는 있어야 합니다'}${t.expected === undefined ? '. 그런 경로가 없습니다.' : `. 돌아가는 길은 ${c(t.expected)}입니다.`}`,
  ttl: () => '패킷을 전달하는 장비마다 하나씩 줄여 무한히 돌지 않게 합니다. 터널 안에서는 한 홉입니다.',
  cut: (t) => (t.again ? `여기서 합쳤지만, 들어온 가장 큰 조각(${c(t.mtu)}바이트)보다 크게 내보낼 수 없습니다.` : `${c(t.bytes)}바이트는 ${c(t.mtu)}바이트에 들어가지 않지만, 쪼개도 되는 패킷(DF 없음)입니다.`) + ' 포트가 든 헤더는 첫 조각에만 있습니다.',
  piece: () => '누군가 합칠 때까지 조각은 저마다 하나의 패킷입니다.',
  whole: () => '연결을 추적하는 곳에서는 규칙이 보기 전에 조각을 합칩니다.',
  redirect: (t) => (t.believed ? `같은 링크의 라우터가 ${cj(t.ip, '으로/로')} 가는 더 나은 다음 홉은 ${c(t.gateway)}라고 알려 줍니다. ${c('accept_redirects')}가 켜져 있어 커널이 이를 믿습니다.` : `지금 쓰는 게이트웨이가 보낸 것이어야 하고, MAC 주소를 아는 이웃을 가리켜야 하며, ${c('accept_redirects')}가 허용해야 합니다.`),
  pmtu: (t) => `이제 ${cj(t.host, '은/는')} ${cj(t.ip, '으로/로')} 더 큰 패킷을 보내지 않습니다.`,
  'too-big': (t) => `DF가 있어 쪼갤 수 없습니다.${t.told ? ` 보낸 쪽은 ${c(t.mtu)}바이트까지라는 것을 듣고, 더 작게 다시 보내야 합니다.` : ''}`,
  'ipvs-pick': (t) =>
    t.chance
      ? `스케줄러는 *${plain(t.scheduler)}*, 차례대로입니다. 누구 차례인지는 이전 연결에 달렸고 덤프에는 없으므로, 여기서는 *직접 고를 수 있습니다*. 확률은 각각 ${c(`1/${t.count}`)}입니다.`
      : t.count > 1
        ? `스케줄러는 *${plain(t.scheduler)}*입니다. 다음 차례의 리얼 서버입니다.`
        : `${c(t.virtual)}에서 가중치가 있는 리얼 서버는 하나뿐이므로 고를 것이 없습니다.`,
  'ipvs-known': (t) => `한 연결의 모든 패킷은 첫 패킷이 받은 리얼 서버 ${cj(t.address, '으로/로')} 갑니다.`,
  'ipvs-none': (t) => (t.listed === 0 ? `${c(t.host)}에 ${cj(t.virtual, '은/는')} 있지만 리얼 서버가 하나도 없습니다. 클라이언트는 포트가 닫혔다고 듣습니다(ICMP 3/3).` : `${c(t.virtual)}의 리얼 서버 ${t.listed}개가 모두 가중치 0입니다. 클라이언트는 포트가 닫혔다고 듣습니다(ICMP 3/3).`),
  encap: (t) => (t.reply ? `${cj(t.inner, '으로/로')} 가는 경로가 ${cj(t.dev, '으로/로')} 들어갑니다. 출발지를 바꾸었다면 그 목적이 이것입니다. *응답은 이 연결을 아는 장비로 돌아옵니다*.` : `${remoteOf(t)} ${t.tunnel === 'ipip' || t.tunnel === 'gre' ? '안쪽 주소는' : '이더넷 프레임 전체가'} 이제 내용물입니다. ${c(`+${t.overhead} B`)}`),
  wire: (t) => (t.pf !== undefined ? `${cj(t.dev, '은/는')} ${c(t.pf)}의 가상 기능(VF)이어서 NIC이 직접 프레임을 내보냅니다. 길이는 ${c(`${t.bytes} B`)}입니다. *장비의 커널은 보지 못합니다*. iptables도 conntrack도 경로도 네트워크 정책도 kube-proxy도 거치지 않습니다.` : t.nested ? `라우팅 테이블에서 ${cj(t.inner, '은/는')} 터널 너머에 있습니다. 프레임 자체는 언더레이를 건너며 길이는 ${c(`${t.bytes} B`)}입니다. 사이에 있는 스위치와 방화벽은 *바깥* 패킷만 봅니다.` : `프레임의 길이는 ${c(`${t.bytes} B`)}입니다. 마크와 conntrack 항목은 장비를 떠나지 않습니다.`),
  leave: (t) => (t.pf !== undefined ? `${cj(t.dev, '은/는')} ${c(t.pf)}의 가상 기능(VF)이어서 NIC이 직접 프레임을 내보내고, *장비의 커널은 보지 못합니다*.` : t.sort === 'veth' ? 'veth는 한 쌍입니다. 한쪽 끝으로 들어간 것은 다른 네트워크 네임스페이스의 다른 쪽 끝에서, 선으로 온 것처럼 나옵니다.' : t.sort === 'loopback' ? '자기 주소로 가는 패킷은 lo로 나갔다가 다시 들어와 INPUT을 지납니다.' : `규칙에게 ${cj(t.dev, '은/는')} 여느 장치와 같습니다. 여기서 캡처하면 패킷이 보입니다.`),
  decap: (t) => (t.reply && t.holds ? '안쪽 패킷은 터널 장치로 받은 것처럼 다시 시작하며, 여기 있는 연결의 응답 쪽과 맞습니다.' : `노드 자신의 주소로 온 ${arrived[t.tunnel]}입니다. 수신부가 ${cj(`${t.overhead} B`, '을/를')} 벗기고, 안쪽 패킷은 ${cj(t.dev, '으로/로')} 받은 것처럼 *다시 시작합니다*.`),
  bridge: (t) => (t.op === 'local' ? '프레임의 목적지가 브리지 자신이므로 다음은 IP입니다.' : t.op === 'flood' ? '주소가 어디 있는지 모르거나 모두에게 가는 프레임이면, 브리지는 들어온 포트를 뺀 모든 포트로 사본을 보냅니다.' : `그 주소가 ${c(t.to[0] ?? '?')} 뒤에 있다고 포워딩 테이블${t.by === 'learned' ? '이 배웠습니다' : '에 있습니다'}. 브리지를 지나는 프레임은 TTL과 출발지 MAC이 그대로입니다.`),
  ovs: (t) =>
    join(
      t.how === 'resume' ? '연결 추적이 아는 것을 붙여 돌려주었습니다. *테이블은 물어보던 데서 이어집니다*.' : t.how === 'patch' ? '두 브리지는 패치 포트로 이어져 있습니다. 그 사이에서는 캡처에도 커널의 규칙에도 보이지 않습니다.' : t.how === 'controller' ? '컨트롤러가 만든 패킷을 테이블이 봅니다.' : `${cj(t.port, '은/는')} Open vSwitch 브리지 ${c(t.bridge)}의 포트입니다. 여기서는 *장비의 경로와 iptables가 아니라* OpenFlow 규칙이 정합니다.`,
      t.userspace && t.how === 'port' ? '이 브리지는 파드와 메모리를 나눠 쓰고 NIC을 직접 다루는 사용자 공간 프로그램(DPDK) 안에 있습니다. *장비의 커널은 이 패킷을 보지 못하며*, 장비에서 캡처해도 나오지 않습니다.' : '',
      t.lookUps === 0 ? '' : `테이블을 ${t.lookUps}번 찾아보았습니다${t.rule === undefined ? '.' : t.missed ? '. 마지막 테이블에는 맞는 규칙이 없었습니다.' : `. 마지막 규칙은 ${c(t.rule)}입니다.`}`,
    ),
  openflow: (t) => {
    if (t.rule === undefined) return '테이블에 맞는 규칙이 없으면 테이블을 지나는 길이 여기서 끝납니다.';
    const changes = t.changes.slice(0, 4).map((x) => `${c(x.field)}: ${c(x.before)} → ${c(x.after)}`);
    return join(`맞는 규칙 가운데 우선순위가 가장 높은 것을 씁니다.${t.match === '' ? ' 이 규칙에는 조건이 없습니다.' : ''} 동작은 ${c(t.actions)}입니다.`, changes.length === 0 ? '' : `바뀐 값은 ${changes.join(', ')}입니다.`);
  },
  'ovs-ct': (t) => join(`연결 목록은 이 장비의 *iptables와 같은 표*이며, 존 ${cj(t.zone, '으로/로')} 나뉩니다.`, t.nat === undefined ? '' : `변환 방법은 ${c(t.nat)}입니다.`, t.mark === undefined ? '' : `연결의 마크는 ${c(t.mark)}입니다.`, `테이블은 결과를 ${cj(`ct_state=${t.state}`, '으로/로')} 봅니다.`),
  'ovs-nat': (t) => `${t.rule === undefined ? '브리지의 규칙' : `${c(t.rule)} 규칙`}의 동작은 ${c(t.nat ?? 'nat')}입니다. 연결 추적이 존 ${c(t.zone)}의 연결에 적어 두고 응답에서 되돌립니다. *iptables 규칙은 쓰이지 않습니다*.`,
  'ovs-length': (t) => join('앞길에 더 작은 패킷만 지나갈 수 있는 곳이 있어 규칙이 프레임의 길이를 묻습니다.', t.larger ? '너무 크면 보낸 쪽에 알려 줄 수 있는 데로 넘깁니다.' : ''),
  'ovs-controller': (t) => (t.what === undefined ? `무엇을 할지는 컨트롤러가 정합니다(${c(t.reason)}).` : t.agent === 'antrea' ? '*Antrea 에이전트*의 어느 부분이 무엇을 할지는 규칙의 userdata와 패킷의 레지스터에 있습니다.' : `${cj(t.what, '은/는')} 규칙의 userdata에 적힌 OVN의 동작이며, ${cj('ovn-controller', '이/가')} 합니다.`),
  'ovs-other': (t) => `${cj(t.what, '은/는')} 패킷이 가는 곳을 바꾸지 않습니다.`,
  neighbour: (t) => ({ entry: '이웃 테이블에 있습니다.', learned: '오는 길에 배웠습니다.', arp: 'ARP로 물어 답을 받았습니다.', none: '링크 계층 주소가 필요 없는 장치입니다.', failed: 'ARP로 세 번 물었지만 답이 없어 패킷이 더 갈 수 없습니다.' })[t.how],
  arp: (t) => (t.question ? '브로드캐스트입니다. 링크의 모든 장비가 듣고, 주소의 주인이 답합니다.' : t.by === 'proxy-arp' ? `${cj('proxy_arp', '이/가')} 켜져 있고 ${cj(t.ip, '으로/로')} 가는 경로가 다른 쪽에 있으므로 대신 답합니다.` : t.by === 'program' ? `프로그램이 ${cj(t.dev, '으로/로')} 들어온 물음을 듣고 그 장치의 MAC 주소로 답합니다. MetalLB의 speaker가 자신이 고른 노드 하나에서 이렇게 합니다. 커널에 그 주소가 없어도 됩니다.` : '이 주소의 주인입니다.'),
  taken: (t) =>
    join(
      t.data ? '첫 패킷에서 규칙이 정한 것을 항목이 이 패킷마다 다시 적용했습니다.' : t.was === undefined ? '오는 길에 출발지를 바꾼 것이 없습니다.' : `오는 길에 출발지가 ${c(t.was)}에서 ${cj(t.src, '으로/로')} 바뀌었습니다.`,
      t.changes.length === 0 ? '' : t.was === undefined ? `목적지를 정한 것: ${list(t.changes)}.` : `주소를 바꾼 것: ${list(t.changes)}.`,
      t.policyOf === undefined ? '' : `서비스 *${plain(t.policyOf)}*의 정책은 ${c('externalTrafficPolicy: Cluster')}입니다. ${c('Local')}이면 노드는 자기에게 있는 엔드포인트로만 보내고 출발지를 바꾸지 않습니다.`,
      t.assumed ? '이곳의 `ss` 출력이 없으므로 *어느 포트나 답한다고 봅니다*.' : '',
    ),
  echo: (t) => join('핑에는 커널이 직접 답하므로 프로세스가 필요 없습니다.', t.changes.length === 0 ? '' : `주소를 바꾼 것: ${list(t.changes)}.`),
  heard: (t) => (t.hidden === undefined ? '클라이언트가 물었던 주소에서 왔으므로 그 연결의 패킷입니다.' : `실제로는 *${plain(t.hidden)}*에서 왔습니다. 바뀐 것을 모두 되돌렸으므로 클라이언트의 연결과 맞습니다.`),
  'reset-heard': () => '프로그램에게는 “connection refused”이고, 이미 열린 연결이라면 “connection reset”입니다.',
  told: (t) => `오류는 ${c(t.from)}에서 왔고 클라이언트 자신의 패킷을 인용하므로, 소켓이 바로 알게 됩니다.`,
  'controller-answers': () => '무엇으로 답할지는 규칙의 userdata에 있으며 그동안 테이블은 기다립니다. 답은 그 자리에서 테이블을 이어 가므로 *서버는 질문을 보지 못합니다*.',
  kernel: (t) => (t.reset ? 'RST에는 답하지 않습니다.' : '이 패킷과 관련된 소켓은 여기 없습니다.'),
  'no-listener': (t) => (t.proto === 'tcp' ? '듣는 소켓이 없는 포트로 온 SYN에는 RST로 답합니다.' : '듣는 소켓이 없는 포트로 온 데이터그램에는 ICMP port unreachable(3/3)로 답합니다.'),
  stray: (t) =>
    join(
      t.expected === undefined ? `${c(t.from)}의 응답을 기다리는 소켓이 없습니다.` : `클라이언트가 물은 것은 ${c(t.expected)}입니다. ${c(t.from)}의 응답은 어느 연결의 것도 아닙니다.`,
      t.cause === undefined ? '' : `응답이 *${josa(plain(t.cause), '을/를')} 지나지 않았습니다*. 요청의 주소를 바꾼 그 장비만이 주소를 되돌릴 수 있습니다.`,
    ),
  drop: (t) => dropWhys[t.reason](t, c),
  left: (t) => (t.assumed ? `경로나 오브젝트에 ${c(t.ip)} 파드가 있지만 그 네임스페이스의 덤프는 없습니다. 패킷을 받아 답하는 것으로 봅니다.` : `${t.dev === undefined ? '링크' : c(t.dev)}에는 덤프가 있는 장비 가운데 다음 홉 ${cj(t.ip, '을/를')} 가진 것이 없습니다. 그 너머의 일은 알 수 없으며, ${t.node === undefined ? '그 장비의' : `${c(t.node)}의`} 덤프가 있으면 알 수 있습니다.`),
  unknown: (t) => askFor(t, c),
};
