// Runs every test: types, lint, unit, browser, and the referee where root and its tools are there. The last line is `N passed`, or `N passed, M failed`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const reports = mkdtempSync(join(tmpdir(), 'packetwalk-'));
const unitReport = join(reports, 'unit.json');
const browserReport = join(reports, 'browser.json');
const refereeReport = join(reports, 'referee.json');

/** Counts of a JSON report; undefined when the runner did not get as far as writing one. */
function counts(file, read) {
  try {
    return read(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

const stages = [
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '-b'] },
  { name: 'lint', npm: 'lint' },
  {
    name: 'unit',
    command: ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`],
    count: () => counts(unitReport, (r) => ({ passed: r.numPassedTests, failed: r.numFailedTests + (r.numFailedTestSuites > 0 && r.numFailedTests === 0 ? r.numFailedTestSuites : 0) })),
  },
  {
    name: 'browser',
    command: ['scripts/e2e.mjs'],
    env: { PACKETWALK_REPORT: browserReport },
    count: () => counts(browserReport, (r) => ({ passed: r.stats.expected + r.stats.flaky, failed: r.stats.unexpected })),
  },
  {
    name: 'referee',
    command: ['node_modules/tsx/dist/cli.mjs', 'e2e/referee/main.ts', '--ci'],
    env: { PACKETWALK_REPORT: refereeReport },
    count: () => counts(refereeReport, (r) => ({ passed: r.passed, failed: r.failed, lines: r.lines })),
  },
];

let passed = 0;
let failed = 0;
const summary = [];
for (const stage of stages) {
  console.log(`\n== ${stage.name}`);
  const started = process.hrtime.bigint();
  const env = { ...process.env, ...stage.env };
  const result = stage.npm ? spawnSync('npm', ['run', '--silent', stage.npm], { stdio: 'inherit', env, shell: process.platform === 'win32' }) : spawnSync(process.execPath, stage.command, { stdio: 'inherit', env });
  const seconds = Number((process.hrtime.bigint() - started) / 1_000_000n) / 1000;
  const ok = result.status === 0;
  const found = stage.count?.();
  passed += found?.passed ?? 0;
  failed += found?.failed ?? 0;
  // A stage that broke without a failing test of its own still fails the run.
  if (!ok && !(found && found.failed > 0)) failed += 1;
  for (const line of found?.lines ?? []) summary.push(`              ${line}`);
  summary.push(`${ok ? 'ok  ' : 'FAIL'} ${stage.name.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s${found ? `  ${found.passed} passed${found.failed ? `, ${found.failed} failed` : ''}` : ''}`);
}
rmSync(reports, { recursive: true, force: true });
console.log(`\n${summary.join('\n')}\n`);
console.log(failed > 0 ? `${passed} passed, ${failed} failed` : `${passed} passed`);
process.exitCode = failed > 0 ? 1 : 0;
