import { describe, expect, it } from 'vitest';
import { trace } from '../../engine/trace.ts';
import type { Trace } from '../../engine/trace-types.ts';
import { formatIp4 } from '../../packet/address.ts';
import { ipOf, PROTO_ICMP, PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import { worldOfObjects } from '../../testing/cluster.ts';
import { at, ip, rulesOf } from '../../testing/sample.ts';
import type { World } from '../../world/world.ts';

const calico = (kind: string, name: string, spec: object, namespace?: string): object => ({ apiVersion: 'crd.projectcalico.org/v1', kind, metadata: { name, namespace }, spec });
const node = (name: string, address: string): object => ({ apiVersion: 'v1', kind: 'Node', metadata: { name, annotations: { 'projectcalico.org/IPv4Address': `${address}/24` } }, status: { addresses: [{ type: 'InternalIP', address }], nodeInfo: { kubeProxyVersion: 'v1.27.3', kubeletVersion: 'v1.27.3' } } });
const pod = (name: string, nodeName: string, podIP: string, labels: object, more: object = {}, namespace = 'default'): object => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels }, spec: { nodeName, containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }], ...more }, status: { podIP },
});

const BASE: readonly object[] = [
  calico('IPPool', 'pool', { cidr: '10.244.0.0/16', ipipMode: 'Always', natOutgoing: true }),
  node('n1', '10.0.0.1'), node('n2', '10.0.0.2'),
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other', labels: { team: 'b' } } },
  pod('web', 'n1', '10.244.0.5', { app: 'web' }),
  pod('near', 'n1', '10.244.0.6', { app: 'client' }),
  pod('far', 'n2', '10.244.1.5', { app: 'client' }),
  pod('stranger', 'n2', '10.244.1.6', { app: 'client' }, {}, 'other'),
  pod('host', 'n2', '10.0.0.2', { app: 'client' }, { hostNetwork: true }),
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default' }, spec: { clusterIP: '10.96.0.50', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] } },
];

