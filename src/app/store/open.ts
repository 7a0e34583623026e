import type { StarterChoices } from '../../cluster/starter.ts';
import type { Diagnostic } from '../../dumps/diagnostic.ts';
import { ipvsMetallb } from '../../scenarios/ipvs-metallb/scenario.ts';
import { type NamedProbe, type Scenario, withDefaults } from '../../scenarios/scenario.ts';
import { loadScenario, type LoadedFiles } from '../../scenarios/files.browser.ts';
import { decodeLink, NEW_CLUSTER, OWN, type Link } from '../../share/link.ts';
import type { Files, Unpacked } from '../../share/packed.ts';
import type { ProbeWords } from '../../share/probeWords.ts';
import { loadEngine, knowWalk } from './engine.ts';
import { knowParsed } from './parser.ts';
import type { NoticeReason } from './state.ts';
import { askProbe, computed, editFiles, setDumps, show, showLang, showLoaded, tell, usePage } from './store.ts';

const get = usePage.getState;

/** Opens with the page, and therefore comes with it. */
const FIRST: Scenario = ipvsMetallb;

const findScenario = async (id: string): Promise<Scenario | undefined> => (id === FIRST.id ? FIRST : (await import('../../scenarios/catalogue.ts')).findScenario(id));

/** A scenario's dumps, with the world that the build made of them. */
async function openedScenario(scenario: Scenario, params: Readonly<Record<string, string>>) {
  const read = await loadScenario(scenario, params);
  if (read.later) return read; // made when they are walked
  knowParsed(read.files, read.parsed);
  if (read.walk) knowWalk(read.parsed.world, read.walk);
  return read;
}

const wordsOf = (probe: NamedProbe): ProbeWords => ({ from: probe.from, via: undefined, to: probe.to, proto: probe.proto, sport: undefined, size: probe.size });

const fetched = new Map<string, Promise<LoadedFiles>>();

/** The scenario's dumps, fetched once: the same object each time, so that edits can be kept by it. */
function dumpsOf(scenario: Scenario, params: Readonly<Record<string, string>>): Promise<LoadedFiles> {
  const state = `${scenario.id} ${JSON.stringify(params)}`;
  const known = fetched.get(state);
  if (known) return known;
  const loading = openedScenario(scenario, params);
  fetched.set(state, loading);
  loading.catch(() => fetched.delete(state)); // to be tried again
  return loading;
}

// A link or scenario opened later wins over one that is still being fetched.
let ticket = 0;

/** Runs one opening; whatever cannot be fetched is said, and the page stays as it was. */
async function opening(work: (isCurrent: () => boolean) => Promise<void>): Promise<void> {
  const mine = ++ticket;
  usePage.setState({ busy: true });
  try {
    await work(() => mine === ticket);
  } catch {
    if (mine === ticket) tell({ kind: 'load-failed' });
  } finally {
    if (mine === ticket) usePage.setState({ busy: false });
  }
}

/** Opens what a fragment of the address says; a damaged one opens the first scenario and says why. */
export function openHash(hash: string): Promise<void> {
  return opening(async (isCurrent) => {
    const decoded = decodeLink(hash);
    if (decoded.kind === 'link') {
      const problems = await openLink(decoded.link, isCurrent);
      if (problems.length === 0 || !isCurrent()) return;
      await openDefault(isCurrent);
      tell({ kind: 'damaged-link', link: hash, reasons: problems });
    } else {
      await openDefault(isCurrent);
      if (decoded.kind === 'damaged') tell({ kind: 'damaged-link', link: hash, reasons: decoded.problems });
    }
  });
}

async function openDefault(isCurrent: () => boolean): Promise<void> {
  const scenario = FIRST;
  const params = withDefaults(scenario, {});
  const { files } = await dumpsOf(scenario, params);
  if (isCurrent()) show({ origin: { kind: 'scenario', scenario, params }, base: files, files, notes: [], words: wordsOf(scenario.probes[0]), choices: {} }, { detail: 'story', index: 0 });
}

const whyNot = (bad: Exclude<Unpacked, { kind: 'files' }>): NoticeReason =>
  bad.reason === 'base' ? { code: 'packed-base', part: bad.path ?? '' } : { code: `packed-${bad.reason}` };

/** What a link asks that names no packet: an incident's own question, else the scenario's first. */
const firstQuestion = ({ incidents, probes }: Scenario, params: Readonly<Record<string, string>>): NamedProbe =>
  probes.find((p) => p.id === incidents?.find((i) => i.id === params['incident'])?.probe) ?? probes[0];

