import { describe, expect, it } from 'vitest';
import type { Probe } from '../../../engine/probe.ts';
import type { Ending } from '../../../engine/trace-types.ts';
import { trace, traceAll } from '../../../engine/trace.ts';
import { formatIp4 } from '../../../packet/address.ts';
import { ipOf, PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../../../packet/packet.ts';
import { at, ip } from '../../../testing/sample.ts';
import type { World } from '../../../world/world.ts';
import { worldOf } from '../../world.ts';
import { READ_MINORS } from '../version.ts';
import { type FlowGroup, POLICY_FLOWS, type Sender } from './ipvsFlows.ts';
import { MORE_FLOWS } from './ipvsFlowsMore.ts';

const ADDRESSES: Readonly<Record<string, string>> = { n1: '192.168.0.11', n2: '192.168.0.12', client: '192.168.0.91', pod: '10.1.0.9', e1: '10.1.0.5', pod2: '10.2.0.9', e2: '10.2.0.5', e3: '10.2.0.6', clusterIP: '10.96.0.10', VIP: '172.16.0.1', externalIP: '203.0.113.9', localhost: '127.0.0.1' };
const NAMES = new Map(Object.entries(ADDRESSES).map(([name, address]) => [address, name]));
const NODE_OF: Readonly<Record<string, string>> = { pod: 'n1', e1: 'n1', host: 'n1', pod2: 'n2', e2: 'n2', e3: 'n2' };
const PORTS: Readonly<Record<string, number>> = { clusterIP: 80, VIP: 80, externalIP: 80, nodePort: 30_080 };
const PROTOS = { TCP: PROTO_TCP, UDP: PROTO_UDP, SCTP: PROTO_SCTP } as const;

const node = (name: string, zone: string, podCidr: string, minor: number): string => `apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {topology.kubernetes.io/zone: ${zone}}}
spec: {podCIDR: ${podCidr}}
status:
  addresses: [{type: InternalIP, address: ${ADDRESSES[name]}}]
  nodeInfo: {kubeProxyVersion: v1.${minor}.0, kubeletVersion: v1.${minor}.0}
---
`;

const pod = (name: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: default}
spec: {nodeName: ${NODE_OF[name]}}
status: {phase: Running, podIP: ${ADDRESSES[name]}}
---
`;

function endpointText(text: string): string {
  const [, name = '', condition, zone] = /^(\w+)(?::(\w+))?(?:@(\w+))?$/.exec(text) ?? [];
  const conditions = condition === 'terminating' ? '{ready: false, serving: true, terminating: true}' : `{ready: ${condition !== 'unready'}}`;
  const hints = zone === undefined ? '' : `, hints: {forZones: [{name: ${zone}}]}`;
  return `{addresses: [${name === 'host' ? ADDRESSES['n1'] : ADDRESSES[name]}], nodeName: ${NODE_OF[name]}, conditions: ${conditions}${hints}}`;
}

/** The objects of a group, for one version. */
function objects({ service, endpoints, proxy = 'clusterCIDR: 10.0.0.0/14', protocol = 'TCP', metadata, ipMode }: FlowGroup, minor: number): string {
  const type = /\btype: (\w+)/.exec(service)?.[1] ?? 'ClusterIP';
  const nodePort = type === 'ClusterIP' ? '' : ', nodePort: 30080';
  const status = type === 'LoadBalancer' ? `status: {loadBalancer: {ingress: [{ip: ${ADDRESSES['VIP']}${ipMode ? `, ipMode: ${ipMode}` : ''}}]}}\n` : '';
  const slice = endpoints.split(' ').filter((e) => e !== '').map(endpointText);
  return `${node('n1', 'a', '10.1.0.0/24', minor)}${node('n2', 'b', '10.2.0.0/24', minor)}${['pod', 'e1', 'pod2', 'e2', 'e3'].map(pod).join('')}apiVersion: v1
kind: Service
metadata: {name: web, namespace: default${metadata === undefined ? '' : `, ${metadata}`}}
spec: {clusterIP: ${ADDRESSES['clusterIP']}, ports: [{name: http, port: 80, targetPort: 8080, protocol: ${protocol}${nodePort}}], ${service}}
${status}---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080, protocol: ${protocol}}]
endpoints: [${slice.join(', ')}]
---
{apiVersion: kubeproxy.config.k8s.io/v1alpha1, kind: KubeProxyConfiguration, mode: ipvs, ${proxy}}
---
apiVersion: packetwalk/v1
kind: Fabric
metadata: {name: wire}
spec:
  clients:
  - {name: client, interfaces: [{dev: eth0, address: ${ADDRESSES['client']}/24}], gateway: ${ADDRESSES['n1']}}
