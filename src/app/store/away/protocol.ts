import type { Because } from '../../../cluster/because.ts';
import type { Diagnostic } from '../../../dumps/diagnostic.ts';
import type { Choices } from '../../../engine/probe.ts';
import type { Trace } from '../../../engine/trace-types.ts';
import type { Branch } from '../../../engine/trace.ts';
import type { Lab } from '../../../export/lab/lab.ts';
import type { Files } from '../../../share/packed.ts';
import type { ProbeWords, WordProblem } from '../../../share/probeWords.ts';
import type { World } from '../../../world/world.ts';
import type { YamlFault } from '../parser.ts';

/** What the page asks of the worker. All but `walk` are about the world of the last answer. */
export type Question =
  | {
      readonly kind: 'walk';
      readonly files: Files;
      /** Undefined: a first question that fits the world. */
      readonly words: ProbeWords | undefined;
      readonly choices: Choices;
      /** Another cluster than that of the last question: there is no last good world to keep. */
      readonly fresh: boolean;
      /** Of a fresh one, the files whose world the page has from elsewhere: that is the last good one. */
      readonly last?: Files;
    }
  | { readonly kind: 'outcomes'; readonly words: ProbeWords }
  | { readonly kind: 'lab'; readonly words: ProbeWords }
  | { readonly kind: 'text'; readonly path: string };

/** Texts of compiled machines, and by their lines (from 0) the objects that made them. */
export interface CompiledText {
  readonly text: string;
  readonly reasons: readonly (Because | undefined)[];
}

export interface WalkAnswer {
  readonly kind: 'walk';
  readonly faults: readonly YamlFault[];
  /** Firewalls of compiled machines are there only for namespaces that the walk enters. */
  readonly world: World;
  readonly diagnostics: readonly Diagnostic[];
  readonly compiled: readonly string[];
  /** All files of compiled machines. */
  readonly paths: readonly string[];
  /** Those of the namespaces that the walk enters. */
  readonly texts: Readonly<Record<string, CompiledText>>;
  /** Undefined: there is nobody who could send anything. */
  readonly words: ProbeWords | undefined;
  readonly result: { readonly kind: 'trace'; readonly trace: Trace } | { readonly kind: 'words'; readonly problem: WordProblem } | { readonly kind: 'failed'; readonly message: string };
}

export interface Outcomes {
  readonly branches: readonly Branch[];
  readonly truncated: number;
}

export type Answer = WalkAnswer | { readonly kind: 'outcomes'; readonly outcomes: Outcomes | undefined } | { readonly kind: 'lab'; readonly lab: Lab } | { readonly kind: 'text'; readonly text: CompiledText };

export interface Envelope<T> {
  readonly id: number;
  readonly body: T;
}
