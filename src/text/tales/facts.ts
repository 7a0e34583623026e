import type { Step } from '../../engine/step.ts';
import { formatIp4, type Ip4 } from '../../packet/address.ts';
import { innermost, type Ipv4Header, type Packet, PROTO_ICMP, PROTO_TCP, PROTO_UDP, isPorted } from '../../packet/packet.ts';
import { findHost, findLink, ownersOf } from '../../world/lookup.ts';
import type { Link } from '../../world/world.ts';
import { actorName, nameOf } from '../names.ts';
import type { Sort } from '../tale-types.ts';
import type { Telling } from '../telling.ts';

/** The outermost IP header; undefined for ARP and for a packet that could not be made. */
export const outerIp = (packet: Packet): Ipv4Header | undefined => packet.find((h) => h.type === 'ipv4');

/** The IP header at the end of all tunnels. */
export function innerIp(packet: Packet): Ipv4Header | undefined {
  const first = innermost(packet)[0];
  return first?.type === 'ipv4' ? first : undefined;
}

/** More than one IP header: a tunnel's outer packet. */
export const isNested = (packet: Packet): boolean => packet.filter((h) => h.type === 'ipv4').length > 1;

export const sortOf = (proto: number): Sort => (proto === PROTO_TCP ? 'tcp' : proto === PROTO_UDP ? 'udp' : proto === PROTO_ICMP ? 'ping' : 'other');

/** Ports of the innermost packet, or its ICMP id as the source port. */
export function portsOf(packet: Packet): { readonly sport: number | undefined; readonly dport: number | undefined } {
  const l4 = innermost(packet)[1];
  if (isPorted(l4)) return { sport: l4.sport, dport: l4.dport };
  return { sport: l4?.type === 'icmp' ? l4.id : undefined, dport: undefined };
}

export const who = (ctx: Telling, step: Step): string => actorName(ctx.world, step.host, step.netns, ctx.lang);

/** The client of the probe, as an actor. */
export function prober(ctx: Telling): string {
  const { from } = ctx.trace.probe;
  if (from.kind === 'outside') return ctx.lang === 'ko' ? `클라이언트 ${formatIp4(from.ip)}` : `the client ${formatIp4(from.ip)}`;
  return actorName(ctx.world, from.host, from.netns, ctx.lang);
}

export const text = (ip: Ip4 | undefined): string => (ip === undefined ? '?' : formatIp4(ip));

export const named = (ctx: Telling, ip: Ip4): string | undefined => nameOf(ctx.world, ip, ctx.lang);

/** The device of a step's namespace by its name. */
export function linkOf(ctx: Telling, step: Step, dev: string | undefined): Link | undefined {
  const netns = findHost(ctx.world, step.host)?.netns.find((n) => n.name === step.netns);
  return netns && dev !== undefined ? findLink(netns, dev) : undefined;
}

/** The step before this one of the same packet in the same namespace that passes the test. */
export function lastOf(ctx: Telling, step: Step, test: (s: Step) => boolean): Step | undefined {
  for (let i = step.id - 1; i >= 0; i--) {
    const s = ctx.trace.steps[i];
    if (s && s.packetId === step.packetId && s.host === step.host && s.netns === step.netns && test(s)) return s;
  }
  return undefined;
}

/** Which machine has the address, if just one does. */
export function hostOf(ctx: Telling, ip: Ip4): string | undefined {
  const hosts = new Set(ownersOf(ctx.world, ip).map((o) => o.host.name));
  const pod = ctx.world.names.pods.find((p) => p.ips.includes(ip));
  if (hosts.size === 1) return [...hosts][0];
  return pod?.node;
}

/** The packet that the prober's socket sent for this connection. */
export const sentBy = (ctx: Telling, connection: number): Packet => ctx.trace.steps.find((s) => s.connection === connection && s.kind === 'send' && s.what === 'probe')?.packet ?? [];
