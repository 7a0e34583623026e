import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { derivedHex, derivedMac } from '../derived.ts';
import type { Because } from '../because.ts';
import type { Component, NodeContext } from '../component.ts';
import type { DeviceSpec } from '../draft/device.ts';
import type { HostDraft } from '../draft/host.ts';
import type { ClusterModel, NodeModel, PodModel } from '../model.ts';
import { field, type KubeDocument, textOf, textsOf } from '../objects/document.ts';
import { AddressBook, type Attachment, attachmentsOf, networksIn } from './networks.ts';

/** An interface of a pod and what it stands on, while it is attached. */
interface Plug {
  readonly host: HostDraft;
  readonly node: NodeModel;
  readonly pod: PodModel;
  readonly attachment: Attachment;
  readonly addresses: readonly string[];
  readonly because: Because;
}

/** Multus: more interfaces for pods that ask for them; undefined in a cluster without a NetworkAttachmentDefinition. On the host it writes nothing by itself. */
export function multusOf(cluster: ClusterModel, found: DiagnosticList): Component | undefined {
  const networks = networksIn(cluster.documents, found);
  if (networks.size === 0) return undefined;
  const book = new AddressBook();
  const plans = cluster.pods.flatMap((pod) => attachmentsOf(pod, networks, found).map((attachment) => ({ pod, attachment, given: book.give(attachment, pod.node) })));
  return {
    name: 'Multus',
    wire: ({ host, node }: NodeContext) => {
      for (const { pod, attachment, given } of plans) {
        if (pod.node !== node.name) continue;
        const because: Because = { ...pod.because, part: `network ${attachment.network.document.name}` };
        const plug: Plug = { host, node, pod, attachment, addresses: given.addresses, because };
        if (!attach(plug, cluster, found)) continue;
        route(plug, given.routes, found);
      }
    },
  };
}

/** Makes the interface as its plugin does; false when there is none that the kernel knows. */
function attach(plug: Plug, cluster: ClusterModel, found: DiagnosticList): boolean {
  const { type, config, document: definition } = plug.attachment.network;
  switch (type) {
    case 'macvlan':
    case 'ipvlan': {
      const master = textOf(field(config, 'master')) ?? plug.node.gateway?.dev ?? plug.node.nics[0]?.dev ?? '';
      const below = plug.host.own.find(master);
      if (!below) {
        found.add('missing-object', definition.at('spec', 'config'), `${plug.node.name}: ${master}`);
        return false;
      }
      const mode = textOf(field(config, 'mode')) ?? (type === 'macvlan' ? 'bridge' : 'l2');
      // An ipvlan has the address of the device below (drivers/net/ipvlan/ipvlan_main.c).
      inPod(plug, { kind: type, mtu: mtuOf(config) ?? below.mtu, mac: type === 'ipvlan' ? (below.mac ?? '') : macOf(plug), peer: { netns: null, dev: master }, kindText: type === 'macvlan' ? `macvlan mode ${mode}` : `ipvlan mode ${mode} bridge` });
      return true;
    }
    case 'bridge':
      bridge(plug, config, found);
      return true;
    case 'sriov':
      virtualFunction(plug, cluster, found);
      return true;
    case 'userspace':
      // vhost-user or memif: address and MAC live in a DPDK program.
      found.add('no-kernel-interface', plug.because.source ?? definition.source, `${plug.pod.namespace}/${plug.pod.name} ${plug.attachment.dev}`);
      return false;
    default:
      found.add('unmodelled', definition.at('spec', 'config'), `CNI ${type}`);
      return false;
  }
}

const mtuOf = (config: unknown): number | undefined => {
  const mtu = field(config, 'mtu');
  return typeof mtu === 'number' && mtu > 0 ? mtu : undefined;
};

const macOf = ({ pod, attachment }: Plug): string => attachment.status?.mac ?? attachment.mac ?? derivedMac(pod.namespace, pod.name, attachment.dev);

function inPod({ host, pod, attachment, addresses, because }: Plug, spec: Omit<DeviceSpec, 'name' | 'addresses' | 'because'>): void {
  host.netns(pod.netns).device({ name: attachment.dev, addresses: addresses.map((address) => ({ address })), because, ...spec });
}

