import { readForm } from '../cluster/edit/form.ts';
import { OBJECTS_FILE, PROXY_MODES, readStarterParams, STARTER_BOUNDS, type StarterChoices, starterParams, starterText } from '../cluster/starter.ts';
import { type Files, packEdits, unpackEdits, type Unpacked } from './packed.ts';
import type { ProbeWords } from './probeWords.ts';

/** What a link says about a cluster: the choices to start from, and what was changed behind them. */
export interface ClusterLink {
  readonly params: Readonly<Record<string, string>>;
  readonly packed: string | undefined;
}

/** The files of a new cluster before anybody changes them. */
export const starterFiles = (choices: StarterChoices): Files => ({ [OBJECTS_FILE]: starterText(choices) });

/** The first question to a new cluster: a pod's to the service, from the second node, because the first endpoint is on the first. Undefined without pods. */
export const starterWords = ({ nodes, podsPerNode }: StarterChoices): ProbeWords | undefined =>
  podsPerNode === 0 ? undefined : { from: nodes > 1 ? 'node2/web-2-1' : `node1/web-1-${podsPerNode}`, via: undefined, to: '10.96.0.80:80', proto: 'tcp', sport: undefined, size: undefined };

/** The choices that would have made what the form shows now; undefined when no choice would. */
function choicesNow(files: Files, started: StarterChoices): StarterChoices | undefined {
  const form = readForm(files);
  const proxy = PROXY_MODES.find((m) => m === form.proxy.mode);
  if (!form.network || !proxy || form.version === undefined || form.podsPerNode === undefined) return undefined;
  if (form.nodes.length < 1 || form.nodes.length > STARTER_BOUNDS.nodes || form.podsPerNode > STARTER_BOUNDS.podsPerNode) return undefined;
  return { ...started, nodes: form.nodes.length, network: form.network, proxy, version: form.version, podsPerNode: form.podsPerNode };
}

/** Edits of this length are not worth reading all objects for a shorter way to say them. */
const SHORT = 160;

/** The shortest way to say these files: from the choices that somebody started with, or from those that they have come to. */
export function clusterLink(started: StarterChoices, files: Files): ClusterLink {
  const way = (choices: StarterChoices): ClusterLink => ({ params: starterParams(choices), packed: packEdits(starterFiles(choices), files) });
  const length = ({ params, packed }: ClusterLink): number => JSON.stringify(params).length + (packed?.length ?? 0);
  const first = way(started);
  const now = (first.packed?.length ?? 0) > SHORT ? choicesNow(files, started) : undefined;
  const second = now && way(now);
  return second && length(second) < length(first) ? second : first;
}

/** The choices and files that a link says; or the parameter that means nothing, or why its edits cannot be used. Never throws. */
export function readClusterLink(
  params: Readonly<Record<string, string>>,
  packed: string | undefined,
): { readonly kind: 'cluster'; readonly choices: StarterChoices; readonly files: Files } | { readonly kind: 'bad-param'; readonly key: string } | Exclude<Unpacked, { kind: 'files' }> {
  const read = readStarterParams(params);
  if (!read.ok) return { kind: 'bad-param', key: read.key };
  const base = starterFiles(read.choices);
  if (packed === undefined) return { kind: 'cluster', choices: read.choices, files: base };
  const unpacked = unpackEdits(packed, base);
  return unpacked.kind === 'files' ? { kind: 'cluster', choices: read.choices, files: unpacked.files } : unpacked;
}
