import { PROTO_ICMP, ipOf } from '../../packet/packet.ts';
import type { CtNat } from '../../world/openflow.ts';
import { CT_STATE } from '../../world/openflowFields.ts';
import type { NatRange } from '../../world/netfilter.ts';
import { nullBinding, setupNat, translateIcmpError, translatePacket } from '../conntrack/nat.ts';
import { findTuple, NO_LABEL, removeEntry, viewEntry } from '../conntrack/table.ts';
import { confirm, trackIn } from '../conntrack/track.ts';
import { tupleOf } from '../conntrack/tuple.ts';
import type { Manip } from '../conntrack/unique.ts';
import type { DpAction, Masked } from '../openflow/types.ts';
import type { At, Sim } from '../sim.ts';
import type { CtRef, Skb } from '../skb.ts';
import type { DropReason } from '../step.ts';
import { type CtKey, UNTRACKED } from './flow.ts';

/*
 * net/openvswitch/conntrack.c and nf_nat_ovs.c: a packet of a bridge meets the very table of connections that Netfilter has in the
 * machine's own namespace, in a zone.
 */

type CtAction = Extract<DpAction, { kind: 'ct' }>;
type Tracked = Extract<CtRef, { kind: 'tracked' }>;

const NAT_BITS = CT_STATE.snat | CT_STATE.dnat;

/** What came of it; `reason`: the packet is dropped. */
export type CtResult = { readonly skb: Skb; readonly key: CtKey; readonly reason?: undefined } | { readonly reason: DropReason };

/** ovs_ct_get_state() and ovs_ct_update_key(): `natted` are the bits of what NAT has done since; undefined: as the connection's own. */
export function ctKeyOf(ct: CtRef | undefined, zone: number | undefined, natted: number | undefined): CtKey {
  if (ct?.kind !== 'tracked') return zone === undefined ? UNTRACKED : { ...UNTRACKED, state: CT_STATE.trk | CT_STATE.inv, zone };
  const { entry, dir, info } = ct;
  const orig = entry.orig;
  const isIcmp = orig.proto === PROTO_ICMP;
  const nat = natted ?? ((entry.srcNat ? CT_STATE.snat : 0) | (entry.dstNat ? CT_STATE.dnat : 0));
  const state = CT_STATE.trk | (dir === 'reply' ? CT_STATE.rpl : 0) | { NEW: CT_STATE.new, ESTABLISHED: CT_STATE.est, RELATED: CT_STATE.rel }[info] | (entry.confirmed ? 0 : CT_STATE.new) | nat;
  return {
    state,
    zone: entry.zone.id,
    mark: entry.mark,
    label: entry.label,
    orig: { proto: orig.proto, src: orig.src, dst: orig.dst, sport: isIcmp ? orig.dport >> 8 : orig.sport, dport: isIcmp ? orig.dport & 255 : orig.dport },
  };
}

/** ovs_ct_execute(), for a packet that is whole: looked up in the zone, translated as asked for, and committed. */
export function ctExecute(sim: Sim, at: At, given: Skb, before: CtKey, action: CtAction): CtResult {
  const { skb: cached, again } = cachedIn(sim, at, given, before, action);
  const skb = again ? trackIn(sim, at, { ...cached, ct: undefined }, { id: action.zone, dir: 'both' }) : cached;
  const { ct } = skb;
  const key = again ? ctKeyOf(ct, action.zone, 0) : before;
  if (ct?.kind !== 'tracked') return { skb, key };
  const doesNat = action.nat !== undefined && (key.state & NAT_BITS) === 0 && (ct.entry.confirmed || action.commit);
  const translated = doesNat && action.nat ? ctNat(sim, at, skb, ct, action.nat, action.commit) : { skb, done: 0 };
  if (!translated) return { reason: 'nat-redirect' };
  const out = translated.skb;
  if (action.commit) {
    if (action.mark) ct.entry.mark = (((action.mark.value[0] ?? 0) & (action.mark.mask[0] ?? 0)) | (ct.entry.mark & ~(action.mark.mask[0] ?? 0))) >>> 0;
    if (action.label) ct.entry.label = masked(ct.entry.label, action.label);
    const confirmed = confirm(sim, at, out);
    if (!confirmed) return { reason: 'ct-clash' };
    // The state in the key is that of before: a packet that is committed stays new (ovs_ct_commit() does not update it).
    const kept = ctKeyOf(confirmed.ct, action.zone, (key.state & NAT_BITS) | translated.done);
    return { skb: confirmed, key: { ...kept, state: key.state | translated.done } };
  }
  return { skb: out, key: { ...key, state: key.state | translated.done } };
}

