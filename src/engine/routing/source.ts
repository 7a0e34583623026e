import { inPrefix, type Ip4 } from '../../packet/address.ts';
import type { Address, AddressScope, Link } from '../../world/world.ts';
import { linkOf, type Ns } from '../sim.ts';

/** enum rt_scope_t: larger is narrower. */
export const SCOPE: Record<AddressScope, number> = { global: 0, site: 200, link: 253, host: 254 };

const primaries = (link: Link): readonly Address[] => link.addresses.filter((a) => !a.secondary);

/** The device's first primary address of at least that scope (in_dev_select_addr(), net/ipv4/devinet.c). */
const firstOf = (link: Link, scope: number): Address | undefined => primaries(link).find((a) => SCOPE[a.scope] !== SCOPE.link && SCOPE[a.scope] <= scope);

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
    const eligible = primaries(link).filter((a) => SCOPE[a.scope] <= scope);
    const near = nexthop === undefined ? undefined : eligible.find((a) => inPrefix(nexthop, a.peer ?? a.ip, a.prefixLen));
    const own = near ?? eligible[0];
    if (own) return { ip: own.ip, dev, from: 'device' };
  }
  for (const other of ns.netns.links) {
    const address = firstOf(other, scope);
    if (address) return { ip: address.ip, dev: other.name, from: 'first-global' };
  }
  return undefined;
}

/** True when the address is configured on some device of the namespace (inet_lookup_ifaddr_rcu()). */
export const isOwnAddress = (ns: Ns, ip: Ip4): boolean => ns.netns.links.some((l) => l.addresses.some((a) => a.ip === ip));
