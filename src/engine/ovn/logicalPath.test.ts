import { describe, expect, it } from 'vitest';
import { worldOf } from '../../cluster/world.ts';
import { formatIp4 } from '../../packet/address.ts';
import { ipOf } from '../../packet/packet.ts';
import { loadScenario } from '../../scenarios/files.node.ts';
import { openshiftSdn } from '../../scenarios/openshift-sdn/scenario.ts';
import { ovnKubernetesWorld } from '../../testing/ovnKubernetes.ts';
import { at, tcp } from '../../testing/sample.ts';
import { ovnNames, ovnTables } from '../../world/ovnNames.ts';
import type { World } from '../../world/world.ts';
import type { Probe } from '../probe.ts';
import { trace } from '../trace.ts';
import { type LogicalEffect, type LogicalHop, logicalPath, type LogicalWay } from './logicalPath.ts';

/* The topology is that of `ovn-nbctl show`; which datapaths a packet crosses is what ovn-trace tells of such a cluster. */

const world = ovnKubernetesWorld();
const W = 'worker1.twcm.cloud';
const M = 'master1.twcm.cloud';
const POD = at(W, 'client-0');

const wayOf = (probe: Probe, role = 'request', given: World = world): LogicalWay => {
  const way = logicalPath(given, trace(given, probe)).find((w) => w.role === role);
  if (!way) throw new Error(`no ${role}`);
  return way;
};
const nameOf = ({ datapath, key }: LogicalHop): string => datapath?.name.replace('.twcm.cloud', '') ?? String(key);
const route = (way: LogicalWay): readonly string[] => way.hops.map(nameOf);
const effect = (e: LogicalEffect): string => (e.kind === 'ttl' ? `ttl ${e.after}` : e.kind === 'balance' ? `bucket ${e.bucket}` : `${e.manip} ${formatIp4(e.after.ip)} zone ${e.zone}`);
const effects = (way: LogicalWay): readonly string[] => way.hops.flatMap((h) => h.effects.map((e) => `${nameOf(h)}: ${effect(e)}`));

describe('names', () => {
  it('tells the numbers of metadata by the MAC addresses that both listings have', () =>
    expect([...ovnNames(world).datapaths.values()].map((d) => `${d.key} ${d.kind} ${d.name}`).toSorted()).toEqual([
      '1 switch join', `11 router GR_${M}`, '2 router ovn_cluster_router', `3 switch ext_${W}`, `4 switch ${W}`, `5 router GR_${W}`, `6 switch ext_${M}`, `9 switch ${M}`,
    ]));

  it.each([
    ['4/5', 'almighty_client-0'],
    ['4/2', `k8s-${W}`],
    ['4/1', `stor-${W}`],
    ['2/2', `rtos-${W}`],
    // Bound to master1, and the localnet port, which has no address.
    ['2/5', `cr-rtos-${M}`],
    ['3/1', `br-ex_${W}`],
  ])('port %s is %s', (key, name) => expect(ovnNames(world).ports.get(key)).toBe(name));

  it('reads where the pipelines begin from the rules', () => {
    const bridges = world.hosts.find((h) => h.name === W)?.ovs ?? [];
expect(bridges.flatMap((b) => { const tables = ovnTables(b); return tables ? [{ bridge: b.name, ...tables }] : []; })).toEqual([{ bridge: 'br-int', ingress: 8, output: 37, egress: 42 }]);
  });
});

it.each([
  ['to a pod on the same node', tcp(POD, '10.131.0.20', 8080), ['worker1']],
  ['to a pod on another node: the router in two halves', tcp(POD, '10.128.0.15', 8080), ['worker1', 'ovn_cluster_router', 'ovn_cluster_router', 'master1']],
  ['to a cluster IP', tcp(POD, '172.30.44.86', 80), ['worker1', 'ovn_cluster_router', 'worker1']],
  ['to the Internet: five datapaths', tcp(POD, '198.51.100.80', 443), ['worker1', 'ovn_cluster_router', 'join', 'GR_worker1', 'ext_worker1']],
  ['from outside to a node port: the same five, the other way', tcp(at('client'), '50.50.51.24', 31785), ['ext_worker1', 'GR_worker1', 'join', 'ovn_cluster_router', 'worker1']],
  ['to its own node, by the management port', tcp(POD, '50.50.51.24', 22), ['worker1', 'ovn_cluster_router', 'worker1']],
])('%s', (_, probe, expected) => expect(route(wayOf(probe))).toEqual(expected));

