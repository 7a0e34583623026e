import { type Ip4, maskOf } from '../packet/address.ts';
import { isUp } from '../world/lookup.ts';
import type { Address, Link, Route } from '../world/world.ts';

const ALL_ONES = 0xffffffff;

const networkOf = (a: Address): Ip4 => ((a.peer ?? a.ip) & maskOf(a.prefixLen)) >>> 0;

/**
 * The routes of table local that the kernel makes from the addresses of a namespace: fib_add_ifaddr(), net/ipv4/fib_frontend.c, as since
 * Linux 5.14 (no broadcast route for the network's first address). For dumps of `ip route` alone, which does not show that table.
 */
export const localTableOf = (links: readonly Link[]): readonly Route[] => links.flatMap((link) => link.addresses.flatMap((address) => routesOf(link, address)));

function routesOf(link: Link, address: Address): readonly Route[] {
  const network = networkOf(address);
  // A secondary address sends from the primary one of its subnet.
  const primary = address.secondary ? link.addresses.find((a) => !a.secondary && a.prefixLen === address.prefixLen && networkOf(a) === network) : undefined;
  const src = (primary ?? address).ip;
  const route = (type: 'local' | 'broadcast', ip: Ip4, prefixLen: number): Route => ({
    type,
    dst: { ip, prefixLen },
    table: 'local',
    nexthops: [{ via: undefined, dev: link.name, weight: 1, onlink: false, dead: false }],
    proto: 'kernel',
    scope: type === 'local' ? 'host' : 'link',
    src,
    metric: 0,
    mtu: undefined,
    tos: 0,
    unknown: [],
    source: address.source,
  });
  const routes = [route('local', address.ip, 32)];
  if (!isUp(link)) return routes;
  const broadcasts = new Set<Ip4>();
  if (address.broadcast !== undefined && address.broadcast !== ALL_ONES) broadcasts.add(address.broadcast);
  if (!address.secondary && network >>> 24 !== 0 && (network !== address.ip || address.prefixLen < 32)) {
    if (link.kind === 'loopback') routes.push(route('local', network, address.prefixLen));
    if (address.prefixLen < 31) broadcasts.add((network | ~maskOf(address.prefixLen)) >>> 0);
  }
  return [...routes, ...[...broadcasts].map((ip) => route('broadcast', ip, 32))];
}
