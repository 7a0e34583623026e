import { formatIp4, isLoopback, parseIp4 } from '../../packet/address.ts';
import { destinationWord, readDestination, type ProbeWords } from '../../share/probeWords.ts';
import { ownersOf } from '../../world/lookup.ts';
import type { Host, NamedService, Netns, World } from '../../world/world.ts';

/** Something that can be chosen for the probe: the word for it, its name, and its address. */
export interface Offer {
  readonly word: string;
  readonly name: string;
  readonly address: string;
}

export interface OfferGroup {
  readonly kind: 'outside' | 'pods' | 'machines' | 'services' | 'virtual';
  readonly offers: readonly Offer[];
}

/** Long lists are cut: whoever needs another one can type it. */
const MAX_OFFERS = 200;

const groups = (all: readonly OfferGroup[]): readonly OfferGroup[] =>
  all.filter((g) => g.offers.length > 0).map((g) => ({ kind: g.kind, offers: g.offers.slice(0, MAX_OFFERS) }));

/** The address by which people know a namespace: the first global one of a NIC, else of a veth, else of anything. */
export function mainAddress(netns: Netns): string {
  const kinds = ['nic', 'veth', 'macvlan', 'vlan', 'bridge', 'tap', 'ipip', 'gre', 'gretap', 'vxlan', 'geneve', 'unknown', 'dummy'];
  const ranked = netns.links.flatMap((link) => link.addresses.filter((a) => a.scope === 'global' && !isLoopback(a.ip)).map((a) => ({ rank: kinds.indexOf(link.kind), ip: a.ip })));
  const best = ranked.reduce<(typeof ranked)[number] | undefined>((a, b) => (a && a.rank <= b.rank ? a : b), undefined);
  return best ? formatIp4(best.ip) : '';
}

const own = (host: Host): readonly Offer[] => host.netns.filter((n) => n.name === null).map((n) => ({ word: host.name, name: host.name, address: mainAddress(n) }));

const pods = (world: World): readonly { readonly offer: Offer; readonly host: string }[] =>
  world.hosts.flatMap((host) => host.netns.flatMap((n) => (n.name === null ? [] : [{ host: host.name, offer: { word: `${host.name}/${n.name}`, name: n.name, address: mainAddress(n) } }])));

/** Where a packet can start. */
export const sourceOffers = (world: World): readonly OfferGroup[] =>
  groups([
    { kind: 'outside', offers: world.hosts.filter((h) => h.role === 'client').flatMap(own) },
    { kind: 'pods', offers: pods(world).map((p) => p.offer) },
    { kind: 'machines', offers: world.hosts.filter((h) => h.role !== 'client').flatMap(own) },
  ]);

function serviceOffers(world: World, service: NamedService): readonly Offer[] {
  const port = service.ports[0];
  if (!port) return [];
  const at = (ip: number, number: number, name: string): Offer => ({ word: destinationWord({ ip, port: number }), name, address: `${formatIp4(ip)}:${number}` });
  const node = world.names.nodes[0]?.internalIps[0];
  return [
    ...[...service.loadBalancerIps, ...service.externalIps].flatMap((ip) => service.ports.map((p) => at(ip, p.port, service.name))),
    ...service.clusterIps.flatMap((ip) => service.ports.map((p) => at(ip, p.port, service.name))),
    ...(node === undefined ? [] : service.ports.flatMap((p) => (p.nodePort === undefined ? [] : [at(node, p.nodePort, service.name)]))),
  ];
}

/** The port that a pod most likely serves: what it listens on, else the target port of the first service. */
function podPort(world: World, netns: Netns): number | undefined {
  const listening = netns.sockets?.find((s) => s.proto === 'tcp')?.port;
  const target = world.names.services.flatMap((s) => s.ports).find((p) => /^\d+$/.test(p.targetPort ?? ''))?.targetPort;
  return listening ?? (target === undefined ? undefined : Number(target));
}