describe('ports', () => {
  const way = wayOf(tcp(POD, '10.128.0.15', 8080));
  it('names where the packet comes in and goes out', () =>
    expect(way.hops.map((h) => [h.host === W ? 'worker1' : 'master1', h.inport?.name, h.outport?.name, h.continued, h.end])).toEqual([
      ['worker1', 'almighty_client-0', `stor-${W}`, false, { kind: 'next' }],
      ['worker1', `rtos-${W}`, `cr-rtos-${M}`, false, { kind: 'output', port: 'ovn-f95ec3-0', tunnel: true }],
      ['master1', `rtos-${W}`, `rtos-${M}`, true, { kind: 'next' }],
      ['master1', `stor-${M}`, 'almighty_web-1', false, { kind: 'output', port: 'c41e0d5b7a9f382', tunnel: false }],
    ]));

  it('ends at the patch port into br-ex for what leaves', () => expect(wayOf(tcp(POD, '198.51.100.80', 443)).hops.at(-1)?.end).toEqual({ kind: 'output', port: `patch-br-int-to-br-ex_${W}`, tunnel: false }));
});

describe('effects', () => {
  it('belong to the datapath whose rule asked for them', () => {
    expect(effects(wayOf(tcp(at('client'), '50.50.51.24', 31785)))).toEqual(['GR_worker1: bucket 0', 'GR_worker1: dst 10.131.0.20 zone 19', 'GR_worker1: ttl 62', 'GR_worker1: src 100.64.0.5 zone 0', 'ovn_cluster_router: ttl 61']);
    expect(effects(wayOf(tcp(POD, '172.30.44.86', 80)))).toEqual(['worker1: bucket 0', 'worker1: dst 10.131.0.20 zone 17', 'ovn_cluster_router: ttl 63']);
    expect(effects(wayOf(tcp(POD, '198.51.100.80', 443)))).toEqual(['ovn_cluster_router: ttl 63', 'GR_worker1: ttl 62', 'GR_worker1: src 50.50.51.24 zone 0']);
  });

  it('are undone on the way back', () =>
    expect(wayOf(tcp(at('client'), '50.50.51.24', 31785), 'reply').hops.flatMap((h) => h.effects.flatMap((e) => (e.kind === 'nat' ? [`${nameOf(h)} ${e.undo} ${effect(e)}`] : [])))).toEqual(['GR_worker1 true dst 198.51.100.7 zone 0', 'GR_worker1 true src 50.50.51.24 zone 19']));

  it('are between the packet as it came and as it went', () => {
    const [hop] = wayOf(tcp(POD, '172.30.44.86', 80)).hops;
    expect([hop?.before, hop?.after].map((p) => formatIp4(ipOf(p ?? []).dst))).toEqual(['172.30.44.86', '10.131.0.20']);
  });
});

describe('ends', () => {
  it.each([
    ['in the access list', tcp(at(W, 'dns-default-x7k2p'), '10.131.0.30', 8080), 'drop', 'ls_out_acl', '(reg0[9] == 1 && (outport == @a15081338053472190000_ingressDefaultDeny))'],
    ['in port security', { ...tcp(POD, '10.131.0.20', 8080), src: 0x0a83_0063 }, 'drop', 'ls_in_apply_port_sec', '(reg0[15] == 1)'],
    ['at the controller, for a service without endpoints', tcp(POD, '172.30.99.1', 80), 'controller', 'ls_in_lb', '(ct.new && ip4.dst == 172.30.99.1 && tcp.dst == 80)'],
  ])('%s', (_, probe, end, stage, match) => {
    const hop = wayOf(probe).hops.at(-1);
    expect([hop?.end.kind, hop?.stages.at(-1)?.name, hop?.stages.at(-1)?.flow?.flow.match]).toEqual([end, stage, match.slice(1, -1)]);
  });
});

