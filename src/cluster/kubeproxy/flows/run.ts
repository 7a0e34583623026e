import { parseIp4, formatIp4 } from '../../../packet/address.ts';
import type { Packet } from '../../../packet/packet.ts';
import type { Probe } from '../../../engine/probe.ts';
import { traceAll } from '../../../engine/trace.ts';
import type { Outcome, Trace } from '../../../engine/trace-types.ts';
import type { World } from '../../../world/world.ts';
import { worldOf } from '../../world.ts';
import type { Flow, FlowEndpoint, FlowService, FlowTable } from './table.ts';

const CLIENT_POD = '10.180.0.100';
const CLIENT_OUTSIDE = '203.0.113.2';
const NODE_IP = '192.168.0.2';

const NODES = [
  { name: 'n1', interfaces: [{ dev: 'eth0', address: `${NODE_IP}/24` }, { dev: 'eth1', address: '192.168.1.2/24' }], podCIDR: '10.180.0.0/24' },
  { name: 'n2', interfaces: [{ dev: 'eth0', address: '192.168.0.3/24' }], podCIDR: '10.180.2.0/24' },
];

/** What becomes of the packet of a flow, in the words of the table. */
export interface FlowResult {
  /** Sorted. */
  readonly ends: readonly string[] | string;
  readonly masq: boolean;
  /** Undefined where the flow does not ask. */
  readonly sticky: boolean | undefined;
  readonly by: string | undefined;
}

/** What the table says. */
export const expectedOf = ({ ends, masq = false, sticky, by }: Flow): FlowResult => ({ ends: typeof ends === 'string' ? ends : sorted(ends), masq, sticky, by });

const sorted = (texts: Iterable<string>): readonly string[] => [...new Set(texts)].sort((a, b) => (a < b ? -1 : 1));

/** The objects of a table as text. */
export function objectsOf(table: FlowTable, minor: number): string {
  return documentsOf(table, minor).map((d) => JSON.stringify(d)).join('\n---\n');
}

export const worldOfTable = (table: FlowTable, minor: number): World => worldOf({ 'objects.yaml': objectsOf(table, minor) }).world;

function documentsOf(table: FlowTable, minor: number): readonly object[] {
  return [
    { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration', mode: 'iptables', clusterCIDR: '10.0.0.0/8', ...table.settings },
    { apiVersion: 'packetwalk/v1', kind: 'Fabric', metadata: { name: 'fabric' }, spec: { nodes: NODES.map(({ name, interfaces }) => ({ name, interfaces, gateway: '192.168.0.1' })) } },
    ...NODES.map(({ name, interfaces, podCIDR }) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: name === 'n1' ? table.labels : {} },
      spec: { podCIDR },
      status: { addresses: [{ type: 'InternalIP', address: interfaces[0]?.address.split('/')[0] }], nodeInfo: { kubeProxyVersion: `v1.${minor}.0`, kubeletVersion: `v1.${minor}.0` } },
    })),
    ...podsOf(table).map(([ip, nodeName]) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'ns1', name: podName(ip) },
      spec: { nodeName, containers: [] },
      status: { podIP: ip, phase: 'Running' },
    })),
    ...table.services.flatMap((s) => [serviceOf(s), sliceOf(s)]),
  ];
}

const podName = (ip: string): string => `pod-${ip.replaceAll('.', '-')}`;
const placeOf = (endpoint: FlowEndpoint): string => (typeof endpoint === 'string' ? endpoint : endpoint.at);

/** Every address has a pod, on the node that one of the endpoints names. */
function podsOf({ services }: FlowTable): readonly (readonly [string, string])[] {
  const pods = new Map([[CLIENT_POD, 'n1']]);
  for (const { endpoints } of services) {
    for (const endpoint of endpoints) {
      const [ip = '', node = ''] = placeOf(endpoint).split('@');
      if (NODES.some((n) => n.name === node)) pods.set(ip, node);
    }
  }
  return [...pods];
}

const serviceOf = ({ name, spec, labels = {}, annotations = {}, ingress = [] }: FlowService): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'ns1', name, labels, annotations },
  spec,
  status: { loadBalancer: { ingress } },
});

