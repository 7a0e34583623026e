import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Guest } from './build.ts';
import { MARK } from './recipe.ts';

export interface GuestRun {
  /** The job's exit status. */
  readonly rc: number;
  /** What the job printed. */
  readonly log: string;
}

const tail = (text: string): string => text.replaceAll('\r', '').split('\n').slice(-30).join('\n').trim();

/** One processor of the emulator, the image shared and never written, the folder as a 9p mount; a panic ends it. */
const qemuArguments = (guest: Guest, jobDir: string, memoryMb: number): string[] => [
  ...'-accel tcg,thread=multi -cpu max -M q35 -smp 1 -nodefaults -no-reboot -display none -serial stdio -device virtio-rng-pci'.split(' '),
  '-m',
  String(memoryMb),
  '-kernel',
  guest.kernel,
  '-initrd',
  guest.initrd,
  '-append',
  guest.append,
  '-drive',
  `file=${guest.root},format=raw,if=virtio,readonly=on`,
  '-virtfs',
  `local,path=${jobDir},mount_tag=host,security_model=none,multidevs=remap`,
];

/**
 * Boots a guest that sees `jobDir` as /host, runs `bash /host/job.sh` in it and powers it off. Results are files that the job writes
 * into /host. A guest that hangs, panics or leaves no status is an error that shows what it said last. Any number may run at once from
 * one image; the qemu that is ended is always the one started here.
 */
export async function runInGuest(guest: Guest, jobDir: string, options: { readonly timeoutSec: number; readonly memoryMb?: number }): Promise<GuestRun> {
  for (const file of ['job.rc', 'job.rc.new', 'job.log']) await rm(join(jobDir, file), { force: true });
  const consolePath = join(jobDir, 'console.log');
  const consoleFile = await open(consolePath, 'w');
  const started = Date.now();
  const qemu = spawn(
    'qemu-system-x86_64',
    qemuArguments(guest, jobDir, options.memoryMb ?? 1536),
    { stdio: ['ignore', consoleFile.fd, consoleFile.fd] },
  );
  const kill = (): void => void qemu.kill('SIGKILL');
  process.once('exit', kill);
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    kill();
  }, options.timeoutSec * 1000);
  let refused: Error | undefined;
  await new Promise<void>((resolve) => {
    qemu.once('close', () => resolve());
    qemu.once('error', (error) => {
      refused = error;
      resolve();
    });
  });
  clearTimeout(timer);
  process.off('exit', kill);
  await consoleFile.close();
  const text = async (path: string): Promise<string> => (existsSync(path) ? readFile(path, 'utf8') : '');
  const log = await text(join(jobDir, 'job.log'));
  const status = (await text(join(jobDir, 'job.rc'))).trim();
  if (/^\d+$/.test(status)) return { rc: Number(status), log };
  const said = await text(consolePath);
  const seconds = Math.round((Date.now() - started) / 1000);
  const why = refused ? `qemu did not start: ${refused.message}` : hung ? `the guest was not done after ${options.timeoutSec} s` : said.includes('panic') ? 'the guest panicked' : (said.split('\n').find((l) => l.includes(MARK)) ?? 'the guest ended without a status').trim();
  throw new Error(`${why} (${seconds} s)\n--- console\n${tail(said)}\n--- job\n${tail(log)}`);
}
