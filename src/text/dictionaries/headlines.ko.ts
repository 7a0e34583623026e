import { josa } from '../josa.ts';
import type { Because, Dictionary, TaleOf } from '../tale-types.ts';
import { drops, unknowns } from './reasons.ko.ts';

/** `172.19.100.2,tcp:80이 집합 KUBE-LOAD-BALANCER에 있으므로` */
const since = (because: Because | undefined, rule: string): string =>
  because?.set !== undefined && because.saw !== '' ? `${josa(because.saw, '이/가')} 집합 ${because.set}에 있으므로` : `규칙 ${josa(rule, '이/가')} 맞으므로`;

/** 터널이 패킷에 씌우는 것. */
const wrapped = (t: TaleOf<'encap'>): string =>
  t.tunnel === 'gre' ? 'GRE와 IP 헤더로' : t.tunnel === 'gretap' ? '프레임을 GRE와 IP로' : `프레임을 UDP로(${t.tunnel === 'vxlan' ? 'VXLAN' : 'Geneve'} 네트워크 ${t.vni ?? '?'})`;

const side = (s: 'src' | 'dst'): string => (s === 'src' ? '출발지' : '목적지');

/** 무슨 일이 왜 일어났는지 한 문장으로. */
export const headlinesKo: Dictionary = {
  send: (t) =>
    t.sort === 'tcp'
      ? `${josa(t.who, '이/가')} ${t.to}의 ${t.port ?? '?'}번 포트로 연결을 엽니다`
      : t.sort === 'ping'
        ? `${josa(t.who, '이/가')} ${josa(t.toName === undefined ? t.to : `${t.to}(${t.toName})`, '으로/로')} 핑을 보냅니다`
        : t.sort === 'udp'
          ? `${josa(t.who, '이/가')} ${t.to}의 ${t.port ?? '?'}번 포트로 UDP 데이터그램을 보냅니다`
          : `${josa(t.who, '이/가')} ${josa(t.to, '으로/로')} ${t.proto} 패킷을 보냅니다`,
  answer: (t) => (t.expected ? `${josa(t.who, '이/가')} ${josa(t.toName === undefined ? t.to : `${t.to}(${t.toName})`, '으로/로')} 답합니다` : `${josa(t.who, '은/는')} 자기가 본 주소 ${josa(t.to, '으로/로')} 답합니다`),
  data: (t) => (t.segments === 0 ? `연결이 열렸습니다. ${josa(t.who, '이/가')} 응답을 확인합니다` : `연결이 열렸습니다. ${josa(t.who, '이/가')} ${t.bytes}바이트를 세그먼트 ${t.segments}개로 보냅니다`),
  'icmp-error': (t) => `${josa(t.who, '이/가')} ${josa(t.to, '으로/로')} 오류를 돌려보냅니다: ${t.error}`,
  reset: (t) => `${josa(t.who, '이/가')} RST로 답합니다`,
  arrive: (t) =>
    t.otherhost
      ? `${josa(t.host, '이/가')} ${t.dev}에서 자기에게 온 것이 아닌 프레임을 듣습니다`
      : t.via === undefined
        ? `${t.host}의 ${t.dev}에 도착합니다`
        : `${josa(t.via, '이/가')} ${josa(t.host, '으로/로')} 넘겨 ${josa(t.dev, '으로/로')} 들어옵니다`,
  mark: (t) => (t.cleared ? `${josa(t.rule, '이/가')} 마크 ${josa(t.before, '을/를')} 다시 뗍니다` : `${since(t.because, t.by)} 패킷에 마크 ${josa(t.mark, '을/를')} 답니다`),
  returned: (t) => `${since(t.because, t.rule)} ${josa(t.chain, '이/가')} 일찍 놓아줍니다${t.skipped === undefined ? '' : `. ${josa(t.skipped, '을/를')} 거치지 않습니다`}`,
  accepted: (t) => `${since(t.because, t.rule)} ${t.table} ${josa(t.hook, '을/를')} 그대로 지나갑니다`,
  'source-kept': (t) => `출발지를 바꾸는 규칙이 없습니다. ${t.src} 그대로입니다`,
  table: (t) => (t.by === 'rule' ? `${t.table} ${t.hook}: ${josa(t.rule ?? '규칙', '이/가')} 그대로 통과시킵니다` : t.by === 'policy' ? `${t.table} ${t.hook}: 정하는 규칙이 없어 정책이 통과시킵니다` : `${josa(`${t.table} ${t.hook}`, '을/를')} 통과합니다`),
  'table-asked': (t) => `${josa(`${t.table} ${t.hook}`, '을/를')} 확인합니다${t.in === undefined && t.out === undefined ? '' : ` (${[t.in === undefined ? '' : `in ${t.in}`, t.out === undefined ? '' : `out ${t.out}`].filter((x) => x !== '').join(', ')})`}`,
  'ct-zone': (t) => `${josa(t.rule, '이/가')} 패킷을 존 ${t.zone}에서 추적하게 합니다`,
  notrack: (t) => `${josa(t.rule, '이/가')} 패킷을 연결 추적에서 뺍니다`,
  'rule-hit': (t) =>
    t.jump
      ? `${josa(t.rule, '이/가')} 맞아 ${josa(t.verdict ?? '?', '으로/로')} 건너뜁니다`
      : t.change
        ? `${josa(t.rule, '이/가')} ${t.change.set}에${t.change.op === 'add' ? '' : '서'} ${josa(t.change.element, '을/를')} ${t.change.op === 'add' ? '넣습니다' : '뺍니다'}`
      : t.mark !== undefined
        ? `${josa(t.rule, '이/가')} 맞습니다: 마크 ${t.mark}`
        : t.verdict === undefined
          ? `${josa(t.rule, '이/가')} 맞지만 세기만 합니다`
          : `${josa(t.rule, '이/가')} 맞습니다: ${t.verdict}`,
  'rules-skipped': (t) => (t.from === t.to ? `${t.chain} ${t.from}번 규칙은 이 패킷의 규칙이 아닙니다` : `${t.chain} ${t.from}~${t.to}번 규칙은 이 패킷의 규칙이 아닙니다`),
  'rule-miss': (t) =>
    t.because === undefined
      ? `${josa(t.rule, '은/는')} 맞지 않습니다`
      : t.because.set !== undefined
        ? `${josa(t.rule, '은/는')} 맞지 않습니다: ${josa(t.because.saw, '은/는')} ${t.because.set}에 없습니다`
        : `${josa(t.rule, '은/는')} 맞지 않습니다: ${t.because.text}${t.because.saw === '' ? '' : ` (실제 값 ${t.because.saw})`}`,
  'rule-unknown': (t) => `${josa(t.rule, '이/가')} 맞는지 알 수 없습니다`,
  policy: (t) => `${t.chain}의 끝: 정책은 ${t.policy}입니다`,
  'rule-drop': (t) => `${t.table} ${t.hook}에서 ${josa(t.rule, '이/가')} 버립니다`,
  'policy-drop': (t) => `버려집니다: ${t.table} ${t.chain}에 허용하는 규칙이 없고 정책이 DROP입니다`,
  reject: (t) => `${t.table} ${t.hook}에서 ${josa(t.rule, '이/가')} 거절합니다`,
  masquerade: (t) => {
    const lead = t.marked === undefined ? '' : '마크의 결과: ';
    const own = t.borrowed ? `노드의 첫 global 주소 ${t.after}` : `${t.out}의 주소 ${t.after}`;
    return `${lead}MASQUERADE가 출발지 ${josa(t.before, '을/를')} ${josa(own, '으로/로')} 바꿉니다`;
  },
  'nat-rule': (t) => `${josa(t.target, '이/가')} ${josa(side(t.side), '을/를')} ${t.before}에서 ${josa(t.after, '으로/로')} 바꿉니다`,
  'nat-entry': (t) => `conntrack이 ${josa(side(t.side), '을/를')} ${t.before}에서 ${josa(t.after, '으로/로')} 바꿉니다`,
  undo: (t) => `변환을 되돌립니다. ${josa(side(t.side), '이/가')} 다시 ${t.after}입니다`,
  'undo-both': (t) => `두 변환을 되돌립니다. 목적지는 다시 ${t.dst}, 출발지는 다시 ${t.src}입니다`,
  'undo-ipvs': (t) => `IPVS가 서비스 주소를 되돌립니다. 출발지가 다시 ${t.src}입니다`,
  conntrack: (t) =>
    ({
      new: 'conntrack이 처음 보는 연결입니다: NEW',
      found: t.direction === 'reply' ? `conntrack이 아는 연결의 응답 방향 패킷입니다: ${t.state}` : `conntrack이 아는 연결입니다: ${t.state}`,
      confirm: 'conntrack이 항목을 확정합니다. 이제 이 연결을 찾을 수 있습니다',
      related: 'conntrack은 이 오류가 어느 연결의 것인지 압니다: RELATED',
      invalid: 'conntrack이 이해할 수 없는 패킷입니다: INVALID',
      untracked: 'conntrack이 추적하지 않습니다',
      removed: 'conntrack이 이 연결을 잊습니다',
    })[t.op],
  'route-local': (t) => (t.dev !== undefined ? `${josa(t.ip, '은/는')} ${t.host} 자신의 주소입니다. ${t.dummy ? '더미 장치 ' : ''}${josa(t.dev, '이/가')} 갖고 있습니다` : `${josa(t.ip, '은/는')} ${t.host}의 로컬 주소입니다. 패킷은 위로 올라갑니다`),
  'route-forward': (t) =>
    t.into === 'pod'
      ? `${josa(t.name ?? t.ip, '이/가')} 쓰는 veth로 라우팅합니다. ${josa(t.host, '은/는')} 전달만 합니다`
      : t.into === 'tunnel'
        ? `${t.prefix ?? t.ip} 경로는 ${josa(t.oif, '으로/로')} 들어갑니다${t.name === undefined ? '' : `. ${t.name} 쪽입니다`}`
        : `${josa(t.host, '이/가')} ${josa(t.oif, '으로/로')} 내보냅니다${t.nexthop === undefined ? '' : `. 다음 홉은 ${t.nexthop}입니다`}`,
  'route-again': (t) =>
    t.into === 'local'
      ? '리얼 서버가 이 노드 자신의 주소입니다. 패킷은 소켓으로 올라갑니다'
      : `${t.ipvs ? '로컬 패킷으로 다시 나갑니다' : '다시 라우팅합니다'}. ${josa(t.ip, '으로/로')} 가는 길은 ${t.into === 'pod' ? `${josa(t.name ?? t.ip, '이/가')} 쓰는 veth입니다` : `${t.oif}입니다`}`,
  'route-output': (t) => `${t.outer ? '바깥 패킷을 따로 라우팅합니다' : '경로를 찾습니다'}: ${josa(t.ip, '은/는')} ${t.local ? '자기 주소입니다' : `${josa(t.oif, '으로/로')} 갑니다${t.nexthop === undefined ? '' : ` (다음 홉 ${t.nexthop})`}`}`,
  'route-error': (t) => `${t.host}에는 ${josa(t.ip, '으로/로')} 가는 길이 없습니다`,
  'rp-filter': (t) => (t.passed ? `${josa(t.src, '으로/로')} 돌아가는 길이 맞습니다. reverse-path 검사를 통과합니다` : `${josa(t.src, '으로/로')} 돌아가는 길이 ${josa(t.dev, '이/가')} 아니므로 reverse-path 검사가 막습니다`),
  ttl: (t) => `TTL이 ${t.before}에서 ${josa(String(t.after), '으로/로')} 줄어듭니다`,
  cut: (t) => (t.again ? `다시 ${t.count}조각으로 나눕니다. 들어온 조각보다 크지 않게 ${t.mtu}바이트까지입니다` : `${t.dev ?? '이 길'}에는 너무 큽니다. ${t.bytes}바이트인데 ${t.mtu}바이트까지라서 ${t.count}조각으로 나눕니다`),
  piece: (t) => `${t.count}조각 가운데 ${t.index + 1}번째`,
  whole: (t) => `조각 ${t.count}개가 다시 한 패킷이 됩니다`,
  redirect: (t) => (t.believed ? `${josa(t.host, '은/는')} 이제 ${t.ip}에 보낼 때 ${josa(t.gateway, '을/를')} 거칩니다` : `${josa(t.host, '은/는')} ${josa(t.gateway, '을/를')} 거치라는 redirect를 따르지 않습니다`),
  pmtu: (t) => `${josa(t.host, '은/는')} ${t.ip}까지 ${t.mtu}바이트만 지나간다는 것을 기억합니다`,
  'too-big': (t) => `버려집니다: ${t.bytes}바이트는 ${t.mtu}바이트에 들어가지 않고, 쪼갤 수도 없습니다`,
  'ipvs-pick': (t) => {
    const picked = t.name === undefined ? t.address : t.name;
    const where = t.here ? '바로 이 노드의 ' : t.where === undefined ? '' : `${t.where}의 `;
    return t.count > 1 ? `IPVS가 리얼 서버 ${t.count}개 가운데 ${where}${josa(picked, '을/를')} 고릅니다` : `IPVS가 하나뿐인 리얼 서버, ${where}${josa(picked, '으로/로')} 보냅니다`;
  },
  'ipvs-known': (t) => `IPVS가 아는 연결입니다. 앞에서처럼 ${josa(t.address, '으로/로')} 보냅니다`,
  'ipvs-none': (t) => `IPVS에 ${t.virtual}의 리얼 서버가 없어 거절합니다`,
  encap: (t) => (t.reply ? `다시 터널로: ${josa(t.inner, '은/는')} ${t.peer ?? t.dst} 뒤에 있습니다` : t.tunnel === 'ipip' ? `${josa(t.dev, '이/가')} 감쌉니다. ${t.src}에서 ${josa(t.dst, '으로/로')} 가는 IP 헤더가 하나 더 생깁니다` : `${josa(t.dev, '이/가')} ${wrapped(t)} 감쌉니다. ${t.src}에서 ${josa(t.dst, '으로/로')} 갑니다`),
  wire: (t) =>
    t.nested
      ? t.reply
        ? `응답이 언더레이를 거꾸로 건너 ${josa(t.to ?? '다음 장비', '으로/로')} 갑니다`
        : `선 위에서는 ${t.host}에서 ${josa(t.to ?? '다음 장비', '으로/로')} 가는 패킷입니다. 안쪽 주소는 안에 실려 갑니다`
      : t.to === undefined
        ? `${josa(t.dev, '이/가')} 선으로 내보내지만, 덤프에 있는 장비 가운데 받는 이가 없습니다`
        : `${josa(t.dev, '이/가')} 선으로 내보내 ${josa(t.to, '으로/로')} 갑니다`,
  leave: (t) => (t.sort === 'veth' ? `${josa(t.dev, '을/를')} 지나 ${josa(t.to ?? 'veth 건너편', '으로/로')} 갑니다` : t.sort === 'tunnel' ? `${josa(t.dev, '이/가')} 받습니다` : t.sort === 'loopback' ? 'lo를 거쳐 같은 장비로 돌아옵니다' : `${josa(t.dev, '으로/로')} 나갑니다`),
  decap: (t) => (t.reply && t.holds ? `연결을 아는 ${t.host}에서 벗겨집니다` : `${t.host}의 ${josa(t.dev, '이/가')} 바깥 헤더를 벗깁니다`),
  bridge: (t) => (t.op === 'local' ? `${t.host}의 ${josa(t.bridge, '이/가')} 직접 받습니다` : t.op === 'flood' ? `${t.host}의 ${josa(t.bridge, '이/가')} ${t.to.length === 0 ? '보낼 포트가 없습니다' : `${t.to.join(', ')} 포트로 모두 보냅니다`}` : `${t.host}의 ${josa(t.bridge, '이/가')} ${t.from === undefined ? '' : `${t.from}에서 `}${josa(t.to[0] ?? '?', '으로/로')} 넘깁니다`),
  ovs: (t) => {
    const way = t.how === 'resume' ? `${josa(t.bridge, '이/가')} 다시 봅니다` : t.how === 'patch' ? `장치를 거치지 않고 바로 ${josa(t.bridge, '으로/로')} 이어집니다` : t.how === 'controller' ? `${josa(t.bridge, '이/가')} 컨트롤러에게서 받습니다` : `${josa(t.bridge, '이/가')} 포트 ${t.port}에서 받습니다`;
    return t.to.length > 0 ? `${way}: ${josa(t.to.join(', '), '으로/로')} 보냅니다` : t.again ? `${way}: 연결 추적에 묻습니다` : way;
  },
  openflow: (t) => {
    if (t.rule === undefined) return `${t.bridge}의 테이블 ${t.table}에는 이 패킷의 규칙이 없습니다`;
    const [first] = t.changes;
    const does = t.to.length > 0 ? `${josa(t.to.join(', '), '으로/로')} 내보냅니다` : t.bucket ? `그룹 ${t.bucket.group}의 버킷 ${t.bucket.bucket}` : first ? `${josa(first.field, '이/가')} ${josa(first.after, '이/가')} 됩니다${t.changes.length > 1 ? ` (그 밖에 ${t.changes.length - 1}개)` : ''}` : t.actions === 'drop' ? 'drop' : '';
    return `${t.bridge}의 테이블 ${t.table}: ${t.match === '' ? '나머지 모두를 위한 규칙' : `규칙 ${t.match}`}${does === '' ? '이 맞습니다' : `, ${does}`}`;
  },
  'ovs-ct': (t) => `${josa(t.bridge, '이/가')} 존 ${t.zone}에 연결을 ${t.commit ? '적어 둡니다' : '찾아봅니다'}: ${t.state}`,
  'ovs-nat': (t) => `${josa(t.bridge, '이/가')} ${side(t.side)}를 ${t.before}에서 ${josa(t.after, '으로/로')} 바꾸게 합니다`,
  'ovs-length': (t) => (t.larger ? `${t.bytes}바이트는 ${t.limit}바이트보다 큽니다` : `${t.bytes}바이트는 ${t.limit}바이트를 넘지 않습니다`),
  'ovs-controller': (t) => `${josa(t.bridge, '이/가')} 컨트롤러에 넘깁니다${t.what === undefined ? '' : `: ${t.what}`}`,
  'ovs-other': (t) => `${t.bridge}: ${t.what}`,
  neighbour: (t) => (t.mac === undefined ? `${t.dev}에서 ${josa(t.ip, '을/를')} 대신해 답하는 이가 없습니다` : `${t.ip}의 MAC은 ${t.mac}입니다`),
  arp: (t) => (t.question ? `${josa(t.dev, '이/가')} 묻습니다: ${t.ip} 누구입니까` : `${josa(t.host, '이/가')} 답합니다: ${josa(t.ip, '은/는')} 여기입니다${t.by === 'proxy-arp' ? ' (proxy ARP)' : t.by === 'program' ? ' (커널이 아니라 프로그램이 답합니다)' : ''}`),
  taken: (t) => (t.data ? `${josa(t.who, '이/가')} 데이터를 모두 받았습니다` : t.was === undefined ? `도착했습니다. ${t.who}에 보이는 클라이언트는 그대로 ${t.src}입니다` : `도착했습니다. 그런데 ${t.who}에 보이는 것은 ${t.who.includes('클라이언트') ? '보낸 쪽이' : '클라이언트가'} 아니라 ${t.src}입니다`),
  echo: (t) => (t.was === undefined ? `핑이 도착했습니다. ${t.who}의 커널이 ${josa(t.src, '으로/로')} 답합니다` : `핑이 도착했습니다. 그런데 ${t.who}에 보이는 것은 보낸 이가 아니라 ${t.src}입니다`),
  heard: (t) => (t.hidden === undefined ? `${josa(t.who, '이/가')} ${t.from}의 응답을 받습니다` : `${t.who}에게는 ${t.from}의 응답으로 보입니다`),
  'reset-heard': (t) => `${josa(t.who, '이/가')} ${t.from}의 RST를 받습니다`,
  told: (t) => `${josa(t.who, '이/가')} 오류를 듣습니다: ${t.error}`,
  'controller-answers': (t) => `${t.bridge}의 컨트롤러가 ${t.port === 53 ? 'DNS' : 'DHCP'} 서버로서 직접 답합니다`,
  kernel: (t) => (t.reset ? `${josa(t.who, '이/가')} RST를 받지만 닫을 연결이 없습니다` : t.error === undefined ? `${t.who}의 커널이 받습니다` : `${josa(t.who, '이/가')} 오류 ${josa(t.error, '을/를')} 받지만, 이 패킷을 보낸 소켓은 여기 없습니다`),
  'no-listener': (t) => `${t.who}의 ${t.proto} ${t.port ?? '?'}번 포트에는 듣는 소켓이 없어 커널이 거절합니다`,
  stray: (t) => (t.expected === undefined ? `${josa(t.who, '은/는')} 이런 연결을 몰라 응답을 거절합니다` : `${josa(t.who, '은/는')} ${t.expected}의 응답을 기다립니다. ${t.from}에서 온 것은 모릅니다`),
  drop: (t) => drops[t.reason](t),
  left: (t) => (t.assumed ? `도착한 것으로 봅니다. ${t.name ?? t.ip}의 안은 덤프에 없습니다` : `덤프에 있는 장비를 벗어나 ${t.ip} 쪽으로 나갑니다`),
  unknown: (t) => unknowns[t.what](t.name),
};
