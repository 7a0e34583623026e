import { type BridgePort, NEW_PORT } from '../../world/bridge.ts';
import { isUp } from '../../world/lookup.ts';
import type { Link } from '../../world/world.ts';
import { linkOf, type Ns } from '../sim.ts';

/** The bridge that has the device for a port; undefined when it has no master, or one that is no bridge. */
export function bridgeOf(ns: Ns, link: Link): Link | undefined {
  const master = linkOf(ns, link.master);
  return master?.kind === 'bridge' ? master : undefined;
}

/** A port with the state that it is in now: br_stp_disable_port() when it, or the bridge, is down or has no carrier. */
export function portOf(link: Link, bridge: Link): BridgePort {
  const port = link.port ?? NEW_PORT;
  return isUp(link) && isUp(bridge) && !link.flags.includes('NO-CARRIER') ? port : { ...port, state: 'disabled' };
}

const portLists = new WeakMap<Link, readonly Link[]>();

/** The ports in the order of br->port_list: br_add_if() puts the newest first, which as a rule has the highest number. */
export function portsOf(ns: Ns, bridge: Link): readonly Link[] {
  const known = portLists.get(bridge);
  if (known) return known;
  const ports = ns.netns.links.filter((l) => l.master === bridge.name);
  const numbered = ports.every((p) => p.port?.number !== undefined);
  const age = (p: Link): number => (numbered ? (p.port?.number ?? 0) : p.ifindex);
  const sorted = ports.toSorted((a, b) => age(b) - age(a));
  portLists.set(bridge, sorted);
  return sorted;
}

/** A group address: the lowest bit of the first byte (is_multicast_ether_addr()). */
export const isGroup = (mac: string): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