`;
}

const from = (sender: Sender): Probe['from'] => (sender === 'n1' || sender === 'client' ? at(sender) : at(NODE_OF[sender] ?? '', sender));

/** `nodePort of n2`, `VIP:31999`, `clusterIP by ping`, `clusterIP x3`. */
function probeOf(sender: Sender, to: string, protocol: FlowGroup['protocol'] = 'TCP'): Probe {
  const [, name = '', port, place, ping, count] = /^(\w+)(?::(\d+))?(?: of (\w+))?( by ping)?(?: x(\d+))?$/.exec(to) ?? [];
  const dst = ip(ADDRESSES[name === 'nodePort' ? (place ?? 'n1') : name] ?? '');
  if (ping !== undefined) return { from: from(sender), dst, proto: PROTO_ICMP };
  return { from: from(sender), dst, proto: PROTOS[protocol], dport: port === undefined ? (PORTS[name] ?? 80) : Number(port), ...(count === undefined ? {} : { count: Number(count) }) };
}

/** Who took a packet that was delivered; the node by what was asked for. */
const taker = ({ host, netns }: Ending): string => netns ?? host;
const clientOf = ({ seen }: Ending): string => NAMES.get(formatIp4(ipOf(seen).src)) ?? formatIp4(ipOf(seen).src);

/** How a packet ended, in the words of the table. */
function ending(end: Ending, group: FlowGroup): readonly [taker: string, source: string] | string {
  if (end.verdict === 'delivered') return end.netns === null && !group.endpoints.includes('host') ? `${end.host} itself` : [taker(end), clientOf(end)];
  if (end.verdict === 'rejected' && end.error?.kind === 'icmp') return end.error.icmptype === 3 && end.error.code === 3 ? 'refused: port unreachable' : `refused: ${end.error.icmptype}/${end.error.code}`;
  return end.verdict;
}

/** All that may come of a probe: `e1 sees n1; e2 e3 see e1`. */
function outcome(world: World, group: FlowGroup, sender: Sender, to: string): string {
  const probe = probeOf(sender, to, group.protocol);
  if (probe.count !== undefined) {
    const takers = trace(world, probe).outcomes.map((o) => taker(o.request));
    return new Set(takers).size === 1 ? 'always the same' : takers.join(' ');
  }
  const endings = traceAll(world, probe).branches.flatMap((b) => b.trace.outcomes.slice(0, 1).map((o) => ending(o.request, group)));
  const plain = [...new Set(endings.filter((e) => typeof e === 'string'))];
  const bySource = new Map<string, Set<string>>();
  for (const e of endings) if (typeof e !== 'string') bySource.set(e[1], (bySource.get(e[1]) ?? new Set()).add(e[0]));
  return [...plain, ...[...bySource].map(([source, takers]) => `${[...takers].toSorted().join(' ')} ${takers.size === 1 ? 'sees' : 'see'} ${source}`).toSorted()].join('; ');
}

const minorsOf = (text: string): readonly number[] => {
  const [first = 0, last = 0] = text.split('-').map(Number);
  return READ_MINORS.filter((m) => m >= first && m <= last);
};

describe.each([...POLICY_FLOWS, ...MORE_FLOWS])('IPVS mode: $about', (group) => {
  const worlds = new Map<number, World>();
  const world = (minor: number): World => {
    const known = worlds.get(minor) ?? worldOf({ 'objects.yaml': objects(group, minor) }).world;
    worlds.set(minor, known);
    return known;
  };

  it.each(group.rows)('%s: from %s to %s: %s (%s)', (versions, sender, to, then) => {
    const minors = minorsOf(versions);
    expect(minors.length).toBeGreaterThan(0);
    expect(minors.map((minor) => [minor, outcome(world(minor), group, sender, to)])).toEqual(minors.map((minor) => [minor, then]));
  });
});
