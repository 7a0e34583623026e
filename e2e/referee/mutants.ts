import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An engine with one mistake in it: the referee must not let it pass. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** What cases that find it out cover; they are judged first. */
  readonly first: string;
  /** Open vSwitch judges it. */
  readonly ovs?: boolean;
}

export const mutants: readonly Mutant[] = [
  { name: 'forward-hooks-swapped', file: 'src/engine/netfilter/hooks.ts', find: "FORWARD: [table('mangle'), table('filter')", replace: "FORWARD: [table('filter'), table('mangle')", first: 'hook:order' },
  { name: 'ttl-off-by-one', file: 'src/engine/ip/forward.ts', find: 'withIp(skb.packet, { ttl: ip.ttl - 1 })', replace: 'withIp(skb.packet, { ttl: ip.ttl - 2 })', first: 'hook:order' },
  { name: 'masquerade-keeps-the-source', file: 'src/engine/netfilter/targets/nat.ts', find: 'const chosen = selectSource(ctx.at.ns, out, ctx.nexthop ?? ipOf(skb.packet).dst, 0);', replace: "const chosen = { ip: ipOf(skb.packet).src, from: 'device' as const, dev: out };", first: 'MASQUERADE' },
  { name: 'replies-walk-nat', file: 'src/engine/netfilter/hooks.ts', find: "if (ct.info !== 'ESTABLISHED' && !bound)", replace: "if (ct.info !== 'ESTABLISHED' || !bound)", first: 'target:DNAT' },
  { name: 'mark-is-or', file: 'src/engine/netfilter/targets/mark.ts', find: '((mark & ~mask) ^ value)', replace: '(mark | value)', first: 'target:MARK' },
  { name: 'goto-comes-back', file: 'src/engine/netfilter/walk.ts', find: "if (inner.verdict !== 'return' || verdict.kind === 'goto')", replace: "if (inner.verdict !== 'return')", first: 'target:goto' },
  { name: 'quotes-too-little', file: 'src/engine/ip/icmp.ts', find: 'Math.min(576,', replace: 'Math.min(548,', first: 'icmp:' },
  { name: 'strict-reverse-path-is-loose', file: 'src/engine/routing/rpFilter.ts', find: "if (rpf === 1) return { ok: false, why: 'rp-filter', mode: 'strict', expected };", replace: '', first: 'rp_filter' },
  { name: 'pieces-of-any-size', file: 'src/engine/ip/fragment.ts', find: 'Math.max(8, room & ~7)', replace: 'Math.max(8, room & ~15)', first: 'fragment' },
  { name: 'bridges-never-learn', file: 'src/engine/bridge/fdb.ts', find: 'export function learnMac(ns: Ns, bridge: Link, mac: Mac, vid: number, port: string): void {', replace: 'export function learnMac(ns: Ns, bridge: Link, mac: Mac, vid: number, port: string): void {\n  if (vid < 5000) return;', first: 'bridge:' },
  { name: 'port-unreachable-is-host', file: 'src/engine/netfilter/targets/reject.ts', find: "'icmp-port-unreachable': 3,", replace: "'icmp-port-unreachable': 1,", first: 'target:REJECT' },
  { name: 'patch-ports-keep-registers', file: 'src/engine/openflow/output.ts', find: 'flow.fill(0, W.reg0, W.reg0 + 16);', replace: '', first: 'patch', ovs: true },
  { name: 'conntrack-is-not-forgotten', file: 'src/engine/openflow/conntrack.ts', find: 'clearConntrack(ctx.flow);', replace: '', first: 'ct:after', ovs: true },
  { name: 'tables-are-one-deeper', file: 'src/engine/openflow/tables.ts', find: 'ctx.depth >= MAX_DEPTH', replace: 'ctx.depth > MAX_DEPTH', first: 'limit:depth', ovs: true },
];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The mutant's file with the mistake in it; throws when the place is not there exactly once. */
export function mutated(mutant: Mutant): string {
  const source = readFileSync(join(ROOT, mutant.file), 'utf8');
  if (source.split(mutant.find).length !== 2) throw new Error(`mutant ${mutant.name}: ${mutant.file} does not have once: ${mutant.find}`);
  return source.replace(mutant.find, () => mutant.replace);
}

/** Whether the referee finds the mistake: it differs from the kernel somewhere. A run that breaks finds nothing. */
export const isFound = (mutant: Mutant): boolean => /: .* [1-9]\d* differ/.test(runMutant(mutant.name, [], 'pipe').out);

/** Runs the referee with the same arguments over a copy of the project that has the mistake. */
export function runMutant(name: string, argv: readonly string[], output: 'inherit' | 'pipe'): { readonly status: number; readonly out: string } {
  const mutant = mutants.find((m) => m.name === name);
  if (!mutant) throw new Error(`no mutant ${name} (there are: ${mutants.map((m) => m.name).join(', ')})`);
  const dir = mkdtempSync(join(tmpdir(), 'packetwalk-mutant-'));
  try {
    for (const part of ['src', 'e2e', 'package.json', 'tsconfig.json', 'tsconfig.base.json', 'tsconfig.node.json']) cpSync(join(ROOT, part), join(dir, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
    writeFileSync(join(dir, mutant.file), mutated(mutant));
    const rest = argv.filter((word, i) => word !== '--mutant' && argv[i - 1] !== '--mutant');
    const { status, stdout } = spawnSync(process.execPath, [join(dir, 'node_modules/tsx/dist/cli.mjs'), 'e2e/referee/main.ts', '--fail-fast', '--first', mutant.first, ...(mutant.ovs ? ['--ovs'] : []), ...rest], { cwd: dir, stdio: ['ignore', output, output === 'pipe' ? 'ignore' : output], encoding: 'utf8', maxBuffer: 64 << 20 });
    return { status: status ?? 1, out: stdout ?? '' };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
