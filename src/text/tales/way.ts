import type { FibStep, IpvsStep, Step } from '../../engine/step.ts';
import { parseIp4 } from '../../packet/address.ts';
import { PROTO_TCP } from '../../packet/packet.ts';
import { packetBytes } from '../../packet/sizes.ts';
import { findNetns } from '../../world/lookup.ts';
import type { Link } from '../../world/world.ts';
import { actorName, podIn } from '../names.ts';
import type { Stop } from '../reading-types.ts';
import type { Tale, TaleOf } from '../tale-types.ts';
import type { Telling } from '../telling.ts';
import { hostOf, innerIp, isNested, linkOf, named, outerIp, text, who } from './facts.ts';

const isTunnel = (link: Link | undefined): boolean => link?.tunnel !== undefined;

const isReply = (stop: Stop): boolean => stop.way === 'reply';

/** Where a route leads: to a pod behind a veth, into a tunnel, or onto a link. */
function leadsTo(ctx: Telling, step: Step, fib: FibStep): { readonly into: 'pod' | 'tunnel' | 'link'; readonly name: string | undefined } {
  const link = linkOf(ctx, step, fib.oif);
  if (isTunnel(link)) return { into: 'tunnel', name: fib.nexthop === undefined ? undefined : hostOf(ctx, fib.nexthop) };
  const peer = link?.veth;
  // A cable to another machine, such as a VM's NIC, leads to no pod.
  const cable = peer !== undefined && peer.host !== step.host;
  if (link?.kind === 'veth' && !cable) return { into: 'pod', name: peer && peer.netns !== null && podIn(ctx.world, peer.host, peer.netns) ? actorName(ctx.world, peer.host, peer.netns, ctx.lang) : named(ctx, fib.dst) };
  return { into: 'link', name: fib.nexthop === undefined ? named(ctx, fib.dst) : hostOf(ctx, fib.nexthop) };
}

export function routeTale(ctx: Telling, fib: FibStep & Step): Tale {
  const ip = text(fib.dst);
  if (fib.result !== 'local' && fib.result !== 'forward' && fib.result !== 'broadcast') return { kind: 'route-error', host: fib.host, ip, result: fib.result };
  const nexthop = fib.nexthop === undefined ? undefined : text(fib.nexthop);
  const way = { ip, prefix: fib.prefix, oif: fib.oif ?? '?', nexthop };
  const local = fib.result === 'local';
  if (fib.purpose === 'ipvs' || fib.purpose === 'reroute') return { kind: 'route-again', ...way, ...(local ? { into: 'local' as const, name: undefined } : leadsTo(ctx, fib, fib)), ipvs: fib.purpose === 'ipvs' };
  if (fib.purpose !== 'input') return { kind: 'route-output', ip, oif: way.oif, nexthop, src: fib.chosenSrc === undefined ? undefined : text(fib.chosenSrc), outer: fib.purpose === 'tunnel', local };
  if (fib.result === 'forward') return { kind: 'route-forward', host: fib.host, ...way, ...leadsTo(ctx, fib, fib) };
  const netns = findNetns(ctx.world, fib.host, fib.netns);
  const holder = netns?.links.find((l) => l.addresses.some((a) => a.ip === fib.dst));
  const virtual = netns?.ipvs.some((v) => v.key.kind === 'address' && v.key.ip === fib.dst) ?? false;
  return { kind: 'route-local', ip, host: who(ctx, fib), dev: holder?.name, dummy: holder?.kind === 'dummy', virtual };
}

export function ipvsTale(ctx: Telling, ipvs: IpvsStep & Step): Tale {
  const virtual = ipvs.virtual;
  const address = ipvs.conn?.destination ?? (ipvs.picked === undefined ? undefined : ipvs.candidates[ipvs.picked]?.address) ?? '?';
  if (ipvs.op === 'no-destination') return { kind: 'ipvs-none', virtual, host: ipvs.host, listed: ipvs.candidates.length };
  if (ipvs.op !== 'schedule') return { kind: 'ipvs-known', address, virtual };
  const ip = parseIp4(address.split(':')[0] ?? '');
  const where = ip === undefined ? undefined : hostOf(ctx, ip);
  const name = ip === undefined ? undefined : named(ctx, ip);
  return {
    kind: 'ipvs-pick',
    address,
    name: name === where ? undefined : name,
    where,
    here: where === ipvs.host,
    count: ipvs.candidates.filter((c) => c.weight > 0).length,
    scheduler: ipvs.scheduler,
    virtual,
    chance: ipvs.choice !== undefined,
  };
}

export function arriveTale(ctx: Telling, stop: Stop, step: Extract<Step, { kind: 'receive' }> & Step): Tale {
  const before = ctx.trace.steps.slice(stop.from, step.id).filter((s) => s.role !== 'arp' && s.host !== step.host);
  const via = before.length === 0 ? undefined : [...new Set(before.map((s) => s.host))].join(', ');
  return { kind: 'arrive', host: who(ctx, step), dev: step.dev ?? '?', pf: linkOf(ctx, step, step.dev ?? '?')?.vf?.pf.dev, via, otherhost: step.otherhost, reply: isReply(stop) };
}

