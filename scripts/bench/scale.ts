import { spawnSync } from 'node:child_process';
import { readProbe } from '../../src/cli/probeJson.ts';
import { parseBundle } from '../../src/dumps/bundle.ts';
import { parseIptablesSave } from '../../src/dumps/iptablesSave.ts';
import { needsConntrack } from '../../src/engine/netfilter/needsConntrack.ts';
import { chainsOf, indexOf, LONG_CHAIN } from '../../src/engine/netfilter/ruleIndex.ts';
import { trace, traceAll } from '../../src/engine/trace.ts';
import type { World } from '../../src/world/world.ts';
import { clusterIp, kubeRules } from './kubeRules.ts';

/*
 * Large inputs: prints figures with what they are held against, as one line of JSON, for bench.mjs. Run with --expose-gc.
 */

interface Figure {
  readonly name: string;
  readonly figure: string;
  readonly budget: string;
  readonly ok: boolean;
}

const SERVICES = 6_200;
const ENDPOINTS = 4;
const figures: Figure[] = [];
const ms = (n: number): string => `${n < 10 ? n.toFixed(2) : Math.round(n)} ms`;

const gc = (): void => void (globalThis as { gc?: () => void }).gc?.();

function median(runs: number, work: () => unknown): number {
  const taken: number[] = [];
  for (let i = 0; i < runs; i++) {
    const started = performance.now();
    work();
    taken.push(performance.now() - started);
  }
  return taken.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}

/** A node with these rules, a client in front of it and an endpoint's network behind it. */
const node = (rules: string, more = ''): World =>
  parseBundle({
    'node/node.txt': `$ ip -d addr
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    inet 192.168.0.10/24 brd 192.168.0.255 scope global eth0
3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
    inet 10.127.0.1/16 brd 10.127.255.255 scope global eth1

$ ip route
default via 192.168.0.1 dev eth0
192.168.0.0/24 dev eth0 proto kernel scope link src 192.168.0.10
10.128.0.0/9 via 10.127.0.2 dev eth1

$ ip neigh
192.168.0.1 dev eth0 lladdr 02:00:00:00:01:01 PERMANENT
10.127.0.2 dev eth1 lladdr 02:00:00:00:02:02 PERMANENT

$ sysctl -a
net.ipv4.ip_forward = 1
net.ipv4.conf.all.forwarding = 1
${more}
$ iptables-save
${rules}`,
  }).world;

function probeOf(world: World, dst: string, dport: number) {
  const read = readProbe(world, { from: { outside: '203.0.113.7', via: 'node', dev: 'eth0' }, dst, proto: 'tcp', dport });
  if (!read.ok) throw new Error(read.error);
  return read.value.probe;
}

function rulesAtScale(text: string): void {
  const big = node(text);
  const small = node(kubeRules(62, ENDPOINTS));
  const cost = (world: World, dst: string): number => {
    const probe = probeOf(world, dst, 80);
    const { outcomes } = trace(world, probe);
    if (outcomes[0]?.request.verdict !== 'left') throw new Error(`the packet was ${outcomes[0]?.request.verdict ?? 'nothing'}`);
    median(300, () => trace(world, probe));
    return median(500, () => trace(world, probe));
  };
  const rules = (text.match(/^-A/gm) ?? []).length;
  const [little, much] = [cost(small, clusterIp(31)), cost(big, clusterIp(SERVICES - 1))];
  figures.push({ name: `trace over ${rules} rules, against 1,000`, figure: `${ms(much)} / ${ms(little)} = ${(much / little).toFixed(2)}`, budget: '<= 2', ok: much <= 2 * little });
}

/** Milliseconds of a tool on this input, without what it takes for an empty one; undefined when it is not here. */
function toolTime(tool: string, text: string): number | undefined {
  const once = (input: string): number => {
    const started = performance.now();
    const { status } = spawnSync('unshare', ['-n', tool, '--test'], { input });
    return status === 0 ? performance.now() - started : Number.NaN;
  };
  const runs = Array.from({ length: 3 }, () => once(text) - once('*nat\nCOMMIT\n')).toSorted((a, b) => a - b);
  return Number.isNaN(runs[1] ?? Number.NaN) ? undefined : runs[1];
}

function parsing(text: string): void {
  gc();
  const before = process.memoryUsage().heapUsed;
  const parse = () => {
    const { value } = parseIptablesSave({ input: 'big', firstLine: 1, lines: text.split('\n') });
    // What a trace makes of them when it first needs it belongs to the price.
    for (const table of value) for (const chain of chainsOf(table).values()) if (chain.rules.length > LONG_CHAIN) indexOf(chain);
    needsConntrack({ tables: value } as never);
    return value;
  };
  const first = performance.now();
  const kept = parse();
  const cold = performance.now() - first;
  gc();
  const bytes = process.memoryUsage().heapUsed - before;
  const warm = median(3, parse);
  const tools = ['iptables-legacy-restore', 'iptables-nft-restore'].flatMap((tool) => {
    const taken = toolTime(tool, text);
    return taken === undefined ? [] : [{ tool, taken }];
  });
  const best = Math.min(...tools.map((t) => t.taken));
  figures.push({ name: `parsing ${(text.length / 1e6).toFixed(1)} MB of iptables-save (${kept.length} table, first time ${ms(cold)})`, figure: ms(warm), budget: tools.length === 0 ? 'no iptables-restore here to compare with' : `<= ${tools.map((t) => `${t.tool} --test ${ms(t.taken)}`).join(', ')}`, ok: tools.length === 0 || warm <= best });
  figures.push({ name: 'memory of it, times the text', figure: (bytes / text.length).toFixed(1), budget: '<= 12', ok: bytes <= 12 * text.length });
}

function enumeration(): void {
  const world = node(kubeRules(3, 500));
  const probe = probeOf(world, clusterIp(1), 80);
  const started = performance.now();
  const { branches, truncated } = traceAll(world, probe);
  const taken = performance.now() - started;
  figures.push({ name: `all outcomes of a service with 500 endpoints (${branches.length} found)`, figure: ms(taken), budget: '<= 1,000 ms', ok: taken <= 1_000 && branches.length === 500 && truncated === 0 });
}

const text = kubeRules(SERVICES, ENDPOINTS);
parsing(text);
rulesAtScale(text);
enumeration();
console.log(JSON.stringify(figures));
