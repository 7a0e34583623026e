import { DiagnosticList } from '../../dumps/diagnostic.ts';
import { formatIp4, inPrefix, type Ip4, maskOf } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import type { Component, FabricContext } from '../component.ts';
import type { DeviceSpec } from '../draft/device.ts';
import type { ClusterModel, NodeModel, ServiceModel } from '../model.ts';
import type { MachineSpec } from '../objects/fabric.ts';
import { parseCidr } from '../objects/values.ts';
import { poolOf, Speakers } from './announce.ts';
import { type BgpPeer, matchesAny, type MetalLbConfig, metalLbConfigIn } from './config.ts';

const NOWHERE = { input: '', line: 0 };

/** MetalLB's speakers; undefined in a cluster without a pool. They write no rules, addresses or routes on nodes: kube-proxy does the rest. */
export function metallbOf(cluster: ClusterModel, found: DiagnosticList): Component | undefined {
  // What is wrong with its objects was said when addresses were handed out (allocate.ts).
  const config = metalLbConfigIn(cluster.documents, new DiagnosticList());
  if (!config) return undefined;
  const speakers = new Speakers(config, cluster);
  const vips = cluster.services.filter((s) => s.type === 'LoadBalancer').flatMap((service) => service.ingress.flatMap(({ ip }) => {
    const pool = poolOf(config, ip);
    return pool ? [{ service, ip, pool }] : [];
  }));
  for (const { service, ip, pool } of vips) if (pool.layer2.length + pool.bgp.length === 0) found.add('not-announced', service.because.source ?? NOWHERE, `${service.namespace}/${service.name}: ${formatIp4(ip)}`);
  const answers = new Map<string, { readonly ip: Ip4; readonly interfaces: readonly string[]; readonly because: Because }[]>();
  for (const { service, ip, pool } of vips) {
    const winner = speakers.layer2(service, ip, pool);
    if (!winner) continue;
    const interfaces = winner.advertisements.some((ad) => ad.interfaces.length === 0) ? [] : winner.advertisements.flatMap((ad) => ad.interfaces);
    answers.set(winner.node.name, [...(answers.get(winner.node.name) ?? []), { ip, interfaces, because: { ...service.because, part: 'layer 2' } }]);
  }
  return {
    name: 'MetalLB',
    wire: ({ host, node }) => {
      for (const { ip, interfaces, because } of answers.get(node.name) ?? []) {
        for (const { name } of host.own.devices.filter(mayAnswerOn)) if (interfaces.length === 0 || interfaces.includes(name)) host.own.answerArp(ip, name, 'MetalLB speaker', because);
      }
    },
    surround: (context) => announceByBgp(context, config, vips.flatMap(({ service, ip, pool }) => speakers.bgp(service, pool).map((a) => ({ service, ip, ...a })))),
  };
}

/** updateInterfaces() (internal/layer2/announcer.go): up, broadcast, with ARP, under no bridge. Pods ask for nobody but their gateway. */
const mayAnswerOn = ({ kind, up, noArp, master }: DeviceSpec): boolean => (up ?? true) && !noArp && master === undefined && kind !== 'loopback' && kind !== 'ipip' && kind !== 'veth';

interface Announcement {
  readonly service: ServiceModel;
  readonly ip: Ip4;
  readonly node: NodeModel;
  readonly advertisements: ReturnType<Speakers['bgp']>[number]['advertisements'];
}

/** A way to a prefix that a router heard of. */
interface Path {
  readonly nexthop: string;
  readonly localPref: number;
  readonly because: Because;
}

/** Each router with BGP learns, from every node that has a session with it, the prefixes that this node announces; equal ones are used together. */
function announceByBgp({ cluster, host, found }: FabricContext, config: MetalLbConfig, announcements: readonly Announcement[]): void {
  for (const peer of config.peers) {
    if (!cluster.fabric.routers.some((r) => r.bgp && owns(r, peer.address))) found.add('bgp-peer-silent', peer.source, formatIp4(peer.address));
  }
  for (const router of cluster.fabric.routers.filter((r) => r.bgp)) {
    const paths = new Map<string, Path[]>();
    for (const peer of config.peers.filter((p) => owns(router, p.address))) {
      for (const { service, ip, node, advertisements } of announcements) {
        if (!matchesAny(peer.nodeSelectors, node.labels, true)) continue;
        const nexthop = hopTo(router, sessionAddress(node, peer));
        if (nexthop === undefined) continue;
        for (const ad of advertisements) {
          if (ad.peers.length > 0 && !ad.peers.includes(peer.name)) continue;
          const prefix = prefixText(ip, ad.aggregationLength);
          const known = paths.get(prefix) ?? [];
          // Local preference does not leave an AS.
          paths.set(prefix, [...known, { nexthop, localPref: peer.internal ? ad.localPref : 0, because: { ...service.because, part: 'BGP' } }]);
        }
      }
    }
    for (const [prefix, all] of paths) {
      const best = Math.max(...all.map((p) => p.localPref));
      const used = all.filter((p, i) => p.localPref === best && all.findIndex((o) => o.nexthop === p.nexthop && o.localPref === best) === i);
      const because = used[0]?.because;
      const text = used.length === 1 ? `${prefix} ${used[0]?.nexthop} proto bgp metric 20` : [`${prefix} proto bgp metric 20`, ...used.map((p) => `\tnexthop ${p.nexthop} weight 1`)].join('\n');
      host(router.name).own.route(text, because);
    }
  }
}

const owns = (router: MachineSpec, ip: Ip4): boolean => router.interfaces.some((i) => i.addresses.some((a) => parseCidr(a)?.ip === ip));

/** As `ip route` prints it: a single address has no length. */
const prefixText = (ip: Ip4, length: number): string => `${formatIp4((ip & maskOf(length)) >>> 0)}${length === 32 ? '' : `/${length}`}`;

const onLink = (addresses: readonly string[], ip: Ip4): Ip4 | undefined =>
  addresses.flatMap((a) => parseCidr(a) ?? []).find((net) => net.prefixLen < 32 && inPrefix(ip, net.ip, net.prefixLen))?.ip;

/** The node's end of the session, which is the next hop: on the wire of the peer, else on the wire of the default route. */
function sessionAddress(node: NodeModel, peer: BgpPeer): Ip4 | undefined {
  if (peer.sourceAddress !== undefined) return peer.sourceAddress;
  const near = node.nics.flatMap((nic) => onLink(nic.addresses, peer.address) ?? [])[0];
  const far = node.nics.find((nic) => nic.dev === node.gateway?.dev)?.addresses[0];
  return near ?? parseCidr(far ?? '')?.ip;
}

/** `via A dev D`: over the router's own wire, or over the route that it has to the address. */
function hopTo(router: MachineSpec, ip: Ip4 | undefined): string | undefined {
  if (ip === undefined) return undefined;
  const wire = router.interfaces.find((i) => onLink(i.addresses, ip) !== undefined);
  if (wire) return `via ${formatIp4(ip)} dev ${wire.dev}`;
  const route = router.routes.find((r) => {
    const net = parseCidr(r.split(' ')[0] ?? '');
    return net !== undefined && inPrefix(ip, net.ip, net.prefixLen);
  });
  const via = / via (\S+)/.exec(route ?? '')?.[1];
  const dev = router.interfaces.find((i) => onLink(i.addresses, parseCidr(via ?? '')?.ip ?? 0) !== undefined)?.dev;
  return via === undefined || dev === undefined ? undefined : `via ${via} dev ${dev}`;
}