export function transmitTale(ctx: Telling, stop: Stop, step: Extract<Step, { kind: 'transmit' }> & Step): Tale {
  const dev = step.dev ?? '?';
  const to = step.to && actorName(ctx.world, step.to.host, step.to.netns, ctx.lang);
  if (step.role === 'arp') return arpFrame(step, dev, who(ctx, step));
  const link = linkOf(ctx, step, dev);
  const pf = link?.vf?.pf.dev;
  if (step.segment !== undefined) {
    return { kind: 'wire', nested: isNested(step.packet), dev, pf, host: step.host, to, toDev: step.to?.dev, inner: text(innerIp(step.packet)?.dst), bytes: packetBytes(step.packet), reply: isReply(stop) };
  }
  const sort = link?.kind === 'veth' ? 'veth' : isTunnel(link) ? 'tunnel' : link?.kind === 'loopback' ? 'loopback' : 'other';
  return { kind: 'leave', dev, pf, to, toDev: step.to?.dev, sort };
}

/** A frame of an address resolution: what it asks or answers. */
export function arpFrame(step: Step, dev: string, host: string): TaleOf<'arp'> {
  const arp = step.packet.find((h) => h.type === 'arp');
  const question = arp?.op !== 'reply';
  return { kind: 'arp', ip: text(question ? arp?.tpa : arp?.spa), host, by: step.kind === 'arp' ? step.by : question ? 'none' : 'own-address', dev, question };
}

export function encapTale(ctx: Telling, stop: Stop, step: Extract<Step, { kind: 'encap' }> & Step): Tale {
  return {
    kind: 'encap',
    dev: step.dev ?? '?',
    src: text(step.outerSrc),
    dst: text(step.outerDst),
    inner: text(innerIp(step.packet)?.dst),
    peer: hostOf(ctx, step.outerDst),
    reply: isReply(stop),
    overhead: step.overhead,
    tunnel: step.tunnel,
    vni: step.vni,
    by: step.fdb ?? (linkOf(ctx, step, step.dev)?.tunnel?.remote === undefined ? 'nexthop' : 'remote'),
  };
}

export function decapTale(ctx: Telling, stop: Stop, step: Extract<Step, { kind: 'decap' }> & Step): Tale {
  // Does this machine translate the packet back right after? Then it is the one that knows the connection.
  const after = ctx.trace.steps.slice(step.id + 1, step.id + 200).find((s) => s.packetId === step.packetId && (s.host !== step.host || s.netns !== step.netns || s.kind === 'nat' || s.kind === 'ipvs'));
  const holds = isReply(stop) && after !== undefined && after.host === step.host && after.netns === step.netns;
  return { kind: 'decap', tunnel: step.tunnel, dev: step.dev ?? '?', host: step.host, overhead: step.overhead, reply: isReply(stop), holds };
}

export function sizeTale(ctx: Telling, stop: Stop, step: Extract<Step, { kind: 'mtu' | 'fragment' | 'reassemble' | 'pmtu' }> & Step): Tale {
  switch (step.kind) {
    case 'fragment':
      return { kind: 'piece', index: step.index, count: step.count };
    case 'reassemble':
      return { kind: 'whole', count: step.count };
    case 'pmtu':
      return { kind: 'pmtu', ip: text(step.dst), mtu: step.mtu, host: who(ctx, step) };
    case 'mtu': {
      if (step.action !== 'fragment') return { kind: 'too-big', bytes: step.bytes, mtu: step.mtu, host: who(ctx, step), told: step.action === 'error' };
      const piece = ctx.trace.steps.slice(step.id, Math.max(stop.to, step.id + 1) + 1).find((s) => s.kind === 'fragment');
      return { kind: 'cut', bytes: step.bytes, mtu: step.mtu, count: piece?.kind === 'fragment' ? piece.count : 2, dev: step.dev, again: isCutAgain(ctx, step) };
    }
  }
}

/** The limit is not the device's: the packet came in pieces and leaves in pieces that are no larger. */
export const isCutAgain = (ctx: Telling, step: Extract<Step, { kind: 'mtu' }> & Step): boolean => {
  const link = linkOf(ctx, step, step.dev);
  return step.action === 'fragment' && link !== undefined && step.mtu < link.mtu;
};

/** A handshake's SYN-ACK offers a segment size; undefined for anything else. */
export function offeredMss(step: Step): number | undefined {
  const ip = outerIp(step.packet);
  const tcp = step.packet.find((h) => h.type === 'tcp');
  return ip?.proto === PROTO_TCP ? tcp?.mss : undefined;
}
