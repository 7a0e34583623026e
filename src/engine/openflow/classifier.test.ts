import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldMatch, OpenFlowAction, OpenFlowRule } from '../../world/openflow.ts';
import { FIELDS } from '../../world/openflowFields.ts';
import { addRule, TableClassifier, type Tables } from './classifier.ts';
import { emptyFlow, W, writeMasked } from './fields.ts';
import type { Flow } from './types.ts';

const rule = (priority: number, match: readonly FieldMatch[], actions: readonly OpenFlowAction[] = []): OpenFlowRule => ({ table: 0, priority, cookie: '0', match, actions, source: undefined });

function flowOf(values: Readonly<Record<string, readonly number[]>>): Flow {
  const flow = emptyFlow();
  for (const [name, value] of Object.entries(values)) {
    const field = FIELDS.get(name);
    if (!field) throw new Error(name);
    writeMasked(flow, field, value, undefined);
  }
  return flow;
}

const tableOf = (...rules: readonly OpenFlowRule[]): TableClassifier => {
  const table = new TableClassifier();
  for (const r of rules) table.add(r);
  return table;
};

/** Fields of one, two and four words and two that share one, with values from so few that rules meet. */
const PARTS = [
  { field: 'in_port', words: 1 },
  { field: 'reg0', words: 1 },
  { field: 'xreg0', words: 2 },
  { field: 'dl_dst', words: 2 },
  { field: 'ipv6_dst', words: 4 },
  { field: 'nw_src', words: 1 },
] as const;

const small = fc.constantFrom(0, 1, 2, 3, 0x10000, 0x80000000);
const masks = fc.constantFrom(0, 1, 3, 0xffff0000, 0xffffffff);
const matchArb = fc.constantFrom(...PARTS).chain(({ field, words }) => {
  const bits = FIELDS.get(field)?.bits ?? 32;
  const fit = (w: readonly number[]): readonly number[] => w.map((v, i) => ((bits - 32 * (words - 1 - i) >= 32 ? v : v & (2 ** (bits % 32) - 1)) >>> 0));
  return fc.tuple(fc.array(small, { minLength: words, maxLength: words }), fc.array(masks, { minLength: words, maxLength: words })).map(([value, mask]) => {
    const m = fit(mask);
    return { field, value: fit(value).map((v, i) => (v & (m[i] ?? 0)) >>> 0), mask: m };
  });
});
const ruleArb = fc.record({ priority: fc.integer({ min: 0, max: 5 }), match: fc.uniqueArray(matchArb, { maxLength: 3, selector: (m) => (m.field === 'xreg0' ? 'reg0' : m.field) }) }).map(({ priority, match }) => rule(priority, match));
const flowArb = fc
  .tuple(...PARTS.filter((p) => p.field !== 'reg0').map(({ field, words }) => fc.array(small, { minLength: words, maxLength: words }).map((v) => [field, v] as const)))
  .map((parts) => flowOf(Object.fromEntries(parts)));

/** The definition: every condition holds, bit by bit. */
const holds = (flow: Flow, r: OpenFlowRule): boolean =>
  r.match.every((m) => {
    const field = FIELDS.get(m.field);
    return field !== undefined && m.value.every((v, i) => ((flow[field.word + i] ?? 0) & (m.mask?.[i] ?? 0xffffffff)) >>> 0 === v);
  });

const scan = (rules: readonly OpenFlowRule[], flow: Flow): OpenFlowRule | undefined =>
  rules.reduce<OpenFlowRule | undefined>((best, r) => (holds(flow, r) && (best === undefined || r.priority > best.priority) ? r : best), undefined);

