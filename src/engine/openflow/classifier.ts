import type { FieldMatch, OpenFlowRule, OvsBridge } from '../../world/openflow.ts';
import { FIELDS, HIDDEN } from '../../world/openflowFields.ts';
import { tunMetadataIndex, VLAN_CFI, W, word } from './fields.ts';
import type { Flow } from './types.ts';

/*
 * The flow tables (lib/classifier.c): the rules of a table lie in subtables, one a set of masks, each a hash over the masked words.
 * Subtables are asked from the highest priority down until none can hold a better rule. Of rules that tie, OVS takes any; here the one
 * that comes first in the dump.
 */

interface Entry {
  readonly rule: OpenFlowRule;
  readonly order: number;
  readonly values: readonly number[];
  /** Its `conjunction` actions: then it only counts towards them. */
  readonly conjunctions: readonly { readonly id: number; readonly clause: number; readonly clauses: number }[] | undefined;
}

interface Subtable {
  readonly words: readonly number[];
  readonly masks: readonly number[];
  priority: number;
  /** By the hash of the masked words: the rules with that hash; those with one and the same match one after the other, by priority. */
  readonly buckets: Map<number, Entry[]>;
}

/** The rule that was found; `conjunction`: the dimensions of the conjunctive match that led to it. */
export interface Found {
  readonly rule: OpenFlowRule;
  readonly conjunction: { readonly id: number; readonly clauses: readonly OpenFlowRule[] } | undefined;
}

interface Condition {
  readonly mask: Map<number, number>;
  readonly value: Map<number, number>;
  readonly unknown: readonly string[];
}

const FULL = 0xffffffff;

function addBits(c: Condition, at: number, value: number, mask: number): void {
  if (mask === 0) return;
  c.mask.set(at, ((c.mask.get(at) ?? 0) | mask) >>> 0);
  c.value.set(at, ((c.value.get(at) ?? 0) | (value & mask)) >>> 0);
}

/** One condition as masked words (match_set_*() of lib/match.c). */
function addCondition(c: Condition & { unknown: string[] }, match: FieldMatch): void {
  const field = FIELDS.get(match.field);
  if (!field || match.text !== undefined) {
    c.unknown.push(match.text ?? match.field);
    return;
  }
  const option = tunMetadataIndex(field);
  if (option !== undefined) addBits(c, HIDDEN.tunPresent + (option >>> 5), FULL, (1 << (option & 31)) >>> 0);
  if (field.name === 'dl_vlan' && (match.value.at(-1) ?? 0) > 0xfff) return addBits(c, W.vlanTci, 0, 0xffff);
  // dl_vlan and dl_vlan_pcp ask for a tag as well (match_set_dl_vlan(), match_set_dl_vlan_pcp()).
  if (field.name === 'dl_vlan' || field.name === 'dl_vlan_pcp' || field.name === 'vlan_pcp') addBits(c, W.vlanTci, VLAN_CFI, VLAN_CFI);
  for (let i = 0; i < field.words; i++) {
    const fromEnd = field.words - 1 - i;
    const bits = Math.min(32, field.bits - 32 * fromEnd);
    const all = field.name === 'nw_tos' ? 0xfc : bits >= 32 ? FULL : 2 ** bits - 1;
    const mask = match.mask === undefined ? all : ((match.mask[match.mask.length - 1 - fromEnd] ?? 0) & all) >>> 0;
    let value = match.value[match.value.length - 1 - fromEnd] ?? 0;
    // Reserved ports have 32 bits in OpenFlow 1.1 and later, and 16 in a flow (ofputil_port_from_ofp11()).
    if (field.format === 'port') value &= 0xffff;
    addBits(c, field.word + i, (value << field.lsb) >>> 0, (mask << field.lsb) >>> 0);
  }
}

function conditionOf(rule: OpenFlowRule): Condition {
  const c = { mask: new Map<number, number>(), value: new Map<number, number>(), unknown: [] };
  for (const match of rule.match) addCondition(c, match);
  return c;
}

const mix = (hash: number, value: number): number => {
  const h = Math.imul(hash ^ value, 0x9e3779b1);
  return h ^ (h >>> 15);
};

