import { type ReadProbe, readProbe } from '../../src/cli/probeJson.ts';
import { parseBundle } from '../../src/dumps/bundle.ts';
import { printIptablesSave } from '../../src/dumps/iptablesPrint.ts';
import { DEFAULT_ICMP_ID, DEFAULT_SPORT } from '../../src/engine/send.ts';
import type { Step } from '../../src/engine/step.ts';
import { type Branch, traceAll } from '../../src/engine/trace.ts';
import { labScript, type LabOutside } from '../../src/export/lab/lab.ts';
import { listenPorts } from '../../src/export/lab/listeners.ts';
import { spaceName } from '../../src/export/lab/names.ts';
import { formatIp4 } from '../../src/packet/address.ts';
import { PROTO_ICMP, PROTO_TCP, PROTO_UDP } from '../../src/packet/packet.ts';
import type { Netns, World } from '../../src/world/world.ts';
import type { RefereeCase } from './case.ts';

/** A case with what the engine says about it, and what the recorder has to do. */
export interface Planned {
  readonly test: RefereeCase;
  readonly world: World;
  readonly probes: readonly PlannedProbe[];
  /** The recorder's job, but for its place and prefix. */
  readonly job: Job;
  readonly script: string;
  /** Why the case cannot be judged: a probe that is wrong, a world that the lab cannot build. */
  readonly refused: string | undefined;
}

export interface PlannedProbe {
  readonly read: ReadProbe;
  readonly branches: readonly Branch[];
}

export interface Job {
  readonly id: string;
  readonly spaces: readonly { readonly name: string; readonly trace: boolean; readonly tracking: boolean; readonly ipvs: boolean; readonly hidden: boolean; readonly listen: readonly (readonly [string, string, number])[]; readonly raw: readonly number[] }[];
  readonly stateful: boolean;
  readonly probes: readonly Readonly<Record<string, unknown>>[];
}

const hasTables = (netns: Netns): boolean => (netns.tables?.length ?? 0) > 0;

/** Rules that remember packets, and so must be loaded anew before each probe. */
const REMEMBERS = /--mode nth|-m (?:limit|hashlimit|recent|connlimit|quota|connbytes)|-j SET\b|update-counters|--bytes-|--packets-/;

/** Reads the world, asks the engine, and makes the job. `id` is the job's name. */
export function planCase(test: RefereeCase, id: string): Planned {
  const { world } = parseBundle(test.files);
  const readings = test.probes.map((p) => readProbe(world, JSON.parse(JSON.stringify(p))));
  const probes: PlannedProbe[] = [];
  let refused: string | undefined;
  let outside: LabOutside | undefined;
  for (const reading of readings) {
    if (!reading.ok) {
      refused ??= `probe: ${reading.error}`;
      continue;
    }
    const { probe } = reading.value;
    if (probe.from.kind === 'outside') {
      const { ip, host, dev } = probe.from;
      if (outside && (outside.ip !== ip || outside.host !== host || outside.dev !== dev)) refused ??= 'two different outside clients in one case';
      outside = { ip, host, dev };
    }
    probes.push({ read: reading.value, branches: traceAll(world, probe, reading.value.choices).branches });
  }
  const late = probes.some(losesPieces);
  const lab = labScript(late ? withQuickExpiry(world) : world, { title: test.name, ...(outside ? { outside } : {}) });
  if (lab.cannot.length > 0) refused ??= `not in the lab: ${lab.cannot.join('; ')}`;
  const ports = probes.flatMap((p) => (p.read.probe.dport === undefined ? [] : [p.read.probe.dport]));
  const raws = [...new Set(probes.map((p) => p.read.probe.proto).filter((n) => n !== PROTO_ICMP && n !== PROTO_TCP && n !== PROTO_UDP))];
  const job: Job = {
    id,
    spaces: [
      ...world.hosts.flatMap((h) =>
        h.netns.map((n) => ({
          name: spaceName(h.name, n.name),
          trace: hasTables(n),
          tracking: hasTables(n) || n.ipvs.length > 0 || n.conntrack !== undefined,
          ipvs: n.ipvs.length > 0,
          hidden: false,
          listen: listenPorts(world, n, ports).map((l) => [l.proto, formatIp4(l.ip), l.port] as const),
          raw: n.sockets === undefined ? raws : [],
        })),
      ),
      ...(outside ? [{ name: '.outside', trace: false, tracking: false, ipvs: false, hidden: true, listen: [], raw: [] }] : []),
    ],
    stateful: isStateful(world, probes),
    probes: probes.map((p, i) => ({ ...probeJob(p), fresh: startsAnew(probes, i), forgets: Object.values(test.files).some((text) => OUTLIVES.test(text)) })),
  };
  return { test, world, probes, job, script: lab.script, refused };
}

