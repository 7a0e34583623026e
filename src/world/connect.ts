import { formatIp4, type Ip4, maskOf } from '../packet/address.ts';
import { internalPortsBeside, isInternal, ovsPlaceOf } from './ovs.ts';
import type { SourceRef } from './source.ts';
import { virtualFunctionsOf } from './virtualFunction.ts';
import type { Address, ClusterNames, DeviceRef, Host, Link, Netns, Segment } from './world.ts';

/** Something that could not be connected. `dev` names the device or address in question. */
export interface ConnectProblem {
  readonly problem: 'veth-peer-missing' | 'veth-peer-ambiguous' | 'duplicate-address';
  readonly source: SourceRef | undefined;
  readonly dev: string;
}

export interface Connected {
  readonly hosts: readonly Host[];
  readonly segments: readonly Segment[];
  readonly problems: readonly ConnectProblem[];
}

/** A device with where it is. */
interface Placed {
  readonly host: Host;
  readonly netns: Netns;
  readonly link: Link;
}

/** Puts hosts together: pairs veth ends, finds the segments between physical NICs, and tells each host's role. */
export function connectHosts(given: readonly Host[], names: ClusterNames): Connected {
  const hosts = given.map(withInternalPorts);
  const problems: ConnectProblem[] = [];
  const peers = pairVeths(hosts, problems);
  const functions = new Map(hosts.map((host) => [host, virtualFunctionsOf(host)]));
  const connected = hosts.map(
    (host): Host => ({
      ...host,
      role: roleOf(host, names),
      netns: host.netns.map((netns) => ({
        ...netns,
        links: netns.links.map((link) => {
          const veth = peers.get(link);
          const lower = lowerOf(host, netns, link);
          const vf = functions.get(host)?.get(link);
          return veth || lower || vf ? { ...link, ...(veth ? { veth } : {}), ...(lower ? { lower } : {}), ...(vf ? { vf } : {}) } : link;
        }),
      })),
    }),
  );
  return { hosts: connected, segments: findSegments(hosts, functions, problems), problems };
}

/** `ip link` without -d shows a port that Open vSwitch made like a NIC. */
function withInternalPorts(host: Host): Host {
  if (!host.ovs) return host;
  const made = (link: Link): boolean => {
    const place = link.kind === 'nic' ? ovsPlaceOf(host, link.name) : undefined;
    return place !== undefined && isInternal(place);
  };
  return { ...host, netns: host.netns.map((netns) => (netns.links.some(made) ? { ...netns, links: netns.links.map((l) => (made(l) ? { ...l, kind: 'openvswitch', kindText: 'openvswitch' } : l)) } : netns)) };
}

const refOf = ({ host, netns, link }: Placed): DeviceRef => ({ host: host.name, netns: netns.name, dev: link.name });

/** The device below a vlan or macvlan device: named behind the `@`, or by its index in another namespace of the host, first the host's own. */
function lowerOf(host: Host, netns: Netns, link: Link): DeviceRef | undefined {
  if (link.kind !== 'vlan' && link.kind !== 'macvlan') return undefined;
  const index = peerIndex(link);
  const here = netns.links.find((l) => l.name === link.peer);
  if (here && link.linkNetnsid === undefined && link.linkNetns === undefined) return refOf({ host, netns, link: here });
  for (const other of host.netns) {
    const there = other === netns || (link.linkNetns ?? other.name) !== other.name ? undefined : other.links.find((l) => l.ifindex === index && l.kind !== 'loopback');
    if (there) return refOf({ host, netns: other, link: there });
  }
  return undefined;
}