function sliceOf({ name, spec, endpoints, targets }: FlowService): object {
  const ports = targets ?? (spec['ports'] as FlowService['targets']) ?? [];
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'ns1', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: ports.map((p) => ({ name: p.name ?? '', port: p.port, protocol: p.protocol ?? 'TCP' })),
    endpoints: endpoints.map((endpoint) => {
      const [ip = '', nodeName] = placeOf(endpoint).split('@');
      const { conditions = {}, hints } = typeof endpoint === 'string' ? {} : endpoint;
      return { addresses: [ip], nodeName, conditions, hints };
    }),
  };
}

const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132 };

function probeOf(table: FlowTable, { from, to, sticky }: Flow): Probe {
  const [, dst = '', port = '', protocol = 'tcp'] = /^([\d.]+):(\d+)(?:\/(\w+))?$/.exec(to) ?? [];
  return {
    from: sourceOf(table, from),
    ...(from === 'localhost' ? { src: ip('127.0.0.1') } : {}),
    dst: ip(dst),
    dport: Number(port),
    proto: PROTOCOLS[protocol] ?? 0,
    reply: false,
    ...(sticky === undefined ? {} : { count: 3 }),
  };
}

const ip = (text: string): number => parseIp4(text) ?? 0;
const addressOf = (from: string): string => ({ pod: CLIENT_POD, node: NODE_IP, localhost: '127.0.0.1', outside: CLIENT_OUTSIDE })[from] ?? from;

function sourceOf(table: FlowTable, from: string): Probe['from'] {
  if (from === 'node' || from === 'localhost') return { kind: 'netns', host: 'n1', netns: null };
  const address = addressOf(from);
  const pod = podsOf(table).find(([known]) => known === address);
  return pod ? { kind: 'netns', host: pod[1], netns: podName(address) } : { kind: 'outside', ip: ip(address), host: 'n1', dev: 'eth0' };
}

/** Sends the packet of a flow through a world, along every way that chance allows. */
export function runFlow(table: FlowTable, flow: Flow, world: World): FlowResult {
  const traces = traceAll(world, probeOf(table, flow)).branches.map((b) => b.trace);
  const ways = traces.map((t) => t.outcomes.map(endOf));
  const ends = sorted(ways.flat());
  const masks = new Set(traces.map(isMasqueraded));
  if (masks.size > 1) throw new Error(`${flow.from} → ${flow.to}: masqueraded on some ways only`);
  return {
    ends: ends.every((e) => e.includes(':')) ? ends : ends.join(' '),
    masq: masks.has(true),
    sticky: flow.sticky === undefined ? undefined : ways.every((way) => new Set(way).size === 1),
    by: traces.some((t) => t.steps.some((s) => s.kind === 'rule' && s.matched === true && s.table === 'filter' && s.chain === flow.by)) ? flow.by : undefined,
  };
}

function endOf({ request, natted }: Outcome): string {
  const { dst, port } = addressee(request.seen);
  switch (request.verdict) {
    case 'delivered':
      // A packet for an address of n1 itself that nobody translated.
      return natted.dst ? `${dst}:${port}` : request.host === 'n1' && request.netns === null ? 'node' : 'none';
    case 'rejected':
      return request.error?.kind === 'icmp' && request.error.icmptype === 3 && request.error.code === 3 ? 'reject' : `rejected by ${request.error?.kind ?? 'nobody'}`;
    case 'dropped':
      return 'drop';
    case 'left':
    case 'unreachable':
      return natted.dst ? `${dst}:${port}` : 'none';
    case 'looped':
    case 'unknown':
      return request.verdict;
  }
}

function addressee(packet: Packet): { readonly dst: string; readonly port: number } {
  const inner = packet.findLast((h) => h.type === 'ipv4');
  const transport = packet.findLast((h) => h.type === 'tcp' || h.type === 'udp' || h.type === 'sctp');
  return { dst: formatIp4(inner?.dst ?? 0), port: transport?.dport ?? 0 };
}

const isMasqueraded = (t: Trace): boolean => t.steps.some((s) => s.kind === 'rule' && s.role === 'request' && s.host === 'n1' && s.verdict === 'MASQUERADE' && s.matched === true);
