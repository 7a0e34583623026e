import { DiagnosticList } from '../dumps/diagnostic.ts';
import { clusterOf, nodeOf } from './cluster.ts';
import { filesOf } from './drafts.ts';
import type { World } from '../world/world.ts';
import { parseBundle } from '../dumps/bundle.ts';
import { HostDraft } from '../cluster/draft/host.ts';
import type { ClusterModel, NodeModel } from '../cluster/model.ts';
import type { KubeDocument } from '../cluster/objects/document.ts';
import { NO_FABRIC } from '../cluster/objects/fabric.ts';
import { neutronOf } from '../cluster/neutron/neutron.ts';

/** Two VMs with a pod each, on two compute hosts, for the tests of this folder: nodes as Calico would leave them, without its rules. */

export interface Machine {
  readonly name: string;
  readonly ip: string;
  readonly mac: string;
  /** Address of tunl0 and of the pod. */
  readonly tunnel: string;
  readonly pod: string;
}

export const K1: Machine = { name: 'k1', ip: '10.100.200.4', mac: 'fa:16:3e:09:06:eb', tunnel: '172.16.200.0', pod: '172.16.200.1' };
export const K2: Machine = { name: 'k2', ip: '10.100.200.21', mac: 'fa:16:3e:02:d9:5e', tunnel: '172.16.110.0', pod: '172.16.110.23' };

export const PORT1 = '1b5c0f4c-a1d2-4e0f-9a55-0123456789ab';
export const PORT2 = '2d6e1a5d-b2e3-4f10-8b66-123456789abc';
export const GROUP = '7c5e3f00-1111-4222-8333-444455556666';

/** The group that OpenStack makes by default: members may talk to members. */
export const DEFAULT_GROUP = { name: 'k8s', id: GROUP, rules: [{ remoteGroup: 'k8s', protocol: 'tcp' }, { remoteGroup: 'k8s', protocol: 'icmp' }] };

export const vm = (node: string, portId: string, more: object = {}): object => ({ node, dev: 'ens3', portId, securityGroups: ['k8s'], ...more });

export const TWO_HOSTS = [
  { name: 'compute1', vms: [vm('k1', PORT1)] },
  { name: 'compute2', vms: [vm('k2', PORT2)] },
];

const nodeModel = (m: Machine): NodeModel => nodeOf(m.name, m.ip, undefined, { nics: [{ dev: 'ens3', addresses: [`${m.ip}/24`], mtu: 1500, mac: m.mac }] });

/** `at` writes the path instead of a line, so that a test sees which field was meant. */
const fabric = (spec: object): KubeDocument => ({ apiVersion: 'packetwalk/v1', kind: 'Fabric', namespace: undefined, name: 'fabric', value: { spec }, source: { input: 'fabric.yaml', line: 1 }, at: (...path) => ({ input: path.join('.'), line: 1 }) });

export function cluster(spec: object): ClusterModel {
  const document = fabric(spec);
  return clusterOf({ nodes: [K1, K2].map(nodeModel), fabric: { ...NO_FABRIC, spec: spec }, documents: [document] });
}

/** How pods of the other node are reached: `ipip` by tunl0, `direct` by the NIC. */
export type Way = 'ipip' | 'direct';

function nodeDraft(m: Machine, other: Machine, way: Way): HostDraft {
  const host = new HostDraft(m.name);
  const { own } = host;
  own.device({ name: 'ens3', kind: 'nic', mtu: 1500, mac: m.mac, addresses: [{ address: `${m.ip}/24` }] });
  own.sysctl('net.ipv4.ip_forward', 1);
  own.sysctl('net.ipv4.conf.all.rp_filter', 0);
  own.device({ name: 'tunl0', kind: 'ipip', mtu: 1480, addresses: [{ address: `${m.tunnel}/32` }] });
  own.device({ name: 'cali1', kind: 'veth', mtu: 1480, mac: 'ee:ee:ee:ee:ee:ee', peer: { netns: 'pod', dev: 'eth0' } });
  own.route('default via 10.100.200.1 dev ens3');
  own.route(`${m.pod} dev cali1 scope link`);
  const block = other.tunnel.replace(/0$/, '0/26');
  own.route(way === 'ipip' ? `${block} via ${other.ip} dev tunl0 proto bird onlink` : `${block} via ${other.ip} dev ens3 proto bird`);
  own.sysctl('net.ipv4.conf.cali1.proxy_arp', 1);
  own.sysctl('net.ipv4.conf.cali1.forwarding', 1);
  own.sysctl('net.ipv4.neigh.cali1.proxy_delay', 0);
  const pod = host.netns('pod');
  pod.device({ name: 'eth0', kind: 'veth', mtu: 1480, mac: `02:00:00:00:00:${m.name.slice(1).padStart(2, '0')}`, addresses: [{ address: `${m.pod}/32` }], peer: { netns: null, dev: 'cali1' } });
  pod.route('169.254.1.1 dev eth0 scope link');
  pod.route('default via 169.254.1.1 dev eth0');
  return host;
}

export interface Built {
  readonly hosts: readonly HostDraft[];
  readonly found: DiagnosticList;
  readonly world: World;
}

/** The world above the given part of a Fabric's spec. */
export function build(spec: object, way: Way = 'ipip'): Built {
  const found = new DiagnosticList();
  const model = cluster(spec);
  const hosts = new Map([nodeDraft(K1, K2, way), nodeDraft(K2, K1, way)].map((h): [string, HostDraft] => [h.name, h]));
  const host = (name: string): HostDraft => {
    const known = hosts.get(name) ?? new HostDraft(name);
    hosts.set(name, known);
    return known;
  };
  neutronOf(model, found)?.surround?.({ cluster: model, found, host });
  return { hosts: [...hosts.values()], found, world: parseBundle(filesOf([...hosts.values()])).world };
}