/** plugins/main/bridge/bridge.go: a bridge that is made when it is missing, and a veth pair. */
function bridge(plug: Plug, config: unknown, found: DiagnosticList): void {
  const { host, pod, attachment, because } = plug;
  const name = textOf(field(config, 'bridge')) ?? 'cni0';
  for (const option of ['ipMasq', 'vlan', 'vlanTrunk', 'macspoofchk']) {
    const value = field(config, option);
    if (value !== undefined && value !== false && value !== 0) found.add('unmodelled', attachment.network.document.at('spec', 'config'), `bridge ${option}`);
  }
  const mtu = mtuOf(config) ?? 1500;
  const isGateway = field(config, 'isGateway') === true || field(config, 'isDefaultGateway') === true;
  const gateway = textOf(field(config, 'ipam', 'gateway')) ?? firstOf(plug.addresses[0]);
  if (!host.own.find(name)) {
    const length = plug.addresses[0]?.split('/')[1] ?? '24';
    host.own.device({ name, kind: 'bridge', mtu, mac: derivedMac(host.name, name), addresses: isGateway && gateway !== undefined ? [{ address: `${gateway}/${length}` }] : [], because });
  }
  const dev = `veth${derivedHex(8, pod.namespace, pod.name, attachment.dev)}`;
  host.own.device({ name: dev, kind: 'veth', mtu, mac: derivedMac(host.name, dev), master: name, portText: `hairpin ${field(config, 'hairpinMode') === true ? 'on' : 'off'}`, peer: { netns: pod.netns, dev: attachment.dev }, because });
  inPod(plug, { kind: 'veth', mtu, mac: macOf(plug), peer: { netns: null, dev } });
  if (field(config, 'isDefaultGateway') === true && gateway !== undefined) route(plug, [{ dst: '0.0.0.0/0', via: gateway }], found);
}

/** The gateway that a bridge takes by itself: the first address of the subnet. */
const firstOf = (address: string | undefined): string | undefined => address?.replace(/\d+\/\d+$/, '1');

/**
 * sriov-cni: a virtual function of a NIC moves into the pod. On the host it is gone; the physical function's list of VFs is what
 * remains to be seen.
 */
function virtualFunction(plug: Plug, cluster: ClusterModel, found: DiagnosticList): void {
  const { host, node, attachment, because } = plug;
  const { config } = attachment.network;
  const named = textOf(field(config, 'master')) ?? physicalFunction(cluster.documents, attachment.network.resource, node);
  const pf = host.own.find(named ?? '') ?? host.own.find(node.nics.at(-1)?.dev ?? '');
  if (named === undefined && pf) found.add('assumed-pf', attachment.network.document.source, `${node.name}: ${pf.name}`);
  const mac = macOf(plug);
  inPod(plug, { kind: 'nic', mtu: pf?.mtu ?? 1500, mac });
  if (!pf) return;
  const vlan = field(config, 'vlan');
  const words = [
    `vf ${pf.vfs?.length ?? 0}     link/ether ${mac} brd ff:ff:ff:ff:ff:ff`,
    ...(typeof vlan === 'number' && vlan > 0 ? [`vlan ${vlan}`] : []),
    `spoof checking ${field(config, 'spoofchk') === 'off' ? 'off' : 'on'}`,
    `link-state ${textOf(field(config, 'link_state')) ?? 'auto'}`,
    `trust ${field(config, 'trust') === 'on' ? 'on' : 'off'}`,
  ];
  host.own.change(pf.name, { vfs: [...(pf.vfs ?? []), { text: words.join(', '), because }] });
}

/** The NIC that a SriovNetworkNodePolicy gives to a resource: `intel.com/sriov_net` is resourceName `sriov_net`. */
function physicalFunction(documents: readonly KubeDocument[], resource: string | undefined, node: NodeModel): string | undefined {
  const name = resource?.split('/').at(-1);
  const policies = documents.filter((d) => d.kind === 'SriovNetworkNodePolicy' && name !== undefined && field(d.value, 'spec', 'resourceName') === name);
  // `ens1f0#0-3`: only some of its VFs.
  const devices = policies.flatMap((d) => textsOf(field(d.value, 'spec', 'nicSelector', 'pfNames'))).map((n) => n.split('#')[0] ?? '');
  return devices.find((d) => node.nics.some((nic) => nic.dev === d)) ?? devices[0];
}

/** Routes of the plugin for addresses, and `default-route`, which takes the default route away from the others (DeleteDefaultGW(), SetDefaultGW(), multus pkg/netutils). */
function route({ host, pod, attachment, because }: Plug, routes: readonly { readonly dst: string; readonly via: string | undefined }[], found: DiagnosticList): void {
  const netns = host.netns(pod.netns);
  for (const { dst, via } of routes) {
    const to = dst === '0.0.0.0/0' ? 'default' : dst;
    // The kernel has one route to a destination: the plugin fails, and the pod does not start.
    if (netns.routes.some((r) => r.split(' ')[0] === to)) found.add('second-route', because.source ?? attachment.network.document.source, `${pod.namespace}/${pod.name}: ${to} dev ${attachment.dev}`);
    else netns.route(`${to}${via === undefined ? '' : ` via ${via}`} dev ${attachment.dev}`, because);
  }
  const [gateway] = attachment.gateways;
  if (gateway === undefined) return;
  netns.removeRoute('default');
  netns.route(`default via ${gateway} dev ${attachment.dev}`, because);
}