function hashFlow(sub: Subtable, flow: Flow): number {
  let hash = 0;
  for (let i = 0; i < sub.words.length; i++) hash = mix(hash, (word(flow, sub.words[i] ?? 0) & (sub.masks[i] ?? 0)) >>> 0);
  return hash;
}

const hashValues = (values: readonly number[]): number => values.reduce(mix, 0);

function matches(sub: Subtable, entry: Entry, flow: Flow): boolean {
  for (let i = 0; i < sub.words.length; i++) if ((word(flow, sub.words[i] ?? 0) & (sub.masks[i] ?? 0)) >>> 0 !== entry.values[i]) return false;
  return true;
}

const sameValues = (a: readonly number[], b: readonly number[]): boolean => a.every((v, i) => v === b[i]);

/** What can be compared of rules: two with the same key are one rule with other actions (OFPFC_MODIFY_STRICT). */
export function matchKey(rule: OpenFlowRule): string {
  const c = conditionOf(rule);
  return `${rule.priority} ${[...c.mask].sort((a, b) => a[0] - b[0]).map(([at, mask]) => `${at}:${c.value.get(at)}/${mask}`).join(' ')} ${c.unknown.join(' ')}`;
}

/** One table. */
export class TableClassifier {
  private readonly byMask = new Map<string, Subtable>();
  private subtables: Subtable[] = [];
  private sorted = true;
  private order = 0;
  /** Rules with a field that we do not know: nobody can tell whether they match. */
  private readonly unsure: { readonly rule: OpenFlowRule; readonly fields: readonly string[]; readonly condition: Condition }[] = [];

  add(rule: OpenFlowRule): void {
    const c = conditionOf(rule);
    if (c.unknown.length > 0) {
      this.unsure.push({ rule, fields: c.unknown, condition: c });
      return;
    }
    const words = [...c.mask.keys()].sort((a, b) => a - b);
    const masks = words.map((w) => c.mask.get(w) ?? 0);
    const key = words.map((w, i) => `${w}:${masks[i]}`).join();
    let sub = this.byMask.get(key);
    if (!sub) {
      sub = { words, masks, priority: rule.priority, buckets: new Map() };
      this.byMask.set(key, sub);
      this.subtables.push(sub);
      this.sorted = false;
    } else if (rule.priority > sub.priority) {
      sub.priority = rule.priority;
      this.sorted = false;
    }
    const conjunctions = rule.actions.filter((a) => a.kind === 'conjunction');
    const entry: Entry = { rule, order: this.order++, values: words.map((w) => c.value.get(w) ?? 0), conjunctions: conjunctions.length > 0 ? conjunctions : undefined };
    const hash = hashValues(entry.values);
    const bucket = sub.buckets.get(hash);
    if (!bucket) sub.buckets.set(hash, [entry]);
    else {
      const at = bucket.findIndex((e) => sameValues(e.values, entry.values) && e.rule.priority < rule.priority);
      if (at < 0) bucket.push(entry);
      else bucket.splice(at, 0, entry);
    }
  }

  /** Fields that nobody can tell about, of rules that would come before a rule of this priority and match as far as we know. */
  undecidable(flow: Flow, priority: number): readonly string[] {
    return this.unsure.flatMap(({ rule, fields, condition }) => (rule.priority >= priority && [...condition.mask].every(([at, mask]) => (word(flow, at) & mask) >>> 0 === condition.value.get(at)) ? fields : []));
  }

  /** The best rule for the flow (classifier_lookup()). */
  lookup(flow: Flow): Found | undefined {
    if (!this.sorted) {
      this.subtables.sort((a, b) => b.priority - a.priority);
      this.sorted = true;
    }
    return this.find(flow, true);
  }

  private find(flow: Flow, conjunctive: boolean): Found | undefined {
    let hard: Entry | undefined;
    const soft: { entry: Entry; sub: Subtable }[] = [];
    for (const sub of this.subtables) {
      if (hard && sub.priority < hard.rule.priority) break;
      const entry = first(sub, flow);
      if (!entry) continue;
      if (entry.conjunctions === undefined) hard = better(hard, entry);
      else if (conjunctive) soft.push({ entry, sub });
    }
    if (soft.length > 0) return this.settle(flow, soft, hard);
    return hard && { rule: hard.rule, conjunction: undefined };
  }

