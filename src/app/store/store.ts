import { create } from 'zustand';
import type { Choices } from '../../engine/probe.ts';
import type { Files } from '../../share/packed.ts';
import type { ProbeWords } from '../../share/probeWords.ts';
import { stopAt } from '../../text/reading.ts';
import type { Lang } from '../../text/lang.ts';
import type { Detail, Reading, Stop } from '../../text/reading-types.ts';
import type { SourceRef } from '../../world/source.ts';
import { loadStrings } from '../strings.ts';
import { forgetAway, isAway, walkAway } from './away/away.ts';
import { isEngineLoaded, loadEngine } from './engine.ts';
import { firstProbe } from './offers.ts';
import { faultsOf, isLoadedFor, loadFor, type Parsed, parsedWorld } from './parser.ts';
import { chosenTheme, startLang, systemTheme } from './prefs.ts';
import type { FlowStart, Loaded, Notice, PageState, Panel } from './state.ts';
import { keepPlace, walkOf, type Walk } from './walk.ts';

export const usePage = create<PageState>()(() => ({
  loaded: undefined,
  undo: [],
  redo: [],
  detail: 'story',
  index: 0,
  playing: false,
  speed: 1,
  lang: startLang(),
  theme: chosenTheme() ?? systemTheme(),
  panel: undefined,
  dumpAt: undefined,
  flowAt: undefined,
  notice: undefined,
  busy: true,
}));

const get = usePage.getState;
const set = usePage.setState;

export const walkIn = (s: PageState): Walk | undefined => (s.loaded?.result.kind === 'walk' ? s.loaded.result.walk : undefined);
export const readingIn = (s: PageState): Reading | undefined => walkIn(s)?.readings[s.detail];
export const stopIn = (s: PageState): Stop | undefined => readingIn(s)?.stops[s.index];
export const isEdited = (s: PageState): boolean => s.loaded !== undefined && s.loaded.files !== s.loaded.base;

type Inputs = Omit<Loaded, 'parsed' | 'result' | 'faults'>;

/**
 * Parses only if the text changed, and walks only if the world, the probe or the choices did. While the YAML has faults, or describes no
 * machine any more, the last world without stays.
 */
export function compute(inputs: Inputs, before: Loaded | undefined): Loaded {
  const faults = before?.files === inputs.files ? before.faults : faultsOf(inputs.files);
  const parsed = before && (before.files === inputs.files || faults.length > 0) ? before.parsed : usable(parsedWorld(inputs.files), before?.parsed);
  const same = before?.parsed === parsed && before.words === inputs.words && before.choices === inputs.choices;
  return { ...inputs, parsed, faults, result: same ? before.result : walkOf(parsed.world, inputs.words, inputs.choices) };
}

/** A world without machines tells nothing: then the one before stays, with what is said about this one. */
const usable = (parsed: Parsed, before: Parsed | undefined): Parsed => (before && parsed.world.hosts.length === 0 ? { ...before, diagnostics: parsed.diagnostics } : parsed);

/** As `compute`, for a cluster that is new on the page; without words, with a first question that fits. Undefined when nobody could send anything. */
export async function computed(inputs: Omit<Inputs, 'words'> & { readonly words: ProbeWords | undefined }): Promise<Loaded | undefined> {
  if (isAway(inputs.files)) {
    const { words, ...made } = (await walkAway({ files: inputs.files, words: inputs.words, choices: inputs.choices, fresh: true })) ?? { words: undefined };
    return words && 'parsed' in made ? { ...inputs, ...made, words } : undefined;
  }
  await Promise.all([loadFor(inputs.files), loadEngine()]);
  const words = inputs.words ?? firstProbe(parsedWorld(inputs.files).world);
  return words && compute({ ...inputs, words }, undefined);
}

// Of changes that are still being computed: one that starts anew makes the next ones do so too.
let startsAnew = false;

/** Puts other dumps on the page. The reader starts at `index` of `detail`. */
export const show = (inputs: Inputs, at: { readonly detail: Detail; readonly index: number }): void => showLoaded(compute(inputs, undefined), at);

