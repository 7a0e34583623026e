import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FIELDS } from '../world/openflowFields.ts';
import type { CtNat, FieldMatch, LearnSpec, OpenFlowAction, OpenFlowGroup, OpenFlowRule, Subfield, Words } from '../world/openflow.ts';
import { parseBundle } from './bundle.ts';
import { parseFlow } from './ovsFlow.ts';
import { parseRule, printRule } from './ovsFlows.ts';
import { parseGroup, printGroup } from './ovsGroups.ts';
import { lay, nothingLaid } from './ovsMatchPrint.ts';
import { andWords, onesWords } from './ovsWords.ts';

const specOf = (name: string) => {
  const spec = FIELDS.get(name);
  if (!spec) throw new Error(name);
  return spec;
};

const word = fc.integer({ min: 0, max: 0xffffffff });

/** A value that the field can have. */
const valueOf = (name: string): fc.Arbitrary<Words> => {
  const { bits, words } = specOf(name);
  return fc.array(word, { minLength: words, maxLength: words }).map((v) => andWords(v, onesWords(bits, words)));
};

/** Fields of any packet that take any mask, and those that take none. */
const MASKED = ['reg0', 'reg7', 'reg15', 'metadata', 'tun_id', 'tun_src', 'tun_dst', 'ct_mark', 'ct_label', 'pkt_mark', 'dl_src', 'dl_dst', 'tun_metadata3', 'ct_state'];
const WHOLE = ['in_port', 'conj_id', 'ct_zone', 'recirc_id', 'dp_hash'];
const PROTOCOLS: readonly { readonly type: number; readonly proto?: number; readonly masked: readonly string[]; readonly whole: readonly string[] }[] = [
  { type: 0x0800, masked: ['nw_src', 'nw_dst'], whole: ['nw_ttl', 'nw_ecn'] },
  { type: 0x0800, proto: 6, masked: ['nw_src', 'tp_src', 'tp_dst', 'tcp_flags'], whole: ['nw_ttl'] },
  { type: 0x0800, proto: 47, masked: ['nw_dst'], whole: [] },
  { type: 0x0800, proto: 1, masked: [], whole: ['icmp_type', 'icmp_code'] },
  { type: 0x86dd, proto: 58, masked: ['ipv6_src', 'ipv6_dst', 'nd_target', 'nd_sll'], whole: ['icmpv6_type', 'ipv6_label'] },
  { type: 0x86dd, proto: 17, masked: ['ipv6_dst', 'tp_dst'], whole: [] },
  { type: 0x0806, masked: ['arp_spa', 'arp_tpa', 'arp_sha', 'arp_tha'], whole: ['arp_op'] },
  { type: 0x88cc, masked: [], whole: [] },
];

/** Bits that the switch has names for. */
const NAMED: Readonly<Record<string, number>> = { ct_state: 0xff, arp_op: 0xff };

const maskedCondition = (field: string): fc.Arbitrary<readonly FieldMatch[]> =>
  fc.tuple(valueOf(field), fc.option(valueOf(field), { nil: undefined })).map(([value, mask]) => {
    const named = NAMED[field];
    const bits = mask && named !== undefined ? mask.map((m) => m & named) : mask;
    const own = named === undefined ? value : value.map((w) => w & named);
    if (bits?.every((w) => w === 0)) return [];
    if (bits && bits[0] === named) return [{ field, value: own }];
    return [{ field, value: bits ? andWords(own, bits) : own, ...(bits ? { mask: bits } : {}) }];
  });

const wholeCondition = (field: string): fc.Arbitrary<readonly FieldMatch[]> => valueOf(field).map((value) => [{ field, value: value.map((w) => w & (NAMED[field] ?? 0xffffffff)) }]);

const conditions = (masked: readonly string[], whole: readonly string[]): fc.Arbitrary<readonly FieldMatch[]> =>
  fc.tuple(fc.subarray([...masked]), fc.subarray([...whole])).chain(([m, w]) => fc.tuple(...m.map(maskedCondition), ...w.map(wholeCondition)).map((all) => all.flat()));

