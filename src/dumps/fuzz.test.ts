import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assembleNetns, parseSection } from './assemble.ts';
import { parseBundle, type Section } from './bundle.ts';
import { parseObjects } from './kubectl.ts';
import { dumpText } from './print.ts';
import { checkReferences } from './references.ts';
import { promptOf, splitSections } from './section.ts';

/** `PACKETWALK_FUZZ=100000` asks for more. */
const RUNS = Number(process.env['PACKETWALK_FUZZ'] ?? 300);
/** A section of the samples parses in about a millisecond; far more is a hang in the making. */
const SLOWEST_MS = 500;

/** Listings in which each line stands for itself: what was printed of a damaged one is understood again, and says the same. */
const LINE_BY_LINE: ReadonlySet<Section['kind']> = new Set(['iptables-save', 'ipvsadm-save', 'ipvsadm-list', 'ip-neigh', 'bridge-fdb', 'sysctl']);

const folder = fileURLToPath(new URL('../scenarios/ipvs-metallb', import.meta.url));
const fixtures = fileURLToPath(new URL('./fixtures', import.meta.url));

function textFiles(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile() && f.name.endsWith('.txt'))
    .map((f) => readFileSync(`${f.parentPath}/${f.name}`, 'utf8'));
}

const samples: readonly Section[] = [...textFiles(folder), ...textFiles(fixtures)]
  .flatMap((text) => parseBundle({ 'n/node.txt': text }).sections)
  .filter((s) => s.lines.length > 0)
  // The same listing of three nodes teaches nothing new.
  .filter((s, i, all) => all.findIndex((o) => o.lines.join('\n') === s.lines.join('\n')) === i);

type Mutation = (lines: readonly string[]) => readonly string[];

const at = (lines: readonly string[], where: number): number => Math.min(lines.length - 1, Math.floor(where * lines.length));
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const replaceAt = (lines: readonly string[], i: number, change: (line: string) => string): readonly string[] => lines.map((l, k) => (k === i ? change(l) : l));

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fraction.map((f): Mutation => (lines) => lines.filter((_, i) => i !== at(lines, f))),
  fraction.map((f): Mutation => (lines) => lines.flatMap((l, i) => (i === at(lines, f) ? [l, l] : [l]))),
  fraction.map((f): Mutation => (lines) => lines.slice(0, at(lines, f))),
  fc.tuple(fraction, fraction).map(([f, g]): Mutation => (lines) => replaceAt(lines, at(lines, f), (l) => l.slice(0, Math.floor(g * l.length)))),
  fc
    .tuple(fraction, fraction, fc.constantFrom('"', '\\', '!', '-', ' ', '\t', '\r', '0', '9', 'x', ':', '/', ',', '.', '@', '<', '>', '[', ']', '{', '=', '\0', '\u00e9', '\ud800', '%', '*', '#', '$'))
    .map(([f, g, c]): Mutation => (lines) => replaceAt(lines, at(lines, f), (l) => l.slice(0, Math.floor(g * l.length)) + c + l.slice(Math.floor(g * l.length) + 1))),
  fc.tuple(fraction, fraction, fc.string({ maxLength: 20 })).map(([f, g, s]): Mutation => (lines) => replaceAt(lines, at(lines, f), (l) => l.slice(0, Math.floor(g * l.length)) + s + l.slice(Math.floor(g * l.length)))),
  fc.tuple(fraction, fraction).map(([f, g]): Mutation => (lines) => {
    const swapped = [...lines];
    [swapped[at(lines, f)], swapped[at(lines, g)]] = [lines[at(lines, g)] ?? '', lines[at(lines, f)] ?? ''];
    return swapped;
  }),
  // Words of one line elsewhere: the right shape in the wrong place.
  fc.tuple(fraction, fraction).map(([f, g]): Mutation => (lines) => replaceAt(lines, at(lines, f), (l) => `${l} ${lines[at(lines, g)] ?? ''}`)),
  fc.tuple(fraction, fraction).map(([f, g]): Mutation => (lines) => replaceAt(lines, at(lines, f), (l) => l.split(' ').filter((_, i, w) => i !== Math.floor(g * w.length)).join(' '))),
  fc.constant<Mutation>((lines) => lines.map((l) => `${l}\r`)),
  fc.constant<Mutation>((lines) => lines.toReversed()),
  fc.tuple(fraction, fc.integer({ min: 1, max: 400 })).map(([f, n]): Mutation => (lines) => replaceAt(lines, at(lines, f), (l) => `${l} `.repeat(n).slice(0, 20_000))),
);

