import { behind, oneWire, REAL, VIP } from '../catalogue/ipvsWorlds.ts';
import { MAC } from '../topology.ts';
import { type Shape, spec } from './shape.ts';

/** A director between the client and the real servers, which translates. */
const BEHIND: Shape = {
  name: 'ipvs',
  weight: 3,
  needs: ['ip_vs'],
  covers: ['shape:ipvs'],
  spaces: [
    { name: 'r', often: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING', 'FORWARD'], likely: 1, devices: ['eth0', 'eth1'], own: ['10.1.0.254', '10.2.0.254', VIP], nexthops: [{ dev: 'eth0', via: '10.1.0.1' }, { dev: 'eth1', via: '10.2.0.1' }], connected: ['10.1.0.0/24', '10.2.0.0/24'], director: { vip: VIP, reals: REAL, forwarding: ['-m'] } },
    { name: 'c', often: ['OUTPUT', 'POSTROUTING', 'INPUT'], likely: 0.2, devices: ['eth0'], own: ['10.1.0.1'], nexthops: [{ dev: 'eth0', via: '10.1.0.254' }], connected: ['10.1.0.0/24', 'default'] },
    { name: 's', often: ['PREROUTING', 'INPUT', 'OUTPUT'], likely: 0.2, devices: ['eth0'], own: [...REAL], nexthops: [{ dev: 'eth0', via: '10.2.0.254' }], connected: ['10.2.0.0/24', 'default'] },
  ],
  addresses: [VIP, '10.2.0.1', '10.1.0.1', '10.1.0.254'],
  nets: ['10.1.0.0/24', '10.2.0.0/24', '10.0.0.0/8', '0.0.0.0/0'],
  macs: Object.values(MAC),
  files: (draft) => behind(spec(draft, 'r').ipvs ?? [], { r: spec(draft, 'r'), c: spec(draft, 'c'), s: spec(draft, 's') }),
};

/** Client, director and real server on one wire: packets are sent on as they are, or wrapped. */
const WIRE: Shape = {
  name: 'ipvs-wire',
  weight: 2,
  needs: ['ip_vs', 'ipip'],
  covers: ['shape:ipvs-wire'],
  spaces: [
    { name: 'd', often: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'], likely: 1, devices: ['eth0'], own: ['10.1.0.9', VIP], nexthops: [{ dev: 'eth0', via: '10.1.0.1' }, { dev: 'eth0', via: '10.1.0.2' }], connected: ['10.1.0.0/24'], director: { vip: VIP, reals: ['10.1.0.2'], forwarding: ['-g', '-i'] } },
    { name: 's', often: ['PREROUTING', 'INPUT', 'OUTPUT'], likely: 0.3, devices: ['eth0', 'tunl0'], own: ['10.1.0.2'], nexthops: [{ dev: 'eth0', via: '10.1.0.1' }], connected: ['10.1.0.0/24'] },
    { name: 'c', often: ['OUTPUT', 'POSTROUTING', 'INPUT'], likely: 0.2, devices: ['eth0'], own: ['10.1.0.1'], nexthops: [{ dev: 'eth0', via: '10.1.0.9' }], connected: ['10.1.0.0/24', VIP] },
  ],
  addresses: [VIP, '10.1.0.2', '10.1.0.9', '10.1.0.1'],
  nets: ['10.1.0.0/24', '10.0.0.0/8', '0.0.0.0/0'],
  macs: ['02:00:00:00:01:01', '02:00:00:00:01:09', '02:00:00:00:01:02'],
  files: (draft) => oneWire(spec(draft, 'd').ipvs ?? [], { d: spec(draft, 'd'), s: spec(draft, 's'), c: spec(draft, 'c'), tunnel: 'up' }),
};

export const IPVS_SHAPES: readonly Shape[] = [BEHIND, WIRE];
