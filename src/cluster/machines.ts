import { formatIp4, type Ip4 } from '../packet/address.ts';
import type { Component, FabricContext } from './component.ts';
import type { HostDraft } from './draft/host.ts';
import type { ClusterModel, NicModel, NodeModel } from './model.ts';
import type { MachineSpec } from './objects/fabric.ts';
import { gatewayOf, macOfIp } from './objects/node.ts';
import { isInCidr, parseCidr } from './objects/values.ts';

const DEFAULT_MTU = 1500;

/** Beyond that many machines on a wire, nodes ask for each other by ARP instead of knowing all neighbours. */
const MANY_NEIGHBOURS = 256;

/** The machines themselves: NICs, addresses, default routes, forwarding, and who is who on the wires between them. */
export function machinesOf(cluster: ClusterModel): Component {
  const wires = stationsOf(cluster);
  return {
    name: 'machines',
    wire: ({ node, host }) => {
      wireNics(host, node.nics, node.because);
      forward(host);
      if (node.gateway) host.own.route(`default via ${node.gateway.via} dev ${node.gateway.dev}`, node.because);
      const machine = cluster.fabric.nodes.find((m) => m.name === node.name);
      for (const route of machine?.routes ?? []) host.own.route(withDevice(route, node.nics), machine?.because);
      meetNeighbours(host, node.nics, wires, node.gateway);
    },
    surround: (context) => {
      for (const router of cluster.fabric.routers) surroundBy(context, router, wires, true);
      for (const client of cluster.fabric.clients) surroundBy(context, client, wires, false);
    },
  };
}

/** Who has which address on some wire. */
interface Station {
  readonly ip: Ip4;
  readonly mac: string;
}

const nicsOf = (machine: MachineSpec): readonly NicModel[] =>
  machine.interfaces.map((nic, i) => ({ dev: nic.dev, addresses: nic.addresses, mtu: nic.mtu ?? DEFAULT_MTU, mac: nic.mac ?? macOfIp(parseCidr(nic.addresses[0] ?? '')?.ip ?? i + 1) }));

function stationsOf(cluster: ClusterModel): readonly Station[] {
  const { nodes, fabric } = cluster;
  return [...nodes.map((n) => n.nics), ...fabric.routers.map(nicsOf), ...fabric.clients.map(nicsOf)].flatMap((nics) => nics.flatMap(({ mac, addresses }) => addresses.flatMap((a) => (parseCidr(a) ? [{ ip: parseCidr(a)?.ip ?? 0, mac }] : []))));
}

function wireNics(host: HostDraft, nics: readonly NicModel[], because: NodeModel['because']): void {
  for (const nic of nics) host.own.device({ name: nic.dev, kind: 'nic', mtu: nic.mtu, mac: nic.mac, addresses: nic.addresses.map((address) => ({ address })), because });
}

function forward(host: HostDraft): void {
  for (const key of ['net.ipv4.ip_forward', 'net.ipv4.conf.all.forwarding', 'net.ipv4.conf.default.forwarding']) host.own.sysctl(key, 1);
}

/** A live machine knows whom it talks to all the time: those on its wires, and its gateway, be it described or not. */
function meetNeighbours(host: HostDraft, nics: readonly NicModel[], stations: readonly Station[], gateway: NodeModel['gateway']): void {
  for (const nic of nics) {
    const nets = nic.addresses.flatMap((a) => parseCidr(a) ?? []).filter((net) => net.prefixLen < 32);
    const near = stations.filter((s) => nets.some((net) => isInCidr(s.ip, net) && s.ip !== net.ip));
    for (const { ip, mac } of near.length > MANY_NEIGHBOURS ? [] : near) host.own.neighbour(`${formatIp4(ip)} dev ${nic.dev} lladdr ${mac} REACHABLE`);
  }
  const via = gateway && parseCidr(gateway.via)?.ip;
  if (gateway && via !== undefined && !stations.some((s) => s.ip === via)) host.own.neighbour(`${gateway.via} dev ${gateway.dev} lladdr ${macOfIp(via)} REACHABLE`);
}

function surroundBy({ host, cluster }: FabricContext, machine: MachineSpec, stations: readonly Station[], router: boolean): void {
  const draft = host(machine.name);
  const nics = nicsOf(machine);
  wireNics(draft, nics, machine.because);
  const gateway = machine.gateway === undefined && router ? undefined : gatewayOf(nics, machine.gateway, cluster.fabric);
  if (gateway) draft.own.route(`default via ${gateway.via} dev ${gateway.dev}`, machine.because);
  for (const route of machine.routes) draft.own.route(withDevice(route, nics), machine.because);
  if (router) forward(draft);
  else draft.own.sysctl('net.ipv4.ip_forward', 0);
  meetNeighbours(draft, nics, stations, gateway);
}

/** A route as people write it: `ip route` prints the device too, which the kernel finds by the gateway (fib_check_nh_v4_gw(), net/ipv4/fib_semantics.c). */
function withDevice(route: string, nics: readonly NicModel[]): string {
  const [, via] = / via (\S+)/.exec(route) ?? [];
  if (via === undefined || / dev /.test(route)) return route;
  const gateway = parseCidr(via)?.ip;
  const nic = nics.find((n) => n.addresses.some((a) => gateway !== undefined && isInCidr(gateway, parseCidr(a) ?? { ip: 0, prefixLen: 32 })));
  return nic ? route.replace(` via ${via}`, ` via ${via} dev ${nic.dev}`) : route;
}
