import type { Compare } from '../../world/netfilter.ts';
import type { SetExtensions, SetMember } from '../../world/ipset.ts';
import { ipBytes } from '../../packet/sizes.ts';
import type { Dim, Elem } from './index.ts';
import { type Candidate, candidates, type LiveSet, liveSet, nameOf } from './live.ts';
import { nearest } from './nearest.ts';
import { type Dirs, type Seen, wantedOf } from './wanted.ts';

/** What a rule asks of a set (struct ip_set_adt_opt). */
export interface SetQuestion {
  readonly dirs: Dirs;
  readonly returnNomatch?: boolean | undefined;
  readonly keepCounters?: boolean | undefined;
  readonly keepSubcounters?: boolean | undefined;
  readonly packets?: Compare | undefined;
  readonly bytes?: Compare | undefined;
}

export interface SetTest {
  readonly result: boolean | 'unknown';
  /** The element that was looked for, as `ipset test` takes it. */
  readonly saw: string;
  /** The member that decided; when there is none, the most similar one. */
  readonly member: Pick<SetMember, 'text' | 'source'> | undefined;
  /** Of the member that matched, in a set with skbinfo. */
  readonly skbmark?: SetExtensions['skbmark'];
}

const none = (saw: string, member?: SetMember): SetTest => ({ result: false, saw, member });

/**
 * ip_set_test() (net/netfilter/ipset/ip_set_core.c): is what the directions name, a dimension each, a member of the set? Too few
 * directions, or a set of the other family, match nothing. What we cannot tell is unknown, never "not a member".
 */
export function testSet(live: LiveSet, seen: Seen, ask: SetQuestion): SetTest {
  const { set } = live;
  if (set.type === 'unknown') return { result: 'unknown', saw: '', member: undefined };
  if (set.type === 'list:set') return testList(live, seen, ask);
  if (set.params?.ipv6 || ask.dirs.length < live.kinds.length) return none('');
  const wanted = wantedOf(set, seen, ask.dirs);
  if (wanted === 'unknown') return { result: 'unknown', saw: '', member: undefined };
  if (wanted === undefined) return none('');
  const saw = wanted.map((d) => d.text).join(',');
  for (const group of candidates(live, wanted)) {
    // hash:net,iface: a network that is there with other devices alone ends the search (`multi` in mtype_test_cidrs()).
    let others = false;
    for (const found of group) {
      if (found.elem.iface?.physdev) continue; // rules never ask for one: no xt_set flag says so
      if (!looseMatches(live, wanted, found)) {
        others ||= found.elem.iface !== undefined;
        continue;
      }
      if (set.params?.counters && !countersMatch(live, nameOf(live, wanted, found.bits, found.elem), found.elem.extensions, seen, ask)) {
        others = false;
        continue;
      }
      // mtype_do_data_match(): nomatch says "not a member" with an error of its own, which --return-nomatch turns around.
      const result = live.nets && ask.returnNomatch === true ? found.elem.nomatch : !found.elem.nomatch;
      const skbmark = set.params?.skbinfo ? found.elem.extensions?.skbmark : undefined;
      return { result, saw, member: found.elem.member ?? { text: found.elem.text, source: undefined }, ...(skbmark ? { skbmark } : {}) };
    }
    if (others) break;
  }
  return live.base.unknown ? { result: 'unknown', saw, member: undefined } : none(saw, nearest(set, wanted));
}

/** What the key leaves out: the device, and the MAC of bitmap:ip,mac, which the first packet fills in (-EAGAIN). */
function looseMatches(live: LiveSet, wanted: readonly Dim[], { elem, bits }: Candidate): boolean {
  const tag = wanted.find((d) => d.loose)?.tag;
  if (tag === undefined) return true;
  if (elem.iface) return elem.iface.wildcard ? tag.startsWith(elem.iface.dev) : tag === elem.iface.dev;
  const name = nameOf(live, wanted, bits, elem);
  const mac = live.macs.get(name) ?? elem.mac;
  if (mac === undefined) live.macs.set(name, tag);
  return mac === undefined || mac === tag;
}

/** ip_set_match_extensions(): counts the packet, unless told not to, and then compares. */
function countersMatch(live: LiveSet, name: string, dumped: Elem['extensions'], { skb }: Seen, ask: SetQuestion): boolean {
  const counter = live.counters.get(name) ?? { packets: dumped?.packets ?? 0, bytes: dumped?.bytes ?? 0 };
  live.counters.set(name, counter);
  if (!ask.keepCounters) {
    counter.packets++;
    counter.bytes += ipBytes(skb.packet);
  }
  return compares(counter.packets, ask.packets) && compares(counter.bytes, ask.bytes);
}

/** ip_set_match_counter(). */
function compares(count: number, ask: Compare | undefined): boolean {
  switch (ask?.op) {
    case undefined:
      return true;
    case 'eq':
      return count === ask.value;
    case 'ne':
      return count !== ask.value;
    case 'lt':
      return count < ask.value;
    case 'gt':
      return count > ask.value;
  }
}

/** list_set_ktest() (ip_set_list_set.c): the sets of the list in turn, each with the directions that it needs. */
function testList(live: LiveSet, seen: Seen, ask: SetQuestion): SetTest {
  let result: SetTest | undefined;
  const sub: SetQuestion = { dirs: ask.dirs, returnNomatch: ask.returnNomatch, keepCounters: ask.keepCounters === true || ask.keepSubcounters === true };
  for (const member of live.set.members) {
    const [part] = member.parts;
    const inner = part?.kind === 'set' && part.set !== live.set.name ? liveSet(seen.ns, part.set) : undefined;
    // The kernel refuses lists of lists.
    const tested: SetTest = inner && inner.set.type !== 'list:set' ? testSet(inner, seen, sub) : { result: 'unknown', saw: '', member: undefined };
    if (tested.result === true && (!live.set.params?.counters || countersMatch(live, member.text, member.extensions, seen, ask))) {
      const skbmark = live.set.params?.skbinfo ? member.extensions?.skbmark : tested.skbmark;
      return { result: true, saw: tested.saw, member: tested.member, ...(skbmark ? { skbmark } : {}) };
    }
    if (tested.result === 'unknown' || result === undefined) result = tested;
  }
  return result === undefined || result.result === true ? none(result?.saw ?? '') : result;
}