const match: fc.Arbitrary<readonly FieldMatch[]> = fc
  .tuple(conditions(MASKED, WHOLE), fc.option(fc.constantFrom(...PROTOCOLS), { nil: undefined }))
  .chain(([general, protocol]) =>
    protocol ? conditions(protocol.masked, protocol.whole).map((own) => [...general, { field: 'dl_type', value: [protocol.type] }, ...(protocol.proto === undefined ? [] : [{ field: 'nw_proto', value: [protocol.proto] }]), ...own]) : fc.constant(general),
  );

const SLICED = ['reg0', 'reg15', 'xreg4', 'xxreg0', 'metadata', 'tun_id', 'ct_mark', 'ct_label', 'dl_src', 'nw_src', 'tcp_dst', 'in_port', 'tun_metadata0', 'arp_op', 'vlan_tci'];
const subfield: fc.Arbitrary<Subfield> = fc.constantFrom(...SLICED).chain((field) => {
  const { bits } = specOf(field);
  return fc.tuple(fc.nat(bits - 1), fc.nat(bits - 1)).map(([a, b]) => ({ field, from: Math.min(a, b), to: Math.max(a, b) }));
});
const valueFor = (dst: Subfield): fc.Arbitrary<Words> => {
  const { words } = specOf(dst.field);
  return fc.array(word, { minLength: words, maxLength: words }).map((v) => andWords(v, onesWords(dst.to - dst.from + 1, words)));
};
const loads = subfield.chain((dst) => valueFor(dst).map((value) => ({ dst, value })));
/** Two pieces of the same width. */
const pair = fc.tuple(fc.constantFrom('reg0', 'reg5', 'nw_src', 'ct_mark'), fc.constantFrom('reg1', 'reg2', 'nw_dst', 'pkt_mark'), fc.nat(31), fc.nat(31), fc.nat(31)).map(([a, b, x, y, z]): { readonly src: Subfield; readonly dst: Subfield } => {
  const width = Math.min(31 - x, 31 - y, z);
  return { src: { field: a, from: x, to: x + width }, dst: { field: b, from: y, to: y + width } };
});

const table = fc.integer({ min: 0, max: 254 });
const port = fc.integer({ min: 1, max: 0xfeff });
const u16 = fc.integer({ min: 0, max: 0xffff });

const nat: fc.Arbitrary<CtNat> = fc.oneof(
  fc.constant<CtNat>({ kind: 'nat', ips: undefined, ports: undefined, flags: [] }),
  fc.record({
    kind: fc.constantFrom('src' as const, 'dst' as const),
    ips: fc.tuple(fc.integer({ min: 1, max: 0xfffffff0 }), fc.nat(15)).map(([from, n]) => ({ from, to: from + n })),
    ports: fc.option(fc.tuple(fc.integer({ min: 1, max: 60_000 }), fc.nat(5000)).map(([from, n]) => ({ from, to: from + n })), { nil: undefined }),
    flags: fc.constantFrom<CtNat['flags']>([], ['random'], ['persistent', 'hash']),
  }),
);

const learnSpec: fc.Arbitrary<LearnSpec> = fc.oneof(
  subfield.map((dst): LearnSpec => ({ kind: 'match', dst, src: dst })),
  pair.filter(({ src, dst }) => src.field !== dst.field).map(({ src, dst }): LearnSpec => ({ kind: 'match', dst, src })),
  loads.map(({ dst, value }): LearnSpec => ({ kind: 'load', dst, src: { value } })),
  pair.map(({ src, dst }): LearnSpec => ({ kind: 'load', dst, src })),
  subfield.map((src): LearnSpec => ({ kind: 'output', src })),
);

