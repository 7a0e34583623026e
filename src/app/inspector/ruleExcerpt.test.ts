import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../dumps/bundle.ts';
import type { Probe } from '../../engine/probe.ts';
import { trace as walk } from '../../engine/trace.ts';
import type { Trace } from '../../engine/trace-types.ts';
import { parseIp4 } from '../../packet/address.ts';
import { PROTO_TCP } from '../../packet/packet.ts';
import { readFolder } from '../../scenarios/files.node.ts';
import { readTrace } from '../../text/reading.ts';
import type { Reading } from '../../text/reading-types.ts';
import type { Telling } from '../../text/telling.ts';
import type { World } from '../../world/world.ts';
import { choicesAt } from './choicesAt.ts';
import { type BundleText, lineAt } from './dumpText.ts';
import type { Excerpt, ExcerptLine } from './excerpt.ts';
import { lookupExcerpts } from './lookupExcerpts.ts';
import { ruleExcerpt } from './ruleExcerpt.ts';
import { noteText } from './strings.ts';

const files = readFolder(new URL('../../scenarios/ipvs-metallb/cluster', import.meta.url).pathname);
const probe: Probe = { from: { kind: 'netns', host: 'client', netns: null }, dst: parseIp4('172.19.100.2') ?? 0, proto: PROTO_TCP, dport: 80 };

interface Walked {
  readonly world: World;
  readonly trace: Trace;
  readonly bundle: BundleText;
  readonly story: Reading;
}

/** The client's walk with node 142's dump changed first. */
function walked(edit: (text: string) => string = (t) => t): Walked {
  const bundle = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, path === 'cy01-ceph142/node.txt' ? edit(text) : text]));
  const { world } = parseBundle(bundle);
  const trace = walk(world, probe);
  return { world, trace, bundle, story: readTrace(trace, world, 'story') };
}

const allLines = (excerpt: Excerpt | undefined): readonly ExcerptLine[] => excerpt?.rows.flatMap((r) => (r.kind === 'line' ? [r] : r.kind === 'fold' ? r.lines : [])) ?? [];
/** Each line as its mark, the rule's start, and what is said of it. */
const told = (excerpt: Excerpt | undefined): readonly string[] => allLines(excerpt).map((l) => [l.mark, l.text.slice(0, 26), ...l.notes.map((n) => noteText(n, 'en'))].join(' | '));

const telling = ({ world, trace }: Walked, reading: Reading): Telling => ({ world, trace, reading, lang: 'en' });
const tables = (at: Walked) => at.story.stops.flatMap((stop) => ruleExcerpt(telling(at, at.story), at.bundle, stop) ?? []);

