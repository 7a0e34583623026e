import type { ParsedWorld, Section } from '../../dumps/bundle.ts';
import type { Files } from '../../share/packed.ts';
import type { ClusterNames } from '../../world/world.ts';

/**
 * The parsers of dumps, which the first view does without: a built-in scenario comes parsed, by the same parsers, when the page is
 * built. Whatever brings other text onto the page awaits loadParser() first.
 */
let parse: ((files: Files, names: ClusterNames) => ParsedWorld) | undefined;

/** What the build parsed already, by the very object of its files and its names. */
const known = new WeakMap<Files, { readonly names: ClusterNames; readonly parsed: ParsedWorld }>();

/** Fetches the parsers; rejects when that fails. */
export async function loadParser(): Promise<void> {
  parse ??= (await import('../../dumps/bundle.ts')).parseBundle;
}

/** Remembers the world that the build made of these files. */
export const knowParsed = (files: Files, names: ClusterNames, parsed: ParsedWorld): void => void known.set(files, { names, parsed });

/** The world of these files; throws when they are not known and nobody awaited loadParser(). */
export function parsedWorld(files: Files, names: ClusterNames): ParsedWorld {
  const ready = known.get(files);
  if (ready?.names === names) return ready.parsed;
  if (!parse) throw new Error('the parsers of dumps are not loaded');
  return parse(files, names);
}

/** The sections of the files; what the build parsed comes without, to travel light, and is read again. Needs loadParser(). */
export function sectionsOf(files: Files, parsed: ParsedWorld | undefined): readonly Section[] {
  if (parsed && parsed.sections.length > 0) return parsed.sections;
  if (!parse) throw new Error('the parsers of dumps are not loaded');
  return parse(files, { pods: [], services: [], nodes: [] }).sections;
}