const policy = (spec: object): object => ({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'p', namespace: 'default' }, spec: { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'], ...spec } });
const worldWith = (...objects: readonly object[]): World => worldOfObjects([...BASE, ...objects]).world;

const FROM = { near: at('n1', 'near'), far: at('n2', 'far'), stranger: at('n2', 'stranger'), host: at('n2'), own: at('n1'), web: at('n1', 'web') } as const;
const tcp = (world: World, from: keyof typeof FROM, dport: number, dst = '10.244.0.5'): Trace => trace(world, { from: FROM[from], dst: ip(dst), proto: PROTO_TCP, dport });
const end = (t: Trace): string => `${t.outcomes[0]?.request.verdict ?? ''}${t.outcomes[0]?.request.verdict === 'delivered' ? ` ${t.outcomes[0].client}` : ` ${t.outcomes[0]?.request.host ?? ''}`}`;
const lastRule = (t: Trace, host: string): string => rulesOf(t, host).at(-1) ?? '';

const OK = 'delivered answer';
const CUT = 'dropped n1';

describe('a policy decides who reaches the pod', () => {
  const clients = { podSelector: { matchLabels: { app: 'client' } } };
  it.each`
    what                     | ingress                                                                                   | near   | far    | stranger | host
    ${'nothing'}             | ${[]}                                                                                     | ${CUT} | ${CUT} | ${CUT}   | ${CUT}
    ${'everybody'}           | ${[{}]}                                                                                   | ${OK}  | ${OK}  | ${OK}    | ${OK}
    ${'pods by label'}       | ${[{ from: [clients] }]}                                                                  | ${OK}  | ${OK}  | ${CUT}   | ${CUT}
    ${'another namespace'}   | ${[{ from: [{ namespaceSelector: { matchLabels: { team: 'b' } } }] }]}                    | ${CUT} | ${CUT} | ${OK}    | ${CUT}
    ${'all namespaces'}      | ${[{ from: [{ namespaceSelector: {} }] }]}                                                | ${OK}  | ${OK}  | ${OK}    | ${CUT}
    ${'the port by number'}  | ${[{ ports: [{ port: 8080 }] }]}                                                          | ${OK}  | ${OK}  | ${OK}    | ${OK}
    ${'another port'}        | ${[{ ports: [{ port: 9090 }] }]}                                                          | ${CUT} | ${CUT} | ${CUT}   | ${CUT}
    ${'the port by name'}    | ${[{ from: [clients], ports: [{ port: 'http' }] }]}                                       | ${OK}  | ${OK}  | ${CUT}   | ${CUT}
    ${'a name or a number'}  | ${[{ ports: [{ port: 'nothing' }, { port: 8080 }] }]}                                     | ${OK}  | ${OK}  | ${OK}    | ${OK}
    ${'an ipBlock'}          | ${[{ from: [{ ipBlock: { cidr: '10.244.0.0/16', except: ['10.244.1.6/32'] } }] }]}        | ${OK}  | ${OK}  | ${CUT}   | ${OK}
    ${'only UDP'}            | ${[{ ports: [{ protocol: 'UDP', port: 8080 }] }]}                                         | ${CUT} | ${CUT} | ${CUT}   | ${CUT}
  `('that allows $what', ({ ingress, near, far, stranger, host }) => {
    const world = worldWith(policy({ ingress: ingress as object }));
    expect((['near', 'far', 'stranger', 'host'] as const).map((from) => end(tcp(world, from, 8080)))).toEqual([near, far, stranger, host]);
  });

  it('drops in the chain of the pod, where the policies end', () => {
    const t = tcp(worldWith(policy({ ingress: [] })), 'far', 8080);
    expect(lastRule(t, 'n1')).toMatch(/^FORWARD filter cali-tw-cali\w{11} \d+ DROP$/);
    expect(t.outcomes[0]?.client).toBe('timeout');
  });

  it('does not ask for what the own node sends to a pod, nor for answers', () => {
    const world = worldWith(policy({ ingress: [] }));
    expect(end(tcp(world, 'own', 8080))).toBe(OK);
    expect(end(tcp(world, 'web', 8080, '10.244.1.5'))).toBe(OK);
  });

  it('follows a packet for the service to the pod', () => {
    expect(end(tcp(worldWith(policy({ ingress: [{ from: [clients] }] })), 'far', 80, '10.96.0.50'))).toBe(OK);
    expect(end(tcp(worldWith(policy({ ingress: [{ from: [clients] }] })), 'stranger', 80, '10.96.0.50'))).toBe(CUT);
  });
});

describe('egress', () => {
  it.each`
    what              | egress                                                             | far    | outside
    ${'nothing'}      | ${[]}                                                              | ${CUT} | ${CUT}
    ${'an ipBlock'}   | ${[{ to: [{ ipBlock: { cidr: '10.244.1.0/24' } }] }]}              | ${OK}  | ${CUT}
    ${'pods'}         | ${[{ to: [{ podSelector: { matchLabels: { app: 'client' } } }] }]} | ${OK}  | ${CUT}
    ${'everywhere'}   | ${[{}]}                                                            | ${OK}  | ${'left n1'}
  `('that allows $what', ({ egress, far, outside }) => {
    const world = worldWith(policy({ policyTypes: ['Egress'], egress: egress as object }));
    expect([end(tcp(world, 'web', 8080, '10.244.1.5')), end(tcp(world, 'web', 443, '203.0.113.9'))]).toEqual([far, outside]);
  });

  it('holds for the way to the own node, too, before the action for it', () => {
    const world = worldWith(policy({ policyTypes: ['Egress'], egress: [] }));
    expect([end(tcp(world, 'web', 10_250, '10.0.0.1')), end(tcp(world, 'near', 10_250, '10.0.0.1'))]).toEqual([CUT, OK]);
  });
});

describe('Calico’s policies in the walk', () => {
  const gnp = (name: string, spec: object): object => calico('GlobalNetworkPolicy', name, { selector: "app == 'web'", types: ['Ingress'], ...spec });
  it('a deny that comes first wins over a Kubernetes policy that allows', () => {
    const allow = policy({ ingress: [{}] });
    const deny = (order: number): object => gnp('deny', { order, ingress: [{ action: 'Deny', source: { selector: "projectcalico.org/namespace == 'other'" } }] });
    expect([end(tcp(worldWith(allow, deny(10)), 'stranger', 8080)), end(tcp(worldWith(allow, deny(10)), 'far', 8080)), end(tcp(worldWith(allow, deny(2000)), 'stranger', 8080))]).toEqual([CUT, OK, OK]);
  });

  it('pass leaves the decision to the namespace’s profile, which allows', () => {
    expect(end(tcp(worldWith(gnp('pass', { order: 10, ingress: [{ action: 'Pass' }] }), policy({ ingress: [] })), 'far', 8080))).toBe(OK);
  });
});

describe('what Felix does without any policy', () => {
  it('drops a packet from a pod that has not the pod’s address', () => {
    const t = trace(worldWith(), { from: FROM.near, src: ip('10.244.9.9'), dst: ip('10.244.1.5'), proto: PROTO_TCP, dport: 8080 });
    expect(end(t)).toBe(CUT);
    expect(lastRule(t, 'n1')).toMatch(/^PREROUTING raw cali-PREROUTING \d DROP$/);
  });

  it('drops protocol 4 that a stranger sends to a node', () => {
    const t = trace(worldWith(), { from: { kind: 'outside', ip: ip('10.0.0.99'), host: 'n1', dev: 'eth0' }, dst: ip('10.0.0.1'), proto: 4 });
    expect(end(t)).toBe(CUT);
    expect(lastRule(t, 'n1')).toMatch(/^INPUT filter cali-INPUT 2 DROP$/);
  });

  it('drops VXLAN that a pod wraps itself', () => {
    const t = trace(worldWith(), { from: FROM.near, dst: ip('10.244.1.5'), proto: PROTO_UDP, dport: 4789 });
    expect(lastRule(t, 'n1')).toMatch(/^FORWARD filter cali-fw-cali\w{11} 4 DROP$/);
  });

  it('swallows packets for addresses of the node’s block that no pod has', () => {
    const t = trace(worldWith(), { from: FROM.far, dst: ip('10.244.0.33'), proto: PROTO_ICMP });
    expect(t.outcomes[0]?.request).toMatchObject({ verdict: 'dropped', host: 'n1' });
  });
});

describe('with kube-proxy in IPVS mode', () => {
  const ipvs = { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration', mode: 'ipvs', clusterCIDR: '10.244.0.0/16' };
  it('polices a service’s packets in OUTPUT, by the mark of the pod that they came from', () => {
    const t = tcp(worldWith(ipvs), 'near', 80, '10.96.0.50');
    expect(end(t)).toBe(OK);
    const rules = rulesOf(t, 'n1');
    expect(rules.some((r) => /^INPUT filter cali-sm-cali\w{11} 1 MARK$/.test(r))).toBe(true);
    expect(rules.some((r) => /^OUTPUT filter cali-from-endpoint-mark \d cali-fw-cali\w{11}$/.test(r))).toBe(true);
    expect(rules.some((r) => r.startsWith('OUTPUT filter cali-to-wl-dispatch '))).toBe(true);
  });

  it('drops there what a policy does not allow', () => {
    const world = worldWith(ipvs, policy({ ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'b' } } }] }] }));
    const t = tcp(world, 'near', 80, '10.96.0.50');
    expect(end(t)).toBe(CUT);
    expect(lastRule(t, 'n1')).toMatch(/^OUTPUT filter cali-tw-cali\w{11} \d+ DROP$/);
  });

  it('sends a service’s packets from the node itself over the tunnel with the tunnel’s address', () => {
    const t = tcp(worldWith(ipvs), 'host', 80, '10.96.0.50');
    expect([end(t), formatIp4(ipOf(t.outcomes[0]?.request.seen ?? []).src)]).toEqual([OK, '10.244.1.0']);
  });
});

it.each`
  what                 | object                                                                             | from      | dst
  ${'a host endpoint'} | ${calico('HostEndpoint', 'n1-eth0', { node: 'n1', interfaceName: 'eth0' })}        | ${'host'} | ${'10.0.0.1'}
  ${'eBPF'}            | ${calico('FelixConfiguration', 'default', { bpfEnabled: true })}                   | ${'far'}  | ${'10.244.0.5'}
`('a walk that meets $what ends as unknown', ({ object, from, dst }) => {
  const t = tcp(worldWith(object as object), from as keyof typeof FROM, 8080, dst as string);
  expect(t.outcomes[0]?.request.verdict).toBe('unknown');
});
