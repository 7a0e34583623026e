import { inPrefix, type Ip4 } from '../../packet/address.ts';
import type { Address, AddressScope, Link, Netns } from '../../world/world.ts';
import { devConf, linkOf, type Ns } from '../sim.ts';

/** enum rt_scope_t: larger is narrower. */
export const SCOPE: Record<AddressScope, number> = { global: 0, site: 200, link: 253, host: 254 };

const primaries = (link: Link): readonly Address[] => link.addresses.filter((a) => !a.secondary);

/** The device's first primary address of at least that scope (in_dev_select_addr(), net/ipv4/devinet.c). */
const firstOf = (link: Link, scope: number): Address | undefined => primaries(link).find((a) => SCOPE[a.scope] !== SCOPE.link && SCOPE[a.scope] <= scope);

/** inet_ifa_match(): whether the address lies in the subnet of `of`. */
export const ifaMatch = (ip: Ip4, of: Address): boolean => inPrefix(ip, of.peer ?? of.ip, of.prefixLen);

/** inet_addr_onlink() (net/ipv4/devinet.c): one of the device's subnets holds `a`, and `b` too where it is given. */
export const inetAddrOnlink = (link: Link, a: Ip4, b: Ip4 | undefined): boolean => link.addresses.some((of) => ifaMatch(a, of) && (b === undefined || b === 0 || ifaMatch(b, of)));

/** The scope that counts for an address: with route_localnet those of scope host may be used like link ones. */
export const countedScope = (ns: Ns, link: Link, address: Address): number => Math.min(SCOPE[address.scope], devConf(ns, link.name, 'route_localnet', 'or', 0) === 1 ? SCOPE.link : SCOPE.host);

export interface SelectedSource {
  readonly ip: Ip4;
  readonly dev: string;
  /** device: the device's own address; first-global: it has none, so the first eligible one in device order. */
  readonly from: 'device' | 'first-global';
}

/**
 * inet_select_addr() (net/ipv4/devinet.c): the primary address of `dev` whose subnet holds `nexthop`, else the device's first one,
 * else the first eligible address in device order, DOWN devices included. Undefined when there is none at all.
 */
export function selectSource(ns: Ns, dev: string, nexthop: Ip4 | undefined, scope: number): SelectedSource | undefined {
  const link = linkOf(ns, dev);
  if (link) {
    const eligible = primaries(link).filter((a) => countedScope(ns, link, a) <= scope);
    const near = nexthop === undefined || nexthop === 0 ? undefined : eligible.find((a) => ifaMatch(nexthop, a));
    const own = near ?? eligible[0];
    if (own) return { ip: own.ip, dev, from: 'device' };
  }
  for (const other of ns.netns.links) {
    const address = firstOf(other, scope);
    if (address) return { ip: address.ip, dev: other.name, from: 'first-global' };
  }
  return undefined;
}

const addressSets = new WeakMap<Netns, ReadonlySet<Ip4>>();

/** True when the address is configured on some device of the namespace (inet_lookup_ifaddr_rcu()). */
export function isOwnAddress(ns: Ns, ip: Ip4): boolean {
  const known = addressSets.get(ns.netns) ?? new Set(ns.netns.links.flatMap((l) => l.addresses.map((a) => a.ip)));
  addressSets.set(ns.netns, known);
  return known.has(ip);
}
