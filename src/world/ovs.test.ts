import { expect, it, test } from 'vitest';
import { ovnWorld } from '../testing/ovn.ts';
import { withBridges } from '../testing/ovs.ts';
import { worldFrom } from '../testing/sample.ts';
import { isInternal, ovsPlaceOf, ovsTunnels } from './ovs.ts';

const UP = '<BROADCAST,MULTICAST,UP,LOWER_UP>';
/** A machine whose address is on br-ex, which `ip link` without -d shows like a NIC. */
const machine = (n: number): string => `$ ip addr
2: eno1: ${UP} mtu 1500 qdisc mq master ovs-system state UP group default qlen 1000
    link/ether 02:00:00:00:01:0${n} brd ff:ff:ff:ff:ff:ff
3: br-ex: ${UP} mtu 1500 qdisc noqueue state UNKNOWN group default qlen 1000
    link/ether 02:00:00:00:02:0${n} brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.${n}/24 scope global br-ex
`;
const bridge = { name: 'br-ex', ports: [{ name: 'eno1', ofport: 1 }], flows: 'actions=NORMAL\n' };
const world = withBridges(worldFrom({ 'a/node.txt': machine(1), 'b/node.txt': machine(2) }), { a: [bridge], b: [bridge] });

it('puts the address of an internal port on the wire of the bridge’s physical ports', () =>
  expect(world.segments).toEqual([{ name: '192.0.2.0/24', devices: [{ host: 'a', netns: null, dev: 'eno1' }, { host: 'b', netns: null, dev: 'eno1' }] }]));

it('knows a port that the switch made from a NIC', () => expect(world.hosts[0]?.netns[0]?.links.map((l) => [l.name, l.kind])).toEqual([['eno1', 'nic'], ['br-ex', 'openvswitch']]));

test.each([
  ['enp131s0f0', 'br-ex', false],
  ['br-ex', 'br-ex', true],
  ['ovn-k8s-mp0', 'br-int', true],
  ['br-int', 'br-int', true],
  ['83cf7b04f35b763', 'br-int', false],
])('%s is a port of %s', (dev, bridgeName, internal) => {
  const place = ovsPlaceOf(ovnWorld().hosts[0] ?? never(), dev);
  expect([place?.bridge.name, place && isInternal(place)]).toEqual([bridgeName, internal]);
});

const never = (): never => {
  throw new Error('no host');
};

it('finds no device behind a tunnel port or a patch port', () => {
  const host = ovnWorld().hosts[0] ?? never();
  expect([ovsPlaceOf(host, 'ovn-f95ec3-0'), ovsPlaceOf(host, 'pint')]).toEqual([undefined, undefined]);
  expect(ovsTunnels(host).map((p) => p.port.name)).toEqual(['ovn-f95ec3-0', 'ovn-5e8778-0', 'ovn-84a2f7-0']);
});