function isStateful(world: World, probes: readonly PlannedProbe[]): boolean {
  const remembers = world.hosts.some((h) =>
    h.netns.some((n) => n.ipvs.length > 0 || n.conntrack !== undefined || n.links.some((l) => l.kindText === 'bridge' || l.kindText === 'vxlan') || (n.tables !== undefined && printIptablesSave(n.tables, false).some((line) => REMEMBERS.test(line)))),
  );
  return remembers || probes.some((p) => p.branches.some((b) => b.trace.steps.some((s) => s.kind === 'arp' || s.kind === 'pmtu' || s.kind === 'neighbour' || s.packet.some((h) => h.type === 'icmp' && (h.icmptype === 5 || (h.icmptype === 3 && h.code === 4))))));
}

/** Rules whose memory outlives their table where a new one is put in its place: what has that name is found again. */
const OUTLIVES = /-m (?:hashlimit|recent)/;
/** ip_error() says less of such packets after five to one peer (inet_peer's tokens). */
const ERRORS_AT_ONCE = 4;

/** Whether the world must be built anew before this probe: something is left of those before it that no reset takes back. */
function startsAnew(probes: readonly PlannedProbe[], index: number): boolean {
  if (index === 0) return false;
  const steps = (p: PlannedProbe): readonly Step[] => p.branches.flatMap((b) => b.trace.steps);
  const sends = (p: PlannedProbe, types: readonly number[]): number => steps(p).filter((s) => s.kind === 'send' && s.packet.some((h) => h.type === 'icmp' && types.includes(h.icmptype))).length;
  const last = probes[index - 1];
  // ip_rt_send_redirect() waits longer each time.
  if (last && sends(last, [5]) > 0) return true;
  const before = probes.slice(0, index).reduce((n, p) => n + sends(p, [3]), 0);
  return last !== undefined && sends(last, [3]) > 0 && Math.floor(before / ERRORS_AT_ONCE) > Math.floor((before - sends(last, [3])) / ERRORS_AT_ONCE);
}

/** Some pieces of a datagram never come, and the kernel waits for them. */
const losesPieces = ({ branches }: PlannedProbe): boolean => branches.some((b) => b.trace.steps.some((s) => s.kind === 'drop' && s.reason === 'reassembly-timeout'));

/** What waits is given up after a second, where the kernel would wait for thirty. */
const withQuickExpiry = (world: World): World => ({
  ...world,
  hosts: world.hosts.map((h) => ({ ...h, netns: h.netns.map((n) => ({ ...n, sysctls: { ...n.sysctls, 'net.ipv4.ipfrag_time': '1' } })) })),
});
const PIECES_WAIT_MS = 1600;

/** A question that nobody answers is asked three times, 150 ms apart (record.py); then the packets that wait are given up. */
const NEIGHBOUR_WAIT_MS = 700;

function probeJob(planned: PlannedProbe): Readonly<Record<string, unknown>> {
  const {
    read: { probe },
    branches,
  } = planned;
  const { from, proto } = probe;
  const silent = branches.some((b) => b.trace.steps.some((s) => s.kind === 'drop' && s.reason === 'no-neighbour'));
  return {
    space: from.kind === 'outside' ? '.outside' : spaceName(from.host, from.netns),
    proto,
    dst: typeof probe.dst === 'number' ? formatIp4(probe.dst) : probe.dst,
    src: from.kind === 'outside' ? formatIp4(from.ip) : probe.src === undefined ? null : formatIp4(probe.src),
    sport: probe.sport ?? (proto === PROTO_ICMP ? DEFAULT_ICMP_ID : DEFAULT_SPORT),
    dport: probe.dport ?? 0,
    size: probe.size ?? (proto === PROTO_ICMP ? 56 : 0),
    df: probe.df ?? null,
    ttl: probe.ttl ?? null,
    tos: probe.tos ?? null,
    mark: probe.mark ?? null,
    count: probe.count ?? 1,
    reply: probe.reply ?? true,
    wait: losesPieces(planned) ? PIECES_WAIT_MS : silent ? NEIGHBOUR_WAIT_MS : null,
  };
}