  /** The soft match loop of classifier_lookup__(): from the highest priority down, is a conjunction complete? */
  private settle(flow: Flow, softs: readonly { entry: Entry; sub: Subtable }[], best: Entry | undefined): Found | undefined {
    let hard = best;
    let soft = [...softs];
    for (;;) {
      soft = soft.filter((s) => s.entry.rule.priority > (hard?.rule.priority ?? -1));
      if (soft.length === 0) return hard && { rule: hard.rule, conjunction: undefined };
      const priority = Math.max(...soft.map((s) => s.entry.rule.priority));
      const level = soft.filter((s) => s.entry.rule.priority === priority);
      const found = this.complete(flow, level.map((s) => s.entry));
      if (found) return found;
      // A rule with the same match and a lower priority comes into its own.
      soft = soft.filter((s) => s.entry.rule.priority !== priority);
      for (const { entry, sub } of level) {
        const next = after(sub, entry);
        if (next && next.conjunctions === undefined) hard = better(hard, next);
        else if (next) soft.push({ entry: next, sub });
      }
    }
  }

  /** find_conjunctive_match(): the rule of the first conjunction of which every dimension matches. */
  private complete(flow: Flow, level: readonly Entry[]): Found | undefined {
    const seen = new Map<number, Map<number, OpenFlowRule>>();
    for (const entry of level) {
      for (const c of entry.conjunctions ?? []) {
        if (c.clauses > level.length) continue;
        const clauses = seen.get(c.id) ?? new Map<number, OpenFlowRule>();
        seen.set(c.id, clauses);
        if (!clauses.has(c.clause)) clauses.set(c.clause, entry.rule);
        if (clauses.size < c.clauses) continue;
        const saved = word(flow, W.conjId);
        flow[W.conjId] = c.id;
        const found = this.find(flow, false);
        flow[W.conjId] = saved;
        if (found) return { rule: found.rule, conjunction: { id: c.id, clauses: [...clauses].sort((a, b) => a[0] - b[0]).map(([, rule]) => rule) } };
        break;
      }
    }
    return undefined;
  }
}

const better = (a: Entry | undefined, b: Entry): Entry => (a === undefined || b.rule.priority > a.rule.priority || (b.rule.priority === a.rule.priority && b.order < a.order) ? b : a);

/** The best rule of a subtable that matches. */
function first(sub: Subtable, flow: Flow): Entry | undefined {
  for (const entry of sub.buckets.get(hashFlow(sub, flow)) ?? []) if (matches(sub, entry, flow)) return entry;
  return undefined;
}

/** The next rule with the same match. */
function after(sub: Subtable, entry: Entry): Entry | undefined {
  const bucket = sub.buckets.get(hashValues(entry.values)) ?? [];
  for (let i = bucket.indexOf(entry) + 1; i < bucket.length; i++) {
    const next = bucket[i];
    if (next && sameValues(next.values, entry.values) && next.rule.priority < entry.rule.priority) return next;
  }
  return undefined;
}

/** All tables of a bridge by number. */
export type Tables = Map<number, TableClassifier>;

/** Adds a rule to its table. */
export function addRule(tables: Tables, rule: OpenFlowRule): void {
  let table = tables.get(rule.table);
  if (!table) tables.set(rule.table, (table = new TableClassifier()));
  table.add(rule);
}

const compiled = new WeakMap<readonly OpenFlowRule[], Tables>();

/** The tables of a bridge, built once for its list of rules; empty when no listing was given. */
export function tablesOf(bridge: OvsBridge): Tables {
  if (!bridge.flows) return new Map();
  let tables = compiled.get(bridge.flows);
  if (!tables) {
    tables = new Map();
    for (const rule of bridge.flows) addRule(tables, rule);
    compiled.set(bridge.flows, tables);
  }
  return tables;
}