describe('a table', () => {
  it('finds what a scan of all rules by priority finds, the first of equals', () => {
    fc.assert(
      fc.property(fc.array(ruleArb, { maxLength: 40 }), fc.array(flowArb, { minLength: 1, maxLength: 5 }), (rules, flows) => {
        const table = tableOf(...rules);
        for (const flow of flows) expect(table.lookup(flow)?.rule).toBe(scan(rules, flow));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    { match: { field: 'dl_vlan', value: [5] }, tci: 0x1005, hit: true, because: 'the tag is there' },
    { match: { field: 'dl_vlan', value: [5] }, tci: 0xb005, hit: true, because: 'the priority is another field' },
    { match: { field: 'dl_vlan', value: [0] }, tci: 0, hit: false, because: 'VLAN 0 is a tag, too' },
    { match: { field: 'dl_vlan', value: [0] }, tci: 0x1000, hit: true, because: 'a priority tag' },
    { match: { field: 'dl_vlan', value: [0xffff] }, tci: 0, hit: true, because: '0xffff is no tag' },
    { match: { field: 'dl_vlan', value: [0xffff] }, tci: 0x1005, hit: false, because: '0xffff is no tag' },
    { match: { field: 'dl_vlan_pcp', value: [0] }, tci: 0, hit: false, because: 'a priority needs a tag' },
    { match: { field: 'dl_vlan_pcp', value: [3] }, tci: 0x7005, hit: true, because: 'bits 13 to 15' },
    { match: { field: 'vlan_tci', value: [0], mask: [0x1000] }, tci: 0, hit: true, because: 'only the bit of the tag is asked for' },
    { match: { field: 'vlan_tci', value: [0x1000], mask: [0x1000] }, tci: 0x1fff, hit: true, because: 'any tag' },
    { match: { field: 'vlan_vid', value: [0x1005] }, tci: 0xf005, hit: true, because: 'VID and CFI' },
  ])('$match.field=$match.value of a tag $tci: $hit, $because', ({ match, tci, hit }) => {
    const flow = flowOf({});
    flow[W.vlanTci] = tci;
    expect(tableOf(rule(1, [match])).lookup(flow) !== undefined).toBe(hit);
  });

  it('leaves the bits of ECN out of nw_tos', () => {
    const flow = flowOf({});
    flow[W.nwTos] = 0x23;
    expect(tableOf(rule(1, [{ field: 'nw_tos', value: [0x20] }])).lookup(flow)).toBeDefined();
  });

  it('asks of an option that the packet has it, whatever its value', () => {
    const table = tableOf(rule(1, [{ field: 'tun_metadata3', value: [0, 0, 0, 0], mask: [0, 0, 0, 0] }]));
    expect(table.lookup(flowOf({}))).toBeUndefined();
    expect(table.lookup(flowOf({ tun_metadata3: [0, 0, 0, 0] }))).toBeDefined();
    expect(table.lookup(flowOf({ tun_metadata2: [0, 0, 0, 1] }))).toBeUndefined();
  });

  it.each([
    { odd: 9, more: [], port: 1, names: ['nsh_si=3'], because: 'it would come first' },
    { odd: 1, more: [], port: 1, names: ['nsh_si=3'], because: 'it might be taken as well' },
    { odd: 0, more: [], port: 1, names: [], because: 'another one comes first' },
    { odd: 9, more: [{ field: 'in_port', value: [1] }], port: 1, names: ['nsh_si=3'], because: 'the rest of it matches' },
    { odd: 9, more: [{ field: 'in_port', value: [2] }], port: 1, names: [], because: 'the rest of it does not match' },
  ])('of priority $odd names a field that it does not know: $names, $because', ({ odd, more, port, names }) => {
    const table = tableOf(rule(odd, [{ field: 'unknown', value: [], text: 'nsh_si=3' }, ...more]), rule(1, []));
    const flow = flowOf({ in_port: [port] });
    const found = table.lookup(flow)?.rule;
    expect(found?.match).toEqual([]);
    expect(table.undecidable(flow, found?.priority ?? -1)).toEqual(names);
  });

  it('sends a rule of another table nowhere else', () => {
    const tables: Tables = new Map();
    addRule(tables, { ...rule(1, []), table: 7 });
    expect([...tables.keys()]).toEqual([7]);
  });
});

describe('conjunctive matches', () => {
  const conj = (id: number, clause: number, clauses: number): OpenFlowAction => ({ kind: 'conjunction', id, clause, clauses });
  const src = (v: number): FieldMatch => ({ field: 'nw_src', value: [v] });
  const dst = (v: number): FieldMatch => ({ field: 'nw_dst', value: [v] });
  const id = (v: number): FieldMatch => ({ field: 'conj_id', value: [v] });
  const both = [rule(10, [src(1)], [conj(7, 1, 2)]), rule(10, [src(2)], [conj(7, 1, 2)]), rule(10, [dst(3)], [conj(7, 2, 2)])];
  const action = rule(10, [id(7)], [{ kind: 'exit' }]);
  const low = rule(5, []);
  const flow = (s: number, d: number): Flow => flowOf({ nw_src: [s], nw_dst: [d] });

  it('match when every dimension does, and tell which rules those were', () => {
    const found = tableOf(...both, action, low).lookup(flow(2, 3));
    expect(found?.rule).toBe(action);
    expect(found?.conjunction).toEqual({ id: 7, clauses: [both[1], both[2]] });
  });

  it.each([
    [9, 3],
    [1, 9],
  ])('of %i and %i with a dimension missing are as if their rules were not there', (s, d) => {
    expect(tableOf(...both, action, low).lookup(flow(s, d))?.rule).toBe(low);
  });

  it('without a rule for the id lead nowhere', () => expect(tableOf(...both, low).lookup(flow(1, 3))?.rule).toBe(low));

  it('leave the flow as it was', () => {
    const f = flow(1, 3);
    tableOf(...both, action).lookup(f);
    expect(f[W.conjId]).toBe(0);
  });

  it('give way to a better rule that is no conjunction', () => {
    const better = rule(11, [src(1)]);
    expect(tableOf(...both, action, better).lookup(flow(1, 3))?.rule).toBe(better);
  });

  it('give way to a rule of the same priority that is no conjunction', () => {
    const same = rule(10, [{ field: 'in_port', value: [0] }]);
    expect(tableOf(...both, action, same).lookup(flow(1, 3))?.rule).toBe(same);
  });

  it('that are incomplete let through to a lower rule with the same match', () => {
    const under = rule(8, [src(1)]);
    expect(tableOf(...both, action, under, low).lookup(flow(1, 9))?.rule).toBe(under);
  });

  it('of a lower priority get their turn when a higher one is incomplete', () => {
    const lower = [rule(8, [src(1)], [conj(8, 1, 2)]), rule(8, [dst(4)], [conj(8, 2, 2)]), rule(8, [id(8)], [{ kind: 'exit' }])];
    expect(tableOf(...both, action, ...lower, low).lookup(flow(1, 4))?.rule).toBe(lower[2]);
  });

  it('count a dimension once, however many of its rules match', () => {
    const wide = rule(10, [{ field: 'in_port', value: [0] }], [conj(7, 1, 2)]);
    expect(tableOf(...both, wide, action, low).lookup(flow(1, 9))?.rule).toBe(low);
  });

  it('may share a rule between two conjunctions', () => {
    const shared = rule(10, [src(1)], [conj(7, 1, 2), conj(8, 1, 2)]);
    const other = rule(10, [dst(5)], [conj(8, 2, 2)]);
    const eight = rule(10, [id(8)], [{ kind: 'exit' }]);
    expect(tableOf(shared, rule(10, [dst(3)], [conj(7, 2, 2)]), other, action, eight).lookup(flow(1, 5))?.rule).toBe(eight);
  });
});
