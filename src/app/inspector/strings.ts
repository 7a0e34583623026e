import type { Endpoint, SetChange } from '../../engine/step.ts';
import { formatIp4, hex } from '../../packet/address.ts';
import { josa } from '../../text/josa.ts';
import type { Lang } from '../../text/lang.ts';
import type { Note } from './excerpt.ts';

const en = {
  packet: 'Packet',
  bytesOn: (n: number, dev: string) => `${n} bytes on ${dev}`,
  bytesAtIp: (n: number) => `${n} bytes, IP layer`,
  noPacket: 'There is no packet yet.',
  from: 'from',
  to: 'to',
  type: 'type',
  about: 'about',
  was: 'was',
  becomes: 'becomes',
  added: 'put on here',
  removed: 'taken off here',
  notOnTheWire: 'not on the wire',
  why: 'Why',
  verified: (kernels: string) => `verified on ${kernels}`,
  verifiedHint: (kernels: string) => `${kernels} did the same in tests that rely on the same things. Click for what was compared.`,
  modelled: 'modelled',
  modelledHint: 'Computed from the dumps by a model of the kernel. No real kernel was asked to confirm this kind of step yet.',
  unknown: 'unknown',
  unknownHint: 'The dumps do not tell. The walk goes on with what is said here.',
  stack: 'Chains on the way to this rule',
  openAt: (file: string, line: number) => `Open ${file} at line ${line}`,
  dumps: 'Lines that decided',
  hit: 'decided',
  path: 'matched on the way',
  skip: 'did not match',
  bad: 'decided against the packet',
  undecided: 'could not be decided',
  dim: 'not reached',
  moreSkipped: (n: number) => (n === 1 ? '1 more line did not match' : `${n} more lines did not match`),
  allOutcomes: (n: number) => `Show all ${n} outcomes`,
  state: 'State so far',
  conntrack: 'conntrack',
  ipvs: 'IPVS',
  mark: 'mark',
  nothingYet: 'Nothing yet: no connection is tracked, no mark is set.',
  notConfirmed: 'not yet confirmed',
  assured: 'assured',
  unreplied: 'no reply yet',
  replied: 'reply seen',
  reply: 'reply',
  isNew: 'new here:',
  more: (n: number) => `and ${n} more`,
  see: 'See it yourself',
  copy: 'Copy the command',
  copied: 'Copied',
  copyFailed: 'The browser did not allow copying. Select the text instead.',
  list: 'All steps of the walk',
  earlier: (n: number) => (n === 1 ? '1 earlier step' : `${n} earlier steps`),
  later: (n: number) => (n === 1 ? '1 later step' : `${n} later steps`),
  // notes beneath dump lines
  member: (saw: string) => `${saw} is a member`,
  memberBy: (saw: string, member: string) => `${saw} is a member, by ${member}`,
  notMember: (set: string) => `not a member of ${set}`,
  notMemberNearest: (set: string, nearest: string) => `not a member of ${set}; nearest is ${nearest}`,
  isMemberBut: (saw: string, set: string) => `${saw} is a member of ${set}, and the rule wants that it is not`,
  holds: (condition: string, saw: string) => (saw === '' ? `${condition} holds` : `${condition}: it is ${saw}`),
  fails: (condition: string, saw: string) => (saw === '' ? `${condition} does not hold` : `${condition}: no, it is ${saw}`),
  chance: 'chance decided otherwise',
  cannotTell: (condition: string) => `cannot be decided: ${condition}`,
  markChange: (before: string, after: string) => `mark ${before} → ${after}`,
  setChange: ({ op, set, element, result }: SetChange) => (result !== 'done' ? `${set} stays as it is` : op === 'add' ? `${element} is put into ${set}` : `${element} is taken out of ${set}`),
  rewrite: (manip: 'src' | 'dst', before: string, after: string) => `${manip === 'src' ? 'source' : 'destination'} ${before} → ${after}`,
  addressOf: (dev: string) => `, the address of ${dev}`,
  endsAccept: 'ends the table',
  endsDrop: 'the packet ends here',
  returns: 'back to the chain that sent it here',
  policy: (chain: string, policy: string) => `no rule decided, so the policy of ${chain} does: ${policy}`,
  route: (priority: string | undefined, table: string) => (priority === undefined ? `table ${table}, the longest prefix that fits` : `rule ${priority}, table ${table}, the longest prefix that fits`),
  picked: (odds: string | undefined) => (odds === undefined ? 'picked' : `picked, odds ${odds}`),
  noWeight: 'weight 0: gets no new connections',
};