const leaf: fc.Arbitrary<OpenFlowAction> = fc.oneof(
  fc.record({ kind: fc.constant('output' as const), port: fc.oneof(port, fc.constantFrom(0xfff8, 0xfffa, 0xfffb, 0xfffc, 0xfffe)) }),
  fc.record({ kind: fc.constant('output' as const), port, maxLen: fc.integer({ min: 14, max: 0xffff }) }),
  subfield.map((src): OpenFlowAction => ({ kind: 'output-field', src })),
  fc.record({ kind: fc.constant('enqueue' as const), port, queue: u16 }),
  fc.record({ kind: fc.constant('group' as const), id: word }),
  fc.record({ kind: fc.constant('controller' as const), maxLen: u16, id: u16, reason: fc.constantFrom('action', 'no_match'), userdata: fc.constantFrom(undefined, '00.01.ff'), pause: fc.boolean(), meterId: fc.option(u16, { nil: undefined }) }),
  fc.record({ kind: fc.constant('resubmit' as const), port: fc.option(port, { nil: undefined }), table, ct: fc.boolean() }),
  fc.record({ kind: fc.constant('goto_table' as const), table }),
  loads.map(({ dst, value }): OpenFlowAction => ({ kind: 'load', value, dst })),
  pair.map(({ src, dst }): OpenFlowAction => ({ kind: 'move', src, dst })),
  fc.constantFrom('reg3', 'xxreg1', 'tun_id', 'tun_dst', 'dl_dst', 'ct_label', 'ipv6_src', 'metadata', 'vlan_vid', 'tun_metadata0').chain((field) => valueOf(field).map((value): OpenFlowAction => ({ kind: 'set_field', field, value, mask: undefined }))),
  subfield.map((src): OpenFlowAction => ({ kind: 'push', src })),
  subfield.map((dst): OpenFlowAction => ({ kind: 'pop', dst })),
  valueOf('dl_src').map((value): OpenFlowAction => ({ kind: 'mod', name: 'mod_dl_src', field: 'dl_src', value })),
  fc.record({ kind: fc.constant('conjunction' as const), id: word, clause: fc.integer({ min: 1, max: 3 }), clauses: fc.integer({ min: 3, max: 64 }) }),
  fc.record({ kind: fc.constant('check_pkt_larger' as const), bytes: u16, dst: fc.constant<Subfield>({ field: 'reg0', from: 3, to: 3 }) }),
  fc.record({ kind: fc.constant('learn' as const), table, priority: u16, cookie: fc.constantFrom('0', 'abc123'), idleTimeout: u16, hardTimeout: u16, flags: fc.constantFrom<readonly string[]>([], ['delete_learned']), limit: fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined }), resultDst: fc.constant(undefined), specs: fc.array(learnSpec, { maxLength: 3 }) }),
  fc.constantFrom<OpenFlowAction>({ kind: 'ct_clear' }, { kind: 'dec_ttl', controllers: [] }, { kind: 'strip_vlan' }, { kind: 'exit' }, { kind: 'note', hex: '01.02' }, { kind: 'drop' }),
);

const { action } = fc.letrec<{ action: OpenFlowAction; list: OpenFlowAction[] }>((tie) => ({
  action: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({ kind: fc.constantFrom('clone' as const, 'write_actions' as const), actions: tie('list') }) as fc.Arbitrary<OpenFlowAction>,
    fc.record({ kind: fc.constant('ct' as const), commit: fc.boolean(), force: fc.boolean(), table: fc.option(table, { nil: undefined }), zone: fc.oneof(u16, subfield), nat: fc.option(nat, { nil: undefined }), exec: tie('list'), alg: fc.constantFrom(undefined, 'ftp') }) as fc.Arbitrary<OpenFlowAction>,
  ),
  list: fc.array(tie('action'), { minLength: 1, maxLength: 3 }),
}));

const rule: fc.Arbitrary<OpenFlowRule> = fc.record({ table, priority: u16, cookie: word.map((w) => w.toString(16)), match, actions: fc.array(action, { minLength: 1, maxLength: 4 }), source: fc.constant(undefined) });

