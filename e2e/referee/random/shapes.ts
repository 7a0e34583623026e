import { line, MAC, machineText } from '../topology.ts';
import { type Shape, spec } from './shape.ts';
import { bridgeShape, macvlanShape } from './shapeBridge.ts';
import { IPVS_SHAPES } from './shapeIpvs.ts';
import { TUNNEL_SHAPES } from './shapeTunnel.ts';

const LINE: Shape = {
  name: 'line',
  weight: 6,
  covers: ['shape:line'],
  spaces: [
    { name: 'r', often: ['PREROUTING', 'FORWARD', 'POSTROUTING'], likely: 1, devices: ['eth0', 'eth1'], own: ['10.1.0.254', '10.2.0.254'], nexthops: [{ dev: 'eth0', via: '10.1.0.1' }, { dev: 'eth1', via: '10.2.0.1' }, { dev: 'eth1' }], connected: ['10.1.0.0/24', '10.2.0.0/24'] },
    { name: 'c', often: ['OUTPUT', 'POSTROUTING', 'INPUT'], likely: 0.25, devices: ['eth0'], own: ['10.1.0.1'], nexthops: [{ dev: 'eth0', via: '10.1.0.254' }], connected: ['10.1.0.0/24', 'default'] },
    { name: 's', often: ['PREROUTING', 'INPUT', 'OUTPUT'], likely: 0.25, devices: ['eth0'], own: ['10.2.0.1'], nexthops: [{ dev: 'eth0', via: '10.2.0.254' }], connected: ['10.2.0.0/24', 'default'] },
  ],
  addresses: ['10.2.0.1', '10.1.0.1', '10.1.0.254', '10.2.0.254'],
  nets: ['10.1.0.0/24', '10.2.0.0/24', '10.2.0.0/25', '10.0.0.0/8', '0.0.0.0/0'],
  macs: Object.values(MAC),
  files: (draft) => line({ c: spec(draft, 'c'), r: spec(draft, 'r'), s: spec(draft, 's') }),
};

const PAIR_MAC = { a: '02:00:00:00:01:01', b: '02:00:00:00:01:02' } as const;

const PAIR: Shape = {
  name: 'pair',
  weight: 2,
  covers: ['shape:pair'],
  spaces: [
    { name: 'a', often: ['OUTPUT', 'POSTROUTING', 'INPUT'], likely: 0.6, devices: ['eth0'], own: ['10.1.0.1'], nexthops: [{ dev: 'eth0', via: '10.1.0.2' }, { dev: 'eth0' }], connected: ['10.1.0.0/24', 'default'] },
    { name: 'b', often: ['PREROUTING', 'INPUT', 'OUTPUT'], likely: 0.8, devices: ['eth0'], own: ['10.1.0.2', '10.2.0.2'], nexthops: [{ dev: 'eth0', via: '10.1.0.1' }, { dev: 'eth0' }], connected: ['10.1.0.0/24', '10.2.0.2'] },
  ],
  addresses: ['10.1.0.2', '10.1.0.1', '10.2.0.2'],
  nets: ['10.1.0.0/24', '10.2.0.0/24', '10.0.0.0/8', '0.0.0.0/0'],
  macs: Object.values(PAIR_MAC),
  files: (draft) => ({
    'a/a.txt': machineText({ nics: [{ name: 'eth0', mac: PAIR_MAC.a, addresses: ['10.1.0.1/24'] }], forward: false, gateway: { ip: '10.1.0.2', dev: 'eth0' }, neighbours: [{ ip: '10.1.0.2', dev: 'eth0', mac: PAIR_MAC.b }] }, spec(draft, 'a')),
    'b/b.txt': machineText({ nics: [{ name: 'eth0', mac: PAIR_MAC.b, addresses: ['10.1.0.2/24', '10.2.0.2/32'] }], forward: true, neighbours: [{ ip: '10.1.0.1', dev: 'eth0', mac: PAIR_MAC.a }] }, spec(draft, 'b')),
  }),
};

/** Those that a plain kernel can build come first. */
export const SHAPES: readonly Shape[] = [LINE, PAIR, bridgeShape(true), bridgeShape(false), macvlanShape('bridge'), macvlanShape('private', 'bridge'), macvlanShape('vepa'), ...TUNNEL_SHAPES, ...IPVS_SHAPES];
