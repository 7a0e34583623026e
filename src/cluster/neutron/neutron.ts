import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { Component, FabricContext } from '../component.ts';
import { derivedMac } from '../derived.ts';
import type { HostDraft } from '../draft/host.ts';
import type { ClusterModel } from '../model.ts';
import { runCommands } from '../run.ts';
import { programFirewall } from './firewall.ts';
import { type ComputeHost, type NeutronSpec, readNeutron, type VmPort } from './objects.ts';
import { qbrOf, qrOf, qvbOf, qvoOf, tapOf } from './ports.ts';

/**
 * OpenStack below the nodes: compute hosts with Neutron's Open vSwitch agent and its iptables_hybrid driver. A NIC of a VM is a cable to
 * its tap; from there the frame crosses a Linux bridge, where iptables sees it, and a veth to br-int.
 *
 * br-int is an Open vSwitch and has no iptables. Here a learning Linux bridge stands for it, with the provider's VLAN on the physical NIC,
 * in a network namespace of its own (`openvswitch`): there no Netfilter looks, as none does inside Open vSwitch.
 */
export const OVS_NETNS = 'openvswitch';

/** With more machines than this on the network, frames are flooded until it is learned where they are. */
const MANY_MACHINES = 256;

export function neutronOf(cluster: ClusterModel, found: DiagnosticList): Component | undefined {
  const neutron = readNeutron(cluster, found);
  if (!neutron || neutron.computeHosts.length === 0) return undefined;
  return {
    name: 'neutron',
    surround: (fabric) => {
      for (const computeHost of neutron.computeHosts) setUp(fabric, computeHost, neutron);
    },
  };
}

function setUp(fabric: FabricContext, computeHost: ComputeHost, neutron: NeutronSpec): void {
  const host = fabric.host(computeHost.name);
  wireHost(host, computeHost, neutron);
  for (const port of computeHost.vms) wireVm(fabric, host, computeHost, port, neutron);
  for (const port of computeHost.routers) wireRouter(fabric, host, computeHost, port, neutron);
  learn(fabric, host, computeHost, neutron);
  programFirewall(host.own, computeHost, neutron);
  for (const phase of ['wiring', 'firewall'] as const) runCommands(host, computeHost.machine, phase, fabric.found);
}

/** The physical NIC, its VLAN, br-int. */
function wireHost(host: HostDraft, { name, dev, address, because }: ComputeHost, { vlan, mtu }: NeutronSpec): void {
  const ovs = host.netns(OVS_NETNS);
  const nicMac = derivedMac(name, dev);
  if (!host.own.find(dev)) host.own.device({ name: dev, kind: 'nic', mtu: Math.max(1500, mtu), mac: nicMac, addresses: [{ address }], because });
  host.own.sysctl('net.bridge.bridge-nf-call-iptables', 1, because);
  ovs.device({ name: 'br-int', kind: 'bridge', mtu, mac: derivedMac(name, 'br-int'), because });
  ovs.device({ name: `${dev}.${vlan}`, kind: 'vlan', mtu, mac: host.own.find(dev)?.mac ?? nicMac, master: 'br-int', peer: { netns: null, dev }, kindText: `vlan protocol 802.1Q id ${vlan} <REORDER_HDR>`, because });
}

/** nova's hybrid plug: tap - qbr - qvb/qvo - br-int. */
function wireVm(fabric: FabricContext, host: HostDraft, computeHost: ComputeHost, port: VmPort, { mtu }: NeutronSpec): void {
  const [tap, qbr, qvb, qvo] = [tapOf(port), qbrOf(port), qvbOf(port), qvoOf(port)];
  const { because } = port;
  const mac = derivedMac(computeHost.name, qvb);
  // A bridge takes the lowest address among its ports (br_stp_recalculate_bridge_id()): the tap's begins with fe.
  host.own.device({ name: qbr, kind: 'bridge', mtu, mac, because });
  host.own.device({ name: qvb, kind: 'veth', mtu, mac, master: qbr, peer: { netns: OVS_NETNS, dev: qvo }, because });
  host.netns(OVS_NETNS).device({ name: qvo, kind: 'veth', mtu, mac: derivedMac(computeHost.name, qvo), master: 'br-int', peer: { netns: null, dev: qvb }, because });
  host.own.device({ name: tap, kind: 'veth', mtu, mac: port.mac.replace(/^../, 'fe'), master: qbr, peer: { netns: null, dev: port.dev, host: port.machine }, because });
  plug(fabric, port, { host: computeHost.name, netns: null, dev: tap });
}

/** A port of a virtual router is a device on br-int itself; its other end is the router. */
function wireRouter(fabric: FabricContext, host: HostDraft, computeHost: ComputeHost, port: VmPort, { mtu }: NeutronSpec): void {
  const qr = qrOf(port);
  host.netns(OVS_NETNS).device({ name: qr, kind: 'veth', mtu, mac: derivedMac(computeHost.name, qr), master: 'br-int', peer: { netns: null, dev: port.dev, host: port.machine }, because: port.because });
  plug(fabric, port, { host: computeHost.name, netns: OVS_NETNS, dev: qr });
}

/** A live br-int knows behind which port each machine of the network is. */
function learn(fabric: FabricContext, host: HostDraft, computeHost: ComputeHost, { computeHosts, vlan }: NeutronSpec): void {
  const all = computeHosts.flatMap((c) => [...c.vms.map((port) => ({ c, port, own: qvoOf(port) })), ...c.routers.map((port) => ({ c, port, own: qrOf(port) }))]);
  for (const { c, port, own } of all.length > MANY_MACHINES ? [] : all) {
    const mac = fabric.host(port.machine).own.find(port.dev)?.mac;
    if (mac !== undefined) host.netns(OVS_NETNS).fdbEntry(`${mac} dev ${c === computeHost ? own : `${computeHost.dev}.${vlan}`} master br-int`, port.because);
  }
}

/** The machine's NIC becomes a cable to its port. */
function plug(fabric: FabricContext, port: VmPort, peer: { readonly host: string; readonly netns: string | null; readonly dev: string }): void {
  fabric.host(port.machine).own.change(port.dev, { kind: 'veth', peer });
}
