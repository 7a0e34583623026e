// Measures what the project promises and prints it against the budgets: npm run bench [-- engine scale openflow cluster fuzz page]. Exits with 1 when a
// budget is exceeded or a measurement fails.
import { spawnSync } from 'node:child_process';
import { measurePage } from './bench/page.mjs';

/** Promises: milliseconds a trace, bytes of gzipped JavaScript until the first step is on stage, milliseconds until then. */
const BUDGET = { traceMs: 2, gzipBytes: 200_000, readyMs: 2_000 };
const FUZZ_RUNS = 100_000;
const RULE_FUZZ_RUNS = 1_000_000;
const PARTS = ['engine', 'scale', 'openflow', 'cluster', 'fuzz', 'page'];

const asked = process.argv.slice(2);
const wrong = asked.find((part) => !PARTS.includes(part));
if (wrong !== undefined) {
  console.error(`no such part: ${wrong} (there are: ${PARTS.join(', ')})`);
  process.exit(2);
}
const parts = asked.length > 0 ? asked : PARTS;

/** Rows of the table: what, the figure, the budget as text, and whether it is kept. */
const rows = [];
const report = (what, figure, budget = '', ok = true) => rows.push({ what, figure, budget, ok });
const ms = (n) => `${n < 10 ? n.toFixed(2) : Math.round(n)} ms`;
const kB = (n) => `${(n / 1000).toFixed(1)} kB`;

const node = (args, options = {}) => spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, ...options });

function engine() {
  const run = node(['node_modules/tsx/dist/cli.mjs', 'scripts/bench/engine.ts'], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (run.status !== 0) return report('engine', 'failed', '', false);
  for (const { name, ms: taken, promised } of JSON.parse(run.stdout)) {
    if (promised) report(name, ms(taken), `< ${BUDGET.traceMs} ms`, taken < BUDGET.traceMs);
    else report(name, ms(taken));
  }
}

function figures(part) {
  const run = node(['--expose-gc', 'node_modules/tsx/dist/cli.mjs', `scripts/bench/${part}.ts`], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (run.status !== 0) return report(part, 'failed', '', false);
  for (const { name, figure, budget, ok } of JSON.parse(run.stdout)) report(name, figure, budget, ok);
}

function fuzz() {
  const survives = (what, file, runs) => {
    const started = performance.now();
    const run = node(['node_modules/vitest/vitest.mjs', 'run', file], { stdio: 'inherit', env: { ...process.env, PACKETWALK_FUZZ: String(runs) } });
    const seconds = Math.round((performance.now() - started) / 1000);
    report(`${what} survive ${runs} mutations`, run.status === 0 ? `yes, ${seconds} s` : 'no', 'none throws or hangs', run.status === 0);
  };
  survives('dumps', 'src/dumps/fuzz.test.ts', FUZZ_RUNS);
  survives('rule sets', 'src/engine/netfilter/fuzz.test.ts', RULE_FUZZ_RUNS);
}

async function page() {
  const built = node(['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'], { stdio: 'inherit' });
  if (built.status !== 0) return report('build', 'failed', '', false);
  const { times, gzip, files } = await measurePage();
  const median = times[Math.floor(times.length / 2)];
  report('first step on stage, median of 5 loads', ms(median), `< ${BUDGET.readyMs} ms`, median < BUDGET.readyMs);
  report('first step on stage, slowest', ms(times.at(-1)));
  report('JavaScript until then, gzip', kB(gzip), `<= ${kB(BUDGET.gzipBytes)}`, gzip <= BUDGET.gzipBytes);
  for (const file of files) report(`  ${file.path}`, kB(file.gzip));
}

const measure = { engine, scale: () => figures('scale'), openflow: () => figures('openflow'), cluster: () => figures('cluster'), fuzz, page };
for (const part of parts) {
  try {
    await measure[part]();
  } catch (error) {
    console.error(error);
    report(part, 'failed', '', false);
  }
}

const width = (key) => Math.max(...rows.map((r) => r[key].length));
const [what, figure] = [width('what'), width('figure')];
console.log(`\n${rows.map((r) => `${r.ok ? (r.budget ? 'ok  ' : '    ') : 'OVER'} ${r.what.padEnd(what)}  ${r.figure.padStart(figure)}  ${r.budget}`.trimEnd()).join('\n')}\n`);
const over = rows.filter((r) => !r.ok).length;
console.log(over === 0 ? 'every budget is kept' : `${over} over budget or failed`);
process.exitCode = over === 0 ? 0 : 1;
