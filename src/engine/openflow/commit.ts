import type { Words } from '../../world/openflow.ts';
import { FIELDS, HIDDEN } from '../../world/openflowFields.ts';
import { ETH, isIpAny, readField, VLAN_CFI, W, word } from './fields.ts';
import type { DpAction, Flow } from './types.ts';

/*
 * commit_odp_actions() of lib/odp-util.c: what the tables have changed is carried out by the datapath only when something goes out or
 * to conntrack, and only what differs from what the packet then has.
 */

type SetAction = Extract<DpAction, { kind: 'set' }>;

interface Tag {
  readonly tpid: number;
  readonly tci: number;
}

/** The packet's tags, outermost first (flow_count_vlan_headers()). */
function tagsOf(flow: Flow): readonly Tag[] {
  const tags: Tag[] = [];
  if ((word(flow, W.vlanTci) & VLAN_CFI) === 0) return tags;
  tags.push({ tpid: word(flow, HIDDEN.vlanTpid) || ETH.vlan, tci: word(flow, W.vlanTci) });
  if ((word(flow, HIDDEN.innerTci) & VLAN_CFI) !== 0) tags.push({ tpid: word(flow, HIDDEN.innerTpid) || ETH.vlan, tci: word(flow, HIDDEN.innerTci) });
  return tags;
}

/** commit_vlan_action(): tags that differ come off, and the new ones on; those inside that are the same stay. */
function commitVlan(flow: Flow, base: Flow, out: DpAction[]): void {
  const from = tagsOf(base);
  const to = tagsOf(flow);
  let a = from.length - 1;
  let b = to.length - 1;
  while (a >= 0 && b >= 0 && from[a]?.tci === to[b]?.tci && from[a]?.tpid === to[b]?.tpid) [a, b] = [a - 1, b - 1];
  for (; a >= 0; a--) out.push({ kind: 'pop-vlan' });
  for (; b >= 0; b--) out.push({ kind: 'push-vlan', tpid: to[b]?.tpid ?? 0, tci: to[b]?.tci ?? 0 });
  for (const at of [W.vlanTci, HIDDEN.vlanTpid, HIDDEN.innerTpid, HIDDEN.innerTci]) base[at] = word(flow, at);
}

/**
 * commit(): one `set` with the fields that differ. A field's mask is what actions have written of it; `whole`: the datapath can only
 * set this header as a whole.
 */
function commitSet(header: SetAction['header'], names: readonly string[], flow: Flow, base: Flow, written: Flow, out: DpAction[], whole = false): void {
  const changes: SetAction['changes'][number][] = [];
  let differs = false;
  let complete = true;
  for (const name of names) {
    const field = FIELDS.get(name);
    if (!field) continue;
    let changed = false;
    const mask: number[] = [];
    const value: number[] = [];
    for (let i = 0; i < field.words; i++) {
      const at = field.word + i;
      const diff = (word(flow, at) ^ word(base, at)) >>> 0;
      if (diff !== 0) changed = true;
      const bits = (field.bits - 32 * (field.words - 1 - i) >= 32 ? 0xffffffff : 2 ** (field.bits % 32) - 1) >>> 0;
      const m = whole ? bits : ((word(written, at) | diff) & bits) >>> 0;
      mask.push(m);
      complete &&= m === bits;
      value.push((word(flow, at) & m) >>> 0);
    }
    differs ||= changed;
    if (changed || whole) changes.push({ field: name, value, mask });
  }
  if (!differs) return;
  const form = whole ? 'exact' : header === 'ipv4' || header === 'ipv6' || changes.length < names.length ? 'masked' : complete ? 'exact' : 'either';
  out.push({ kind: 'set', header, changes, form });
  for (const name of names) {
    const field = FIELDS.get(name);
    if (field) base.set(flow.subarray(field.word, field.word + field.words), field.word);
  }
}

const PORTS: ReadonlyMap<number, 'tcp' | 'udp' | 'sctp'> = new Map([
  [6, 'tcp'],
  [17, 'udp'],
  [132, 'sctp'],
]);

/** commit_set_nw_action(). */
function commitNw(flow: Flow, base: Flow, written: Flow, out: DpAction[]): void {
  if (word(flow, W.nwProto) === 0) return;
  switch (word(base, W.dlType)) {
    case ETH.ip:
      commitSet('ipv4', ['nw_src', 'nw_dst', 'nw_tos', 'nw_ttl'], flow, base, written, out);
      break;
    case ETH.ip6:
      commitSet('ipv6', ['ipv6_src', 'ipv6_dst', 'ipv6_label', 'nw_tos', 'nw_ttl'], flow, base, written, out);
      if (word(base, W.nwProto) === 58 && word(flow, W.tpDst) === 0 && [135, 136].includes(word(flow, W.tpSrc))) commitSet('nd', ['nd_target', 'nd_sll', 'nd_tll'], flow, base, written, out);
      break;
    case ETH.arp:
      commitSet('arp', ['arp_spa', 'arp_tpa', 'arp_op', 'arp_sha', 'arp_tha'], flow, base, written, out);
      break;
    default:
  }
}

/** Makes the packet of the datapath (`base`) what the tables think that it is (`flow`). `written`: bits that actions have set. */
export function commitActions(flow: Flow, base: Flow, written: Flow, out: DpAction[]): void {
  commitSet('eth', ['dl_src', 'dl_dst'], flow, base, written, out);
  commitNw(flow, base, written, out);
  const ports = isIpAny(base) ? PORTS.get(word(flow, W.nwProto)) : undefined;
  if (ports) commitSet(ports, ['tp_src', 'tp_dst'], flow, base, written, out);
  const icmp = (word(flow, W.dlType) === ETH.ip && word(flow, W.nwProto) === 1) || (word(flow, W.dlType) === ETH.ip6 && word(flow, W.nwProto) === 58);
  if (icmp) commitSet('icmp', ['icmp_type', 'icmp_code'], flow, base, written, out, true);
  commitVlan(flow, base, out);
  commitSet('skb_priority', ['skb_priority'], flow, base, written, out);
  commitSet('skb_mark', ['pkt_mark'], flow, base, written, out);
}

/** Marks all bits of a field as written. */
export function wrote(written: Flow, name: string): void {
  const field = FIELDS.get(name);
  if (field) written.fill(0xffffffff, field.word, field.word + field.words);
}

/** The value of a field where its name is known to exist. */
export const valueOf = (flow: Flow, name: string): Words => {
  const field = FIELDS.get(name);
  return field ? readField(flow, field) : [];
};