/** Puts on the page what was computed. */
export function showLoaded(loaded: Loaded, at: { readonly detail: Detail; readonly index: number }): void {
  forgetAway();
  startsAnew = false;
  const count = loaded.result.kind === 'walk' ? loaded.result.walk.readings[at.detail].stops.length : 1;
  // A packet that was asked of one machine's bridge means nothing to another's.
  const closes = get().panel === 'ofproto' ? { panel: undefined, flowAt: undefined } : {};
  set({
    ...closes,
    loaded, undo: [], redo: [], detail: at.detail, index: Math.min(at.index, Math.max(0, count - 1)), playing: false, busy: false, dumpAt: undefined,
    ...(at.index >= count ? { notice: { kind: 'step-out-of-range', asked: at.index + 1, count } satisfies Notice } : {}),
  });
}

/** Runs `then` once the engine is there, and what reads these files; says so when that cannot be fetched. */
export async function whenEngine(then: () => void, files?: Files): Promise<void> {
  try {
    await Promise.all([loadEngine(), files && loadFor(files)]);
  } catch {
    return tell({ kind: 'load-failed' });
  }
  then();
}

/** Changes some inputs of what is on the page; the reader stays at the place where they were, as far as it still exists. */
function change(part: Partial<Inputs>, fromStart = false): void {
  const { files } = part;
  if (isAway(files ?? get().loaded?.files ?? {})) {
    void changeAway(part, fromStart);
    return;
  }
  if (!isEngineLoaded() || (files && !isLoadedFor(files))) {
    void whenEngine(() => change(part, fromStart), files);
    return;
  }
  const state = get();
  const before = state.loaded;
  if (!before) return;
  set({ ...standing(state, compute({ ...before, ...part }, before), fromStart), playing: false });
}

/** Another walk, and where its reader stands in it. */
function standing(state: PageState, loaded: Loaded, fromStart: boolean): Pick<PageState, 'loaded' | 'index'> {
  const oldReading = readingIn(state);
  const newReading = loaded.result.kind === 'walk' ? loaded.result.walk.readings[state.detail] : undefined;
  return { loaded, index: fromStart || !newReading ? 0 : oldReading ? keepPlace(oldReading, state.index, newReading) : Math.min(state.index, newReading.stops.length - 1) };
}

/** As `change`, for what is computed away from the page: the inputs are there at once, the world and the walk follow. */
async function changeAway(part: Partial<Inputs>, fromStart: boolean): Promise<void> {
  const { loaded: before } = get();
  if (!before) return;
  const inputs = { ...before, ...part };
  const another = part.base !== undefined && part.base !== before.base;
  // A world that was not made by the worker is none that it could keep.
  const question = another ? { fresh: true } : isAway(before.files) ? { fresh: false } : { fresh: true, last: before.files };
  startsAnew ||= fromStart;
  set({ loaded: inputs, playing: false, busy: true });
  try {
    const made = await walkAway({ files: inputs.files, words: inputs.words, choices: inputs.choices, ...question });
    const state = get();
    if (!made || !state.loaded) return; // a newer change is on its way
    const { words: _words, ...world } = made;
    set({ ...standing(state, { ...state.loaded, ...world }, startsAnew), busy: false });
    startsAnew = false;
  } catch {
    set({ busy: false });
    tell({ kind: 'load-failed' });
  }
}

/** Another packet: the walk starts anew. Picks of the old one mean nothing for it, unless only their payload differs. */
export function setWords(words: ProbeWords): void {
  const before = get().loaded;
  if (!before) return;
  const samePath = before.words.from === words.from && before.words.to === words.to;
  change(samePath ? { words } : { words, choices: {} }, !samePath);
}

/** A named question: another packet, from the start. */
export const askProbe = (words: ProbeWords): void => change({ words, choices: {} }, true);

/** Takes one branch of a choice. */
export const choose = (key: string, option: number): void => change({ choices: { ...get().loaded?.choices, [key]: option } });

/** Takes these branches and no others. */
export const setChoices = (choices: Choices): void => change({ choices });