export type InspectorStrings = typeof en;

const ko: InspectorStrings = {
  packet: '패킷',
  bytesOn: (n, dev) => `${dev}에서 ${n}바이트`,
  bytesAtIp: (n) => `${n}바이트, IP 계층`,
  noPacket: '아직 패킷이 없습니다.',
  from: '출발',
  to: '도착',
  type: '종류',
  about: '원인',
  was: '이전 값',
  becomes: '바뀐 값',
  added: '여기서 씌움',
  removed: '여기서 벗김',
  notOnTheWire: '선로에는 없음',
  why: '이유',
  verified: (kernels) => `${kernels}에서 확인됨`,
  verifiedHint: (kernels) => `같은 것에 기대는 시험에서 ${kernels}도 똑같이 동작했습니다. 눌러서 비교한 것을 봅니다.`,
  modelled: '모델',
  modelledHint: '커널의 모델이 덤프에서 계산했습니다. 이런 단계를 실제 커널로 확인하지는 않았습니다.',
  unknown: '알 수 없음',
  unknownHint: '덤프만으로는 알 수 없습니다. 여기 적힌 가정으로 이어집니다.',
  stack: '이 규칙까지 지나온 체인',
  openAt: (file, line) => `${file}의 ${line}번째 줄 열기`,
  dumps: '결정한 줄',
  hit: '결정함',
  path: '지나며 일치함',
  skip: '일치하지 않음',
  bad: '패킷을 막음',
  undecided: '판단할 수 없음',
  dim: '도달하지 않음',
  moreSkipped: (n) => `일치하지 않은 ${n}줄 더 보기`,
  allOutcomes: (n) => `${n}가지 결과 모두 보기`,
  state: '지금까지의 상태',
  conntrack: 'conntrack',
  ipvs: 'IPVS',
  mark: 'mark',
  nothingYet: '아직 없습니다. 추적하는 연결도, 설정된 mark도 없습니다.',
  notConfirmed: '아직 확정되지 않음',
  assured: '보장됨',
  unreplied: '아직 응답 없음',
  replied: '응답을 봄',
  reply: '응답',
  isNew: '여기서 새로 생김:',
  more: (n) => `외 ${n}개`,
  see: '직접 확인하기',
  copy: '명령 복사',
  copied: '복사했습니다',
  copyFailed: '브라우저가 복사를 허용하지 않았습니다. 글자를 직접 선택해 주세요.',
  list: '패킷이 지나는 모든 단계',
  earlier: (n) => `앞의 ${n}단계`,
  later: (n) => `뒤의 ${n}단계`,
  member: (saw) => `${josa(saw, '은/는')} 멤버입니다`,
  memberBy: (saw, member) => `${josa(saw, '은/는')} ${member}에 따라 멤버입니다`,
  notMember: (set) => `${set}의 멤버가 아님`,
  notMemberNearest: (set, nearest) => `${set}의 멤버가 아님, 가장 가까운 멤버는 ${nearest}`,
  isMemberBut: (saw, set) => `${josa(saw, '은/는')} ${set}의 멤버인데, 규칙은 멤버가 아니기를 요구합니다`,
  holds: (condition, saw) => (saw === '' ? `${condition}: 성립함` : `${condition}: 실제 값 ${saw}`),
  fails: (condition, saw) => (saw === '' ? `${condition}: 성립하지 않음` : `${condition}: 아님, 실제 값 ${saw}`),
  chance: '우연이 다른 쪽을 골랐습니다',
  cannotTell: (condition) => `판단할 수 없음: ${condition}`,
  markChange: (before, after) => `mark ${before} → ${after}`,
  setChange: ({ op, set, element, result }) => (result !== 'done' ? `${josa(set, '은/는')} 그대로입니다` : op === 'add' ? `${set}에 ${josa(element, '을/를')} 넣습니다` : `${set}에서 ${josa(element, '을/를')} 뺍니다`),
  rewrite: (manip, before, after) => `${manip === 'src' ? '출발지' : '도착지'} ${before} → ${after}`,
  addressOf: (dev) => ` (${dev}의 주소)`,
  endsAccept: '이 테이블은 여기서 끝납니다',
  endsDrop: '패킷은 여기서 끝납니다',
  returns: '이리로 보낸 체인으로 돌아갑니다',
  policy: (chain, policy) => `결정한 규칙이 없어 ${chain}의 정책을 따릅니다: ${policy}`,
  route: (priority, table) => (priority === undefined ? `테이블 ${table}, 맞는 것 중 가장 긴 프리픽스` : `규칙 ${priority}, 테이블 ${table}, 맞는 것 중 가장 긴 프리픽스`),
  picked: (odds) => (odds === undefined ? '선택됨' : `선택됨, 확률 ${odds}`),
  noWeight: '가중치 0: 새 연결을 받지 않습니다',
};

