import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { KnownDisagreement, Verified } from '../../src/text/trust.ts';
import { itemKey, ITEMS, itemsOf } from './items.ts';
import type { Judged, Judgement } from './judge.ts';
import type { OvsResult } from './openvswitch/run.ts';

/** What one kernel said in a run. */
export interface GroundResult {
  readonly ground: 'host' | 'guest';
  readonly release: string;
  readonly cases: number;
  readonly probes: number;
  readonly counts: Readonly<Record<Judgement['kind'], number>>;
  readonly random: { readonly seed: number; readonly worlds: number; readonly pairs: number; readonly agree: number } | undefined;
  /** Probes that agreed, by feature. */
  readonly features: ReadonlyMap<string, number>;
  /** The same by item of the list of what is promised, with the written cases that they belong to. */
  readonly items: ReadonlyMap<string, ItemCount>;
}

export interface ItemCount {
  readonly cases: number;
  readonly agreements: number;
}

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const RESULTS = path('RESULTS.md');
const KNOWN = path('KNOWN.md');
const VERIFIED = path('../../src/text/verified.json');

/** Adds what agreeing probes relied on. */
export function countFeatures(judged: readonly Judged[], into = new Map<string, number>()): Map<string, number> {
  for (const { judgement } of judged) if (judgement.kind === 'agree') for (const f of judgement.features) into.set(f, (into.get(f) ?? 0) + 1);
  return into;
}

/** Adds agreeing probes to the items that they were about. What a random world merely holds does not count. */
export function countItems(judged: readonly Judged[], written: boolean, into = new Map<string, ItemCount>()): Map<string, ItemCount> {
  const counted = new Set<string>();
  for (const { judgement, planned } of judged) {
    if (judgement.kind !== 'agree') continue;
    for (const key of itemsOf(judgement.features, written ? planned.test.covers : []).map(itemKey)) {
      const before = into.get(key) ?? { cases: 0, agreements: 0 };
      const first = written && !counted.has(`${key} ${planned.test.name}`);
      counted.add(`${key} ${planned.test.name}`);
      into.set(key, { cases: before.cases + (first ? 1 : 0), agreements: before.agreements + 1 });
    }
  }
  return into;
}

export const countKinds = (judged: readonly Judged[]): Record<Judgement['kind'], number> => {
  const counts = { agree: 0, unknown: 0, differ: 0, error: 0 };
  for (const j of judged) counts[j.judgement.kind]++;
  return counts;
};

/** The disagreements that KNOWN.md lists: a heading is a case's name, what stands below is the reason. */
export function knownDisagreements(): readonly KnownDisagreement[] {
  const text = existsSync(KNOWN) ? readFileSync(KNOWN, 'utf8') : '';
  return text
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [name = '', ...rest] = part.split('\n');
      return { name: name.trim(), reason: rest.join(' ').replaceAll(/\s+/g, ' ').trim() };
    });
}

const itemCells = (count: ItemCount | undefined, apart: string | undefined): readonly (string | number)[] => (apart !== undefined ? [apart, ''] : [count?.cases ?? 0, count?.agreements ?? 0]);

/** The part about Open vSwitch. */
function ovsLines(ovs: OvsResult | undefined, row: (cells: readonly (string | number)[]) => string): readonly string[] {
  if (!ovs) return [];
  return [
    '## Open vSwitch',
    '',
    'What a real ovs-vswitchd answers to `ofproto/trace`, beside the engine: each look-up of each pass, and what the datapath is to do.',
    '',
    row(['switch', 'cases', 'packets', 'agree', 'differ', 'unknown', 'not judged', 'random pipelines', 'random pairs', 'of them agree', 'seed']),
    row(Array.from({ length: 11 }, () => '---')),
    row([ovs.version, ovs.cases, ovs.packets, ovs.counts.agree, ovs.counts.differ, ovs.counts.unknown, ovs.counts.error, ovs.random?.pipelines ?? '', ovs.random?.pairs ?? '', ovs.random?.counts.agree ?? '', ovs.random?.seed ?? '']),
    '',
    row(['dumps of', 'rules', 'of them met', 'packets', 'of them agree']),
    row(['---', '---:', '---:', '---:', '---:']),
    ...ovs.samples.map((r) => row([r.name, r.rules, r.visited, r.packets, r.agree])),
    '',
    `Of ${ovs.prints.lines} lines that ovs-ofctl dumped, in OpenFlow 1.0, 1.3 and 1.5, with and without names and counters, ${ovs.prints.lines - ovs.prints.differ} are printed the same by us. Of ${ovs.connections.cases} connections whose packets really went through the switch and its conntrack, ${ovs.connections.agree} came out the same.`,
    '',
    row(['what the cases are about', 'packets that agree']),
    row(['---', '---:']),
    ...[...ovs.covers].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => row([what, count])),
    '',
  ];
}

