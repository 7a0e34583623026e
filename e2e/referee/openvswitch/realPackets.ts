import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerOne } from '../../../src/cli/answer.ts';
import type { FrameJson, HeaderJson } from '../../../src/cli/frame.ts';
import { readProbe } from '../../../src/cli/probeJson.ts';
import { parseBundle } from '../../../src/dumps/bundle.ts';
import { trace } from '../../../src/engine/trace.ts';
import { decodeFrame } from '../decode.ts';
import { type RealCase, realCases } from './realCases.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';

/*
 * What a trace does not tell: packets of connections that conntrack knows. Two pods on one bridge; each frame that a pod of the engine
 * sends is given to the real switch by the same port, and what leaves the switch must be what leaves the engine's bridge; in the end
 * both must know the same connections.
 */

export interface RealDifference {
  readonly where: string;
  readonly engine: string | undefined;
  readonly real: string | undefined;
}

const UP = '<BROADCAST,MULTICAST,UP,LOWER_UP>';
const PORTS = ['veth1', 'veth2'] as const;
/** The switch is done with a frame when nothing has come for so long. */
const QUIET_MS = 120;

const pod = (n: number, ss: string): string => `$ ip -d addr show
3: eth0@if1${n}: ${UP} mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 0a:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0 
    veth 
    inet 10.0.0.${n}/24 brd 10.0.0.255 scope global eth0
$ ip route show
10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.${n}
$ ip neigh
${[3 - n, 100, 101].map((host) => `10.0.0.${host} dev eth0 lladdr 0a:00:00:00:00:0${3 - n} PERMANENT`).join('\n')}
$ sysctl net.ipv4.ip_forward
net.ipv4.ip_forward = 0
${ss}
`;

const links = `$ ip -d link show
${[1, 2].map((n) => `1${n}: veth${n}@if3: ${UP} mtu 1500 qdisc noqueue master ovs-system state UP mode DEFAULT group default qlen 1000
    link/ether aa:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff link-netnsid ${n - 1} promiscuity 1 
    veth 
    openvswitch_slave `).join('\n')}
`;

interface Frame {
  readonly port: string;
  readonly headers: readonly HeaderJson[];
}

interface PathEntry {
  readonly netns: string | null;
  readonly dev: string;
  readonly dir: string;
  readonly frame: FrameJson;
}

/** What both can say of a frame: drawn numbers, lengths and checksums left out. */
function frameText({ port, headers }: Frame): string {
  const words = headers.map((h) => {
    const shown = ['src', 'dst', 'ttl', 'tos', 'proto', 'sport', 'dport', 'flags', 'icmptype', 'code', 'op', 'spa', 'tpa'].filter((k) => h[k] !== undefined).map((k) => `${k}=${String(h[k])}`);
    return `${String(h['type'])}(${shown.join(',')})`;
  });
  return `${port}: ${words.join(' ')}`;
}

/** A frame as `netdev-dummy/receive` takes it (odp_flow_from_string(), lib/odp-util.c). */
function odpFlow({ headers }: Frame): string {
  const at = (type: string): HeaderJson => headers.find((h) => h['type'] === type) ?? {};
  const [eth, ip, tcp, udp, icmp] = ['eth', 'ipv4', 'tcp', 'udp', 'icmp'].map(at) as [HeaderJson, HeaderJson, HeaderJson, HeaderJson, HeaderJson];
  const flags = String(tcp['flags'] ?? '').toLowerCase().split(/[,| ]+/).filter((f) => f !== '').join('|');
  return [
    'in_port(1)',
    `eth(src=${String(eth['src'])},dst=${String(eth['dst'])})`,
    'eth_type(0x0800)',
    `ipv4(src=${String(ip['src'])},dst=${String(ip['dst'])},proto=${String(ip['proto'])},tos=${String(ip['tos'])},ttl=${String(ip['ttl'])},frag=no)`,
    ...(tcp['sport'] === undefined ? [] : [`tcp(src=${String(tcp['sport'])},dst=${String(tcp['dport'])})`, `tcp_flags(${flags})`]),
    ...(udp['sport'] === undefined ? [] : [`udp(src=${String(udp['sport'])},dst=${String(udp['dport'])})`]),
    ...(icmp['icmptype'] === undefined ? [] : [`icmp(type=${String(icmp['icmptype'])},code=${String(icmp['code'])})`]),
  ].join(',');
}

