import type { Ip4 } from '../../packet/address.ts';
import type { Netns, World } from '../../world/world.ts';

export interface LabListener {
  readonly proto: 'tcp' | 'udp';
  readonly ip: Ip4;
  readonly port: number;
}

/** Ports in one namespace's lab at most: each is a socket. */
const MAX_PORTS = 64;

/**
 * Who listens in the lab. A namespace with a listing of sockets has those; elsewhere every port answers in the model, so the lab
 * listens on each port that rules and services translate to, on those of tunnels of other machines, and on those that are asked for.
 */
export function listenPorts(world: World, netns: Netns, asked: readonly number[]): readonly LabListener[] {
  if (netns.sockets !== undefined) return netns.sockets.map(({ proto, ip, port }) => ({ proto, ip, port }));
  const ports = [...new Set([...asked, ...translatedPorts(world), ...tunnelPorts(world)])].filter((p) => p > 0 && !portsOfTunnels(netns).includes(p)).slice(0, MAX_PORTS);
  return ports.flatMap((port) => (['tcp', 'udp'] as const).map((proto) => ({ proto, ip: 0, port })));
}

/** UDP ports that the kernel itself listens on, for tunnels: no program can. */
const portsOfTunnels = (netns: Netns): readonly number[] => netns.links.flatMap(({ tunnel }) => (tunnel?.kind === 'vxlan' || tunnel?.kind === 'geneve' ? [tunnel.dstport] : []));

const tunnelPorts = (world: World): readonly number[] => world.hosts.flatMap((h) => h.netns.flatMap(portsOfTunnels));

function translatedPorts(world: World): readonly number[] {
  const found = new Set<number>();
  for (const host of world.hosts) {
    for (const netns of host.netns) {
      for (const table of netns.tables ?? []) for (const chain of table.chains) for (const rule of chain.rules) for (const port of targetPorts(rule.target)) found.add(port);
      for (const { orig, reply } of netns.conntrack ?? []) if (reply.sport !== undefined && reply.sport !== orig.dport) found.add(reply.sport);
      for (const server of netns.ipvs) for (const real of server.realServers) found.add(real.port);
    }
  }
  return [...found];
}

function targetPorts(target: { readonly kind: string; readonly range?: { readonly ports: { readonly from: number; readonly to: number } | undefined } }): readonly number[] {
  const ports = target.kind === 'dnat' || target.kind === 'redirect' ? target.range?.ports : undefined;
  return ports ? Array.from({ length: Math.min(ports.to - ports.from + 1, 16) }, (_, i) => ports.from + i) : [];
}
