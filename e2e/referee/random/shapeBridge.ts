import { CALL, lan, LAN_MAC } from '../bridgeTopology.ts';
import type { Spec } from '../topology.ts';
import type { WorldDraft } from './draft.ts';
import { type Shape, specOf } from './shapes.ts';

const spec = (draft: WorldDraft, name: string): Spec => {
  const found = draft.spaces[name];
  return found ? specOf(found) : {};
};

/** Entries for every pod: what is flooded is the catalogue's affair. */
const FDB = (['a', 'b', 'c'] as const).map((p) => `${LAN_MAC[p]} dev v${p} master br0 static`);

/** A node with three pods behind a bridge, with br_netfilter and without. */
export const bridgeShape = (call: boolean): Shape => ({
  name: call ? 'bridge-nf' : 'bridge',
  weight: call ? 2 : 0.5,
  covers: [call ? 'shape:bridge-nf' : 'shape:bridge'],
  spaces: [
    {
      name: 'n',
      often: ['PREROUTING', 'FORWARD', 'POSTROUTING', 'INPUT'],
      likely: 1,
      devices: ['br0', 'eth0'],
      own: ['10.9.0.254', '10.1.0.254'],
      nexthops: [{ dev: 'br0', via: '10.9.0.2' }, { dev: 'eth0', via: '10.1.0.1' }, { dev: 'br0' }],
      connected: ['10.9.0.0/24', '10.1.0.0/24'],
      bridgePorts: ['va', 'vb', 'vc'],
    },
    { name: 'n/a', often: ['OUTPUT', 'POSTROUTING', 'INPUT'], likely: 0.2, devices: ['eth0'], own: ['10.9.0.1'], nexthops: [{ dev: 'eth0', via: '10.9.0.254' }], connected: ['10.9.0.0/24', 'default'] },
    { name: 'n/b', often: ['PREROUTING', 'INPUT', 'OUTPUT'], likely: 0.2, devices: ['eth0'], own: ['10.9.0.2'], nexthops: [{ dev: 'eth0', via: '10.9.0.254' }], connected: ['10.9.0.0/24', 'default'] },
    { name: 'x', often: ['PREROUTING', 'INPUT', 'OUTPUT'], likely: 0.2, devices: ['eth0'], own: ['10.1.0.1'], nexthops: [{ dev: 'eth0', via: '10.1.0.254' }], connected: ['10.1.0.0/24', 'default'] },
  ],
  addresses: ['10.9.0.2', '10.9.0.3', '10.9.0.1', '10.9.0.254', '10.1.0.1', '10.1.0.254'],
  nets: ['10.9.0.0/24', '10.1.0.0/24', '10.0.0.0/8', '0.0.0.0/0'],
  macs: Object.values(LAN_MAC),
  files: (draft) => {
    const node = spec(draft, 'n');
    return lan({ node: { ...node, fdb: FDB, sysctls: [...(call ? CALL : []), ...(node.sysctls ?? [])] }, a: { pod: spec(draft, 'n/a') }, b: { pod: spec(draft, 'n/b') }, x: spec(draft, 'x') });
  },
});