/** Frames of a capture file beyond those that were read before (pcap, little-endian). */
function framesIn(file: string, from: number): { readonly frames: readonly string[]; readonly next: number } {
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  const frames: string[] = [];
  let at = from;
  while (bytes.length >= at + 16 && bytes.length >= at + 16 + bytes.readUInt32LE(at + 8)) {
    const length = bytes.readUInt32LE(at + 8);
    frames.push(bytes.subarray(at + 16, at + 16 + length).toString('hex'));
    at += 16 + length;
  }
  return { frames, next: at };
}

const PCAP_HEADER = 24;
const sleep = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms));

/** What the engine says: what its pods sent into the bridge, each with what left the bridge for it; and the connections that are left. */
function engineSays({ flows, probe, refuses }: RealCase): { readonly sent: readonly { readonly frame: Frame; readonly out: readonly string[] }[]; readonly connections: readonly string[]; readonly unknown: string | undefined } {
  const ss = refuses ? '$ ss -lntu\nNetid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n' : '';
  const bridge = `$ ovs-vsctl show\n    Bridge br0\n        fail_mode: secure\n${['br0', ...PORTS].map((p) => `        Port ${p}\n            Interface ${p}\n${p === 'br0' ? '                type: internal\n' : ''}`).join('')}$ ovs-ofctl show br0\n${PORTS.map((p, i) => ` ${i + 1}(${p}): addr:aa:00:00:00:00:0${i + 1}\n     config:     0\n     state:      0\n`).join('')} LOCAL(br0): addr:aa:00:00:00:00:0f\n     config:     0\n     state:      0\n$ ovs-ofctl dump-flows br0\n${flows.map((f) => ` cookie=0x0, ${f}\n`).join('')}`;
  const { world } = parseBundle({ 'h/links.txt': links, 'h/ovs.txt': bridge, 'h/netns/p1/pod.txt': pod(1, ''), 'h/netns/p2/pod.txt': pod(2, ss) });
  const read = readProbe(world, { from: { host: 'h', netns: 'p1' }, dst: '10.0.0.2', proto: 'udp', sport: 4000, dport: 80, ...probe });
  if (!read.ok) throw new Error(read.error);
  const [outcome] = answerOne(trace(world, read.value.probe), { steps: false }).outcomes;
  const path = (outcome?.path ?? []) as readonly PathEntry[];
  const sent: { frame: Frame; out: string[] }[] = [];
  for (const { netns, dev, dir, frame } of path) {
    if (netns !== null || !PORTS.some((p) => p === dev)) continue;
    const own = { port: dev, headers: frame.headers };
    if (dir === 'in') sent.push({ frame: own, out: [] });
    else sent.at(-1)?.out.push(frameText(own));
  }
  const connections = (outcome?.conntrack ?? []).filter((c) => c.netns === null).map((c) => `${String(c.proto)} ${tupleText(c.orig)} reply ${tupleText(c.reply)} zone=${c.zone} mark=${Number(c.mark)} label=${'label' in c ? c.label : '0x0'}`);
  return { sent, connections: connections.toSorted(), unknown: outcome?.unknown[0]?.name };
}

const tupleText = (tuple: Readonly<Record<string, unknown>>): string => ['src', 'dst', 'sport', 'dport'].filter((k) => tuple[k] !== undefined).map((k) => String(tuple[k])).join(' ');