describe('the rules of a stop in their dump', () => {
  const plain = walked();

  it('shows the rule that decided, those that matched on the way, and why the others did not', () => {
    const [marking] = tables(plain);
    expect(marking).toMatchObject({ host: 'cy01-ceph142', command: 'iptables-save', table: 'nat' });
    expect(marking?.rows.flatMap((r) => (r.kind === 'chain' ? [r.name] : []))).toEqual(['PREROUTING', 'KUBE-SERVICES', 'KUBE-LOAD-BALANCER', 'KUBE-MARK-MASQ', 'KUBE-NODE-PORT']);
    expect(told(marking)).toEqual(
      expect.arrayContaining([
        'hit | -A KUBE-SERVICES -m commen | 172.19.100.2,tcp:80 is a member',
        'skip | -A KUBE-LOAD-BALANCER -m c | not a member of KUBE-LOAD-BALANCER-LOCAL; nearest is 172.19.100.1,tcp:80',
        'path | -A KUBE-MARK-MASQ -j MARK  | mark 0x0 → 0x4000',
        'path | -A KUBE-SERVICES -m set -- | ends the table',
      ]),
    );
    expect(allLines(marking).filter((l) => l.mark === 'hit')).toHaveLength(1);
  });

  it('says what MASQUERADE wrote and whose address that is', () => {
    expect(tables(plain).flatMap(told)).toContainEqual(expect.stringMatching(/^hit \| -A KUBE-POSTROUTING .* \| source 10\.10\.6\.91:41068 → 10\.233\.98\.0:\d+, the address of tunl0$/));
  });

  it.each`
    edit                                                                                              | line                                                                   | because
    ${['-A KUBE-FIREWALL -m', '-A KUBE-FIREWALL -p tcp -j DROP\n-A KUBE-FIREWALL -m']}                | ${'bad | -A KUBE-FIREWALL -p tcp -j | -p tcp: it is tcp | the packet ends here'} | ${'a rule drops'}
    ${[':INPUT ACCEPT [8:792]\n:FORWARD ACCEPT [7', ':INPUT DROP [8:792]\n:FORWARD ACCEPT [7']}       | ${'bad | :INPUT DROP [8:792] | no rule decided, so the policy of INPUT does: DROP'}   | ${'a policy drops'}
    ${['-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ', '-A KUBE-LOAD-BALANCER -m u32 --u32 "0=0" -j DROP']} | ${'unknown | -A KUBE-LOAD-BALANCER -m u | cannot be decided: -m u32 --u32 "0=0"'} | ${'a match is not known'}
  `('points at the line when $because', ({ edit, line }) => {
    const at = walked((text) => text.replace(edit[0], edit[1]));
    const last = tables(at).at(-1);
    expect(told(last)).toContain(line);
    expect(allLines(last).filter((l) => l.mark === 'hit')).toEqual([]);
  });

  it('folds what a large cluster has before the rule that matters, and keeps the last of it in sight', () => {
    const many = Array.from({ length: 3000 }, (_, i) => `-A KUBE-SERVICES -d 10.96.${i >> 8}.${i & 255}/32 -j KUBE-MARK-MASQ`).join('\n');
    const [marking] = tables(walked((text) => text.replace('-A KUBE-SERVICES -m comment --comment "Kubernetes service lb', (found) => `${many}\n${found}`)));
    const fold = marking?.rows.find((r) => r.kind === 'fold');
    expect(fold?.kind === 'fold' && fold.lines.length).toBe(2998);
    expect(marking?.rows.length).toBeLessThan(30);
    expect(allLines(marking).find((l) => l.mark === 'hit')?.text).toContain('Kubernetes service lb portal');
  });

  it('quotes each line as it stands in the dump at that number', () => {
    const { trace, bundle, story } = plain;
    let quoted = 0;
    for (const stop of story.stops) {
      const table = ruleExcerpt(telling(plain, story), bundle, stop);
      for (const excerpt of table ? [table, ...lookupExcerpts(trace, bundle, stop)] : lookupExcerpts(trace, bundle, stop)) {
        for (const line of allLines(excerpt)) {
          expect(line.ref && lineAt(bundle, line.ref)).toBe(line.text);
          quoted++;
        }
      }
    }
    expect(quoted).toBeGreaterThan(50);
  });

  it('is about the one rule of the stop when every rule is told, and goes no further than it', () => {
    const { trace, bundle, world } = plain;
    const rules = readTrace(trace, world, 'rules');
    let skipped = 0;
    for (const stop of rules.stops) {
      const step = trace.steps[stop.lead];
      if (step?.kind !== 'rule') continue;
      const lines = allLines(ruleExcerpt(telling(plain, rules), bundle, stop));
      const now = lines.filter((l) => l.now);
      expect(now.map((l) => l.ref)).toEqual([step.source[0]]);
      expect(now[0]?.mark).toBe(step.matched === true ? 'hit' : 'skip');
      if (step.matched !== true) skipped++;
    }
    expect(skipped).toBeGreaterThan(5);
  });

  it('works without the dump at hand: the rules are in the trace', () => {
    const { trace, story } = plain;
    const texts = story.stops.flatMap((stop) => told(ruleExcerpt(telling(plain, story), {}, stop)));
    expect(texts.filter((t) => t.startsWith('hit')).length).toBeGreaterThan(0);
    expect(story.stops.flatMap((stop) => lookupExcerpts(trace, {}, stop))).toEqual([]);
  });
});

describe('the lines that lookups answered from', () => {
  const { trace, bundle, story } = walked();
  const of = (kind: string) => story.stops.filter((s) => s.kind === kind).flatMap((stop) => lookupExcerpts(trace, bundle, stop));

  it('lists the virtual server with its real servers and says which was picked', () => {
    const [listing] = of('ipvs');
    expect(listing?.command).toBe('ipvsadm -Sn');
    expect(allLines(listing).map((l) => `${l.mark} ${l.text.replace(/ -m .*/, '')}`)).toEqual([
      'path -A -t 172.19.100.2:80 -s rr',
      'dim -a -t 172.19.100.2:80 -r 10.233.98.39:80',
      'dim -a -t 172.19.100.2:80 -r 10.233.110.33:80',
      'hit -a -t 172.19.100.2:80 -r 10.233.125.24:80',
    ]);
    expect(told(listing).at(-1)).toMatch(/picked, odds 1\/3$/);
  });

  it('shows the route with its neighbours in the table, and which table answered', () => {
    const local = of('route')[0];
    expect(told(local)).toContainEqual(expect.stringMatching(/^hit \| local 172\.19\.100\.2 dev .* \| rule 0, table local, the longest prefix that fits$/));
    expect(allLines(local).filter((l) => l.mark === 'dim').length).toBeGreaterThan(0);
  });
});

describe('the choices of a stop', () => {
  it('belong to the one stop where chance decided', () => {
    const { trace, story } = walked();
    const made = story.stops.flatMap((stop) => choicesAt(trace, stop).map((c) => `${stop.kind} ${c.key} ${c.options.length}`));
    expect(made).toEqual(['ipvs cy01-ceph142/ipvs-rr 3']);
  });

  it('finds the rule that rolled dice', () => {
    const at = walked((text) => text.replace('-A KUBE-FIREWALL -m', '-A KUBE-FIREWALL -m statistic --mode random --probability 0.25000000000 -j DROP\n-A KUBE-FIREWALL -m'));
    const rolled = at.trace.steps.flatMap((step) => (step.kind === 'rule' && step.conditions.some((c) => c.text.startsWith('-m statistic')) ? [step.id] : []));
    const stops = at.story.stops.filter((stop) => choicesAt(at.trace, stop).some((c) => c.kind === 'statistic'));
    expect(rolled.length).toBeGreaterThan(0);
    for (const stop of stops) expect(rolled.some((id) => id >= stop.from && id <= stop.to)).toBe(true);
    expect(stops.length).toBeGreaterThan(0);
  });
});
