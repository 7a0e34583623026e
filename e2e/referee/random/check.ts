import { spawnSync } from 'node:child_process';
import { readProbe } from '../../../src/cli/probeJson.ts';
import { parseBundle } from '../../../src/dumps/bundle.ts';
import { trace } from '../../../src/engine/trace.ts';
import { specOf } from './shape.ts';
import { tableText } from '../topology.ts';
import { generate } from './generate.ts';

/**
 * `npx tsx e2e/referee/random/check.ts COUNT [SEED]`: do generated worlds load? Each is read by the parsers without a complaint, traced,
 * and its sets and rules are taken by ipset and iptables-legacy-restore in a namespace of its own (as root).
 */
const [count = '200', first = '1'] = process.argv.slice(2);
const complaints = new Map<string, { count: number; example: string }>();
const complain = (about: string, example: string): void => {
  const known = complaints.get(about);
  if (known) known.count++;
  else complaints.set(about, { count: 1, example });
};

const space = `pwcheck${process.pid}`;
const within = (command: string, args: readonly string[], input: string): string => {
  const done = spawnSync('nsenter', [`--net=/run/netns/${space}`, command, ...args], { input, encoding: 'utf8' });
  return done.status === 0 ? '' : done.stderr.trim() || `status ${done.status}`;
};
const asked = process.getuid?.() === 0 && spawnSync('ip', ['netns', 'add', space]).status === 0;
const canonical = process.env.PACKETWALK_CANONICAL === '1';

let worlds = 0;
let probes = 0;
const covered = new Map<string, number>();
try {
  for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
    const test = generate(seed);
    worlds++;
    for (const c of test.covers) covered.set(c, (covered.get(c) ?? 0) + 1);
    const parsed = parseBundle(test.files);
    for (const d of parsed.diagnostics) if (d.severity !== 'info') complain(`${d.code} ${d.text.replaceAll(/\d+/g, 'N').slice(0, 60)}`, `seed ${seed} ${d.input}:${d.line} ${d.text}`);
    for (const [i, json] of test.probes.entries()) {
      probes++;
      try {
        const read = readProbe(parsed.world, JSON.parse(JSON.stringify(json)));
        if (!read.ok) complain(`probe ${read.error}`, `seed ${seed} probe ${i}`);
        else for (const step of trace(parsed.world, read.value.probe).steps) if (step.kind === 'unknown') complain(`engine unknown: ${step.what} ${step.name}`, `seed ${seed} probe ${i}`);
      } catch (error) {
        complain(`engine throws: ${String(error)}`, `seed ${seed} probe ${i}`);
      }
    }
    if (!asked) continue;
    for (const [name, draft] of Object.entries(test.draft.spaces)) {
      const spec = specOf(draft);
      const sets = spec.ipset ? within('ipset', ['restore'], `${spec.ipset.join('\n')}\n`) : '';
      if (sets !== '') complain(`ipset: ${sets.replaceAll(/\d+/g, 'N')}`, `seed ${seed} ${name}: ${sets}\n${spec.ipset?.join('\n')}`);
      for (const [table, lines] of Object.entries(spec.tables ?? {})) {
        const text = tableText(table as Parameters<typeof tableText>[0], lines);
        const refused = within('iptables-legacy-restore', ['--test'], `${text}\n`) || within('iptables-legacy-restore', [], `${text}\n`);
        const at = Number(/line:? (\d+)/.exec(refused)?.[1] ?? 0);
        if (refused !== '') complain(`iptables: ${refused.split('\n').slice(0, 2).join(' ').replaceAll(/\d+/g, 'N')}`, `seed ${seed} ${name} ${table}: ${text.split('\n')[at - 1] ?? ''} ${at === 0 || refused.includes('COMMIT') ? text : ''}`);
        else if (canonical) {
          const saved = spawnSync('nsenter', [`--net=/run/netns/${space}`, 'iptables-legacy-save', '-t', table], { encoding: 'utf8' }).stdout.split('\n').filter((l) => l.startsWith('-A'));
          const ours = text.split('\n').filter((l) => l.startsWith('-A'));
          for (const l of ours) if (!saved.includes(l)) complain(`spelled otherwise: ${l.replace(/^-A \w+ /, '').replaceAll(/\d+/g, 'N')}`, `${l}\n    ${saved.find((s) => s.split(' ')[1] === l.split(' ')[1] && !ours.includes(s)) ?? ''}`);
          within('iptables-legacy-restore', [], `${tableText(table as Parameters<typeof tableText>[0], [])}\n`);
        } else within('iptables-legacy-restore', [], `${tableText(table as Parameters<typeof tableText>[0], [])}\n`);
      }
      if (spec.ipset) {
        within('ipset', ['flush'], '');
        within('ipset', ['destroy'], '');
      }
    }
  }
} finally {
  if (asked) spawnSync('ip', ['netns', 'del', space]);
}
for (const [about, { count: n, example }] of [...complaints].toSorted((a, b) => b[1].count - a[1].count)) console.log(`${n} × ${about}\n    ${example}`);
if (process.env.PACKETWALK_COVERS === '1') console.log([...covered].toSorted((a, b) => a[1] - b[1]).map(([c, n]) => `${c} ${n}`).join('\n'));
console.log(`${worlds} worlds, ${probes} probes, ${complaints.size} kinds of complaints${asked ? '' : ' (not loaded into a kernel: no root)'}`);
process.exitCode = complaints.size === 0 ? 0 : 1;