/** Lines of `dpctl/dump-conntrack`, in the engine's words. */
function connectionText(line: string): string {
  const value = (part: string, name: string): string | undefined => new RegExp(`(?:^|[,(])${name}=([^,()]*)`).exec(part)?.[1];
  const [, orig = '', reply = ''] = /orig=\((.*?)\),reply=\((.*?)\)/.exec(line) ?? [];
  const tuple = (part: string): string => ['src', 'dst', 'sport', 'dport'].map((k) => value(part, k)).filter((v) => v !== undefined).join(' ');
  const label = value(line, 'labels');
  return `${(line.split(',')[0] ?? '').toLowerCase()} ${tuple(orig)} reply ${tuple(reply)} zone=${value(line, 'zone') ?? 0} mark=${Number(value(line, 'mark') ?? 0)} label=${label ?? '0x0'}`;
}

async function judgeReal(sandbox: Sandbox, test: RealCase, read: Map<string, number>): Promise<RealDifference | undefined> {
  const { sent, connections, unknown } = engineSays(test);
  if (unknown !== undefined) return { where: 'unknown', engine: unknown, real: undefined };
  const put = sandbox.ofctl(['add-flows', 'br0', '-'], `delete\n${test.flows.join('\n')}\n`);
  if (!put.ok) return { where: 'add-flows', engine: undefined, real: put.text };
  await sandbox.ask('dpctl/flush-conntrack');
  // What the datapath remembers of the rules before.
  await sandbox.ask('revalidator/purge');
  if (sent.length === 0) return { where: 'frames', engine: 'nothing is sent', real: undefined };
  for (const [i, { frame, out }] of sent.entries()) {
    const taken = await sandbox.ask('netdev-dummy/receive', frame.port, odpFlow(frame));
    if (!taken.ok) return { where: 'netdev-dummy/receive', engine: odpFlow(frame), real: taken.text };
    const left: string[] = [];
    for (let quiet = 0; quiet < QUIET_MS; quiet += 20) {
      await sleep(20);
      for (const port of PORTS) {
        const { frames, next } = framesIn(join(sandbox.dir, `${port}.pcap`), read.get(port) ?? PCAP_HEADER);
        read.set(port, next);
        if (frames.length > 0) quiet = 0;
        for (const hex of frames) left.push(frameText({ port, headers: decodeFrame({ hex, len: hex.length / 2, ether: true, vlan: null }) ?? [] }));
      }
    }
    const at = Math.max(out.length, left.length);
    for (let n = 0; n < at; n++) if (out[n] !== left[n]) return { where: `frame ${n + 1} that leaves for ${frameText(frame)} (${i + 1})`, engine: out[n], real: left[n] };
  }
  const known = (await sandbox.ask('dpctl/dump-conntrack')).text.split('\n').filter((l) => l.trim() !== '').map(connectionText).toSorted();
  for (let n = 0; n < Math.max(known.length, connections.length); n++) if (known[n] !== connections[n]) return { where: 'connections', engine: connections[n], real: known[n] };
  return undefined;
}

export interface RealResult {
  readonly cases: number;
  readonly differences: readonly { readonly test: RealCase; readonly difference: RealDifference }[];
}

/** Sends real packets through a real switch in user space, case by case. */
export async function judgeRealPackets(): Promise<RealResult> {
  const sandbox = await startSandbox();
  try {
    const made = sandbox.vsctl('--', 'add-br', 'br0', '--', 'set', 'Bridge', 'br0', 'fail_mode=secure', ...PORTS.flatMap((p, i) => ['--', 'add-port', 'br0', p, '--', 'set', 'Interface', p, `ofport_request=${i + 1}`, `options:tx_pcap=${join(sandbox.dir, `${p}.pcap`)}`]));
    if (!made.ok) throw new Error(made.text);
    const read = new Map<string, number>();
    const differences: { test: RealCase; difference: RealDifference }[] = [];
    for (const test of realCases) {
      const difference = await judgeReal(sandbox, test, read);
      if (difference) differences.push({ test, difference });
    }
    return { cases: realCases.length, differences };
  } finally {
    await sandbox.stop();
  }
}