/** Writes RESULTS.md and what the page knows of it. */
export function writeResults(results: readonly GroundResult[], ovs: OvsResult | undefined, mutants: { readonly found: number; readonly of: number }, run: { readonly date: string; /** Every state of the compiled scenarios, or what `npm test` has time for. */ readonly mode: 'all' | 'ci' }): void {
  const known = knownDisagreements();
  const features = [...new Set(results.flatMap((r) => [...r.features.keys()]))].toSorted();
  const judges = [...results.map((r) => ({ release: r.release, features: r.features, cases: r.cases, probes: r.counts.agree, randomPairs: r.random?.agree ?? 0 })), ...(ovs ? [{ release: ovs.version.replace(/^.*\((.*)\) /, '$1 '), features: ovs.features, cases: ovs.cases, probes: ovs.counts.agree, randomPairs: ovs.random?.counts.agree ?? 0 }] : [])];
  const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const lines = [
    '# What the referee found',
    '',
    `Written by \`npm run referee -- --${run.mode}\` on ${run.date}${run.mode === 'ci' ? ': not every state of the compiled scenarios is in it' : ''}. Known disagreements: ${known.length} (KNOWN.md). Engines with a mistake in them that were found out: ${mutants.found} of ${mutants.of}.`,
    '',
    row(['ground', 'kernel', 'cases', 'probes', 'agree', 'differ', 'unknown', 'not judged', 'random worlds', 'random pairs', 'of them agree', 'seed']),
    row(Array.from({ length: 12 }, () => '---')),
    ...results.map((r) => row([r.ground, r.release, r.cases, r.probes, r.counts.agree, r.counts.differ, r.counts.unknown, r.counts.error, r.random?.worlds ?? '', r.random?.pairs ?? '', r.random?.agree ?? '', r.random?.seed ?? ''])),
    '',
    ...ovsLines(ovs, row),
    '## Coverage',
    '',
    'What is promised for IPv4, with the written cases about it, and the probes, written and random, in which the kernel agreed from the first frame to the last.',
    '',
    row(['area', 'item', ...results.flatMap((r) => [`cases on ${r.release}`, 'agreements'])]),
    row(['---', '---', ...results.flatMap(() => ['---:', '---:'])]),
    ...ITEMS.map((item) => row([item.area, item.name, ...results.flatMap((r) => itemCells(r.items.get(itemKey(item)), item.apart))])),
    '',
    '## What took part',
    '',
    'How many probes, written and random, each thing that the engine models took part in, and the kernel agreed from the first frame to the last.',
    '',
    row(['what', ...results.map((r) => r.release)]),
    row(['---', ...results.map(() => '---:')]),
    ...features.map((f) => row([f, ...results.map((r) => r.features.get(f) ?? 0)])),
    '',
  ];
  writeFileSync(RESULTS, lines.join('\n'));
  const verified: Verified = {
    date: run.date,
    kernels: judges.map(({ release, cases, probes, randomPairs }) => ({ release, cases, probes, randomPairs })),
    features: Object.fromEntries([...new Set(judges.flatMap((j) => [...j.features.keys()]))].toSorted().map((f) => [f, Object.fromEntries(judges.flatMap((j) => (j.features.has(f) ? [[j.release, j.features.get(f) ?? 0]] : [])))])),
    known,
  };
  writeFileSync(VERIFIED, `${JSON.stringify(verified)}\n`);
}
