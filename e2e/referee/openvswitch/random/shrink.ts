import type { OvsDraft } from './draft.ts';

const without = <T>(list: readonly T[], from: number, count = 1): readonly T[] => [...list.slice(0, from), ...list.slice(from + count)];
const replaced = <T>(list: readonly T[], at: number, piece: T): readonly T[] => list.map((x, i) => (i === at ? piece : x));

/** Smaller drafts, those that leave out the most first. */
export function* shrinksOvs(draft: OvsDraft): Generator<OvsDraft> {
  for (let size = draft.rules.length >> 1; size > 1; size >>= 1) for (let at = 0; at < draft.rules.length; at += size) yield { ...draft, rules: without(draft.rules, at, size) };
  for (const [i] of draft.rules.entries()) yield { ...draft, rules: without(draft.rules, i) };
  for (const [i] of draft.groups.entries()) yield { ...draft, groups: without(draft.groups, i) };
  for (const [i] of draft.macs.entries()) yield { ...draft, macs: without(draft.macs, i) };
  if (draft.frags !== 'normal') yield { ...draft, frags: 'normal' };
  for (const [i, rule] of draft.rules.entries()) {
    for (const [j] of rule.actions.entries()) yield { ...draft, rules: replaced(draft.rules, i, { ...rule, actions: without(rule.actions, j) }) };
    for (const [j] of rule.match.entries()) yield { ...draft, rules: replaced(draft.rules, i, { ...rule, match: without(rule.match, j) }) };
    if (rule.needs !== '') yield { ...draft, rules: replaced(draft.rules, i, { ...rule, needs: '' }) };
  }
  for (const [i, group] of draft.groups.entries()) {
    for (const [j, bucket] of group.buckets.entries()) {
      if (group.buckets.length > 1) yield { ...draft, groups: replaced(draft.groups, i, { ...group, buckets: without(group.buckets, j) }) };
      for (const [k] of bucket.actions.entries()) yield { ...draft, groups: replaced(draft.groups, i, { ...group, buckets: replaced(group.buckets, j, { ...bucket, actions: without(bucket.actions, k) }) }) };
    }
  }
  for (const [i, packet] of draft.packets.entries()) {
    if (packet.ctNext.length > 0) yield { ...draft, packets: replaced(draft.packets, i, { ...packet, ctNext: packet.ctNext.slice(0, -1) }) };
    for (const field of Object.keys(packet.fields)) if (field !== 'in_port') yield { ...draft, packets: replaced(draft.packets, i, { ...packet, fields: Object.fromEntries(Object.entries(packet.fields).filter(([f]) => f !== field)) }) };
  }
}
