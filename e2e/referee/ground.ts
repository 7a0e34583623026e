import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProbeRecord } from './account.ts';
import type { Planned } from './plan.ts';

/** What a kernel said about one world. */
export interface WorldRecord {
  readonly id: string;
  readonly error?: string;
  readonly probes?: readonly ProbeRecord[];
}

/** A kernel that judges. */
export interface Ground {
  readonly name: 'host' | 'guest';
  /** `uname -r` there. */
  readonly kernel: string;
  /** Needs of cases that it cannot meet; undefined: it meets all. */
  lacks(need: string): boolean;
  record(planned: readonly Planned[]): Promise<ReadonlyMap<string, WorldRecord>>;
}

/** The recorder's folder: `record.py` is what runs. */
export const RECORDER = fileURLToPath(new URL('recorder', import.meta.url));
const WORKERS = 4;

/** Tools of this machine that the referee needs, as Debian packages, and whether it may make namespaces; empty when all is there. */
export function missingOnHost(): readonly string[] {
  const packages: readonly (readonly [string, string])[] = [
    ['python3', 'python3'],
    ['ip', 'iproute2'],
    ['nsenter', 'util-linux'],
    ['iptables-legacy-restore', 'iptables'],
    ['ipset', 'ipset'],
    ['conntrack', 'conntrack'],
  ];
  const missing = packages.filter(([tool]) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0).map(([, name]) => `package ${name}`);
  if (process.getuid?.() !== 0) return ['root', ...missing];
  if (missing.length > 0) return missing;
  const name = `pwtest${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name]);
  if (made.status !== 0) return ['network namespaces'];
  const legacy = spawnSync('ip', ['netns', 'exec', name, 'iptables-legacy-restore'], { input: '*raw\n-A OUTPUT -j TRACE\nCOMMIT\n' });
  spawnSync('ip', ['netns', 'del', name]);
  return legacy.status === 0 ? [] : ['a kernel with iptables-legacy and TRACE'];
}

/** What the kernels of small machines often lack: asked once, in a namespace of its own. */
function hostLacks(): ReadonlySet<string> {
  const lacks = new Set<string>();
  const name = `pwtest${process.pid}`;
  spawnSync('ip', ['netns', 'add', name]);
  spawnSync('ip', ['-n', name, 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb']);
  const tries: readonly (readonly [string, readonly string[]])[] = [
    ['dummy', ['ip', 'link', 'add', 'd0', 'type', 'dummy']],
    ['ipip', ['ip', 'link', 'add', 't0', 'type', 'ipip', 'local', '10.9.9.1', 'remote', '10.9.9.2']],
    ['ip_gre', ['ip', 'link', 'add', 'g0', 'type', 'gre', 'local', '10.9.9.1', 'remote', '10.9.9.3']],
    ['geneve', ['ip', 'link', 'add', 'n0', 'type', 'geneve', 'id', '1', 'remote', '10.9.9.2']],
    ['vxlan', ['ip', 'link', 'add', 'v0', 'type', 'vxlan', 'id', '1', 'remote', '10.9.9.2', 'dstport', '4789']],
    ['macvlan', ['ip', 'link', 'add', 'link', 'va', 'm0', 'type', 'macvlan']],
    ['8021q', ['ip', 'link', 'add', 'link', 'va', 'l0', 'type', 'vlan', 'id', '2']],
    ['bridge_vlan', ['ip', 'link', 'add', 'b0', 'type', 'bridge', 'vlan_filtering', '1']],
    ['ip_vs', ['ipvsadm', '-Ln']],
    ['nfacct', ['nfacct', 'add', 'tried']],
  ];
  for (const [need, [command = '', ...args]] of tries) if (spawnSync('ip', ['netns', 'exec', name, command, ...args]).status !== 0) lacks.add(need);
  for (const type of ['net,net', 'net,port,net', 'ip,mark', 'mac', 'ip,mac']) {
    const made = spawnSync('ip', ['netns', 'exec', name, 'ipset', 'create', 's', `hash:${type}`]);
    if (made.status !== 0) lacks.add(`ip_set_hash_${type.replaceAll(',', '')}`);
    else spawnSync('ip', ['netns', 'exec', name, 'ipset', 'destroy', 's']);
  }
  spawnSync('ip', ['netns', 'del', name]);
  return lacks;
}

/** This machine's own kernel. `keep` leaves the recorder's folders behind. */
export function hostGround(keep = false): Ground {
  const lacks = hostLacks();
  return {
    name: 'host',
    kernel: spawnSync('uname', ['-r'], { encoding: 'utf8' }).stdout.trim(),
    lacks: (need) => lacks.has(need),
    record: async (planned) => {
      const shares = Array.from({ length: Math.min(WORKERS, planned.length) }, (_, w) => planned.filter((_p, i) => i % WORKERS === w));
      const records = await Promise.all(shares.map((share, w) => recordShare(share, `pw${process.pid}${'abcd'[w] ?? 'e'}`, keep)));
      return new Map(records.flat().map((r) => [r.id, r]));
    },
  };
}

async function recordShare(planned: readonly Planned[], prefix: string, keep: boolean): Promise<readonly WorldRecord[]> {
  const dir = mkdtempSync(join(tmpdir(), 'packetwalk-referee-'));
  try {
    writeJobs(planned, dir, dir, prefix);
    const results = join(dir, 'results.jsonl');
    const error = await run('python3', [join(RECORDER, 'record.py'), join(dir, 'jobs.jsonl'), results]);
    return readRecords(results, error);
  } finally {
    if (keep) console.log(`kept: ${dir}`);
    else rmSync(dir, { recursive: true, force: true });
  }
}

/** Lab scripts and the recorder's list of jobs in `dir`, which the recorder sees as `seenAs`. */
export function writeJobs(planned: readonly Planned[], dir: string, seenAs: string, prefix: string): void {
  const lines = planned.map((p, i) => {
    writeFileSync(join(dir, `${i}.sh`), p.script);
    return JSON.stringify({ ...p.job, lab: `${seenAs}/${i}.sh`, prefix, iptables: 'iptables-legacy' });
  });
  writeFileSync(join(dir, 'jobs.jsonl'), `${lines.join('\n')}\n`);
}

/** The recorder's results; worlds that it did not come to are missing, and `error` says why it ended. */
export function readRecords(file: string, error: string | undefined): readonly WorldRecord[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const records = text.split('\n').filter((l) => l !== '').map((l) => JSON.parse(l) as WorldRecord);
  if (error !== undefined) throw new Error(`the recorder failed: ${error}`);
  return records;
}

async function run(command: string, args: readonly string[]): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('close', (status) => resolve(status === 0 ? undefined : `status ${status}: ${errors.slice(-2000)}`));
    child.on('error', (e) => resolve(e.message));
  });
}
