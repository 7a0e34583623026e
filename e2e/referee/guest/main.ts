import { resolve } from 'node:path';
import { buildGuest } from './build.ts';
import { runInGuest } from './run.ts';

/** `npx tsx e2e/referee/guest/main.ts [JOBDIR [SECONDS]]`: makes the guest; with a folder, runs its job.sh. */
const [jobDir, seconds = '600'] = process.argv.slice(2);
const before = Date.now();
const guest = await buildGuest();
console.error(`guest: Linux ${guest.release} (${Date.now() - before} ms)`);
if (jobDir !== undefined) {
  const { rc, log } = await runInGuest(guest, resolve(jobDir), { timeoutSec: Number(seconds) });
  process.stdout.write(log);
  console.error(`guest: status ${rc} (${Date.now() - before} ms)`);
  process.exitCode = rc;
}