const dictionaries: Readonly<Record<Lang, InspectorStrings>> = { en, ko };

export const inspectorStrings = (lang: Lang): InspectorStrings => dictionaries[lang];

/** Odds as people say them: `1/3`, `1/2`, else per cent. */
export function oddsText(odds: number): string {
  const parts = odds > 0 ? Math.round(1 / odds) : 0;
  if (parts >= 2 && parts <= 99 && Math.abs(1 / parts - odds) < 1e-6) return `1/${parts}`;
  return `${Math.round(odds * 1000) / 10} %`;
}

const endpoint = ({ ip, port }: Endpoint): string => (port === undefined ? formatIp4(ip) : `${formatIp4(ip)}:${port}`);

/** What is said beneath a dump line. */
export function noteText(note: Note, lang: Lang): string {
  const t = dictionaries[lang];
  switch (note.kind) {
    case 'holds':
    case 'fails':
    case 'undecided':
      return conditionText(note, t);
    case 'mark':
      return t.markChange(hex(note.before), hex(note.after));
    case 'set':
      return t.setChange(note.change);
    case 'rewrite':
      return t.rewrite(note.manip, endpoint(note.before), endpoint(note.after)) + (note.dev === undefined ? '' : t.addressOf(note.dev));
    case 'ends':
      return note.verdict === 'ACCEPT' ? t.endsAccept : t.endsDrop;
    case 'returns':
      return t.returns;
    case 'policy':
      return t.policy(note.chain, note.policy);
    case 'route':
      return t.route(note.priority === undefined ? undefined : String(note.priority), note.table ?? '');
    case 'picked':
      return t.picked(note.odds === undefined ? undefined : oddsText(note.odds));
    case 'no-weight':
      return t.noWeight;
  }
}

function conditionText({ kind, condition }: Extract<Note, { kind: 'holds' | 'fails' | 'undecided' }>, t: InspectorStrings): string {
  const { text, saw, member } = condition;
  if (kind === 'undecided') return t.cannotTell(text);
  const set = /--match-set (\S+)/.exec(text)?.[1];
  const negated = /! --match-set/.test(text);
  if (set !== undefined) {
    if (kind === 'holds' && !negated) return member && !member.nearest && member.text !== saw ? t.memberBy(saw, member.text) : t.member(saw);
    if (kind === 'fails' && negated) return t.isMemberBut(saw, set);
    return member?.nearest ? t.notMemberNearest(set, member.text) : t.notMember(set);
  }
  if (kind === 'fails' && text.startsWith('-m statistic')) return t.chance;
  const short = text.replace(/^-m \S+ /, '');
  return kind === 'holds' ? t.holds(short, saw) : t.fails(short, saw);
}
