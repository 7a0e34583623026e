import type { StarterChoices } from '../../cluster/starter.ts';
import type { Diagnostic } from '../../dumps/diagnostic.ts';
import type { Choices } from '../../engine/probe.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import type { Files } from '../../share/packed.ts';
import type { ProbeWords } from '../../share/probeWords.ts';
import type { Lang } from '../../text/lang.ts';
import type { Detail } from '../../text/reading-types.ts';
import type { SourceRef } from '../../world/source.ts';
import type { Parsed, YamlFault } from './parser.ts';
import type { WalkResult } from './walk.ts';

/** Where the dumps came from. */
export type Origin =
  | { readonly kind: 'scenario'; readonly scenario: Scenario; readonly params: Readonly<Record<string, string>> }
  /** Brought by the user; `inLink`: they said yes to having the text in the link. */
  | { readonly kind: 'own'; readonly inLink: boolean }
  /** Built here; the base are the objects that these choices give. */
  | { readonly kind: 'cluster'; readonly choices: StarterChoices };

export type Theme = 'light' | 'dark';

/** Where the page's ofproto/trace begins: a bridge, and a packet for it. */
export interface FlowStart {
  readonly host: string;
  readonly bridge: string;
  readonly flow: string;
}

/** Panels that lie over the page; at most one is open. */
export type Panel = 'builder' | 'newcluster' | 'drawer' | 'dumps' | 'ofproto' | 'share' | 'help' | 'outcomes' | 'scenarios' | 'verified';

/** Something to tell once, at the top. `link` is the text of a link that could not be used. */
export type Notice =
  | { readonly kind: 'damaged-link'; readonly link: string; readonly reasons: readonly NoticeReason[] }
  | { readonly kind: 'step-out-of-range'; readonly asked: number; readonly count: number }
  | { readonly kind: 'load-failed' }
  | { readonly kind: 'nothing-read' };

/** Why a link could not be used, as data. */
export type NoticeReason =
  | { readonly code: 'too-long' | 'no-scenario' | 'bad-escape' | 'bad-pair' | 'repeated' | 'bad-value' | 'unknown-scenario' | 'unknown-parameter' | 'bad-choice'; readonly part: string }
  | { readonly code: 'packed-version' | 'packed-damaged' | 'packed-too-large' | 'own-not-included' }
  | { readonly code: 'packed-base'; readonly part: string };

/** What was loaded, parsed and computed from the inputs, and the inputs themselves. */
export interface Loaded {
  readonly origin: Origin;
  /** The dumps as they came. */
  readonly base: Files;
  /** The dumps as edited; the same object as `base` when nothing was. */
  readonly files: Files;
  /** Of `files`; while these have faults, of the last ones without. */
  readonly parsed: Parsed;
  /** What is wrong with the YAML as it stands. */
  readonly faults: readonly YamlFault[];
  /** What reading the archive and the Kubernetes objects found, besides `parsed.diagnostics`: of an archive. */
  readonly notes: readonly Diagnostic[];
  readonly words: ProbeWords;
  readonly choices: Choices;
  readonly result: WalkResult;
}

export interface PageState {
  /** undefined until the first dumps are read. */
  readonly loaded: Loaded | undefined;
  readonly undo: readonly Files[];
  readonly redo: readonly Files[];
  readonly detail: Detail;
  /** Position in the reading of `detail`. */
  readonly index: number;
  readonly playing: boolean;
  readonly speed: number;
  readonly lang: Lang;
  readonly theme: Theme;
  readonly panel: Panel | undefined;
  /** Where the dump view should show. */
  readonly dumpAt: SourceRef | undefined;
  readonly flowAt: FlowStart | undefined;
  readonly notice: Notice | undefined;
  /** True while dumps are being fetched or unpacked. */
  readonly busy: boolean;
}
