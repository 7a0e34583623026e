import type { FieldMatch, LearnAction, OpenFlowAction, OpenFlowRule, Subfield, Words } from '../../world/openflow.ts';
import { OFPP } from '../../world/openflow.ts';
import { FIELDS } from '../../world/openflowFields.ts';
import { matchKey } from './classifier.ts';
import { readSubfield } from './fields.ts';
import type { Flow } from './types.ts';

/*
 * The rule that `learn` makes of a packet (learn_execute() of lib/learn.c).
 */

const sourceValue = (flow: Flow, src: Subfield | { readonly value: Words }): Words => {
  if ('value' in src) return src.value;
  const field = FIELDS.get(src.field);
  return field ? readSubfield(flow, field, src) : [0];
};

/** A value at its place in a field, as many words as the field has, and the mask of those bits. */
function placed(dst: Subfield, value: Words): { readonly value: Words; readonly mask: Words } {
  const words = FIELDS.get(dst.field)?.words ?? 1;
  let bits = 0n;
  for (const w of value) bits = (bits << 32n) | BigInt(w);
  const mask = ((1n << BigInt(dst.to - dst.from + 1)) - 1n) << BigInt(dst.from);
  const at = (bits << BigInt(dst.from)) & mask;
  const split = (v: bigint): Words => Array.from({ length: words }, (_, i) => Number((v >> BigInt(32 * (words - 1 - i))) & 0xffffffffn));
  return { value: split(at), mask: split(mask) };
}

/** Puts a condition on part of a field to those that there are: bits of one field are one condition. */
function addMatch(matches: Map<string, FieldMatch>, dst: Subfield, value: Words): void {
  const bits = placed(dst, value);
  const old = matches.get(dst.field);
  const or = (a: Words | undefined, b: Words): Words => b.map((w, i) => ((a?.[i] ?? 0) | w) >>> 0);
  const mask = or(old?.mask, bits.mask);
  const all = placed({ field: dst.field, from: 0, to: (FIELDS.get(dst.field)?.bits ?? 1) - 1 }, []).mask;
  matches.set(dst.field, { field: dst.field, value: or(old?.value, bits.value), ...(all.every((w, i) => w === mask[i]) ? {} : { mask }) });
}

/** A value in as many words as the field has, its bits at the lowest end. */
function wide(field: string, value: Words): Words {
  const words = FIELDS.get(field)?.words ?? 1;
  return Array.from({ length: words }, (_, i) => value[value.length - words + i] ?? 0);
}

/** The rule that this packet teaches. */
export function learnedRule(flow: Flow, action: LearnAction): OpenFlowRule {
  const matches = new Map<string, FieldMatch>();
  const actions: OpenFlowAction[] = [];
  for (const spec of action.specs) {
    const value = sourceValue(flow, spec.src);
    if (spec.kind === 'match') addMatch(matches, spec.dst, value);
    else if (spec.kind === 'load') actions.push({ kind: 'load', value: wide(spec.dst.field, value), dst: spec.dst });
    else {
      const port = value.at(-1) ?? 0;
      const reserved: readonly number[] = [OFPP.IN_PORT, OFPP.FLOOD, OFPP.LOCAL, OFPP.ALL];
      if (value.slice(0, -1).every((w) => w === 0) && (port < 0xff00 || reserved.includes(port))) actions.push({ kind: 'output', port });
    }
  }
  return { table: action.table, priority: action.priority, cookie: action.cookie, match: [...matches.values()], actions, source: undefined };
}

const isSame = (a: OpenFlowRule, b: OpenFlowRule): boolean => matchKey(a) === matchKey(b) && JSON.stringify(a.actions) === JSON.stringify(b.actions);

/**
 * ofproto_flow_mod_learn(): with `limit` rules of that cookie in the table none is put there any more, not even in the place of one with
 * the same match. The very same rule is only refreshed (ofproto_flow_mod_init_for_learn()).
 */
export function tooManyLearned(rules: readonly OpenFlowRule[], learned: readonly OpenFlowRule[], action: LearnAction, rule: OpenFlowRule): boolean {
  if (action.limit === undefined || action.limit === 0) return false;
  const there = [...rules, ...learned].filter((r) => r.table === rule.table && r.cookie === rule.cookie);
  return there.length >= action.limit && !there.some((r) => isSame(r, rule));
}
