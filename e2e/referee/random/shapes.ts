import type { Bundle } from '../../../src/dumps/bundle.ts';
import type { Hook } from '../../../src/world/netfilter.ts';
import { overRouter, UNDER, VTEP } from '../catalogue/tunnelWorlds.ts';
import { line, MAC, machineText, type Spec } from '../topology.ts';
import type { SpaceDraft, WorldDraft } from './draft.ts';
import { bridgeShape } from './shapeBridge.ts';

/** One network namespace of a shape, as the draws see it. */
export interface Space {
  readonly name: string;
  /** Hooks that packets of the shape's probes often pass here. */
  readonly often: readonly Hook[];
  /** How likely it has rules, routes or sysctls of its own. */
  readonly likely: number;
  readonly devices: readonly string[];
  readonly own: readonly string[];
  readonly nexthops: readonly { readonly dev: string; readonly via?: string }[];
  /** Prefixes that addresses put into the main table. */
  readonly connected: readonly string[];
  readonly bridgePorts?: readonly string[];
}

/** A fixed arrangement of machines and wires; what is particular about each is drawn. */
export interface Shape {
  readonly name: string;
  readonly weight: number;
  readonly spaces: readonly Space[];
  /** Addresses that somebody owns. */
  readonly addresses: readonly string[];
  readonly nets: readonly string[];
  readonly macs: readonly string[];
  readonly covers: readonly string[];
  files(draft: WorldDraft): Bundle;
}

/** Lines of `tables`, `ipset`, … from what was drawn. */
export function specOf(draft: SpaceDraft): Spec {
  return {
    ...(draft.tables.length > 0
      ? {
          tables: Object.fromEntries(
            draft.tables.map((t) => [
              t.name,
              [
                ...t.chains.map((c) => `:${c.name} ${c.policy ?? '-'} [0:0]`),
                ...t.chains.flatMap((c) => c.rules.map((r) => ['-A', c.name, ...r.matches.map((m) => m.text), ...(r.target ? [r.target.text] : [])].join(' '))),
              ],
            ]),
          ),
        }
      : {}),
    ...(draft.sets.length > 0 ? { ipset: draft.sets.flatMap((s) => [s.text, ...s.members.map((m) => `add ${s.name} ${m}`)]) } : {}),
    ...(draft.routes.length > 0 ? { routes: draft.routes.map((r) => r.text) } : {}),
    ...(draft.rules.length > 0 ? { rules: draft.rules.map((r) => r.text) } : {}),
    ...(draft.sysctls.length > 0 ? { sysctls: draft.sysctls.map((s) => s.text) } : {}),
    ...(draft.ss ? { ss: draft.ss.map((s) => s.text) } : {}),
  };
}

const spec = (draft: WorldDraft, name: string): Spec => {
  const found = draft.spaces[name];
  return found ? specOf(found) : {};
};

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

const vxlanKind = (local: string): string => `vxlan id 7 local ${local} srcport 0 0 dstport 4789 nolearning ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx`;

/** A VXLAN device on each end of a line, with the addresses that packets are for. */
const VXLAN: Shape = {
  name: 'vxlan',
  weight: 2,
  covers: ['shape:vxlan', 'tunnel:vxlan'],
  spaces: [
    { name: 'c', often: ['OUTPUT', 'POSTROUTING', 'INPUT'], likely: 0.7, devices: ['eth0', 't0'], own: ['10.9.0.1', UNDER.c], nexthops: [{ dev: 'eth0', via: UNDER.r0 }, { dev: 't0', via: '10.9.0.2' }, { dev: 't0' }], connected: ['10.1.0.0/24', '10.9.0.0/24', 'default'] },
    { name: 's', often: ['PREROUTING', 'INPUT', 'OUTPUT'], likely: 0.5, devices: ['eth0', 't0'], own: ['10.9.0.2', UNDER.s], nexthops: [{ dev: 'eth0', via: UNDER.r1 }, { dev: 't0', via: '10.9.0.1' }], connected: ['10.2.0.0/24', '10.9.0.0/24', 'default'] },
    { name: 'r', often: ['PREROUTING', 'FORWARD', 'POSTROUTING'], likely: 0.3, devices: ['eth0', 'eth1'], own: [UNDER.r0, UNDER.r1], nexthops: [{ dev: 'eth0', via: UNDER.c }, { dev: 'eth1', via: UNDER.s }], connected: ['10.1.0.0/24', '10.2.0.0/24'] },
  ],
  addresses: ['10.9.0.2', '10.9.0.1', UNDER.s, UNDER.c],
  nets: ['10.9.0.0/24', '10.1.0.0/24', '10.2.0.0/24', '10.0.0.0/8', '0.0.0.0/0'],
  macs: [...Object.values(MAC), ...Object.values(VTEP)],
  files: (draft) =>
    overRouter(
      { c: { kind: vxlanKind(UNDER.c) }, s: { kind: vxlanKind(UNDER.s) } },
      { c: { ...spec(draft, 'c'), fdb: [`${VTEP.b} dev t0 dst ${UNDER.s} self permanent`] }, r: spec(draft, 'r'), s: { ...spec(draft, 's'), fdb: [`${VTEP.a} dev t0 dst ${UNDER.c} self permanent`] } },
    ),
};

export const SHAPES: readonly Shape[] = [LINE, PAIR, bridgeShape(true), bridgeShape(false), VXLAN];