/** Opens a link whole, or says why it cannot be and leaves the page alone. */
async function openLink(link: Link, isCurrent: () => boolean): Promise<readonly NoticeReason[]> {
  if (link.lang) await showLang(link.lang);
  const at = { detail: link.detail ?? 'story', index: (link.step ?? 1) - 1 } as const;
  if (link.scenario === OWN) {
    if (link.packed === undefined) return [{ code: 'own-not-included' }];
    const unpacked = (await import('../../share/packed.ts')).unpackBundle(link.packed);
    if (unpacked.kind === 'bad') return [whyNot(unpacked)];
    const { files } = unpacked;
    const loaded = await computed({ origin: { kind: 'own', inLink: true }, base: files, files, notes: [], words: linkWords(link, undefined), choices: link.picks });
    if (!loaded) return [{ code: 'bad-value', part: 'from, to' }];
    if (isCurrent()) showLoaded(loaded, at);
    return [];
  }
  if (link.scenario === NEW_CLUSTER) return openClusterLink(link, at, isCurrent);
  const scenario = await findScenario(link.scenario);
  if (!scenario) return [{ code: 'unknown-scenario', part: link.scenario }];
  for (const [key, value] of Object.entries(link.params)) {
    const parameter = scenario.parameters.find((p) => p.key === key);
    if (!parameter) return [{ code: 'unknown-parameter', part: key }];
    if (!parameter.options.includes(value)) return [{ code: 'bad-value', part: `${key}=${value}` }];
  }
  const params = withDefaults(scenario, link.params);
  const asks = link.from !== undefined || link.to !== undefined || link.packed !== undefined || Object.keys(link.picks).length > 0;
  if (asks) await loadEngine();
  const { files: base } = await dumpsOf(scenario, params);
  let files = base;
  if (link.packed !== undefined) {
    const unpacked = (await import('../../share/packed.ts')).unpackEdits(link.packed, base);
    if (unpacked.kind === 'bad') return [whyNot(unpacked)];
    files = unpacked.files;
  }
  const words = linkWords(link, wordsOf(firstQuestion(scenario, params)));
  if (!words) return [{ code: 'bad-value', part: 'from, to' }];
  const inputs = { origin: { kind: 'scenario', scenario, params }, base, files, notes: [], words, choices: link.picks } as const;
  return showChecked(inputs, at, isCurrent);
}

/** Checked before it is shown: a cut address is still a word, but means nothing here. */
async function showChecked(inputs: Parameters<typeof computed>[0], at: Parameters<typeof show>[1], isCurrent: () => boolean): Promise<readonly NoticeReason[]> {
  const loaded = await computed(inputs);
  if (!loaded) return [{ code: 'bad-value', part: 'from, to' }];
  const { result } = loaded;
  if (result.kind === 'words') return [{ code: 'bad-value', part: `${result.problem.field}=${result.problem.text}` }];
  const unknownPick = result.kind === 'walk' && inputs.files === inputs.base ? Object.keys(inputs.choices).find((key) => !result.walk.trace.choices.some((c) => c.key === key)) : undefined;
  if (unknownPick !== undefined) return [{ code: 'bad-choice', part: unknownPick }];
  if (isCurrent()) showLoaded(loaded, at);
  return [];
}

/** A cluster that somebody built: its choices, and what they changed behind them. */
async function openClusterLink(link: Link, at: Parameters<typeof show>[1], isCurrent: () => boolean): Promise<readonly NoticeReason[]> {
  const { readClusterLink, starterFiles, starterWords } = await import('../../share/clusterLink.ts');
  const read = readClusterLink(link.params, link.packed);
  if (read.kind === 'bad-param') return [Object.hasOwn(link.params, read.key) ? { code: 'bad-value', part: `${read.key}=${link.params[read.key]}` } : { code: 'unknown-parameter', part: read.key }];
  if (read.kind === 'bad') return [whyNot(read)];
  const base = starterFiles(read.choices);
  const files = link.packed === undefined ? base : read.files;
  const words = linkWords(link, starterWords(read.choices));
  return showChecked({ origin: { kind: 'cluster', choices: read.choices }, base, files, notes: [], words, choices: link.picks }, at, isCurrent);
}

/** Puts a new cluster on the page. */
export function openCluster(choices: StarterChoices): Promise<void> {
  return opening(async (isCurrent) => {
    const { starterFiles, starterWords } = await import('../../share/clusterLink.ts');
    const files = starterFiles(choices);
    const loaded = await computed({ origin: { kind: 'cluster', choices }, base: files, files, notes: [], words: starterWords(choices), choices: {} });
    if (loaded && isCurrent()) showLoaded(loaded, { detail: get().detail, index: 0 });
  });
}

