import type { SourceRef } from '../../world/source.ts';
import type { Because } from '../because.ts';

/**
 * What Kubernetes does not know, our own `kind: Fabric`: the wires between machines and the machines that are no nodes.
 *
 *     apiVersion: packetwalk/v1
 *     kind: Fabric
 *     metadata: {name: fabric}
 *     spec:
 *       nodes:
 *       - name: master1
 *         interfaces: [{dev: ens192, address: 192.168.50.161/24, mtu: 1500, mac: "02:…"}]
 *         gateway: 192.168.50.1
 *         run: ["sysctl -w net.ipv4.ip_forward=0", "iptables -P FORWARD DROP"]
 *       routers:
 *       - name: l3
 *         interfaces: [{dev: eth0, address: 192.168.50.1/24}, {dev: eth1, address: 10.10.6.1/24}]
 *         routes: ["172.19.100.0/24 via 192.168.50.161"]
 *         bgp: true
 *       clients:
 *       - {name: client, interfaces: [{dev: eth0, address: 10.10.6.91/24}], gateway: 10.10.6.1}
 *
 * Machines that are virtual ones, and what OpenStack does below them: cluster/neutron/objects.ts.
 */
export interface FabricSpec {
  readonly nodes: readonly MachineSpec[];
  readonly routers: readonly MachineSpec[];
  readonly clients: readonly MachineSpec[];
  /** Everything below `spec`, for the components that read more of it (compute hosts, security groups). */
  readonly spec: unknown;
  readonly because: Because | undefined;
}

export interface MachineSpec {
  readonly name: string;
  readonly interfaces: readonly InterfaceSpec[];
  readonly gateway: string | undefined;
  /** Lines of `ip route`. */
  readonly routes: readonly string[];
  /** A router that learns routes from the nodes' BGP speakers. */
  readonly bgp: boolean;
  /** Commands typed on the machine when everything else is set up. */
  readonly run: readonly string[];
  /** Where the command of that number stands. */
  readonly runAt: (index: number) => SourceRef;
  readonly because: Because;
}

export interface InterfaceSpec {
  readonly dev: string;
  readonly addresses: readonly string[];
  readonly mtu: number | undefined;
  readonly mac: string | undefined;
}

export const NO_FABRIC: FabricSpec = { nodes: [], routers: [], clients: [], spec: undefined, because: undefined };
