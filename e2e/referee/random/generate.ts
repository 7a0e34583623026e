import type { ProbeJson } from '../../../src/cli/probeJson.ts';
import type { RefereeCase } from '../case.ts';
import { drawBridge } from './bridges.ts';
import { drawConnection } from './connections.ts';
import { EMPTY_SPACE, type Piece, type SpaceDraft, type WorldDraft } from './draft.ts';
import { drawProbe } from './probes.ts';
import { type Rng, rngOf } from './rng.ts';
import { drawRouting, drawSysctls } from './routes.ts';
import { drawSets } from './sets.ts';
import { drawServices } from './services.ts';
import type { Shape, Space } from './shape.ts';
import { SHAPES } from './shapes.ts';
import { drawTables } from './tables.ts';
import { MARKS, PORTS, SERVICE_PORTS, TOS, type Words } from './words.ts';

/** A generated case keeps the tree that it was written from, so that pieces can be taken out of it. */
export interface RandomCase extends RefereeCase {
  readonly draft: WorldDraft;
}

/** Addresses that nobody has: one on a wire, one translated by rules at most, one behind no route. */
const FAR: readonly string[] = ['10.2.0.9', '172.16.0.1', '203.0.113.5'];

function wordsOf(shape: Shape, space: Space, more: Pick<Words, 'single' | 'lacks' | 'listeners'>): Words {
  const addresses = [...shape.addresses, '172.16.0.1'];
  // What a tunnel's own packets are translated to must not be a program here (KNOWN.md).
  const targets = shape.addresses.filter((a) => space.tunnel === undefined || (a !== space.tunnel.end && !space.own.includes(a)));
  return {
    addresses,
    nets: [...addresses.map((a) => `${a}/32`), ...shape.nets],
    ranges: [...addresses.map((a) => `${a}-${a.replace(/\d+$/, '255')}`), '10.1.0.0-10.1.0.100', '10.0.0.0-10.255.255.255'],
    targets,
    redirects: space.underlay !== true && space.tunnel === undefined,
    tunnelled: space.tunnel !== undefined,
    maps: [...[...targets, '172.16.0.1'].map((a) => `${a}/32`), ...shape.nets.filter((n) => !n.endsWith('/0') && n !== space.tunnel?.net)],
    sources: [...space.own, '172.16.0.1'],
    ports: PORTS,
    servicePorts: SERVICE_PORTS,
    marks: MARKS,
    macs: shape.macs,
    devices: [...space.devices, 'eth+', 'lo'],
    bridgePorts: space.bridgePorts ?? [],
    tos: TOS,
    ...more,
  };
}

function drawSpace(rng: Rng, shape: Shape, space: Space, { single, asking, lacks }: Drawing): SpaceDraft {
  if (!rng.chance(space.likely)) return { ...EMPTY_SPACE, asks: asking && rng.chance(0.5) };
  const ss = rng.chance(0.25) ? drawListeners(rng) : undefined;
  const words = wordsOf(shape, space, { single, lacks, listeners: ss !== undefined });
  const sets = rng.chance(0.4) ? drawSets(rng, words) : [];
  const routing = rng.chance(0.35) ? drawRouting(rng, words, space) : { routes: [], rules: [] };
  const { services, sysctls } = space.director ? drawServices(rng, space.director) : { services: [], sysctls: [] };
  return {
    sets,
    tables: drawTables(rng, words, sets, space.often),
    ...routing,
    sysctls: [...drawSysctls(rng, space, asking), ...sysctls],
    services,
    bridge: space.bridgePorts && rng.chance(0.5) ? drawBridge(rng, lacks) : [],
    connections: [],
    ...(ss ? { ss } : {}),
    asks: asking && rng.chance(0.5),
  };
}

/** What all spaces of one world have in common. */
interface Drawing {
  readonly single: boolean;
  /** Somebody may have to ask for neighbours. */
  readonly asking: boolean;
  readonly lacks: (need: string) => boolean;
}

