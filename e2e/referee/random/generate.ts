import type { RefereeCase } from '../case.ts';
import { EMPTY_SPACE, type SpaceDraft, type WorldDraft } from './draft.ts';
import { drawProbe } from './probes.ts';
import { type Rng, rngOf } from './rng.ts';
import { drawRouting, drawSysctls } from './routes.ts';
import { drawSets } from './sets.ts';
import { type Shape, SHAPES, type Space } from './shapes.ts';
import { drawTables } from './tables.ts';
import { MARKS, PORTS, SERVICE_PORTS, TOS, type Words } from './words.ts';

/** A generated case keeps the tree that it was written from, so that pieces can be taken out of it. */
export interface RandomCase extends RefereeCase {
  readonly draft: WorldDraft;
}

/** Addresses that nobody has: one on a wire, one translated by rules at most, one behind no route. */
const FAR: readonly string[] = ['10.2.0.9', '172.16.0.1', '203.0.113.5'];

function wordsOf(shape: Shape, space: Space, single: boolean, listeners: boolean): Words {
  const addresses = [...shape.addresses, '172.16.0.1'];
  return {
    addresses,
    nets: [...addresses.map((a) => `${a}/32`), ...shape.nets],
    ranges: [...addresses.map((a) => `${a}-${a.replace(/\d+$/, '255')}`), '10.1.0.0-10.1.0.100', '10.0.0.0-10.255.255.255'],
    targets: shape.addresses,
    sources: [...space.own, '172.16.0.1'],
    ports: PORTS,
    servicePorts: SERVICE_PORTS,
    marks: MARKS,
    macs: shape.macs,
    devices: [...space.devices, 'eth+', 'lo'],
    bridgePorts: space.bridgePorts ?? [],
    tos: TOS,
    single,
    listeners,
  };
}

function drawSpace(rng: Rng, shape: Shape, space: Space, single: boolean, lacks: (need: string) => boolean): SpaceDraft {
  if (!rng.chance(space.likely)) return EMPTY_SPACE;
  const ss = rng.chance(0.25) ? drawListeners(rng) : undefined;
  const words = wordsOf(shape, space, single, ss !== undefined);
  const sets = rng.chance(0.4) ? drawSets(rng, words, lacks) : [];
  const routing = rng.chance(0.35) ? drawRouting(rng, words, space) : { routes: [], rules: [] };
  return {
    sets,
    tables: drawTables(rng, words, sets, space.often),
    ...routing,
    sysctls: drawSysctls(rng, space),
    ...(ss ? { ss } : {}),
  };
}

const drawListeners = (rng: Rng): SpaceDraft['ss'] =>
  rng.some(SERVICE_PORTS.flatMap((p) => [`tcp   LISTEN 0      128    0.0.0.0:${p} 0.0.0.0:*`, `udp   UNCONN 0      0      0.0.0.0:${p} 0.0.0.0:*`]), 0, 5).map((text) => ({ text, covers: ['socket:listener'] }));

/** A world and packets, the same for the same seed. `lacks` says what the kernel that will judge does not have. */
export function generate(seed: number, lacks: (need: string) => boolean = () => true): RandomCase {
  const rng = rngOf(seed);
  const shape = rng.weighted(SHAPES.map((s) => [s.weight, s] as const));
  const single = rng.chance(0.1);
  const spaces = Object.fromEntries(shape.spaces.map((s) => [s.name, drawSpace(rng, shape, s, single, lacks)]));
  const probes = Array.from({ length: single ? 1 : 5 + rng.int(6) }, (_, nth) => drawProbe(rng, shape, FAR, nth));
  return caseOf(`random ${seed}`, { shape: shape.name, spaces, probes });
}

/** Writes a draft down. */
export function caseOf(name: string, draft: WorldDraft): RandomCase {
  const shape = SHAPES.find((s) => s.name === draft.shape);
  if (!shape) throw new Error(`no shape ${draft.shape}`);
  return { name, covers: coversOf(shape, draft), needs: needsOf(draft), files: shape.files(draft), probes: draft.probes, draft };
}

function coversOf(shape: Shape, draft: WorldDraft): readonly string[] {
  const pieces = Object.values(draft.spaces).flatMap((s) => [
    ...s.tables.flatMap((t) => t.chains.flatMap((c) => c.rules.flatMap((r) => [...r.matches, ...(r.target ? [r.target] : [])]))),
    ...s.sets,
    ...s.routes,
    ...s.rules,
    ...s.sysctls,
    ...(s.ss ?? []),
  ]);
  return [...new Set([...shape.covers, ...pieces.flatMap((p) => p.covers)])].toSorted();
}

const needsOf = (draft: WorldDraft): readonly string[] => [...new Set(Object.values(draft.spaces).flatMap((s) => s.sets.flatMap((set) => set.needs ?? [])))];
