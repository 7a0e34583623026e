import { PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import type { Ip4 } from '../../packet/address.ts';
import type { IpvsConnection, RealServer, VirtualServer } from '../../world/ipvs.ts';
import type { Netns } from '../../world/world.ts';
import { endpointText, endsKey } from './ends.ts';
import { isActive } from './states.ts';

const PROTO_NUMBER = { tcp: PROTO_TCP, udp: PROTO_UDP, sctp: PROTO_SCTP } as const;
export const FTP_PORT = 21;

interface Owner {
  readonly service: VirtualServer | undefined;
  readonly real: RealServer | undefined;
}

/** What the dump of a namespace says about IPVS, by what packets are looked up by. */
export interface IpvsIndex {
  /** ip_vs_service_find() without the mark. */
  find(proto: number, ip: Ip4, port: number): VirtualServer | undefined;
  byMark(mark: number): VirtualServer | undefined;
  protoOf(service: VirtualServer): number;
  readonly givenIn: ReadonlyMap<string, IpvsConnection>;
  /** By both keys that an answer may come with. */
  readonly givenOut: ReadonlyMap<string, readonly IpvsConnection[]>;
  /** The service and the real server of a given connection, as far as they still exist. */
  ownerOf(c: IpvsConnection): Owner;
  /** Connections that the list has for a real server. */
  listed(real: RealServer): { readonly active: number; readonly inactive: number };
  /** ip_vs_has_real_service(): a NAT real server at that address and port. */
  hasReal(proto: number, ip: Ip4, port: number): boolean;
}

const indices = new WeakMap<Netns, IpvsIndex>();

/** The index of a namespace, made once. */
export function indexOf(netns: Netns): IpvsIndex {
  const known = indices.get(netns);
  if (known) return known;
  const made = makeIndex(netns);
  indices.set(netns, made);
  return made;
}

function makeIndex(netns: Netns): IpvsIndex {
  const services = new Map<string, VirtualServer>();
  const reals = new Set<string>();
  for (const service of netns.ipvs) {
    const { key } = service;
    const name = key.kind === 'fwmark' ? `mark ${key.mark}` : `${PROTO_NUMBER[key.proto]} ${key.ip}:${key.port}`;
    if (!services.has(name)) services.set(name, service);
    for (const r of service.realServers) if (r.forward === 'masq') reals.add(`${key.kind === 'fwmark' ? 'any' : PROTO_NUMBER[key.proto]} ${r.ip}:${r.port}`);
  }
  const at = (proto: number, ip: Ip4, port: number): VirtualServer | undefined => services.get(`${proto} ${ip}:${port}`);
  // An FTP service takes all high ports of its address for data connections.
  const find = (proto: number, ip: Ip4, port: number): VirtualServer | undefined =>
    at(proto, ip, port) ?? (proto === PROTO_TCP && (port === 20 || port >= 1024) ? at(proto, ip, FTP_PORT) : undefined) ?? at(proto, ip, 0);
  const holds = (service: VirtualServer | undefined, c: IpvsConnection): RealServer | undefined => service?.realServers.find((r) => r.ip === c.real && (c.rport === 0 || r.port === 0 || r.port === c.rport));
  const ownerOf = (c: IpvsConnection): Owner => {
    const own = c.proto === 0 ? services.get(`mark ${c.vip}`) : find(c.proto, c.vip, c.vport);
    const real = holds(own, c);
    if (own && real) return { service: own, real };
    const marked = c.proto === 0 ? undefined : netns.ipvs.find((s) => s.key.kind === 'fwmark' && holds(s, c));
    return marked ? { service: marked, real: holds(marked, c) } : { service: own, real: undefined };
  };
  const givenIn = new Map<string, IpvsConnection>();
  const givenOut = new Map<string, IpvsConnection[]>();
  for (const c of netns.ipvsConnections ?? []) {
    givenIn.set(endsKey({ proto: c.proto, src: c.client, sport: c.cport, dst: c.vip, dport: c.vport }), c);
    if (c.cport === 0) continue;
    for (const [src, sport] of [[c.real, c.rport], [c.vip, c.vport]] as const) {
      const key = endsKey({ proto: c.proto, src, sport, dst: c.client, dport: c.cport });
      givenOut.set(key, [...(givenOut.get(key) ?? []), c]);
    }
  }
  let counts: Map<RealServer, { active: number; inactive: number }> | undefined;
  const listed = (real: RealServer): { readonly active: number; readonly inactive: number } => {
    counts ??= countListed(netns.ipvsConnections ?? [], ownerOf);
    return counts.get(real) ?? { active: 0, inactive: 0 };
  };
  return {
    find,
    byMark: (mark) => services.get(`mark ${mark}`),
    protoOf: (s) => (s.key.kind === 'fwmark' ? 0 : PROTO_NUMBER[s.key.proto]),
    givenIn,
    givenOut,
    ownerOf,
    listed,
    hasReal: (proto, ip, port) => reals.has(`${proto} ${ip}:${port}`) || reals.has(`any ${ip}:${port}`),
  };
}

function countListed(given: readonly IpvsConnection[], ownerOf: (c: IpvsConnection) => Owner): Map<RealServer, { active: number; inactive: number }> {
  const counts = new Map<RealServer, { active: number; inactive: number }>();
  for (const c of given) {
    const { real } = ownerOf(c);
    if (!real || c.cport === 0) continue;
    const count = counts.get(real) ?? { active: 0, inactive: 0 };
    count[isActive(c.proto, c.state) ? 'active' : 'inactive']++;
    counts.set(real, count);
  }
  return counts;
}

/** ip_vs_service_find() (net/netfilter/ipvs/ip_vs_ctl.c): a firewall mark first, then the very address and port, then FTP's, then port 0. */
export const findService = (netns: Netns, mark: number, proto: number, ip: Ip4, port: number): VirtualServer | undefined => (mark === 0 ? undefined : indexOf(netns).byMark(mark)) ?? indexOf(netns).find(proto, ip, port);

/** Text of a service as ipvsadm prints it. */
export const serviceText = (s: VirtualServer): string => (s.key.kind === 'fwmark' ? `FWM ${s.key.mark}` : `${s.key.proto.toUpperCase()} ${endpointText(s.key.ip, s.key.port)}`);

/**
 * Real servers in the order in which the kernel's list has them: the one added last comes first. A listing sorted by address does
 * not tell; what `ipvsadm -R` would load from it is picked from its end.
 */
export const pickingOrder = (service: VirtualServer): readonly RealServer[] => (service.sorted ? service.realServers.toReversed() : service.realServers);
