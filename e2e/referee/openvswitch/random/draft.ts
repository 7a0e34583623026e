import type { OvsCase } from '../case.ts';

/** A random pipeline as a tree whose pieces can be taken out one by one, each time leaving a smaller one that still is one. */
export interface OvsDraft {
  readonly name: string;
  readonly rules: readonly RuleDraft[];
  readonly groups: readonly GroupDraft[];
  readonly packets: readonly PacketDraft[];
  readonly macs: readonly { readonly bridge: string; readonly text: string }[];
  readonly frags: 'normal' | 'drop' | 'nx-match';
  readonly tlvs: Readonly<Record<string, readonly string[]>>;
}

export interface RuleDraft {
  readonly bridge: string;
  readonly table: number;
  readonly priority: number;
  readonly cookie: number;
  /** What the other conditions and the actions need (`tcp`): the last to go. */
  readonly needs: string;
  readonly match: readonly string[];
  readonly actions: readonly string[];
}

export interface GroupDraft {
  readonly bridge: string;
  readonly id: number;
  /** `type=select,selection_method=dp_hash`. */
  readonly head: string;
  /** Words before the actions of each (`weight:3`), and these. */
  readonly buckets: readonly { readonly words: readonly string[]; readonly actions: readonly string[] }[];
}

export interface PacketDraft {
  readonly bridge: string;
  /** The kind's shorthand. */
  readonly kind: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly ctNext: readonly string[];
  /** Rules are really learned from it. */
  readonly generate: boolean;
}

const ruleText = ({ table, priority, cookie, needs, match, actions }: RuleDraft): string =>
  [`table=${table}`, `priority=${priority}`, `cookie=0x${cookie.toString(16)}`, ...(needs === '' ? [] : [needs]), ...match, `actions=${actions.length === 0 ? 'drop' : actions.join(',')}`].join(',');

const groupText = ({ id, head, buckets }: GroupDraft): string => [`group_id=${id}`, head, ...buckets.map((b, i) => ['bucket=bucket_id:', i, ...b.words.map((w) => `,${w}`), `,actions=${b.actions.length === 0 ? 'drop' : b.actions.join(',')}`].join(''))].join(',');

function byBridge<T extends { readonly bridge: string }>(list: readonly T[], text: (piece: T) => string): Readonly<Record<string, readonly string[]>> {
  const map: Record<string, string[]> = {};
  for (const piece of list) (map[piece.bridge] ??= []).push(text(piece));
  return map;
}

export const flowText = ({ kind, fields }: PacketDraft): string => [kind, ...Object.entries(fields).map(([name, value]) => `${name}=${value}`)].filter((w) => w !== '').join(',');

/** The draft written down. */
export function caseOf(draft: OvsDraft): OvsCase {
  return {
    name: draft.name,
    covers: [],
    flows: byBridge(draft.rules, ruleText),
    groups: byBridge(draft.groups, groupText),
    tlvs: draft.tlvs,
    frags: draft.frags,
    macs: byBridge(draft.macs, (m) => m.text),
    packets: draft.packets.map((p) => ({ bridge: p.bridge, flow: flowText(p), ...(p.ctNext.length > 0 ? { ctNext: p.ctNext } : {}), ...(p.generate ? { generate: true } : {}) })),
  };
}
