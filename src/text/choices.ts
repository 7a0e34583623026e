import type { Choice } from '../engine/probe.ts';
import { parseIp4 } from '../packet/address.ts';
import type { World } from '../world/world.ts';
import type { Lang } from './lang.ts';
import { actorName, nameOf } from './names.ts';

interface ChoiceWords {
  /** `at`: who decided by chance. */
  readonly kinds: Readonly<Record<Choice['kind'], (at: string, count: number) => string>>;
  readonly option: (address: string, name: string) => string;
  readonly bucket: (bucket: string, group: string) => string;
}

const en: ChoiceWords = {
  kinds: {
    'ipvs-rr': (at, count) => `Whose turn is it? Round robin on ${at} takes one of ${count} real servers`,
    'ipvs-wrr': (at, count) => `Whose turn is it? Weighted round robin on ${at} takes one of ${count} real servers`,
    'ipvs-pick': (at, count) => `Which of ${count} real servers does IPVS on ${at} take? The listing does not tell`,
    statistic: (at) => `Does the rule match by chance on ${at}?`,
    nfacct: (at) => `Has the accounting object of the rule on ${at} a quota?`,
    ecmp: (at, count) => `Which of ${count} equal next hops does ${at} take?`,
    arp: (at, count) => `${count} machines say that the address is theirs. Whose answer reaches ${at} first?`,
    port: (at) => `Which port does ${at} draw?`,
    queue: (at) => `Does a program on ${at} listen to the queue?`,
    'ovs-group': (at, count) => `Which of ${count} buckets does the group of Open vSwitch on ${at} take? A hash over the connection decides`,
    'ovn-dhcp': (at) => `What does the packet ask of OVN’s DHCP on ${at}? What a packet carries is not part of a probe`,
    'ovn-dns': (at) => `Does OVN on ${at} know the name that the packet asks for? Its DNS records are in no dump that is read (ovn-sbctl list dns)`,
    'tunnel-depth': (at) => `How deep may tunnels of ${at} be in each other? Kernels since 2026 stop earlier`,
  },
  option: (address, name) => `${address}, ${name}`,
  bucket: (bucket, group) => `bucket ${bucket} of group ${group}`,
};

const ko: ChoiceWords = {
  kinds: {
    'ipvs-rr': (at, count) => `누구 차례인가? ${at}의 round robin이 리얼 서버 ${count}개 가운데 하나를 고릅니다`,
    'ipvs-wrr': (at, count) => `누구 차례인가? ${at}의 weighted round robin이 리얼 서버 ${count}개 가운데 하나를 고릅니다`,
    'ipvs-pick': (at, count) => `${at}의 IPVS가 리얼 서버 ${count}개 가운데 어느 것을 고르는가? 목록만으로는 알 수 없습니다`,
    statistic: (at) => `${at}의 규칙이 확률로 맞는가?`,
    nfacct: (at) => `${at}의 규칙이 쓰는 accounting 객체에 quota가 있는가?`,
    ecmp: (at, count) => `${at}에서 같은 값의 다음 홉 ${count}개 가운데 어느 것인가?`,
    arp: (at, count) => `장비 ${count}대가 그 주소는 자기 것이라고 답합니다. 누구의 답이 ${at}에 먼저 닿는가?`,
    port: (at) => `${at}에서 어느 포트를 뽑는가?`,
    queue: (at) => `${at}에서 큐를 받는 프로그램이 있는가?`,
    'ovs-group': (at, count) => `${at}의 Open vSwitch 그룹이 버킷 ${count}개 가운데 어느 것을 고르는가? 연결의 해시가 정합니다`,
    'ovn-dhcp': (at) => `패킷은 ${at}의 OVN DHCP에 무엇을 묻는가? 패킷의 내용은 probe에 없습니다`,
    'ovn-dns': (at) => `패킷이 묻는 이름을 ${at}의 OVN이 아는가? DNS 레코드는 읽어 들이는 덤프에 없습니다(ovn-sbctl list dns)`,
    'tunnel-depth': (at) => `${at}에서 터널 안의 터널은 어디까지 되는가? 2026년 이후 커널은 더 일찍 멈춥니다`,
  },
  option: (address, name) => `${address}, ${name}`,
  bucket: (bucket, group) => `그룹 ${group}의 버킷 ${bucket}`,
};

const dictionaries: Readonly<Record<Lang, ChoiceWords>> = { en, ko };

/** What was left to chance, as a question. */
export function choiceText(choice: Choice, world: World, lang: Lang): string {
  const [host = choice.at, netns = null] = choice.at.split('/');
  return dictionaries[lang].kinds[choice.kind](actorName(world, host, netns, lang), choice.options.length);
}

/** One option: where it leads, and what that is called; of a group of Open vSwitch the bucket, and where it leads if it says so. */
export function optionParts(option: string, world: World, lang: Lang): { readonly text: string; readonly note: string | undefined } {
  const words = dictionaries[lang];
  const [, group, bucket, target] = /^group:(\d+) bucket:(\d+)(?: (.+))?$/.exec(option) ?? [];
  const ofGroup = group === undefined || bucket === undefined ? undefined : words.bucket(bucket, group);
  const text = ofGroup === undefined ? option : (target ?? ofGroup);
  const ip = parseIp4(/^[\d.]+/.exec(text)?.[0] ?? '');
  const notes = [ip === undefined ? undefined : nameOf(world, ip, lang), target === undefined ? undefined : ofGroup].filter((n) => n !== undefined);
  return { text, note: notes.length > 0 ? notes.join(', ') : undefined };
}

/** The same on one line: `10.233.125.24:80, pod ng-test-rs-kllg4`. */
export function optionText(option: string, world: World, lang: Lang): string {
  const { text, note } = optionParts(option, world, lang);
  return note === undefined ? text : dictionaries[lang].option(text, note);
}
