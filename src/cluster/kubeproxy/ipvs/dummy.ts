import type { Because } from '../../because.ts';
import { derivedMac } from '../../derived.ts';
import type { AddressSpec } from '../../draft/device.ts';
import type { NetnsDraft } from '../../draft/netns.ts';
import type { ServiceUnit } from '../units.ts';
import type { ProxyVersion } from '../version.ts';

/** The dummy device that makes addresses of services the node's own, so that their packets come to INPUT, where IPVS waits. */
export const DUMMY = 'kube-ipvs0';

/**
 * kube-ipvs0 as kube-proxy makes it (EnsureDummyDevice(), EnsureAddressBind(), pkg/proxy/ipvs/netlink_linux.go): nobody brings it up,
 * and a local address needs no device that is. Its MAC is random.
 */
export function addDummy(netns: NetnsDraft, node: string, addresses: readonly AddressSpec[], because: Because | undefined): void {
  netns.device({ name: DUMMY, kind: 'dummy', mtu: 1500, mac: derivedMac(node, DUMMY), up: false, noArp: true, addresses, ...(because ? { because } : {}) });
}

/** By the list of units, which all nodes of a version share. */
const BOUND = new WeakMap<readonly ServiceUnit[], ReadonlyMap<string, AddressSpec>>();

/**
 * Addresses of services: each cluster IP; each external IP and load-balancer address, since 1.28 unless another device of the node has
 * it (syncProxyRules(): shouldBind).
 */
export function boundAddresses(units: readonly ServiceUnit[], version: ProxyVersion, elsewhere: readonly string[]): readonly AddressSpec[] {
  const all = BOUND.get(units) ?? allAddresses(units);
  BOUND.set(units, all);
  const own = new Set(version.from(28) ? elsewhere.filter((ip) => all.has(ip) && !units.some((u) => u.clusterIp === ip)) : []);
  return own.size === 0 ? [...all.values()] : [...all].flatMap(([ip, address]) => (own.has(ip) ? [] : [address]));
}

function allAddresses(units: readonly ServiceUnit[]): ReadonlyMap<string, AddressSpec> {
  const found = new Map<string, AddressSpec>();
  for (const { clusterIp, externalIps, vips, because } of units) {
    const { part: _port, ...service } = because;
    for (const ip of [clusterIp, ...externalIps, ...vips]) if (!found.has(ip)) found.set(ip, { address: `${ip}/32`, because: service });
  }
  return found;
}

/** Addresses of all devices but kube-ipvs0, without loopback (GetAllLocalAddressesExcept()). */
export const addressesElsewhere = (netns: NetnsDraft): readonly string[] => unique(netns.devices.filter((d) => d.name !== DUMMY && d.kind !== 'loopback').flatMap((d) => textsOf(d.addresses)));

/** Addresses of kube-ipvs0. */
export const addressesBound = (netns: NetnsDraft): readonly AddressSpec[] => netns.find(DUMMY)?.addresses ?? [];

export const textsOf = (addresses: readonly AddressSpec[] | undefined): readonly string[] => (addresses ?? []).map((a) => a.address.split('/')[0] ?? '');

export const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];
