import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { APPEND, BOOT_MODULES, BOOT_ORDER, GUEST_INIT, INIT, MODULES, MODULE_TREE, PACKAGES, SUITE } from './recipe.ts';

/** A kernel and a root to boot, in files that guests only read. */
export interface Guest {
  readonly kernel: string;
  readonly initrd: string;
  readonly root: string;
  /** What `uname -r` prints in it. */
  readonly release: string;
  readonly append: string;
}

/** Where programs are looked for: an unprivileged PATH lacks the sbin folders. */
const SBIN = ['/usr/sbin', '/sbin', '/usr/local/sbin'];
const PATH = [...(process.env.PATH ?? '').split(delimiter), ...SBIN].join(delimiter);

/** Each program that making and running a guest takes, and the Debian package that has it. */
const TOOLS: Readonly<Record<string, string>> = {
  'qemu-system-x86_64': 'qemu-system-x86',
  mmdebstrap: 'mmdebstrap',
  busybox: 'busybox-static',
  cpio: 'cpio',
  depmod: 'kmod',
  'mkfs.ext4': 'e2fsprogs',
};

/** The packages that are still to be installed here before a guest can be made; none: all is there. */
export function missingTools(): readonly string[] {
  const found = (program: string): boolean => PATH.split(delimiter).some((folder) => existsSync(join(folder, program)));
  return [...new Set(Object.entries(TOOLS).flatMap(([program, name]) => (found(program) ? [] : [name])))];
}

/** Where guests are kept: PACKETWALK_GUEST_DIR, or below the user's cache. */
export const guestCache = (): string => process.env.PACKETWALK_GUEST_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'packetwalk', 'guest');

const run = promisify(execFile);

/** Runs a line of shell in `cwd`; its output, or an error with what it complained about. */
async function shell(cwd: string, script: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  try {
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd, env: { ...process.env, PATH, ...env }, maxBuffer: 64 << 20 });
    return stdout;
  } catch (error) {
    const { stderr = '', message } = error as { readonly stderr?: string; readonly message: string };
    throw new Error(`building the guest failed at: ${script.split('\n')[0]}\n${stderr.split('\n').slice(-20).join('\n') || message}`, { cause: error });
  }
}

/** The recipe's name: another text of these files is another guest. */
async function recipeHash(): Promise<string> {
  const here = dirname(fileURLToPath(import.meta.url));
  const hash = createHash('sha256');
  for (const file of ['recipe.ts', 'build.ts']) hash.update(await readFile(join(here, file)));
  return hash.digest('hex').slice(0, 16);
}

/** User space in `work/root`, and the suite's own kernel unpacked in `work/kernel`: its release. */
async function unpack(work: string): Promise<string> {
  const hook = [
    'export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"; cd "$GUEST_WORK"',
    `apt-get download "$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \\(linux-image-[^ ]*\\)/\\1/p' | head -1)"`,
  ].join('; ');
  await shell(work, `mmdebstrap --quiet --variant=minbase --include="$PACKAGES" --customize-hook="$HOOK" --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' ${SUITE} root`, {
    PACKAGES: PACKAGES.join(','),
    HOOK: hook,
    GUEST_WORK: work,
  });
  await shell(work, 'mkdir kernel && dpkg-deb -x linux-image-*.deb kernel');
  const image = (await readdir(join(work, 'kernel/boot'))).find((f) => f.startsWith('vmlinuz-'));
  if (image === undefined) throw new Error('building the guest failed: the kernel package has no boot/vmlinuz-*');
  const release = image.slice('vmlinuz-'.length);
  await shell(work, `depmod -b kernel ${release}`);
  return release;
}

/** Every module of the tree that a name or a pattern (`xt_*`) of MODULES means. */
export function modulesNamed(tree: readonly string[], names: readonly string[]): readonly string[] {
  const patterns = names.map((n) => new RegExp(`^${n.replaceAll('*', '.*')}$`));
  return patterns.flatMap((p) => tree.filter((m) => p.test(m)));
}

