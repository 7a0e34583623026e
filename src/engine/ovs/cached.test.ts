import { describe, expect, it, test } from 'vitest';
import { PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import { agreementOf, computedActions } from '../../text/openflow/cachedActions.ts';
import { cacheFixture as fixture, cacheWorld as worldWith } from '../../testing/datapathCache.ts';
import { at, ip } from '../../testing/sample.ts';
import type { Host, World } from '../../world/world.ts';
import type { Probe } from '../probe.ts';
import type { OvsStep } from '../step.ts';
import { trace } from '../trace.ts';

/*
 * The listings of a real switch (Open vSwitch 3.1.0) with the rules that made them: two pods, veth1 and veth2. The packets that it was
 * sent are sent here, and each must meet the flow that the real one made for it.
 */

function hostOf(world: World): Host {
  const [host] = world.hosts;
  if (!host) throw new Error('no host');
  return host;
}

const stepsOf = (world: World, probe: Partial<Probe>): readonly OvsStep[] => {
  const t = trace(world, { from: at('h', 'p1'), dst: ip('10.0.0.2'), proto: PROTO_TCP, sport: 4000, dport: 80, reply: false, ...probe });
  return t.steps.filter((s): s is typeof s & OvsStep => s.kind === 'ovs' && s.role === 'request');
};

/** Of each pass: the actions of the flows that were found, and whether they are what the rules say. */
const passes = (world: World, probe: Partial<Probe>): readonly (readonly string[])[] =>
  stepsOf(world, probe).map(({ cached }) => cached?.flows.map(({ flow, open }) => [flow.actions, agreementOf(hostOf(world), flow.actions, cached.actions), ...open].join(' | ')) ?? ['not told']);

const to = (dst: string, more: Partial<Probe> = {}): Partial<Probe> => ({ dst: ip(dst), ...more });

describe.each(['dp-flows.txt', 'dp-flows-names.txt', 'dp-flows-more.txt'])('with %s', (name) => {
  const names = name !== 'dp-flows.txt';
  const world = worldWith(fixture(name));
  const [veth2, geneve] = names ? ['veth2', 'genev_sys_6081'] : ['2', '6081'];

  test.each([
    ['10.0.0.100', {}, [['ct(commit,zone=5,nat(dst=10.0.0.2)),recirc(0x1) | same'], [`${veth2} | same`]]],
    ['10.0.0.2', {}, [['ct(commit,zone=5,mark=0x7/0xffffffff),recirc(0x1) | same'], [`${veth2} | same`]]],
    ['10.0.1.7', {}, [[`set(tunnel(tun_id=0x9,dst=10.9.0.1,ttl=64,tp_dst=6081,geneve({class=0x102,type=0x80,len=4,0x12}),flags(df|key))),${geneve} | same`]]],
    ['10.0.2.7', {}, [[`set(eth(dst=0a:00:00:00:00:99)),set(ipv4(ttl=63)),push_vlan(vid=10,pcp=0),${veth2} | same`]]],
    ['10.0.3.9', { proto: PROTO_UDP, sport: 5000, dport: 53 }, [['userspace(pid=0,controller(reason=1,dont_send=0,continuation=0,recirc_id=4,rule_cookie=0,controller_id=0,max_len=128)) | same']]],
    ['10.0.5.7', {}, [[`check_pkt_len(size=1414,gt(drop),le(${veth2})) | same`]]],
    ['10.0.9.9', {}, [['drop | same']]],
    // No packet of that kind was there.
    ['10.0.3.9', { proto: PROTO_UDP, sport: 5000, dport: 54 }, [[]]],
  ] as const)('a packet to %s %j meets what the real one made for it', (dst, more, expected) => expect(passes(world, to(dst, more))).toEqual(expected));

  it('a group’s bucket hangs on a hash that nobody knows', () => {
    const [first, second] = passes(world, to('10.0.4.7'));
    expect(first).toEqual(['ct(commit,zone=5,nat(dst=10.0.0.2)),recirc(0x1) | same | dp_hash(0xf257392e/0xf)']);
    expect(second).toEqual([`${veth2} | same`]);
    expect(stepsOf(world, to('10.0.4.7'))[0]?.cached?.flows[0]?.behind?.actions).toBe('hash(l4(0)),recirc(0x2)');
  });
});

it('without a listing nothing is said', () => expect(passes(worldWith(''), {})).toEqual([['not told'], ['not told']]));

it('a later pass is not told where the cache has none for the one before', () => {
  const some = fixture('dp-flows.txt').split('\n').filter((l) => !l.includes('ct(commit,zone=5,mark')).join('\n');
  expect(passes(worldWith(some), {})).toEqual([[], ['not told']]);
});

it('names of ports are asked for where numbers stand in the listing alone', () => {
  const node = fixture('dp-node.txt').replace(/\$ ovs-appctl dpif\/show[^$]*/, '');
  const listing = '$ ovs-appctl dpctl/dump-flows\nrecirc_id(0),in_port(1),eth_type(0x0800),ipv4(dst=10.0.2.7,frag=no), packets:0, bytes:0, used:never, actions:2\n';
  expect(passes(worldWith(listing, node), to('10.0.2.7'))).toEqual([['2 | ports | in_port(1)']]);
});

describe('a flow that is not as the rules say', () => {
  const world = worldWith('');
  const host = hostOf(world);
  const agreement = (cached: string, dst = '10.0.2.7') => {
    const listing = `$ ovs-appctl dpctl/dump-flows\nrecirc_id(0),in_port(1),eth_type(0x0800),ipv4(frag=no), packets:0, bytes:0, used:never, actions:drop\n`;
    const [step] = stepsOf(worldWith(listing), to(dst));
    return agreementOf(host, cached, step?.cached?.actions ?? []);
  };

  test.each([
    ['set(ipv4(ttl=63)),push_vlan(vid=10,pcp=0),veth2', 'other'],
    ['set(eth(dst=0a:00:00:00:00:99)),set(ipv4(ttl=63)),push_vlan(vid=10,pcp=0),veth1', 'other'],
    ['drop', 'other'],
    ['set(eth(dst=0a:00:00:00:00:99)),set(ipv4(ttl=63)),push_vlan(pcp=0,vid=10),2', 'same'],
    ['set(eth(dst=0a:00:00:00:00:99)),set(ipv4(ttl=63)),push_vlan(vid=10,pcp=0),77', 'ports'],
    ['userspace(pid=7,slow_path(action))', 'slow-path'],
    ['hash(l4(0)),recirc(0x2)', 'hash'],
    ['clone(tnl_push(tnl_port(6081),header(size=58,type=5,eth(dst=aa:55:aa:55:00:00)),out_port(100)),1)', 'tunnel'],
  ])('%s: %s', (cached, expected) => expect(agreement(cached)).toBe(expected));

  it('is compared with what would be printed', () => {
    const [step] = stepsOf(worldWith('$ ovs-appctl dpctl/dump-flows\n'), to('10.0.2.7'));
    expect(step?.cached?.flows).toEqual([]);
    expect(computedActions(host, step?.cached?.actions ?? [])).toBe('set(eth(dst=0a:00:00:00:00:99)),set(ipv4(ttl=63)),push_vlan(vid=10,pcp=0),veth2');
  });
});