const masked = (old: readonly number[], { value, mask }: Masked): readonly number[] => NO_LABEL.map((_, i) => (((old[i] ?? 0) & ~(mask[i] ?? 0)) | ((value[i] ?? 0) & (mask[i] ?? 0))) >>> 0);

/** skb_nfct_cached(): the packet has been looked up in this zone already, unless `force` wants its own direction to be the first. */
function cachedIn(sim: Sim, at: At, skb: Skb, { state }: CtKey, { zone, force }: CtAction): { readonly skb: Skb; readonly again: boolean } {
  const ct = skb.ct?.kind === 'tracked' && skb.ct.entry.zone.id === zone && skb.ct.entry.zone.dir === 'both' ? skb.ct : undefined;
  if (ct && (!force || ct.dir === 'original')) return { skb, again: false };
  // ovs_ct_executed(): one that nobody has looked up yet is looked for, if only to be deleted.
  const tuple = !ct && force && state === 0 ? tupleOf(skb.packet) : undefined;
  const old = ct ?? (tuple && findTuple(at.ns.conntrack, tuple, { id: zone, dir: 'both' }));
  if (old?.dir === 'reply' && old.entry.confirmed) {
    removeEntry(at.ns.conntrack, old.entry);
    sim.emit(at, skb, { kind: 'conntrack', op: 'removed', direction: 'reply', state: 'ESTABLISHED', entry: viewEntry(old.entry) });
  }
  return { skb: { ...skb, ct: undefined }, again: true };
}

/** nf_ct_nat(): undefined when the packet is to be dropped; `done`: the bits of ct_state that tell what was gone through. */
function ctNat(sim: Sim, at: At, skb: Skb, ct: Tracked, nat: CtNat, commit: boolean): { readonly skb: Skb; readonly done: number } | undefined {
  const { entry, dir, info } = ct;
  const manip = ((): Manip | undefined => {
    const mapped = entry.srcNat || entry.dstNat;
    if (info !== 'NEW' && mapped && (info !== 'RELATED' || dir === 'reply' || commit)) {
      const forward: Manip = entry.srcNat ? 'src' : 'dst';
      return dir === 'original' ? forward : turned(forward);
    }
    return nat.kind === 'nat' ? undefined : nat.kind;
  })();
  if (manip === undefined) return { skb, done: 0 };
  const range = rangeOf(nat);
  const first = natOnce(sim, at, skb, ct, manip, range);
  if (!first) return undefined;
  const bit = (m: Manip): number => (m === 'src' ? CT_STATE.snat : CT_STATE.dnat);
  if (!entry.dstNat) return { skb: first, done: bit(manip) };
  const other = entry.srcNat ? turned(manip) : 'src';
  if (!entry.srcNat && dir !== 'original') return { skb: first, done: bit(manip) };
  const second = natOnce(sim, at, first, ct, other, entry.srcNat ? range : undefined);
  return second && { skb: second, done: bit(manip) | bit(other) };
}

const turned = (manip: Manip): Manip => (manip === 'src' ? 'dst' : 'src');

/** The range of an action; without an address, or with one of all zeros, it only lets go of a port that is taken. */
function rangeOf({ ips, ports, flags }: CtNat): NatRange | undefined {
  if (!ips || ips.to === 0) return undefined;
  return { ips, ports, random: flags.includes('random') ? 'fully' : flags.includes('hash') ? 'random' : undefined, persistent: flags.includes('persistent') };
}

/** nf_ct_nat_execute() */
function natOnce(sim: Sim, at: At, skb: Skb, ct: Tracked, manip: Manip, range: NatRange | undefined): Skb | undefined {
  const { entry, info } = ct;
  if (info === 'RELATED' && ipOf(skb.packet).proto === PROTO_ICMP) return translateIcmpError(sim, at, skb, ct, manip);
  const initialised = manip === 'src' ? entry.srcDone : entry.dstDone;
  const binds = info !== 'ESTABLISHED' && !initialised;
  if (binds) setupNat(sim, at, skb, entry, manip, range ?? nullBinding(entry, manip), { by: range ? 'rule' : 'null-binding' });
  return translatePacket(sim, at, skb, ct, manip, binds);
}
