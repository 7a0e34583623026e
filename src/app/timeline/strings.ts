import type { Lang } from '../../text/lang.ts';
import type { Detail } from '../../text/reading-types.ts';
import type { GlyphName } from '../glyphs/glyphOf.ts';

const en = {
  timeline: 'Timeline',
  steps: 'Steps',
  first: 'First step',
  previous: 'Previous step',
  play: 'Play',
  pause: 'Pause',
  next: 'Next step',
  last: 'Last step',
  detail: 'Level of detail',
  story: 'Story',
  hooks: 'Hooks',
  rules: 'Every rule',
  speed: (speed: string) => `Speed ${speed}. Press to change.`,
  count: (n: number, of: number) => ({ n: String(n), rest: ` of ${of}` }),
  stepText: (n: number, of: number, headline: string) => `${n} of ${of}: ${headline}`,
  request: 'request →',
  reply: '← reply',
  requestOf: (n: number) => `request ${n} →`,
  replyOf: (n: number) => `← reply ${n}`,
  again: (n: number) => (n === 1 ? 'again, after conntrack' : `${n} times again, after conntrack`),
  device: 'Device',
  netfilter: 'Netfilter',
  routing: 'Routing',
  ipvs: 'IPVS',
  conntrack: 'Conntrack',
  tunnel: 'Tunnel',
  socket: 'Socket',
  ovs: 'OVS',
  neighbour: 'Neighbour',
  drop: 'Dropped',
  unknown: 'Unknown',
};

export type TimelineStrings = typeof en;

const ko: TimelineStrings = {
  timeline: '타임라인',
  steps: '단계',
  first: '첫 단계',
  previous: '이전 단계',
  play: '재생',
  pause: '일시 정지',
  next: '다음 단계',
  last: '마지막 단계',
  detail: '상세 수준',
  story: '줄거리',
  hooks: '훅',
  rules: '모든 규칙',
  speed: (speed) => `속도 ${speed}. 누르면 바뀝니다.`,
  count: (n, of) => ({ n: String(n), rest: ` / ${of}` }),
  stepText: (n, of, headline) => `${of}단계 중 ${n}단계: ${headline}`,
  request: '요청 →',
  reply: '← 응답',
  requestOf: (n) => `${n}번째 요청 →`,
  replyOf: (n) => `← ${n}번째 응답`,
  again: (n) => (n === 1 ? '연결 추적을 거쳐 다시' : `연결 추적을 거쳐 ${n}번 다시`),
  device: '장치',
  netfilter: 'Netfilter',
  routing: '라우팅',
  ipvs: 'IPVS',
  conntrack: 'Conntrack',
  tunnel: '터널',
  socket: '소켓',
  ovs: 'OVS',
  neighbour: '이웃',
  drop: '버려짐',
  unknown: '알 수 없음',
};

const dictionaries: Readonly<Record<Lang, TimelineStrings>> = { en, ko };

export const timelineStrings = (lang: Lang): TimelineStrings => dictionaries[lang];

/** The word of a silhouette. */
export const glyphName = (glyph: GlyphName, lang: Lang): string => dictionaries[lang][glyph];

export const detailName = (detail: Detail, lang: Lang): string => dictionaries[lang][detail];