/** The ifindex behind `@ifN`. */
const peerIndex = (link: Link): number | undefined => {
  const digits = /^if(\d{1,9})$/.exec(link.peer ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/**
 * Pairs the ends of veth devices. Within a namespace the peer's name stands behind the `@`. Across namespaces only its ifindex does,
 * and pods often share one, so what is left over is settled by evidence: host routes to an address of the other end, then neighbours'
 * MAC addresses, then the name of the namespace. `link-netns NAME` names a namespace of the same host, else another host.
 */
function pairVeths(hosts: readonly Host[], problems: ConnectProblem[]): ReadonlyMap<Link, DeviceRef> {
  const peers = new Map<Link, DeviceRef>();
  const pair = (a: Placed, b: Placed): void => {
    peers.set(a.link, refOf(b));
    peers.set(b.link, refOf(a));
  };
  const hostsEnds = hosts.map((host) => {
    const ends = vethsOf(host);
    return { host, ends, index: indexEnds(ends) };
  });
  for (const { ends, index } of hostsEnds) {
    pairWithin(ends, peers, pair);
    pairAcross(ends, index, peers, pair);
  }
  const cables = new Map(
    hostsEnds.map(({ host, ends }): [string, CableEnds] => {
      const own = ends.filter((e) => e.netns === host.netns[0]);
      return [host.name, { byIndex: new Map(own.map((e) => [e.link.ifindex, e])), byName: new Map(own.map((e) => [e.link.name, e])) }];
    }),
  );
  for (const { ends } of hostsEnds) for (const end of ends) pairCable(end, cables, peers, pair);
  for (const { ends, index } of hostsEnds) {
    for (const end of ends) {
      if (peers.has(end.link)) continue;
      const possible = candidates(end, index).filter((o) => !peers.has(o.link));
      problems.push({ problem: possible.length > 0 ? 'veth-peer-ambiguous' : 'veth-peer-missing', source: end.link.source, dev: end.link.name });
    }
  }
  return peers;
}

const vethsOf = (host: Host): readonly Placed[] =>
  host.netns.flatMap((netns) => netns.links.filter((l) => l.kind === 'veth').map((link): Placed => ({ host, netns, link })));

/** Ends by `ifindex/index of the peer`. */
type EndIndex = ReadonlyMap<string, readonly Placed[]>;

/** More ends than this with the same pair of indexes are not told apart: the work would grow with their square. */
const MAX_ALIKE = 256;

function indexEnds(ends: readonly Placed[]): EndIndex {
  const index = new Map<string, Placed[]>();
  for (const end of ends) {
    const key = `${end.link.ifindex}/${peerIndex(end.link) ?? ''}`;
    const alike = index.get(key);
    if (alike) alike.push(end);
    else index.set(key, [end]);
  }
  return index;
}

/** Ends in other namespaces whose index and `@ifN` agree with `end` both ways. */
function candidates(end: Placed, index: EndIndex): readonly Placed[] {
  const alike = index.get(`${peerIndex(end.link) ?? ''}/${end.link.ifindex}`) ?? [];
  if (alike.length > MAX_ALIKE) return [];
  return alike.filter(
    (o) =>
      o.netns !== end.netns &&
      (end.link.linkNetns === undefined || end.link.linkNetns === o.netns.name) &&
      (o.link.linkNetns === undefined || o.link.linkNetns === end.netns.name),
  );
}

/** Both ends in one namespace: each names the other behind its `@`. */
function pairWithin(ends: readonly Placed[], peers: ReadonlyMap<Link, DeviceRef>, pair: (a: Placed, b: Placed) => void): void {
  const byName = new Map(ends.map((e) => [`${e.netns.name ?? ''}/${e.link.name}`, e]));
  for (const end of ends) {
    if (end.link.linkNetnsid !== undefined || end.link.linkNetns !== undefined || end.link.peer === undefined || peers.has(end.link)) continue;
    const other = byName.get(`${end.netns.name ?? ''}/${end.link.peer}`);
    if (other && other.link !== end.link && other.link.peer === end.link.name && !peers.has(other.link)) pair(end, other);
  }
}

/** How strongly `a` and `b` belong together, by what each namespace knows about the other: routes weigh more than neighbours. */
function evidence(a: Placed, b: Placed): number {
  return seen(a, b) + seen(b, a);
}

function seen(from: Placed, to: Placed): number {
  const route = from.netns.routes.some(
    (r) => r.type === 'unicast' && r.dst.prefixLen === 32 && r.nexthops.some((h) => h.dev === from.link.name) && to.link.addresses.some((x) => x.ip === r.dst.ip),
  );
  const neighbour = from.netns.neighbours.some((n) => n.dev === from.link.name && n.mac !== undefined && n.mac === to.link.mac);
  const address = from.netns.neighbours.some((n) => n.dev === from.link.name && to.link.addresses.some((x) => x.ip === n.ip));
  return (route ? 4 : 0) + (neighbour ? 2 : 0) + (address ? 1 : 0);
}

/** Pairs ends across the namespaces of one host: first those without a choice, then the best supported, as long as it is the only best. */
function pairAcross(ends: readonly Placed[], index: EndIndex, peers: ReadonlyMap<Link, DeviceRef>, pair: (a: Placed, b: Placed) => void): void {
  const best = (end: Placed): Placed | undefined => {
    const possible = candidates(end, index).filter((o) => !peers.has(o.link));
    if (possible.length < 2) return possible[0];
    const ranked = possible
      .map((o) => ({ o, score: evidence(end, o) }))
      .toSorted((x, y) => y.score - x.score);
    const [first, second] = ranked;
    return first && second && first.score > second.score ? first.o : undefined;
  };
  // A pair that is found takes its ends away from others, which may then have one candidate left.
  let open = ends;
  for (let before = -1; open.length !== before && open.length > 0; ) {
    before = open.length;
    for (const end of open) {
      const other = peers.has(end.link) ? undefined : best(end);
      // Both must prefer each other, else a pod without evidence would take the device of another one.
      if (other && best(other) === end) pair(end, other);
    }
    open = open.filter((e) => !peers.has(e.link) && candidates(e, index).length > 0);
  }
}

/** The veth ends in a host's own namespace, to be found as the other end of a cable. */
interface CableEnds {
  readonly byIndex: ReadonlyMap<number, Placed>;
  readonly byName: ReadonlyMap<string, Placed>;
}

/** `link-netns HOST`: a veth that is a cable between two hosts of the bundle. `@ifN` or the peer's name says which of the host's ends it is. */
function pairCable(end: Placed, cables: ReadonlyMap<string, CableEnds>, peers: ReadonlyMap<Link, DeviceRef>, pair: (a: Placed, b: Placed) => void): void {
  const name = end.link.linkNetns;
  if (name === undefined || name === end.host.name || peers.has(end.link) || end.host.netns.some((n) => n.name === name)) return;
  const index = peerIndex(end.link);
  const other = index === undefined ? cables.get(name)?.byName.get(end.link.peer ?? '') : cables.get(name)?.byIndex.get(index);
  if (!other || peers.has(other.link)) return;
  const backIndex = peerIndex(other.link);
  const pointsBack = backIndex === undefined ? other.link.peer === end.link.name : backIndex === end.link.ifindex;
  if (pointsBack && (other.link.linkNetns === undefined || other.link.linkNetns === end.host.name)) pair(end, other);
}

/** Addresses that put a NIC on a subnet. Secondary ones do too. */
const subnetsOf = (link: Link): readonly Address[] => link.addresses.filter((a) => a.prefixLen < 32 && a.peer === undefined && a.scope !== 'host');

const networkOf = (a: Address): Ip4 => (a.ip & maskOf(a.prefixLen)) >>> 0;

/** 169.254.0.0/16. */
const LINK_LOCAL = 0xa9fe;

/**
 * Segments between physical NICs of different hosts whose addresses lie in one subnet, named after it. A NIC that carries the address
 * through a bridge, bond or VLAN of its own is the one on the segment when that device is its master. An address that two hosts
 * have is reported, and the second does not join.
 */
function findSegments(hosts: readonly Host[], functions: ReadonlyMap<Host, ReadonlyMap<Link, unknown>>, problems: ConnectProblem[]): readonly Segment[] {
  const nics = hosts.flatMap((host) => {
    const elsewhere = uppersElsewhere(host);
    return host.netns.flatMap((netns, n) => {
      const byName = new Map(netns.links.map((l) => [l.name, l]));
      return netns.links
        // In another namespace only a virtual function is known to be on a wire.
        .filter((link) => link.kind === 'nic' && (n === 0 || functions.get(host)?.has(link)))
        .map((link) => {
          const master = byName.get(link.master ?? '');
          // VLAN devices and macvlans on the NIC, or on what it belongs to, are on its wire.
          const upper = netns.links.filter((l) => (l.kind === 'vlan' || l.kind === 'macvlan') && (l.peer === link.name || (master && l.peer === master.name)));
          return { ref: { host: host.name, netns: netns.name, dev: link.name }, source: link.source, addresses: [link, ...(master ? [master] : []), ...upper, ...(n === 0 ? [...(elsewhere.get(link.name) ?? []), ...internalPortsBeside(host, link.name, netns.links)] : [])].flatMap(subnetsOf) };
        });
    });
  });
  const segments = new Map<string, { readonly devices: Map<string, DeviceRef>; readonly taken: Map<Ip4, string> }>();
  for (const { ref, source, addresses } of nics) {
    for (const address of addresses) {
      const name = `${formatIp4(networkOf(address))}/${address.prefixLen}`;
      const segment = segments.get(name) ?? { devices: new Map<string, DeviceRef>(), taken: new Map<Ip4, string>() };
      segments.set(name, segment);
      const owner = segment.taken.get(address.ip);
      if (owner !== undefined && owner !== ref.host) {
        // Nodes of a kind all have the same link-local addresses for themselves (RFC 3927), such as OVN-Kubernetes' 169.254.169.2.
        if (address.ip >>> 16 !== LINK_LOCAL) problems.push({ problem: 'duplicate-address', source: address.source ?? source, dev: formatIp4(address.ip) });
        continue;
      }
      segment.taken.set(address.ip, ref.host);
      segment.devices.set(JSON.stringify(ref), ref);
    }
  }
  const shared = [...segments].map(([name, { devices }]): Segment => ({ name, devices: [...devices.values()] }));
  // Virtual functions of one NIC reach each other inside it.
  return merged(shared.filter((s) => new Set(s.devices.map((d) => d.host)).size > 1 || (s.devices.length > 1 && s.devices.some((d) => d.netns !== null))));
}

/** VLAN devices and macvlans in other namespaces of a machine, by the device of its own namespace below them. */
function uppersElsewhere(host: Host): ReadonlyMap<string, readonly Link[]> {
  const found = new Map<string, Link[]>();
  for (const netns of host.netns.slice(1)) {
    for (const link of netns.links) {
      const lower = lowerOf(host, netns, link);
      if (lower?.netns === null) found.set(lower.dev, [...(found.get(lower.dev) ?? []), link]);
    }
  }
  return found;
}

/** A device has one wire: segments that share a device are one, named after the first of its subnets. */
function merged(segments: readonly Segment[]): readonly Segment[] {
  interface Wire {
    readonly name: string;
    readonly order: number;
    devices: Map<string, DeviceRef>;
    joined: Wire | undefined;
  }
  const wires: Wire[] = [];
  const wireOf = new Map<string, Wire>();
  const rootOf = (wire: Wire): Wire => {
    let root = wire;
    while (root.joined) root = root.joined;
    return root;
  };
  for (const { name, devices } of segments) {
    let wire: Wire = { name, order: wires.length, devices: new Map(), joined: undefined };
    wires.push(wire);
    for (const device of devices) {
      const key = JSON.stringify(device);
      const known = wireOf.get(key);
      const other = known && rootOf(known);
      if (other && other !== wire) {
        // The earlier one takes the later one in.
        const [first, second] = other.order < wire.order ? [other, wire] : [wire, other];
        for (const [k, d] of second.devices) first.devices.set(k, d);
        second.devices = new Map();
        second.joined = first;
        wire = first;
      }
      wire.devices.set(key, device);
      wireOf.set(key, wire);
    }
  }
  return wires.filter((w) => !w.joined).map(({ name, devices }) => ({ name, devices: [...devices.values()] }));
}

/** Chains, sets and devices that only a Kubernetes node has. */
const NODE_TRACE = /^(?:KUBE-|cali|flannel\.|cni0$|kube-ipvs0$|OVN-KUBE-|cilium_|nodelocaldns$)/;

function roleOf(host: Host, names: ClusterNames): Host['role'] {
  const own = host.netns[0];
  const isNode =
    names.nodes.some((n) => n.name === host.name) ||
    own?.links.some((l) => NODE_TRACE.test(l.name)) ||
    own?.tables?.some((t) => t.chains.some((c) => NODE_TRACE.test(c.name))) ||
    own?.ipsets.some((s) => NODE_TRACE.test(s.name));
  if (isNode) return 'node';
  const forwards = own?.sysctls['net.ipv4.ip_forward'] ?? own?.sysctls['net.ipv4.conf.all.forwarding'];
  return forwards === '1' ? 'router' : forwards === '0' ? 'client' : 'machine';
}