/** Where a packet can be sent. Virtual servers are offered only where no object names the services. */
export function destinationOffers(world: World): readonly OfferGroup[] {
  const named = world.names.services.flatMap((s) => serviceOffers(world, s));
  const known = new Set(named.map((o) => o.word));
  const virtual = world.hosts.flatMap((h) => h.netns.flatMap((n) => n.ipvs)).flatMap((v) => (v.key.kind === 'address' && !isLoopback(v.key.ip) ? [destinationWord({ ip: v.key.ip, port: v.key.port })] : []));
  return groups([
    { kind: 'services', offers: named },
    { kind: 'virtual', offers: named.length > 0 ? [] : [...new Set(virtual)].filter((w) => !known.has(w)).map((word) => ({ word, name: word, address: '' })) },
    {
      kind: 'pods',
      offers: world.hosts.flatMap((host) =>
        host.netns.flatMap((n): readonly Offer[] => {
          const ip = parseIp4(mainAddress(n));
          if (n.name === null || ip === undefined) return [];
          const word = destinationWord({ ip, port: podPort(world, n) });
          return [{ word, name: n.name, address: word }];
        }),
      ),
    },
    { kind: 'machines', offers: world.hosts.flatMap(own).filter((o) => o.address !== '').map((o) => ({ ...o, word: o.address })) },
  ]);
}

/** A word of the probe as it is shown: a name if something has one, and the address. */
export interface Shown {
  readonly name: string | undefined;
  readonly address: string;
}

/** `client` is shown as client 10.10.6.91, `node/pod` by the pod's name. */
export function showSource(world: World, from: string): Shown {
  const offer = sourceOffers(world).flatMap((g) => g.offers).find((o) => o.word === from);
  return offer ? { name: offer.name, address: offer.address } : { name: undefined, address: from };
}

/** The name that Kubernetes has for an address and port, or else the pod or machine that owns the address. */
export function showDestination(world: World, to: string): Shown & { readonly port: number | undefined } {
  const read = readDestination(world, to);
  if (!read.ok || typeof read.value.ip === 'string') return { name: undefined, address: to, port: undefined };
  const { ip, port } = read.value;
  const service = world.names.services.find((s) => [...s.clusterIps, ...s.loadBalancerIps, ...s.externalIps].includes(ip) || (port !== undefined && s.ports.some((p) => p.nodePort === port)));
  const pod = world.names.pods.find((p) => !p.hostNetwork && p.ips.includes(ip));
  const owner = service || pod ? undefined : ownersOf(world, ip)[0];
  return { name: service?.name ?? pod?.name ?? owner?.netns.name ?? owner?.host.name, address: formatIp4(ip), port };
}

/**
 * A first question for a world that somebody brought: a client's to a load balancer, else a pod's to a service, else to a pod of
 * another machine, else a ping between machines. undefined when there is nobody to send.
 */
export function firstProbe(world: World): ProbeWords | undefined {
  const base = { via: undefined, sport: undefined, size: undefined } as const;
  const sources = pods(world);
  const client = world.hosts.find((h) => h.role === 'client');
  const balanced = world.names.services.find((s) => s.loadBalancerIps.length > 0 && s.ports.length > 0);
  const service = world.names.services.find((s) => s.clusterIps.length > 0 && s.ports.length > 0);
  const balancer = balanced?.loadBalancerIps[0];
  const cluster = service?.clusterIps[0];
  const virtual = destinationOffers(world).find((g) => g.kind === 'virtual')?.offers[0];
  const start = client?.name ?? sources[0]?.offer.word;
  const proto = (text: string | undefined) => (text?.toLowerCase() === 'udp' ? ('udp' as const) : ('tcp' as const));
  if (client && balanced && balancer !== undefined) {
    return { ...base, from: client.name, to: destinationWord({ ip: balancer, port: balanced.ports[0]?.port }), proto: proto(balanced.ports[0]?.protocol) };
  }
  if (start !== undefined && service && cluster !== undefined) {
    return { ...base, from: sources[0]?.offer.word ?? start, to: destinationWord({ ip: cluster, port: service.ports[0]?.port }), proto: proto(service.ports[0]?.protocol) };
  }
  if (start !== undefined && virtual) return { ...base, from: start, to: virtual.word, proto: 'tcp' };
  const first = sources[0];
  const other = first && (sources.find((p) => p.host !== first.host && p.offer.address !== '') ?? sources.find((p) => p !== first && p.offer.address !== ''));
  if (first && other) return { ...base, from: first.offer.word, to: other.offer.address, proto: 'icmp' };
  const [a, b] = world.hosts.flatMap(own).filter((o) => o.address !== '');
  if (!a) return undefined;
  return { ...base, from: (first?.offer ?? a).word, to: (first ? a : (b ?? a)).address, proto: 'icmp' };
}