describe('stages', () => {
  const [hop] = wayOf(tcp(POD, '10.131.0.20', 8080)).hops;
  it('are those of the pipelines, in their order', () => {
    expect(hop?.stages.map((s) => `${s.pipeline} ${s.table}`).slice(0, 3)).toEqual(['ingress 0', 'ingress 1', 'ingress 2']);
    expect(hop?.stages.filter((s) => s.pipeline === 'egress').map((s) => s.name)).toEqual(['ls_out_pre_acl', 'ls_out_pre_lb', 'ls_out_pre_stateful', 'ls_out_acl_hint', 'ls_out_acl', 'ls_out_qos_mark', 'ls_out_qos_meter', 'ls_out_stateful', 'ls_out_check_port_sec', 'ls_out_apply_port_sec']);
  });

  it('hold the helper tables that their rules asked', () => {
    const portSecurity = hop?.stages.find((s) => s.name === 'ls_in_check_port_sec');
    const t = trace(world, tcp(POD, '10.131.0.20', 8080));
    expect(portSecurity?.steps.map((id) => t.steps[id]).map((s) => (s?.kind === 'openflow' ? s.table : undefined))).toEqual([8, 73]);
  });

  it('know almost all logical flows by table, priority and match', () => {
    const stages = [tcp(POD, '198.51.100.80', 443), tcp(at('client'), '50.50.51.24', 31785)].flatMap((p) => logicalPath(world, trace(world, p))).flatMap((w) => w.hops).flatMap((h) => h.stages);
    expect(stages.filter((s) => s.flow?.by === 'match').length / stages.length).toBeGreaterThan(0.99);
  });

  it('know them by the cookie where the listing has UUIDs', () => {
    const text = '  table=25(ls_in_l2_lkup      ), priority=50   , match=(eth.dst == 0a:58:0a:83:00:14)';
    const rule = world.hosts.find((h) => h.name === W)?.ovs?.find((b) => b.name === 'br-int')?.flows?.find((r) => r.table === 33 && r.match.some((m) => m.field === 'dl_dst' && m.value[1] === 0x0a83_0014));
    const listed = ovnKubernetesWorld((path, t) => (path === 'ovn-sbctl-lflow-list.txt' ? t.replace(text, `  uuid=0x${rule?.cookie}, ${text.trim()}`) : t));
    const stage = wayOf(tcp(POD, '10.131.0.20', 8080), 'request', listed).hops[0]?.stages.find((s) => s.name === 'ls_in_l2_lkup');
    expect(stage?.flow).toMatchObject({ by: 'cookie', flow: { match: 'eth.dst == 0a:58:0a:83:00:14' } });
  });
});

it('has numbers alone without OVN’s listings', () => {
  const bare = ovnKubernetesWorld((path, text) => (path.startsWith('ovn-') ? undefined : text));
  const way = wayOf(tcp(POD, '172.30.44.86', 80), 'request', bare);
  expect(way.hops.map((h) => [h.key, h.datapath, h.inport, h.stages[0]?.name])).toEqual([[4, undefined, { key: 5, name: undefined }, undefined], [2, undefined, { key: 2, name: undefined }, undefined], [4, undefined, { key: 1, name: undefined }, undefined]]);
});

it('tells nothing of bridges that another controller has filled', () => {
  const sdn = worldOf(loadScenario(openshiftSdn, {})).world;
  const t = trace(sdn, tcp(at('worker1', 'debug'), '10.128.2.151', 8080));
  expect([t.steps.some((s) => s.kind === 'openflow'), logicalPath(sdn, t)]).toEqual([true, []]);
});

it('tells nothing of a walk that meets no bridge of OVN', () => expect(logicalPath(world, trace(world, tcp(at('client'), '198.51.100.80', 443)))).toEqual([]));
