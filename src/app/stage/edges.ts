import type { Edge } from '@xyflow/react';
import type { Point } from './geometry.ts';
import type { StageStrings } from './strings.ts';

export type RailEdgeType = Edge<{ readonly paths: readonly { readonly id: string; readonly d: string }[] }, 'rail'>;
export type PipeEdgeType = Edge<{ readonly kind: string; readonly y: number; readonly parts: readonly { readonly x1: number; readonly x2: number }[]; readonly middle: number; readonly seenBy: string | undefined; readonly strings: StageStrings }, 'pipe'>;
export type TrailEdgeType = Edge<
  { readonly d: string; readonly from: number; readonly move: number; readonly past: readonly string[]; readonly ahead: string; readonly hollow: boolean },
  'trail'
>;
export type NoteEdgeType = Edge<{ readonly leader: string; readonly pin: Point | undefined; readonly fade: boolean; readonly rays: readonly { readonly d: string; readonly taken: boolean }[] }, 'note'>;
export type LabelEdgeType = Edge<{ readonly labels: readonly StageLabel[] }, 'label'>;

/** Words on the stage that belong to no box. */
export interface StageLabel {
  readonly id: string;
  readonly at: Point;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly tone: 'quiet' | 'decider' | 'dropped';
  readonly text: string;
}

export type StageEdge = RailEdgeType | PipeEdgeType | TrailEdgeType | NoteEdgeType | LabelEdgeType;