/** The root as a file system image: needs neither mount nor loop device. */
async function packRoot(work: string, release: string): Promise<void> {
  const from = join(work, 'kernel/lib/modules', release);
  const to = join(work, 'root/lib/modules', release);
  await mkdir(to, { recursive: true });
  await shell(from, `cp modules.order modules.builtin* "${to}"`);
  for (const part of MODULE_TREE) {
    if (!existsSync(join(from, part))) continue;
    await mkdir(dirname(join(to, part)), { recursive: true });
    await cp(join(from, part), join(to, part), { recursive: true });
  }
  await shell(work, `depmod -b root ${release}`);
  const tree = (await readdir(to, { recursive: true })).flatMap((f) => /([^/]+)\.ko(?:\.xz|\.zst|\.gz)?$/.exec(f)?.[1] ?? []);
  await writeFile(join(work, 'root/lib/modules/loaded-at-boot'), `${modulesNamed(tree, MODULES).join('\n')}\n`);
  await writeFile(join(work, 'root/sbin/guest-init'), GUEST_INIT, { mode: 0o755 });
  await mkdir(join(work, 'root/host'), { recursive: true });
  await shell(work, 'rm -rf root/var/cache/apt root/var/lib/apt/lists; mkfs.ext4 -q -O ^has_journal -d root root.img "$(( $(du -sk root | cut -f1) * 13 / 10 + 65536 ))k"');
}

/** The initramfs: busybox and the modules that lead to the root. */
async function packInit(work: string, release: string): Promise<void> {
  const to = join(work, 'initramfs');
  for (const folder of ['bin', 'proc', 'sys', 'dev', 'modules']) await mkdir(join(to, folder), { recursive: true });
  await shell(work, 'cp "$(command -v busybox)" initramfs/bin/busybox');
  if ((await shell(work, 'ldd initramfs/bin/busybox 2>&1 || true')).includes('=>')) throw new Error('building the guest failed: busybox must be a static one; install busybox-static');
  const needed = await shell(work, `for m in ${BOOT_MODULES.join(' ')}; do modprobe -d kernel -S ${release} --show-depends $m; done`);
  const files = [...new Set(needed.split('\n').flatMap((l) => /^insmod (\S+)/.exec(l)?.[1] ?? []))];
  const nameOf = (file: string): string => basename(file).replace(/\.ko.*$/, '');
  for (const file of files) await cp(file.startsWith('/') ? file : join(work, file), join(to, 'modules', basename(file)));
  const same = (a: string, b: string): boolean => a.replaceAll('-', '_') === b.replaceAll('-', '_');
  const inOrder = BOOT_ORDER.flatMap((m) => files.filter((f) => same(nameOf(f), m)));
  const rest = files.filter((f) => !inOrder.includes(f));
  await writeFile(join(to, 'order'), `${[...rest, ...inOrder].map((f) => basename(f)).join('\n')}\n`);
  await writeFile(join(to, 'init'), INIT);
  await chmod(join(to, 'init'), 0o755);
  await shell(to, 'find . | cpio -o -H newc --quiet | gzip -1 > ../initrd.gz');
}

/**
 * Makes the guest's files below `dir`, or finds them made. They count only once whole: they are built aside and renamed. Needs root
 * and about 1.5 GiB while it builds.
 */
export async function buildGuest(dir: string = guestCache()): Promise<Guest> {
  const home = join(dir, await recipeHash());
  const read = async (): Promise<Guest> => ({ kernel: join(home, 'vmlinuz'), initrd: join(home, 'initrd.gz'), root: join(home, 'root.img'), release: (await readFile(join(home, 'release'), 'utf8')).trim(), append: APPEND });
  if (existsSync(join(home, 'release'))) return read();
  const missing = missingTools();
  if (missing.length > 0) throw new Error(`a guest needs: apt-get install --no-install-recommends ${missing.join(' ')}`);
  await mkdir(dir, { recursive: true });
  const work = await mkdtemp(join(dir, 'building-'));
  try {
    const release = await unpack(work);
    await packRoot(work, release);
    await packInit(work, release);
    const done = join(work, 'done');
    await mkdir(done);
    await rename(join(work, 'kernel/boot', `vmlinuz-${release}`), join(done, 'vmlinuz'));
    for (const file of ['initrd.gz', 'root.img']) await rename(join(work, file), join(done, file));
    await writeFile(join(done, 'release'), `${release}\n`);
    // Somebody else may have been faster: theirs is as good.
    await rename(done, home).catch((error: unknown) => {
      if (!existsSync(join(home, 'release'))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return read();
}
