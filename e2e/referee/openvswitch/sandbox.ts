import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Control, connectControl, type Reply } from './control.ts';

/** A real ovs-vswitchd of our own, in user space, with devices that do not exist. */
export interface Sandbox {
  readonly dir: string;
  /** `ovs-vswitchd --version`. */
  readonly version: string;
  /** A command of ovs-vswitchd's control socket, as of `ovs-appctl`. */
  ask(method: string, ...params: readonly string[]): Promise<Reply>;
  vsctl(...args: readonly string[]): Reply;
  ofctl(args: readonly string[], input?: string): Reply;
  stop(): Promise<void>;
}

const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';
const TOOLS: readonly (readonly [tool: string, debianPackage: string])[] = [
  ['ovs-vswitchd', 'openvswitch-switch'],
  ['ovsdb-server', 'openvswitch-common'],
  ['ovs-vsctl', 'openvswitch-common'],
  ['ovs-ofctl', 'openvswitch-common'],
];

/** What this machine lacks for a switch, as Debian packages; empty when all is there. */
export function missingForOvs(): readonly string[] {
  const missing = TOOLS.filter(([tool]) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0).map(([, name]) => `package ${name}`);
  return [...new Set(missing.length === 0 && !existsSync(SCHEMA) ? ['package openvswitch-switch'] : missing)];
}

const sleep = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms));

/** A daemon is ready when its socket is there. */
async function whenThere(path: string, child: ChildProcess): Promise<void> {
  for (let waited = 0; !existsSync(path); waited += 10) {
    if (child.exitCode !== null || waited > 20_000) throw new Error(`${child.spawnfile} did not start`);
    await sleep(10);
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const hard = setTimeout(() => child.kill('SIGKILL'), 5_000);
    child.once('exit', () => {
      clearTimeout(hard);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

const replyOf = (command: string, args: readonly string[], env: NodeJS.ProcessEnv, input?: string): Reply => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { env, input: input ?? '', encoding: 'utf8', maxBuffer: 256 << 20 });
  return status === 0 ? { ok: true, text: stdout } : { ok: false, text: `${stderr}${error?.message ?? ''}`.trim() };
};

/**
 * Starts a switch in a directory of its own, for its sockets, database and log alike. No kernel module, no service, no network and no
 * privileges: every device is a dummy (`--enable-dummy=system`), the kernel's datapath and routes are kept out.
 */
export async function startSandbox(): Promise<Sandbox> {
  const dir = mkdtempSync(join(tmpdir(), 'pwovs-'));
  const env = { ...process.env, OVS_RUNDIR: dir, OVS_DBDIR: dir, OVS_LOGDIR: dir, OVS_SYSCONFDIR: dir };
  const children: ChildProcess[] = [];
  const daemon = async (command: string, args: readonly string[], socket: string): Promise<void> => {
    const child = spawn(command, [...args, '--no-chdir'], { env, stdio: 'ignore' });
    children.push(child);
    await whenThere(socket, child);
  };
  const stopAll = async (): Promise<void> => {
    for (const child of children.toReversed()) await stopChild(child);
    rmSync(dir, { recursive: true, force: true });
  };
  // Should this process end without stopping it, the switch ends with it.
  const atExit = (): void => {
    for (const child of children) child.kill('SIGKILL');
  };
  const atSignal = (): void => process.exit(1);
  process.once('exit', atExit);
  process.once('SIGINT', atSignal).once('SIGTERM', atSignal);
  try {
    const created = replyOf('ovsdb-tool', ['create', join(dir, 'conf.db'), SCHEMA], env);
    if (!created.ok) throw new Error(created.text);
    const database = `unix:${join(dir, 'db.sock')}`;
    await daemon('ovsdb-server', [join(dir, 'conf.db'), `--pidfile=${join(dir, 'ovsdb-server.pid')}`, `--unixctl=${join(dir, 'ovsdb.ctl')}`, `--remote=p${database}`], join(dir, 'db.sock'));
    replyOf('ovs-vsctl', [`--db=${database}`, '--no-wait', 'init'], env);
    const socket = join(dir, 'vswitchd.ctl');
    await daemon('ovs-vswitchd', [database, `--pidfile=${join(dir, 'ovs-vswitchd.pid')}`, `--unixctl=${socket}`, `--log-file=${join(dir, 'ovs-vswitchd.log')}`, '--enable-dummy=system', '--disable-system', '--disable-system-route'], socket);
    const control: Control = await connectControl(socket);
    return {
      dir,
      version: (await control.ask('version')).text.trim(),
      ask: (method, ...params) => control.ask(method, ...params),
      vsctl: (...args) => replyOf('ovs-vsctl', [`--db=${database}`, '--timeout=20', ...args], env),
      ofctl: (args, input) => replyOf('ovs-ofctl', args, env, input),
      stop: async () => {
        control.close();
        await stopAll();
        process.off('exit', atExit).off('SIGINT', atSignal).off('SIGTERM', atSignal);
      },
    };
  } catch (error) {
    const log = join(dir, 'ovs-vswitchd.log');
    const last = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-5).join('\n') : '';
    await stopAll();
    throw new Error(`no switch: ${String(error)}\n${last}`, { cause: error });
  }
}
