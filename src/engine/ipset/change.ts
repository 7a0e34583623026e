import { formatIp4, maskOf } from '../../packet/address.ts';
import { ipBytes } from '../../packet/sizes.ts';
import type { SetChange } from '../step.ts';
import type { Dim, Elem } from './index.ts';
import { type Candidate, candidates, type LiveSet, liveSet, nameOf, put, ruleBits, sizeOf, take } from './live.ts';
import { type Dirs, type Seen, wantedOf } from './wanted.ts';

/** What a rule did to a set; `element` is the one that it was about. */
type Changed = Pick<SetChange, 'result' | 'element'>;

const FAILED: Changed = { result: 'failed', element: '' };

/**
 * ip_set_add() and ip_set_del() (net/netfilter/ipset/ip_set_core.c) for `-j SET`: networks are added as long as the longest that is
 * there, an element that is there already stays as it is unless `exist` is said, and a full set takes no more.
 */
export function changeSet(live: LiveSet, seen: Seen, how: 'add' | 'del', dirs: Dirs, exist: boolean): Changed {
  const { set } = live;
  if (set.type === 'unknown') return { result: 'unknown', element: '' };
  if (set.type === 'list:set') return changeList(live, seen, how, dirs, exist);
  if (set.params?.ipv6 || dirs.length < live.kinds.length) return FAILED;
  const wanted = wantedOf(set, seen, dirs);
  if (wanted === 'unknown' || (live.base.unknown && wanted)) return { result: 'unknown', element: '' };
  if (wanted === undefined) return FAILED;
  const bits = ruleBits(live, wanted);
  const iface = ifaceOf(wanted, set.type);
  const element = wanted.map((d, i) => textOf(d, bits[i] ?? d.width)).join(',');
  const there = candidates(live, wanted).flat().find((c) => c.bits.every((b, i) => live.kinds[i] !== 'net' || b === bits[i]) && sameDevice(c.elem, iface?.dev));
  return { result: how === 'del' ? del(live, wanted, there) : add(live, seen, wanted, { bits, there, exist, iface, element }), element };
}

/** hash_netiface4_data_equal(): a wildcard member is the same as any device that it covers. */
const sameDevice = ({ iface }: Elem, dev: string | undefined): boolean => iface === undefined || (!iface.physdev && dev !== undefined && (iface.wildcard ? dev.startsWith(iface.dev) : dev === iface.dev));

function del(live: LiveSet, wanted: readonly Dim[], there: Candidate | undefined): Changed['result'] {
  if (!there) return 'failed';
  take(live, wanted, there);
  return 'done';
}

interface Addition {
  readonly bits: readonly number[];
  readonly there: Candidate | undefined;
  readonly exist: boolean;
  readonly iface: Elem['iface'];
  readonly element: string;
}

/** mtype_add(): with `exist` flags and extensions of the old element are overwritten, nomatch too. */
function add(live: LiveSet, { skb }: Seen, wanted: readonly Dim[], { bits, there, exist, iface, element }: Addition): Changed['result'] {
  const { type, params } = live.set;
  const mac = type === 'bitmap:ip,mac' ? wanted.find((d) => d.loose)?.tag : undefined;
  // bitmap_ipmac_do_add(): a member without a MAC gets it.
  const filled = !there || there.elem.mac !== undefined || live.macs.has(nameOf(live, wanted, there.bits, there.elem));
  if (there && !exist && (mac === undefined || filled)) return 'failed';
  if (there) take(live, wanted, there);
  else if (type.startsWith('hash:') && sizeOf(live) >= (params?.maxelem ?? 65536)) return params?.forceadd ? 'unknown' : 'failed'; // forceadd: some element goes
  put(live, wanted, bits, { text: element, member: undefined, nomatch: false, iface, mac, extensions: undefined });
  if (params?.counters) live.counters.set(nameOf(live, wanted, bits, { iface }), { packets: 1, bytes: ipBytes(skb.packet) });
  return 'done';
}

/** list_set_kadd(), list_set_kdel(): the first set of the list that can. */
function changeList(live: LiveSet, seen: Seen, how: 'add' | 'del', dirs: Dirs, exist: boolean): Changed {
  for (const { parts } of live.set.members) {
    const inner = parts[0]?.kind === 'set' ? liveSet(seen.ns, parts[0].set) : undefined;
    const changed: Changed = inner && inner.set.type !== 'list:set' ? changeSet(inner, seen, how, dirs, exist) : { result: 'unknown', element: '' };
    if (changed.result !== 'failed') return changed;
  }
  return FAILED;
}

const ifaceOf = (wanted: readonly Dim[], type: string): Elem['iface'] => (type === 'hash:net,iface' ? { kind: 'iface', dev: wanted[1]?.tag ?? '', wildcard: false, physdev: false } : undefined);

const textOf = (dim: Dim, bits: number): string => (dim.width === 32 && bits < 32 ? `${formatIp4((dim.num & maskOf(bits)) >>> 0)}/${bits}` : dim.text);