/** The link's words over the defaults; undefined when something essential is said nowhere. */
function linkWords(link: Link, base: ProbeWords | undefined): ProbeWords | undefined {
  const from = link.from ?? base?.from;
  const to = link.to ?? base?.to;
  if (from === undefined || to === undefined) return undefined;
  const own = link.from === undefined && link.to === undefined;
  return { from, to, via: link.via, proto: link.proto ?? (own ? (base?.proto ?? 'tcp') : 'tcp'), sport: link.sport, size: link.size };
}

export async function openScenario(id: string): Promise<void> {
  const found: Scenario[] = [];
  await opening(async () => void found.push((await findScenario(id)) ?? FIRST));
  for (const scenario of found) await takeProbe(scenario, scenario.probes[0]);
}

/** Opens a named question of a scenario; with the same scenario on the page its settings and edits stay. */
export function takeProbe(scenario: Scenario, probe: NamedProbe): Promise<void> {
  const { loaded, detail } = get();
  if (loaded?.origin.kind === 'scenario' && loaded.origin.scenario === scenario) {
    askProbe(wordsOf(probe));
    return Promise.resolve();
  }
  return opening(async (isCurrent) => {
    const params = withDefaults(scenario, {});
    const { files } = await dumpsOf(scenario, params);
    const loaded = await computed({ origin: { kind: 'scenario', scenario, params }, base: files, files, notes: [], words: wordsOf(probe), choices: {} });
    if (loaded && isCurrent()) showLoaded(loaded, { detail, index: 0 });
  });
}

/** Puts the walk on stage that answers a question: the scenario's own text in that state, without edits and choices. */
export function takeQuestion(scenario: Scenario, params: Readonly<Record<string, string>>, probe: NamedProbe): Promise<void> {
  return opening(async (isCurrent) => {
    const { files } = await dumpsOf(scenario, params);
    const loaded = await computed({ origin: { kind: 'scenario', scenario, params }, base: files, files, notes: [], words: wordsOf(probe), choices: {} });
    if (loaded && isCurrent()) showLoaded(loaded, { detail: get().detail, index: 0 });
  });
}

/** Edits of one state of a scenario while another one is on the page, by the state's own text. */
const drafts = new WeakMap<Files, { readonly files: Files; readonly undo: readonly Files[]; readonly redo: readonly Files[] }>();

/** What if: the same packet in the scenario's other state, or the one that shows another incident. Edits of the state that is left come back with it. */
export function setParameter(key: string, value: string): Promise<void> {
  const shown = get().loaded?.origin;
  if (key === 'incident' && shown?.kind === 'scenario') {
    const { scenario, params } = shown;
    const incident = scenario.incidents?.find((i) => i.id === value);
    const probe = scenario.probes.find((p) => p.id === incident?.probe);
    if (probe) return takeQuestion(scenario, withDefaults(scenario, { ...params, [key]: value }), probe);
  }
  return opening(async (isCurrent) => {
    const origin = get().loaded?.origin;
    if (origin?.kind !== 'scenario') return;
    const params = withDefaults(origin.scenario, { ...origin.params, [key]: value });
    const next = await dumpsOf(origin.scenario, params);
    const { loaded, undo, redo } = get();
    if (!isCurrent() || !loaded) return;
    drafts.set(loaded.base, { files: loaded.files, undo, redo });
    const draft = drafts.get(next.files);
    setDumps({ ...origin, params }, next.files, draft?.files ?? next.files);
    usePage.setState({ undo: draft?.undo ?? [], redo: draft?.redo ?? [] });
  });
}

/**
 * Makes a world of dumps that the user brought. With `add` they join those already there. Where nothing can be read as a machine the page
 * stays as it was and says so; false then.
 */
export async function openOwn(files: Files, found: readonly Diagnostic[], add: boolean): Promise<boolean> {
  let opened = false;
  await opening(async (isCurrent) => {
    const { loaded } = get();
    if (add && loaded?.origin.kind === 'own') {
      editFiles(files);
      opened = true;
      return;
    }
    const made = await computed({ origin: { kind: 'own', inLink: false }, base: files, files, notes: found, words: undefined, choices: {} });
    if (!isCurrent()) return;
    if (!made) {
      tell({ kind: 'nothing-read' });
      return;
    }
    opened = true;
    tell(undefined);
    showLoaded(made, { detail: 'story', index: 0 });
  });
  return opened;
}
