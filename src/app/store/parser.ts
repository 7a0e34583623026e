import type { YamlProblem } from '../../cluster/edit/problems.ts';
import type { ReasonOf } from '../../cluster/because.ts';
import type { ParsedWorld } from '../../dumps/bundle.ts';
import type * as Compiler from './compiler.ts';
import type { LoadedFiles } from '../../scenarios/files.browser.ts';
import type { Files } from '../../share/packed.ts';
import type { ClusterNames } from '../../world/world.ts';

/** What was made of the files. */
export interface Parsed extends Pick<ParsedWorld, 'world' | 'diagnostics'> {
  /** The files, and behind them what each compiled machine would print; those texts are made when they are first read. */
  readonly dumps: Files;
  /** The object that made a line of a compiled machine; undefined where every machine has dumps. */
  readonly reasonOf: ReasonOf | undefined;
  /** Machines that were compiled from objects. */
  readonly compiled: ReadonlySet<string>;
  /** All files of compiled machines; `dumps` may have only some of them. */
  readonly paths: readonly string[];
  /** Makes the text of one that `dumps` does not have; undefined where it has them all. */
  readonly fetchText: ((path: string) => Promise<string>) | undefined;
}

/** A fault of a YAML file, and which. */
export interface YamlFault extends YamlProblem {
  readonly file: string;
}

/**
 * The parsers of dumps and the compiler of objects, which the first view does without: a built-in scenario comes parsed, by the same
 * parsers, when the page is built. Whatever brings other text onto the page awaits loadFor() first.
 */
let parse: ((files: Files, names?: ClusterNames) => ParsedWorld) | undefined;
let compiler: typeof Compiler | undefined;

/** What the build parsed already, by the very object of its files. */
const known = new WeakMap<Files, Parsed>();

/** Fetches the parsers of dumps; rejects when that fails. */
export async function loadParser(): Promise<void> {
  parse ??= (await import('../../dumps/bundle.ts')).parseBundle;
}

/** Fetches what reads Kubernetes objects and compiles nodes of them; rejects when that fails. */
export async function loadCompiler(): Promise<void> {
  compiler ??= await import('./compiler.ts');
}

const withObjects = new WeakMap<Files, boolean>();

/** In YAML, and in JSON as kubectl prints it or in one line. */
const looksLikeObjects = (text: string): boolean => /^[ \t{-]*["']?kind["']?[ \t]*:/m.test(text) || (/^\s*[{[]/.test(text) && /"kind"\s*:/.test(text));

/** Whether Kubernetes objects may be among the files. */
function mayHaveObjects(files: Files): boolean {
  const told = withObjects.get(files) ?? Object.values(files).some(looksLikeObjects);
  withObjects.set(files, told);
  return told;
}

/** Objects that nobody has made a world of yet: to compile them may take seconds. */
export const isToBeCompiled = (files: Files): boolean => !known.has(files) && mayHaveObjects(files);

/** Fetches what these files need. */
export const loadFor = (files: Files): Promise<unknown> => Promise.all([loadParser(), mayHaveObjects(files) ? loadCompiler() : undefined]);

/** Whether parsedWorld() can answer at once. */
export const isLoadedFor = (files: Files): boolean => known.has(files) || (parse !== undefined && (compiler !== undefined || !mayHaveObjects(files)));

/** Remembers the world that the build, or a scenario's objects, made of these files. */
export const knowParsed = (files: Files, parsed: LoadedFiles['parsed']): void => void known.set(files, toParsed(files, parsed));

function toParsed(files: Files, { world, diagnostics, files: dumps = files, reasonOf, compiled = new Set() }: LoadedFiles['parsed']): Parsed {
  return { world, diagnostics, dumps, compiled, paths: Object.keys(dumps).filter((path) => !Object.hasOwn(files, path)), reasonOf: compiled.size > 0 ? reasonOf : undefined, fetchText: undefined };
}

/** The world of these files; throws when they are not known and nobody awaited loadFor(). */
export function parsedWorld(files: Files): Parsed {
  const ready = known.get(files);
  if (ready) return ready;
  if (mayHaveObjects(files) && compiler) return toParsed(files, compiler.worldOf(files));
  if (!parse) throw new Error('the parsers of dumps are not loaded');
  return toParsed(files, parse(files));
}

/** The faults of the YAML files among these; none as long as nobody needed the compiler. */
export const faultsOf = (files: Files): readonly YamlFault[] =>
  compiler && !known.has(files) ? compiler.yamlFiles(files).flatMap((file) => compiler?.yamlProblems(files[file] ?? '').map((p) => ({ ...p, file })) ?? []) : [];
