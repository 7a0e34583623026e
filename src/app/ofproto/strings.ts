import type { OfprotoAnswer } from '../../engine/openflow/ofproto.ts';
import type { Lang } from '../../text/lang.ts';
import type { FlowProblem } from './ask.ts';

const en = {
  title: 'Try a flow',
  text: 'Follows a packet that you write down through the tables of a bridge, as ofproto/trace does. Nothing is sent, and no conntrack is asked: you say what it would answer.',
  bridge: 'Bridge',
  flow: 'Packet',
  flowHint: 'Fields of the packet, with commas between: in_port, a protocol, addresses, ports. What you leave out is zero.',
  run: 'Follow it',
  size: 'Length in bytes',
  sizeHint: 'Only for rules that ask how long the packet is.',
  after: (n: number) => `Conntrack says, ${n === 1 ? 'first time' : `time ${n}`}`,
  group: (key: string) => `Bucket of ${key}`,
  bucket: (n: number) => `bucket ${n}`,
  states: { 'trk,new': 'new', 'trk,est': 'established', 'trk,est,rpl': 'established, a reply', 'trk,rel': 'related', 'trk,inv': 'invalid' },
  result: 'What becomes of it',
  verdict: {
    output: (to: string) => `It is sent to ${to}.`,
    drop: () => 'It is dropped: no rule sends it anywhere.',
    controller: () => 'It goes to the controller.',
    unknown: (names: string) => `Nobody can tell: ${names} is missing from the dumps, or not modelled.`,
  } satisfies Record<OfprotoAnswer['verdict'], (x: string) => string>,
  tunnel: (port: string, dst: string, vni: string) => `${port} (tunnel to ${dst}, network ${vni})`,
  pass: (n: number) => (n === 1 ? 'First pass' : `Pass ${n}, again after conntrack`),
  zone: (zone: number) => `zone ${zone}`,
  table: (n: string) => `table ${n}`,
  into: (bridge: string) => `by a patch port into ${bridge}`,
  miss: 'no rule for it',
  nothing: 'drops it',
  asPrinted: 'As ofproto/trace prints it',
  command: 'The same on the machine',
  none: 'No bridge of Open vSwitch with its rules is among these dumps.',
  problem: {
    empty: () => 'Write a packet first, such as in_port=1,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2.',
    'no-bridge': () => 'Choose a bridge first.',
    'unknown-word': (text: string) => `“${text}” is no field that Open vSwitch has, or no value for it. Fields are written as name=value, such as nw_src=10.0.0.1.`,
    masked: (text: string) => `“${text}” is a range. A packet has one value in each field.`,
    'no-port': (text: string, ports: string) => `This bridge has no port ${text}. It has: ${ports}.`,
  } satisfies Record<FlowProblem['kind'], (text: string, ports: string) => string>,
};

type Texts<T> = { readonly [K in keyof T]: T[K] extends (...args: infer A) => string ? (...args: A) => string : T[K] extends string ? string : Texts<T[K]> };
export type OfprotoStrings = Texts<typeof en>;

const ko: OfprotoStrings = {
  title: '플로 시험하기',
  text: 'ofproto/trace처럼, 적어 준 패킷을 브리지의 테이블을 따라가 봅니다. 실제로 보내는 것은 없고 연결 추적에 묻지도 않습니다. 연결 추적의 대답은 직접 고릅니다.',
  bridge: '브리지',
  flow: '패킷',
  flowHint: 'in_port, 프로토콜, 주소, 포트 같은 패킷의 필드를 쉼표로 이어 적습니다. 적지 않은 값은 0입니다.',
  run: '따라가기',
  size: '바이트 길이',
  sizeHint: '패킷의 길이를 묻는 규칙에만 쓰입니다.',
  after: (n) => `연결 추적의 ${n}번째 대답`,
  group: (key) => `${key}의 버킷`,
  bucket: (n) => `버킷 ${n}`,
  states: { 'trk,new': '새 연결', 'trk,est': '맺어진 연결', 'trk,est,rpl': '맺어진 연결, 응답 방향', 'trk,rel': '관련된 패킷', 'trk,inv': '잘못된 패킷' },
  result: '어떻게 되는가',
  verdict: {
    output: (to) => `나가는 곳: ${to}`,
    drop: () => '버려집니다. 어디로도 보내는 규칙이 없습니다.',
    controller: () => '컨트롤러로 갑니다.',
    unknown: (names) => `알 수 없습니다. 덤프에 없거나 모델링하지 않은 것: ${names}`,
  },
  tunnel: (port, dst, vni) => `${port} (${dst}로 가는 터널, 네트워크 ${vni})`,
  pass: (n) => (n === 1 ? '첫 번째 통과' : `${n}번째 통과, 연결 추적을 거쳐 다시`),
  zone: (zone) => `존 ${zone}`,
  table: (n) => `테이블 ${n}`,
  into: (bridge) => `패치 포트를 지나 ${bridge}에 들어감`,
  miss: '맞는 규칙이 없음',
  nothing: '버립니다',
  asPrinted: 'ofproto/trace가 출력하는 모습',
  command: '실제 머신에서 확인하는 명령',
  none: '이 덤프에는 규칙이 있는 Open vSwitch 브리지가 없습니다.',
  problem: {
    empty: () => '먼저 패킷을 적어 주세요. 예: in_port=1,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2',
    'no-bridge': () => '먼저 브리지를 골라 주세요.',
    'unknown-word': (text) => `“${text}”는 Open vSwitch에 없는 필드이거나 그 필드에 맞지 않는 값입니다. nw_src=10.0.0.1처럼 이름=값으로 적습니다.`,
    masked: (text) => `“${text}”는 범위입니다. 패킷은 필드마다 값이 하나입니다.`,
    'no-port': (text, ports) => `이 브리지에는 ${text} 포트가 없습니다. 있는 포트: ${ports}`,
  },
};

const dictionaries: Readonly<Record<Lang, OfprotoStrings>> = { en, ko };

export const ofprotoStrings = (lang: Lang): OfprotoStrings => dictionaries[lang];