/** Sometimes a machine that tracks knows connections of the probes already. */
function withConnections(rng: Rng, shape: Shape, space: Space, draft: SpaceDraft, probes: readonly ProbeJson[]): SpaceDraft {
  if (draft.tables.length === 0 || !rng.chance(0.2)) return draft;
  const words = wordsOf(shape, space, { single: false, lacks: () => true, listeners: false });
  const drawn = rng.some(probes, 1, 2).flatMap((p) => drawConnection(rng, words, p, ownOf(shape, p)) ?? []);
  const apart = drawn.filter((c, i) => !drawn.slice(0, i).some((before) => tuplesOf(before).some((t) => tuplesOf(c).includes(t))));
  return { ...draft, connections: apart };
}

/** Both directions of a connection; a table holds each once. */
const tuplesOf = ({ text }: Piece): readonly string[] =>
  text
    .split(' src=')
    .slice(1)
    .map((t) => `${text.split(' ')[0] ?? ''} ${t.split(/ (?:\[|mark=)/)[0] ?? ''}`);

/** The address that a prober speaks from, as a rule. */
const ownOf = (shape: Shape, { from }: ProbeJson): string => shape.spaces.find((s) => 'host' in from && s.name === [from.host, ...(from.netns ? [from.netns] : [])].join('/'))?.own[0] ?? shape.addresses[0] ?? '';

const drawListeners = (rng: Rng): SpaceDraft['ss'] =>
  rng.some(SERVICE_PORTS.flatMap((p) => [`tcp   LISTEN 0      128    0.0.0.0:${p} 0.0.0.0:*`, `udp   UNCONN 0      0      0.0.0.0:${p} 0.0.0.0:*`]), 0, 5).map((text) => ({ text, covers: ['socket:listener'] }));

/** A world and packets, the same for the same seed. `lacks` says what the kernel that will judge does not have. */
export function generate(seed: number, lacks: (need: string) => boolean = () => true): RandomCase {
  const rng = rngOf(seed);
  const shape = rng.weighted(SHAPES.filter((s) => !s.needs?.some(lacks)).map((s) => [s.weight, s] as const));
  const single = rng.chance(0.1);
  const drawing: Drawing = { single, asking: rng.chance(0.2), lacks };
  const drawn = Object.fromEntries(shape.spaces.map((s) => [s.name, drawSpace(rng, shape, s, drawing)]));
  const probes = Array.from({ length: single ? 1 : 5 + rng.int(6) }, (_, nth) => drawProbe(rng, shape, FAR, nth));
  const spaces = Object.fromEntries(shape.spaces.map((s) => [s.name, withConnections(rng, shape, s, drawn[s.name] ?? EMPTY_SPACE, probes)]));
  return caseOf(`random ${seed}`, { shape: shape.name, spaces, probes });
}

/** Writes a draft down. */
export function caseOf(name: string, draft: WorldDraft): RandomCase {
  const shape = SHAPES.find((s) => s.name === draft.shape);
  if (!shape) throw new Error(`no shape ${draft.shape}`);
  return { name, covers: coversOf(shape, draft), needs: needsOf(shape, draft), files: shape.files(draft), probes: draft.probes, draft };
}

const ASKS: Piece = { text: '', covers: ['arp:request'] };

/** Everything that can be taken out of a draft. */
function piecesOf(draft: WorldDraft): readonly Piece[] {
  return Object.values(draft.spaces).flatMap((s) => [
    ...s.tables.flatMap((t) => t.chains.flatMap((c) => c.rules.flatMap((r) => [...r.matches, ...(r.target ? [r.target] : [])]))),
    ...s.sets,
    ...s.routes,
    ...s.rules,
    ...s.sysctls,
    ...s.connections,
    ...s.services,
    ...s.bridge,
    ...(s.ss ?? []),
    ...(s.asks ? [ASKS] : []),
  ]);
}

const coversOf = (shape: Shape, draft: WorldDraft): readonly string[] => [...new Set([...shape.covers, ...piecesOf(draft).flatMap((p) => p.covers)])].toSorted();

const needsOf = (shape: Shape, draft: WorldDraft): readonly string[] => [...new Set([...(shape.needs ?? []), ...piecesOf(draft).flatMap((p) => (p.kernel === undefined ? [] : [p.kernel]))])];
