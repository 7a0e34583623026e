import type { Bundle } from '../../../src/dumps/bundle.ts';
import type { Hook } from '../../../src/world/netfilter.ts';
import type { Spec } from '../topology.ts';
import type { SpaceDraft, WorldDraft } from './draft.ts';

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
  /** Its tunnel's network, and the far end there: translated to that, the tunnel's own packets would go round in it (KNOWN.md). */
  readonly tunnel?: { readonly net: string; readonly end: string };
  /** Frames of tunnels pass through: redirected to a program they would come back as its answers. */
  readonly underlay?: boolean;
  /** It may be a director of IPVS. */
  readonly director?: Director;
}

/** What a director serves, and how packets get to its real servers. */
export interface Director {
  readonly vip: string;
  readonly reals: readonly string[];
  readonly forwarding: readonly ('-m' | '-g' | '-i')[];
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
  /** What a kernel must have for it. */
  readonly needs?: readonly string[];
  files(draft: WorldDraft): Bundle;
}

/** Lines of `tables`, `ipset`, … from what was drawn. */
export function specOf(draft: SpaceDraft): Spec {
  const objects = [...new Set(draft.routes.flatMap((r) => r.objects ?? []))];
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
    ...(draft.sysctls.length > 0 ? { sysctls: draft.sysctls.flatMap((s) => s.text.split('\n')) } : {}),
    ...(draft.connections.length > 0 ? { conntrack: draft.connections.map((c) => c.text) } : {}),
    ...(draft.services.length > 0 ? { ipvs: draft.services.flatMap((s) => s.text.split('\n')) } : {}),
    ...(objects.length > 0 ? { more: ['$ ip nexthop', ...objects, ''] } : {}),
    ...(draft.asks ? { noNeighbours: true } : {}),
    ...(draft.ss ? { ss: draft.ss.map((s) => s.text) } : {}),
  };
}

/** What was drawn for one machine. */
export const spec = (draft: WorldDraft, name: string): Spec => {
  const found = draft.spaces[name];
  return found ? specOf(found) : {};
};
