import { CALL, lan, LAN_MAC } from '../bridgeTopology.ts';
import { MACVLAN_MAC, macvlans } from '../catalogue/macvlanWorld.ts';
import { bridgeSpec } from './bridges.ts';
import { type Shape, type Space, specOf, spec } from './shape.ts';

const NODE: Omit<Space, 'devices'> = {
  name: 'n',
  often: ['PREROUTING', 'FORWARD', 'POSTROUTING', 'INPUT'],
  likely: 1,
  own: ['10.9.0.254', '10.1.0.254'],
  nexthops: [{ dev: 'br0', via: '10.9.0.2' }, { dev: 'eth0', via: '10.1.0.1' }, { dev: 'br0' }],
  connected: ['10.9.0.0/24', '10.1.0.0/24'],
};
const POD_A: Space = { name: 'n/a', often: ['OUTPUT', 'POSTROUTING', 'INPUT'], likely: 0.2, devices: ['eth0'], own: ['10.9.0.1'], nexthops: [{ dev: 'eth0', via: '10.9.0.254' }], connected: ['10.9.0.0/24', 'default'] };
const POD_B: Space = { name: 'n/b', often: ['PREROUTING', 'INPUT', 'OUTPUT'], likely: 0.2, devices: ['eth0'], own: ['10.9.0.2'], nexthops: [{ dev: 'eth0', via: '10.9.0.254' }], connected: ['10.9.0.0/24', 'default'] };
const BEYOND: Space = { name: 'x', often: ['PREROUTING', 'INPUT', 'OUTPUT'], likely: 0.2, devices: ['eth0'], own: ['10.1.0.1'], nexthops: [{ dev: 'eth0', via: '10.1.0.254' }], connected: ['10.1.0.0/24', 'default'] };

/** A node with three pods behind a bridge, with br_netfilter and without. */
export const bridgeShape = (call: boolean): Shape => ({
  name: call ? 'bridge-nf' : 'bridge',
  weight: call ? 2 : 0.7,
  covers: [call ? 'shape:bridge-nf' : 'shape:bridge'],
  spaces: [{ ...NODE, devices: ['br0', 'eth0'], bridgePorts: ['va', 'vb', 'vc'] }, POD_A, POD_B, BEYOND],
  addresses: ['10.9.0.2', '10.9.0.3', '10.9.0.1', '10.9.0.254', '10.1.0.1', '10.1.0.254'],
  nets: ['10.9.0.0/24', '10.1.0.0/24', '10.0.0.0/8', '0.0.0.0/0'],
  macs: Object.values(LAN_MAC),
  files: (draft) => {
    const node = draft.spaces['n'];
    const own = node ? specOf(node) : {};
    const { fdb, a, b, c, ...bridge } = bridgeSpec(node?.bridge ?? []);
    const asks = (name: string): { readonly asks: boolean } => ({ asks: draft.spaces[name]?.asks ?? false });
    return lan({
      ...bridge,
      ...asks('n'),
      node: { ...own, fdb, sysctls: [...(call ? CALL : []), ...(own.sysctls ?? [])] },
      a: { ...a, ...asks('n/a'), pod: spec(draft, 'n/a') },
      b: { ...b, ...asks('n/b'), pod: spec(draft, 'n/b') },
      ...(c ? { c } : {}),
      x: spec(draft, 'x'),
    });
  },
});

/** Pods with macvlans on the node's NIC, beside a bridge that is of little use. */
export const macvlanShape = (mode: string, other = mode): Shape => ({
  name: `macvlan-${mode}-${other}`,
  weight: 0.4,
  needs: ['macvlan'],
  covers: ['shape:macvlan', `macvlan:${mode}`],
  spaces: [
    { ...NODE, devices: ['br0', 'eth0'] },
    { ...POD_A, likely: 0.4, devices: ['eth0', 'm0'], own: ['10.1.0.11', '10.9.0.1'], nexthops: [{ dev: 'm0', via: '10.1.0.1' }, { dev: 'eth0', via: '10.9.0.254' }], connected: ['10.9.0.0/24', '10.1.0.0/24', 'default'] },
    { ...POD_B, likely: 0.4, devices: ['eth0', 'm0'], own: ['10.1.0.12', '10.9.0.2'], nexthops: [{ dev: 'm0', via: '10.1.0.1' }, { dev: 'eth0', via: '10.9.0.254' }], connected: ['10.9.0.0/24', '10.1.0.0/24', 'default'] },
    { ...BEYOND, likely: 0.4 },
  ],
  addresses: ['10.1.0.12', '10.1.0.11', '10.1.0.1', '10.1.0.254'],
  nets: ['10.1.0.0/24', '10.9.0.0/24', '10.0.0.0/8', '0.0.0.0/0'],
  macs: [...Object.values(MACVLAN_MAC), LAN_MAC.x, LAN_MAC.eth],
  files: (draft) => macvlans(mode, other, { node: spec(draft, 'n'), a: spec(draft, 'n/a'), b: spec(draft, 'n/b'), x: spec(draft, 'x') }),
});
