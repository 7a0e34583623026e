import { l4Of, ipOf, type Packet, PROTO_ICMP, type IcmpHeader, withIp, withPorts, innermost, isPorted } from '../../packet/packet.ts';
import type { NatRange } from '../../world/netfilter.ts';
import type { SourceRef } from '../../world/source.ts';
import type { At, Sim } from '../sim.ts';
import type { CtRef, Skb } from '../skb.ts';
import type { Endpoint, MasqueradeReason } from '../step.ts';
import { type CtEntry, viewEntry } from './table.ts';
import { hasPorts, invertTuple, sameTuple, type Tuple } from './tuple.ts';
import { type Manip, uniqueTuple } from './unique.ts';

interface Setup {
  readonly by: 'rule' | 'null-binding';
  readonly source?: SourceRef | undefined;
  readonly reason?: MasqueradeReason | undefined;
}

/**
 * nf_nat_setup_info() (net/netfilter/nf_nat_core.c): binds one manip of a connection to a range by changing what its reply will
 * look like. Emits a `nat` step when an address or port really changes.
 */
export function setupNat(sim: Sim, at: At, skb: Skb, entry: CtEntry, manip: Manip, range: NatRange, how: Setup): void {
  // A confirmed connection has what it has: the dump did not say that nat had been asked.
  if (entry.confirmed) return;
  // What the packet's tuple is by now: the reply tuple turned round knows what earlier bindings made of it.
  const current = invertTuple(entry.reply);
  const wanted = uniqueTuple(sim, at, current, manip, range, entry);
  const changed = !sameTuple(wanted, current);
  if (changed) {
    entry.reply = invertTuple(wanted);
    if (manip === 'src') entry.srcNat = true;
    else entry.dstNat = true;
  }
  if (manip === 'src') entry.srcDone = true;
  else entry.dstDone = true;
  if (changed) {
    sim.emit(
      at,
      { ...skb, packet: rewrite(skb.packet, manip, wanted) },
      {
        kind: 'nat',
        manip,
        by: how.by,
        undo: false,
        before: side(current, manip),
        after: side(wanted, manip),
        entry: viewEntry(entry),
        ...(how.reason ? { masquerade: how.reason } : {}),
      },
      { source: [how.source] },
    );
  }
}

/** nf_nat_alloc_null_binding(): keep the address, but let go of a port that another connection already has. */
export const nullBinding = (entry: CtEntry, manip: Manip): NatRange => {
  const current = invertTuple(entry.reply);
  const ip = manip === 'src' ? current.src : current.dst;
  return { ips: { from: ip, to: ip }, ports: undefined, random: undefined, persistent: false };
};

const side = (t: Tuple, manip: Manip): Endpoint => {
  const port = manip === 'src' || t.proto === PROTO_ICMP ? t.sport : t.dport;
  return { ip: manip === 'src' ? t.src : t.dst, port: hasPorts(t.proto) ? port : undefined };
};

/** nf_nat_manip_pkt(): puts one side of a tuple into the outermost IP packet. */
function rewrite(packet: Packet, manip: Manip, target: Tuple): Packet {
  const addressed = withIp(packet, manip === 'src' ? { src: target.src } : { dst: target.dst });
  if (target.proto === PROTO_ICMP) {
    const at = addressed.findIndex((h) => h.type === 'ipv4') + 1;
    return addressed.map((h, i) => (i === at && h.type === 'icmp' && h.id !== undefined ? { ...h, id: target.sport } : h));
  }
  return withPorts(addressed, manip === 'src' ? { sport: target.sport } : { dport: target.dport });
}

/**
 * nf_nat_packet(): translates a packet from its connection's entry: what the mapping changed for the first direction is put back
 * for the other. Emits a `nat` step unless the rule's own step has just shown it.
 */
