import { promptOf } from '../../dumps/section.ts';
import type { SourceRef } from '../../world/source.ts';

/** The text of dumps, by path. */
export type BundleText = Readonly<Record<string, string>>;

/** A dump is split once, not at every step. */
const splits = new WeakMap<BundleText, Map<string, readonly string[]>>();

/** The lines of one file; empty when the bundle does not have it. */
export function linesOf(bundle: BundleText, input: string): readonly string[] {
  const files = splits.get(bundle) ?? new Map<string, readonly string[]>();
  splits.set(bundle, files);
  const known = files.get(input);
  if (known) return known;
  const text = Object.hasOwn(bundle, input) ? bundle[input] : undefined;
  const lines = text === undefined ? [] : text.split(/\r\n|\r|\n/);
  files.set(input, lines);
  return lines;
}

/** One line verbatim; undefined when there is none. */
export const lineAt = (bundle: BundleText, ref: SourceRef): string | undefined => linesOf(bundle, ref.input)[ref.line - 1];

/** The command whose output has a line, as typed; undefined when no prompt stands above it. */
export function commandAbove(bundle: BundleText, ref: SourceRef): string | undefined {
  const lines = linesOf(bundle, ref.input);
  for (let at = Math.min(ref.line, lines.length) - 1; at >= 0; at--) {
    const command = promptOf(lines[at] ?? '')?.command;
    if (command) return command;
  }
  return undefined;
}
