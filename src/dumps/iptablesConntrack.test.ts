import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CtCondition, CtTarget, Rule } from '../world/netfilter.ts';
import { parseIptablesSave } from './iptablesSave.ts';
import { printRule } from './iptablesPrint.ts';

const ruleOf = (line: string): Rule | undefined =>
  parseIptablesSave({ input: 'x', firstLine: 1, lines: ['*filter', ':FORWARD ACCEPT [0:0]', line, 'COMMIT'] }).value[0]?.chains[0]?.rules[0];

/** Rules as iptables-legacy-save 1.8.9 prints them. */
const SAVED = [
  '-m conntrack --ctstate INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED,SNAT,DNAT --ctproto 6 --ctdir REPLY -j ACCEPT',
  '-m conntrack --ctstatus NONE -j ACCEPT',
  '-m conntrack ! --ctstatus EXPECTED,SEEN_REPLY,ASSURED,CONFIRMED -j ACCEPT',
  '-m conntrack --ctproto 17 --ctorigsrc 10.0.0.0/8 ! --ctorigdst 1.2.3.4 --ctreplsrc 1.1.1.1/16 -j ACCEPT',
  '-m conntrack --ctproto 17 --ctorigsrcport 5 ! --ctorigdstport 7:9 --ctreplsrcport 65535 --ctrepldstport 0:4 -j ACCEPT',
  '-m conntrack --ctexpire 5:10 -j ACCEPT',
  '-m conntrack --ctstate NEW ! --ctproto 47 --ctstatus SEEN_REPLY ! --ctexpire 3:4294967295 -j ACCEPT',
  '-m conntrack --ctstate NEW -m conntrack --ctproto 6 -j ACCEPT',
  '-j CT',
  '-j CT --zone 5',
  '-j CT --zone-orig mark',
  '-j CT --zone-reply 6',
  '-j CT --notrack',
  '-j NOTRACK',
  '-p tcp -j CT --helper ftp --zone 3',
  '-j CT --ctevents assured --expevents new',
  '-j NETMAP --to 10.0.0.0/16',
  '-j NETMAP --to 10.0.0.5/32',
  '-p tcp -j DNAT --to-destination 1.2.3.4:80-90/85',
  '-p tcp -j DNAT --to-destination 1.2.3.4-1.2.3.9:80-90 --random --persistent',
];

describe('conntrack and NAT in rules', () => {
  it.each(SAVED)('prints %s as it was saved', (text) => {
    const rule = ruleOf(`-A FORWARD ${text}`);
    expect(rule && printRule('FORWARD', rule.matches, rule.target)).toBe(`-A FORWARD ${text}`);
    expect(rule?.matches.every((m) => m.kind !== 'unknown') && rule.target.kind !== 'unknown').toBe(true);
  });

  it.each([
    ['--ctproto udp', [{ option: 'ctproto', proto: 17, withState: false, negate: false }]],
    ['--ctproto 6 --ctstate NEW', [{ option: 'ctproto', withState: true }, { kind: 'ctstate' }]],
    ['--ctstate NEW ! --ctdir ORIGINAL', [{ kind: 'ctstate' }, { option: 'ctdir', dir: 'ORIGINAL', withState: true, negate: true }]],
    ['--ctstate NEW -m conntrack --ctdir REPLY', [{ kind: 'ctstate' }, { option: 'ctdir', withState: false }]],
    ['--ctexpire :10', [{ option: 'ctexpire', from: 0, to: 10 }]],
  ])('reads -m conntrack %s', (text, matches) => expect(ruleOf(`-A FORWARD -m conntrack ${text} -j ACCEPT`)?.matches).toMatchObject(matches));

  it.each(['-j CT --zone 70000', '-j CT --zone 1 --zone-orig 2', '-j CT --notrack --zone 1', '-j CT --frobnicate', '-j NETMAP', '-j NETMAP --to x', '-j DNAT --to-destination 1.2.3.4:80-90/x'])('keeps %s as unknown', (text) =>
    expect(ruleOf(`-A FORWARD ${text}`)?.target).toMatchObject({ kind: 'unknown', text }),
  );
  it.each(['--ctstatus X', '--ctdir SIDEWAYS', '--ctproto tcpp', '--ctorigsrc 1.2.3', '--ctexpire 1:2:3', '--ctfoo'])('keeps -m conntrack %s as unknown', (text) =>
    expect(ruleOf(`-A FORWARD -m conntrack ${text} -j ACCEPT`)?.matches).toMatchObject([{ kind: 'unknown' }]),
  );

  const port = fc.integer({ min: 0, max: 65_535 });
  const span = fc.tuple(port, port).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
  const net = fc.record({ ip: fc.integer({ min: 0, max: 0xffffffff }), prefixLen: fc.integer({ min: 0, max: 32 }) });
  const condition: fc.Arbitrary<CtCondition> = fc.oneof(
    fc.record({ option: fc.constant('ctproto' as const), proto: fc.integer({ min: 0, max: 255 }) }),
    fc.record({ option: fc.constantFrom('ctorigsrc' as const, 'ctorigdst' as const, 'ctreplsrc' as const, 'ctrepldst' as const), net }),
    fc.record({ option: fc.constantFrom('ctorigsrcport' as const, 'ctorigdstport' as const, 'ctreplsrcport' as const, 'ctrepldstport' as const), ports: span }),
    fc.record({ option: fc.constant('ctstatus' as const), status: fc.subarray(['EXPECTED' as const, 'SEEN_REPLY' as const, 'ASSURED' as const, 'CONFIRMED' as const], { minLength: 1 }) }),
    span.map((s) => ({ option: 'ctexpire' as const, ...s })),
    fc.record({ option: fc.constant('ctdir' as const), dir: fc.constantFrom('ORIGINAL' as const, 'REPLY' as const) }),
  );
  it('reads each condition that it prints', () =>
    fc.assert(
      fc.property(condition, fc.boolean(), fc.boolean(), (c, negate, withState) => {
        const matches = [...(withState ? [{ kind: 'ctstate' as const, states: ['NEW' as const], negate: false }] : []), { kind: 'conntrack' as const, ...c, withState, negate }];
        expect(ruleOf(printRule('FORWARD', matches, { kind: 'none' }))?.matches).toEqual(matches);
      }),
    ));

  const ct: fc.Arbitrary<CtTarget> = fc.record({
    kind: fc.constant('ct' as const),
    zone: fc.option(fc.record({ id: fc.oneof(port, fc.constant('mark' as const)), dir: fc.constantFrom('both' as const, 'original' as const, 'reply' as const) }), { nil: undefined }),
    helper: fc.option(fc.constantFrom('ftp', 'sip'), { nil: undefined }),
    options: fc.constantFrom([], ['--timeout', 'long'], ['--ctevents', 'new,destroy'], ['--ctevents', 'new', '--expevents', 'new']),
  });
  it('reads each CT that it prints', () =>
    fc.assert(
      fc.property(ct, (target) => {
        expect(ruleOf(printRule('FORWARD', [], target))?.target).toEqual(target);
      }),
    ));
});