export function translatePacket(sim: Sim, at: At, skb: Skb, ct: Extract<CtRef, { kind: 'tracked' }>, manip: Manip, justBound: boolean): Skb {
  const { entry, dir } = ct;
  // The reply's source is the original's destination: SRC_NAT of the connection is undone on the reply's destination.
  const applies = (manip === 'src') === (dir === 'original') ? entry.srcNat : entry.dstNat;
  if (!applies) return skb;
  const target = invertTuple(dir === 'original' ? entry.reply : entry.orig);
  const packet = rewrite(skb.packet, manip, target);
  const next = { ...skb, packet };
  const before = sideOfPacket(skb.packet, manip);
  const after = side(target, manip);
  if (!justBound && (before.ip !== after.ip || before.port !== after.port)) {
    sim.emit(at, next, { kind: 'nat', manip, by: 'entry', undo: dir === 'reply', before, after, entry: viewEntry(entry) });
  }
  return next;
}

function sideOfPacket(packet: Packet, manip: Manip): Endpoint {
  const ip = ipOf(packet);
  const l4 = l4Of(packet);
  const port = isPorted(l4) ? (manip === 'src' ? l4.sport : l4.dport) : l4?.type === 'icmp' ? l4.id : undefined;
  return { ip: manip === 'src' ? ip.src : ip.dst, port };
}

/**
 * nf_nat_icmp_reply_translation() (net/netfilter/nf_nat_proto.c): an ICMP error about a translated packet is translated itself, and
 * the packet quoted in it is turned back, so that its receiver recognises what it had sent. Undefined: a redirect about such a
 * connection would name the wrong gateway, and is dropped.
 */
export function translateIcmpError(sim: Sim, at: At, skb: Skb, ct: Extract<CtRef, { kind: 'tracked' }>, manip: Manip): Skb | undefined {
  const { entry, dir } = ct;
  const l4 = l4Of(skb.packet);
  if (l4?.type === 'icmp' && l4.icmptype === 5 && (!entry.srcDone || !entry.dstDone || entry.srcNat || entry.dstNat)) return undefined;
  const applies = (manip === 'src') === (dir === 'original') ? entry.srcNat : entry.dstNat;
  if (!applies) return skb;
  const other = dir === 'original' ? entry.reply : entry.orig;
  const l4At = skb.packet.findIndex((h) => h.type === 'icmp');
  const icmp = skb.packet[l4At];
  if (icmp?.type !== 'icmp' || !icmp.quote) return skb;
  const quoted = rewrite(icmp.quote.packet, manip === 'src' ? 'dst' : 'src', other);
  const header: IcmpHeader = { ...icmp, quote: { ...icmp.quote, packet: quoted } };
  const target = invertTuple(other);
  const outer = withIp(skb.packet, manip === 'src' ? { src: target.src } : { dst: target.dst });
  const packet = outer.map((h, i) => (i === l4At ? header : h));
  const before = { ip: manip === 'src' ? ipOf(skb.packet).src : ipOf(skb.packet).dst, port: undefined };
  const after = { ip: manip === 'src' ? ipOf(packet).src : ipOf(packet).dst, port: undefined };
  const next = { ...skb, packet };
  sim.emit(at, next, { kind: 'nat', manip, by: 'entry', undo: dir === 'reply', before, after, entry: viewEntry(entry) });
  return next;
}

/** Addresses and ports of the innermost packet differ from those that were sent. */
export function natted(sent: Packet, seen: Packet): { readonly src: boolean; readonly dst: boolean } {
  const a = innermost(sent);
  const b = innermost(seen);
  // A walk that was stopped may have been at a question for an address.
  if (b[0]?.type !== 'ipv4') return { src: false, dst: false };
  const differs = (manip: Manip): boolean => {
    const x = sideOfPacket(a, manip);
    const y = sideOfPacket(b, manip);
    return x.ip !== y.ip || x.port !== y.port;
  };
  return { src: differs('src'), dst: differs('dst') };
}