/** Another state of the same cluster, as it came (`base`) and as it was edited before (`files`). */
export const setDumps = (origin: Loaded['origin'], base: Files, files: Files): void => change({ origin, base, files, notes: [] });

const MAX_UNDO = 200;
const TYPING_PAUSE_MS = 800;
let lastEdit = { path: '', time: 0 };

/** Replaces the text of one file. Quick edits of the same file are one step of undo. */
export function editFile(path: string, text: string): void {
  const { loaded, undo } = get();
  if (!loaded || loaded.files[path] === text) return;
  const now = Date.now();
  const joined = lastEdit.path === path && now - lastEdit.time < TYPING_PAUSE_MS && undo.length > 0;
  lastEdit = { path, time: now };
  set({ undo: joined ? undo : [...undo, loaded.files].slice(-MAX_UNDO), redo: [] });
  setFiles({ ...loaded.files, [path]: text });
}

/** The same text as the base is the base, so that the badge goes when everything is undone. */
function setFiles(files: Files): void {
  const { loaded } = get();
  if (!loaded) return;
  const paths = Object.keys(files);
  const unchanged = paths.length === Object.keys(loaded.base).length && paths.every((p) => files[p] === loaded.base[p]);
  change({ files: unchanged ? loaded.base : files });
}

export function undoEdit(): void {
  const { undo, redo, loaded } = get();
  const last = undo.at(-1);
  if (!last || !loaded) return;
  lastEdit = { path: '', time: 0 };
  set({ undo: undo.slice(0, -1), redo: [...redo, loaded.files] });
  setFiles(last);
}

export function redoEdit(): void {
  const { undo, redo, loaded } = get();
  const next = redo.at(-1);
  if (!next || !loaded) return;
  set({ redo: redo.slice(0, -1), undo: [...undo, loaded.files] });
  setFiles(next);
}

/** Back to the dumps as they came; can be undone. */
export function resetEdits(): void {
  const { loaded, undo } = get();
  if (!loaded || loaded.files === loaded.base) return;
  set({ undo: [...undo, loaded.files], redo: [] });
  setFiles(loaded.base);
}

/** Changes several files, or adds some, in one step of undo. */
export function editFiles(files: Files): void {
  const { loaded, undo } = get();
  if (!loaded) return;
  lastEdit = { path: '', time: 0 };
  set({ undo: [...undo, loaded.files].slice(-MAX_UNDO), redo: [] });
  setFiles({ ...loaded.files, ...files });
}

export function seek(index: number): void {
  const count = readingIn(get())?.stops.length ?? 0;
  const bounded = Math.max(0, Math.min(index, count - 1));
  if (bounded !== get().index) set({ index: bounded });
}

/** Another level of detail; the reader stays at the same step of the trace. */
export function setDetail(detail: Detail): void {
  const state = get();
  const stop = stopIn(state);
  const reading = walkIn(state)?.readings[detail];
  set({ detail, index: reading && stop ? stopAt(reading, stop.lead) : 0 });
}

/** Opens a line: in the builder when that is open and has the file, else in the dump view. */
export function openSource(ref: SourceRef): void {
  const { panel, loaded } = get();
  set({ panel: panel === 'builder' && /\.ya?ml$/i.test(ref.input) && Object.hasOwn(loaded?.files ?? {}, ref.input) ? 'builder' : 'dumps', dumpAt: ref, playing: false });
}

/** Shows the page in a language, once what it needs is there. */
export async function showLang(lang: Lang): Promise<void> {
  try {
    await loadStrings(lang);
    set({ lang });
  } catch {
    tell({ kind: 'load-failed' });
  }
}

export const openPanel = (panel: Panel): void => set({ panel: get().panel === panel ? undefined : panel, dumpAt: undefined, flowAt: undefined, playing: false });
/** Opens the page's ofproto/trace with a packet. */
export const openFlow = (flowAt: FlowStart): void => set({ panel: 'ofproto', flowAt, playing: false });
export const closePanel = (): void => set({ panel: undefined });
export const tell = (notice: Notice | undefined): void => set({ notice });
