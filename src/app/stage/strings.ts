import { josa } from '../../text/josa.ts';
import type { Lang } from '../../text/lang.ts';

const en = {
  process: 'host processes',
  routing: 'routing',
  outside: 'outside client',
  moreNodes: (n: number) => (n === 1 ? '+ 1 node' : `+ ${n} nodes`),
  moreHere: (n: number) => (n === 1 ? '+ 1 device' : `+ ${n} devices`),
  morePods: (n: number) => (n === 1 ? '+ 1 pod' : `+ ${n} pods`),
  morePorts: (n: number) => (n === 1 ? '+ 1 port' : `+ ${n} ports`),
  unfold: 'Show all',
  bystander: 'Not on this packet’s way.',
  bystanderWithCandidate: 'Has an endpoint, but is not on this packet’s way.',
  tunnel: (kind: string) => `${kind} tunnel`,
  asSeenBy: (dev: string) => `as ${dev} sees it`,
  underlay: (segment: string) => `${segment}, the path it truly takes`,
  did: 'what this node did',
  mark: 'mark',
  src: 'from',
  dst: 'to',
  sport: 'source port',
  dport: 'port',
  outerOn: 'outer header on',
  outerOff: 'outer header off',
  frame: (dev: string) => `eth frame on ${dev}, `,
  was: (value: string, step: number) => `was ${value} until step ${step}`,
  myClient: 'My client is',
  nowhere: (ip: string) => `${ip} is nowhere in this packet`,
  trueClient: 'the address the client really has',
  picked: 'picked',
  stage: 'Stage',
  zoom: 'Zoom',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  fit: 'Fit',
  fragment: 'fragment',
  bytes: (n: number) => `${n} B`,
  quoted: 'about',
};

export type StageStrings = typeof en;

const ko: StageStrings = {
  process: '호스트 프로세스',
  routing: '라우팅',
  outside: '외부 클라이언트',
  moreNodes: (n) => `+ 노드 ${n}개`,
  moreHere: (n) => `+ 장치 ${n}개`,
  morePods: (n) => `+ 파드 ${n}개`,
  morePorts: (n) => `+ 포트 ${n}개`,
  unfold: '모두 보기',
  bystander: '이 패킷의 경로가 아닙니다.',
  bystanderWithCandidate: '엔드포인트는 있지만 이 패킷의 경로가 아닙니다.',
  tunnel: (kind) => `${kind} 터널`,
  asSeenBy: (dev) => `${josa(dev, '이/가')} 보는 모습`,
  underlay: (segment) => `${segment}, 실제로 지나는 길`,
  did: '이 노드가 한 일',
  mark: 'mark',
  src: '출발',
  dst: '도착',
  sport: '출발 포트',
  dport: '포트',
  outerOn: '바깥 헤더 씌움',
  outerOff: '바깥 헤더 벗김',
  frame: (dev) => `${dev}의 이더넷 프레임, `,
  was: (value, step) => `${step}단계 전에는 ${value}`,
  myClient: '나의 클라이언트는',
  nowhere: (ip) => `${josa(ip, '은/는')} 이 패킷 어디에도 없습니다`,
  trueClient: '클라이언트의 진짜 주소입니다',
  picked: '선택됨',
  stage: '무대',
  zoom: '확대와 축소',
  zoomIn: '확대',
  zoomOut: '축소',
  fit: '전체 보기',
  fragment: '조각',
  bytes: (n) => `${n} B`,
  quoted: '원인',
};

const dictionaries: Readonly<Record<Lang, StageStrings>> = { en, ko };

export const stageStrings = (lang: Lang): StageStrings => dictionaries[lang];

/** Every language, for the layout: a box must hold its label in each of them. */
export const allStageStrings: readonly StageStrings[] = [en, ko];
