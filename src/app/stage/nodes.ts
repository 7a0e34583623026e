import type { Node } from '@xyflow/react';
import type { Box, PlacedHouse } from './house.ts';
import type { LedgerLine } from './ledger.ts';
import type { Mark } from './marks.ts';
import type { Capsule } from './shells.ts';
import type { StageStrings } from './strings.ts';

/** What each kind of node on the stage is told. Nodes show; they compute nothing. */
export type HouseNodeType = Node<{ readonly house: PlacedHouse; readonly active: boolean; readonly ledger: readonly LedgerLine[] | undefined; readonly strings: StageStrings }, 'netns'>;
export type BoxData = { readonly box: Box; readonly mark: Mark | undefined; readonly strings: StageStrings };
export type HookNodeType = Node<BoxData, 'hook'>;
export type DeviceNodeType = Node<BoxData, 'device'>;
export type PodNodeType = Node<BoxData, 'pod'>;
export type MoreNodeType = Node<BoxData, 'more'>;
export type CapsuleNodeType = Node<{ readonly capsule: Capsule; readonly inside: boolean; readonly tag: number; readonly strings: StageStrings }, 'capsule'>;
export type OddsNodeType = Node<{ readonly text: string; readonly taken: boolean; readonly option: number; readonly choice: string }, 'odds'>;
export type BubbleNodeType = Node<{ readonly sees: string; readonly truly: string; readonly side: 'left' | 'right'; readonly strings: StageStrings }, 'bubble'>;
export type TokenNodeType = Node<{ readonly d: string; readonly from: number; readonly tone: Capsule['tone']; readonly onWire: boolean; readonly move: number }, 'token'>;
export type AnchorNodeType = Node<Record<string, never>, 'anchor'>;

export type StageNode = HouseNodeType | HookNodeType | DeviceNodeType | PodNodeType | MoreNodeType | CapsuleNodeType | OddsNodeType | BubbleNodeType | TokenNodeType | AnchorNodeType;
