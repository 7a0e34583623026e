import type { SourceRef } from '../world/source.ts';

/** The object that made a line of a compiled node: `Service default/ng-svc`, and which part of it. */
export interface Because {
  readonly kind: string;
  /** Undefined for objects without a namespace. */
  readonly namespace: string | undefined;
  readonly name: string;
  /** A part of it, in its own words: `port http`, `ingress rule 2`, `natOutgoing`. */
  readonly part?: string;
  /** Where the object stands in what the user gave; absent: it stands for a default. */
  readonly source?: SourceRef;
}

/** Finds the object that made a line. */
export type ReasonOf = (ref: SourceRef) => Because | undefined;