const laidOut = (conditionList: readonly FieldMatch[]) => {
  const laid = nothingLaid();
  for (const { field, value, mask } of conditionList) lay(laid, specOf(field), value, mask);
  return { value: [...laid.value], mask: [...laid.mask] };
};

describe('a rule that is printed and read again', () => {
  it('is the same rule', () =>
    fc.assert(
      fc.property(rule, (given) => {
        const text = printRule(given);
        const again = parseRule(text);
        expect(again && { table: again.table, priority: again.priority, cookie: again.cookie, actions: again.actions }).toEqual({ table: given.table, priority: given.priority, cookie: given.cookie, actions: given.actions });
        expect(laidOut(again?.match ?? [])).toEqual(laidOut(given.match));
        expect(again && printRule(again)).toBe(text);
      }),
      { numRuns: 1000 },
    ));

  it('is the same group', () =>
    fc.assert(
      fc.property(fc.record({ id: word, type: fc.constantFrom<OpenFlowGroup['type']>('all', 'select', 'indirect', 'fast_failover'), selectionMethod: fc.constantFrom(undefined, 'dp_hash'), buckets: fc.array(fc.record({ id: fc.option(u16, { nil: undefined }), weight: u16, watchPort: fc.option(port, { nil: undefined }), watchGroup: fc.option(word, { nil: undefined }), actions: fc.array(action, { minLength: 1, maxLength: 3 }) })), source: fc.constant(undefined) }), (given) => {
        expect(parseGroup(printGroup(given))).toEqual(given);
      }),
      { numRuns: 300 },
    ));
});

describe('damaged dumps', () => {
  const folder = fileURLToPath(new URL('fixtures/ovs/', import.meta.url));
  const texts = readdirSync(folder).map((f) => [f, readFileSync(folder + f, 'utf8').split('\n')] as const);
  const junk = fc.constantFrom('', ',', '(', ')', '=', '"', '/', '[', ']', '->', '..', 'actions=', 'ct(', 'learn(', '0x', '99999999999999999999', '\u0000', '한', 'NXM_NX_REG0[', 'tun_metadata', ':', '-');

  it('never throw, whatever is done to their lines', () =>
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.array(fc.record({ line: fc.nat(), at: fc.nat(), cut: fc.nat(30), put: junk }), { minLength: 1, maxLength: 12 }), ([file, lines], changes) => {
        const damaged = [...lines];
        for (const { line, at, cut, put } of changes) {
          const i = line % damaged.length;
          const text = damaged[i] ?? '';
          const from = at % (text.length + 1);
          damaged[i] = text.slice(0, from) + put + text.slice(from + cut);
        }
        const { world } = parseBundle({ [`n1/${file.slice(4)}`]: damaged.join('\n') });
        for (const bridge of world.hosts[0]?.ovs ?? []) for (const r of bridge.flows ?? []) expect(parseRule(printRule(r))).toBeDefined();
      }),
      { numRuns: 300 },
    ));

  it('nor does any word of a flow', () => fc.assert(fc.property(fc.string({ maxLength: 80 }), fc.constantFrom('', 'tcp,', 'reg0=', 'ct_state=', 'ipv6_src=', 'tun_metadata0='), (text, start) => void parseFlow(start + text)), { numRuns: 500 }));

  it('are read in a time that grows with their length', () => {
    for (const piece of ['(', ')', '[', ',', '=', '"', '/', 'ct(', 'learn(', 'a', '0', ':', '->', '\\']) {
      const line = `actions=output:1,${piece.repeat(60_000 / piece.length)}`;
      const started = performance.now();
      parseRule(line);
      parseRule(`reg0=${piece.repeat(60_000 / piece.length)} actions=drop`);
      parseGroup(`group_id=1,type=all,bucket=${piece.repeat(60_000 / piece.length)}`);
      expect(performance.now() - started).toBeLessThan(2_000);
    }
  });
});