const mutated = fc
  .record({ sample: fc.constantFrom(...samples), changes: fc.array(mutation, { minLength: 1, maxLength: 4 }) })
  .map(({ sample, changes }): Section => ({ ...sample, lines: changes.reduce<readonly string[]>((lines, change) => change(lines), sample.lines) }));

it(`reads ${RUNS} damaged sections without throwing or hanging, and prints what it read`, { timeout: 60_000 + RUNS * 20 }, () => {
  fc.assert(
    fc.property(mutated, (section) => {
      const started = performance.now();
      const parsed = parseSection(section, new Set(['iptables-save']));
      for (const d of parsed.diagnostics) {
        expect(d.line).toBeGreaterThanOrEqual(section.firstLine);
        expect(d.line).toBeLessThanOrEqual(section.firstLine + section.lines.length);
        expect(d.text.length).toBeLessThanOrEqual(200);
      }
      const { value: netns } = assembleNetns(null, [section]);
      checkReferences(netns);
      const world = { hosts: [{ name: 'n', role: 'machine' as const, netns: [netns] }], segments: [], names: { pods: [], services: [], nodes: [] } };
      const printed = dumpText(world, 'n', null, section.command ?? '');
      const again = printed === undefined || !LINE_BY_LINE.has(section.kind) ? netns : assembleNetns(null, [{ ...section, lines: printed.split('\n').slice(0, -1) }]).value;
      expect(dumpText({ ...world, hosts: [{ name: 'n', role: 'machine', netns: [again] }] }, 'n', null, section.command ?? '')).toBe(printed);
      expect(performance.now() - started).toBeLessThan(SLOWEST_MS);
    }),
    { numRuns: RUNS },
  );
});

it('splits any text into sections that hold its lines in order', () => {
  const line = fc.oneof(fc.constantFrom('$ ip route', '[root@n1 ~]# iptables-save', 'root@n1:~# ss -lntu', '# ipset save', '$ ', '', 'default via 10.0.0.1'), fc.string({ maxLength: 60 }));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      const text = lines.join('\n');
      const all = text.split('\n').map((l) => (l.endsWith('\r') ? l.slice(0, -1) : l));
      for (const section of splitSections('n1/x.txt', text)) {
        expect(section.lines).toEqual(all.slice(section.firstLine - 1, section.firstLine - 1 + section.lines.length));
        for (const inner of section.lines) expect(promptOf(inner)).toBeUndefined();
      }
    }),
    { numRuns: Math.min(RUNS, 2_000) },
  );
});

it('reads any bundle of any files without throwing', () => {
  const path = fc.array(fc.constantFrom('n1', 'n2', 'netns', 'pod', '..', '', 'a.txt', 'ip-route', '__proto__', 'constructor', 'objects.yaml'), { minLength: 1, maxLength: 5 }).map((p) => p.join('/'));
  const text = fc.oneof(fc.string({ maxLength: 200 }), fc.constantFrom(...samples).map((s) => `$ ${s.command}\n${s.lines.join('\n')}`), fc.constantFrom('kind: Pod\nmetadata: {name: a}', '{"kind":"List","items":[{"kind":"Node"}]}'));
  fc.assert(
    fc.property(fc.dictionary(path, text, { maxKeys: 6 }), (bundle) => {
      const { names, diagnostics } = parseObjects(bundle);
      expect(Array.isArray(diagnostics)).toBe(true);
      const { world } = parseBundle(bundle, names);
      expect(JSON.parse(JSON.stringify(world))).toBeTruthy();
    }),
    { numRuns: Math.min(RUNS, 2_000) },
  );
});
