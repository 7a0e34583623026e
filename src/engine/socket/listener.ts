import type { Ip4 } from '../../packet/address.ts';
import { PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import { isUp } from '../../world/lookup.ts';
import type { Listener } from '../../world/world.ts';
import type { CtEntry } from '../conntrack/table.ts';
import type { At, Ns, Sim } from '../sim.ts';
import type { ClientSocket } from './client.ts';

/**
 * Who listens on a port here: a line of `ss`; `assumed` when no such listing was given, for then every port answers, but those from
 * which the prober's clients speak: an answer that goes astray (`stray`) finds nobody at such a port, nor at one that NAT gave them;
 * undefined when nobody does. A socket bound to the very address, or device, is preferred (compute_score(), net/ipv4/inet_hashtables.c).
 */
export function listenerFor(sim: Sim, at: At, proto: 'tcp' | 'udp', ip: Ip4, port: number, stray = false): Listener | 'assumed' | undefined {
  const { sockets } = at.ns.netns;
  const number = proto === 'tcp' ? PROTO_TCP : PROTO_UDP;
  if (sockets === undefined) return isClientPort(sim, number, port, stray) ? undefined : 'assumed';
  const fits = sockets.filter((s) => s.proto === proto && s.port === port && (s.ip === 0 || s.ip === ip) && (s.dev === undefined || s.dev === at.dev));
  return fits.toSorted((a, b) => score(b) - score(a))[0];
}

/** vxlan_create_sock() and geneve_create_sock(): a port at which the kernel itself takes tunnelled packets, on every address. */
export const isTunnelPort = (ns: Ns, port: number): boolean => ns.netns.links.some((l) => isUp(l) && (l.tunnel?.kind === 'vxlan' || l.tunnel?.kind === 'geneve') && l.tunnel.dstport === port);

function isClientPort(sim: Sim, proto: number, port: number, stray: boolean): boolean {
  const clients = probersOf(sim).filter((c) => c.proto === proto);
  const gives = (e: CtEntry): boolean => e.srcNat && e.orig.proto === proto && e.reply.dport === port && clients.some((c) => c.port === e.orig.sport);
  return clients.some((c) => c.port === port) || (stray && sim.world.hosts.some((h) => h.netns.some((n) => sim.ns(h.name, n.name)?.conntrack.entries.some(gives))));
}

/** The sockets of whoever sends the probe. */
function probersOf(sim: Sim): readonly ClientSocket[] {
  const { from } = sim.probe;
  return [...(sim.ns(from.host, from.kind === 'netns' ? from.netns : null)?.clients ?? []), ...sim.outside];
}

const score = (s: Listener): number => (s.ip === 0 ? 0 : 2) + (s.dev === undefined ? 0 : 1);
