import type { Ip4, Mac } from '../packet/address.ts';
import { ETHERTYPE_VLAN, type EthHeader, type Packet } from '../packet/packet.ts';
import { netnsId } from '../world/lookup.ts';
import { hasKernelDatapath } from '../world/ovs.ts';
import type { SourceRef } from '../world/source.ts';
import type { Host, Link, Netns, World } from '../world/world.ts';
import { givenTable } from './conntrack/given.ts';
import type { CtTable } from './conntrack/table.ts';
import type { LiveSet } from './ipset/live.ts';
import type { WaitingPieces } from './ip/expire.ts';
import { type IpvsTable, newIpvsTable } from './ipvs/connections.ts';
import { newRuleMemory, type RuleMemory } from './netfilter/memory.ts';
import { hasNat, needsConntrack, needsDefrag } from './netfilter/needsConntrack.ts';
import type { Choice, Choices, Probe } from './probe.ts';
import { type Exception, givenExceptions } from './routing/rtable.ts';
import type { Skb } from './skb.ts';
import type { ClientSocket } from './socket/client.ts';
import type { RuleStep, Step, StepBody, Subsystem, UnknownWhat } from './step.ts';
import type { NetError, Verdict } from './trace-types.ts';

/** What may happen at most in one trace; a bound that was hit is a step. */
export const BOUNDS = { steps: 50_000, packets: 2_000, receives: 4_000, chainDepth: 64, xmitDepth: 8 } as const;

/** What the tunnels of a namespace learned: by device, by `device/MAC`, and by device and inner flow. */
export interface TunnelState {
  /** ip_tunnel.err_count: how many of the next packets are answered with an ICMP error, because one came back. */
  readonly errors: Map<string, number>;
  /** VXLAN: behind which remote end a MAC was seen. */
  readonly fdb: Map<string, Ip4>;
  readonly ports: Map<string, number>;
}

/** One network namespace while a trace runs: its dump, and the state that packets leave behind. */
export interface Ns {
  readonly id: string;
  readonly host: Host;
  readonly netns: Netns;
  readonly conntrack: CtTable;
  /** Whether some rule needs connection tracking; without one nothing is tracked and nat is not consulted. */
  readonly tracking: boolean;
  /** Fragments are put together before any table sees them: for tracking, and for what looks at sockets. */
  readonly defragging: boolean;
  /** A nat table is there, so that connections have mappings, if only to themselves. */
  readonly natting: boolean;
  readonly ipvs: IpvsTable;
  /** Learned path MTUs and gateways by exceptionKey() (FIB next-hop exceptions). */
  readonly exceptions: Map<string, Exception>;
  /** Neighbours learned during the trace, by `dev/ip`. */
  readonly learned: Map<string, Mac>;
  /** Neighbours whose header is cached because a packet has used them (hh_cache), by `dev/ip`. */
  readonly headers: Set<string>;
  /** Neighbours that answered a question of this machine (NUD_REACHABLE), by `dev/ip`; whoever only asked is STALE. */
  readonly answered: Set<string>;
  /** What the bridges learned during the trace: the port of an address, by `bridge/vlan/address`. */
  readonly macs: Map<string, string>;
  readonly clients: ClientSocket[];
  /** What tunnels remember while a trace runs. */
  readonly tunnels: TunnelState;
  /** ipsets that a rule has asked, by name. */
  readonly sets: Map<string, LiveSet>;
  /** Fragments that wait for the rest, by datagram. */
  readonly pieces: Map<number, WaitingPieces>;
}

/** Where and how a packet's way ended, in order of time. */
export interface EndRecord {
  readonly connection: number;
  readonly role: Skb['role'];
  readonly verdict: Verdict;
  readonly host: string;
  readonly netns: string | null;
  readonly dev: string | undefined;
  readonly packet: Packet;
  readonly step: number;
  readonly error?: NetError;
  readonly next?: { readonly ip: Ip4 | undefined; readonly dev: string | undefined };
  /** What the prober's own socket was told. */
  /** A copy of a flooded frame that was not for the one who got it: it says nothing about the packet unless nobody else does. */
  readonly copy?: boolean;
  readonly toClient?: 'answer' | 'reset' | 'icmp' | 'stray';
}

export interface Sim {
  readonly world: World;
  readonly probe: Probe;
  readonly steps: Step[];
  readonly taken: Choice[];
  /** How many steps there were when each choice was made. */
  readonly takenAt: number[];
  /** Steps that were completed later, with how many there were then. */
  readonly amendedAt: Map<number, number>;
  readonly memory: RuleMemory;
  readonly ends: EndRecord[];
  /** Frames on their way into a device, in order of arrival (the backlog queue). */
  readonly backlog: (() => void)[];
  /** Questions on links that wait for their answers, in the order in which they were asked. */
  readonly asked: Asking[];
  /** Frames are being received: what is sent meanwhile waits for its turn. A process' own packets go all the way before the next is sent. */
  softirq: boolean;
  /** Datagrams that programs sent back: how many headers each has, by packet. No program answers them again; in a tunnel they have more. */
  readonly echoes: Map<number, number>;
  /** What processes do once they run again, in the order in which they were woken: when no frame is under way. */
  readonly woken: (() => void)[];
  /** Sockets of a client that no dump describes. */
  readonly outside: ClientSocket[];
  ns(host: string, netns: string | null): Ns | undefined;
  newPacketId(): number;
  newEntryId(): number;
  emit(at: At, skb: Skb, body: StepBody, more?: StepMore): number;
  /** Completes a step whose children came between. */
  amend(id: number, skb: Skb, change: Partial<StepBody>): void;
  choose(request: ChoiceRequest): number;
  /** Records that a packet's way ended at the last step. */
  end(at: At, skb: Skb, verdict: Verdict, more?: Partial<Pick<EndRecord, 'error' | 'next' | 'toClient'>>): void;
  /** Emits an `unknown` step and ends the packet there. */
  unknown(at: At, skb: Skb, what: UnknownWhat, name: string, ask?: string, source?: readonly SourceRef[]): void;
  parent: number | undefined;
  /** Set when a bound was hit: nothing more is done. */
  exhausted: boolean;
  /** Transmissions inside each other: the kernel's recursion counter, tunnels counted once. */
  xmitDepth: number;
  /** icmp_xmit_lock(): the kernel is sending an ICMP packet of its own, and can make no other meanwhile. */
  sendingIcmp: boolean;
  /** Wrappings inside each other. */
  tunnelDepth: number;
  /** Whether the kernel goes on where the later limit for tunnels would stop it, once that was asked. */
  deepTunnels: boolean | undefined;
  /** Which `skipped` step is to be explained, and the rules that it stands for; or which look-up of Open vSwitch, and the packet that its table saw. */
  explain: { readonly step: number; readonly rules: RuleStep[]; flow?: Uint32Array } | undefined;
}

/** A neighbour that is being asked for (NUD_INCOMPLETE), and what waits for the answer (arp_queue). */
export interface Asking {
  readonly ns: Ns;
  readonly dev: string;
  readonly target: Ip4;
  /** The address that the question was asked from. */
  readonly sha: Mac;
  readonly waiting: Waiting[];
  /** Where several would answer: everyone's answer, in the order of arrival. */
  readonly answers: { readonly mac: Mac; readonly host: string }[];
  /** It went to where nothing is described. */
  left: boolean;
}

/** A packet that waits for a link-layer address. */
export interface Waiting {
  /** `first`: it is the one that asked. */
  readonly answered: (mac: Mac, first: boolean) => void;
  /** `left`: the question went to machines that the input does not describe; else everyone is, and nobody answered. */
  readonly unanswered: (left: boolean) => void;
}

export interface At {
  readonly ns: Ns;
  readonly dev: string | undefined;
}

export interface StepMore {
  readonly source?: readonly (SourceRef | undefined)[];
  readonly subsystem?: Subsystem;
  /** Show the link-layer header: only where a capture would. */
  readonly framed?: boolean;
}

export interface ChoiceRequest {
  readonly at: string;
  readonly kind: Choice['kind'];
  readonly options: readonly string[];
  readonly odds: readonly number[];
  readonly splits: boolean;
}

const subsystemOf: Record<StepBody['kind'], Subsystem> = {
  send: 'socket',
  receive: 'device',
  bridge: 'device',
  transmit: 'device',
  table: 'netfilter',
  rule: 'netfilter',
  skipped: 'netfilter',
  policy: 'netfilter',
  conntrack: 'conntrack',
  nat: 'conntrack',
  fib: 'routing',
  'rp-filter': 'routing',
  ttl: 'routing',
  mtu: 'routing',
  fragment: 'routing',
  reassemble: 'routing',
  ipvs: 'ipvs',
  ovs: 'ovs',
  openflow: 'ovs',
  'ovs-action': 'ovs',
  encap: 'tunnel',
  decap: 'tunnel',
  neighbour: 'neighbour',
  arp: 'neighbour',
  deliver: 'socket',
  pmtu: 'routing',
  redirect: 'routing',
  drop: 'engine',
  left: 'device',
  unknown: 'engine',
};

/** A frame as a capture shows it, with its tag. */
const framed = (skb: Skb, eth: EthHeader): Packet => (skb.vid === undefined ? [eth, ...skb.packet] : [{ ...eth, ethertype: ETHERTYPE_VLAN }, { type: 'vlan', id: skb.vid, ethertype: eth.ethertype }, ...skb.packet]);

/** A copy that nobody wanted here. */
const strayed = (verdict: Verdict, last: Step | undefined): boolean => verdict === 'left' || (verdict === 'dropped' && last?.kind === 'drop' && (last.reason === 'otherhost' || last.reason === 'device-down' || last.reason === 'too-big' || last.reason === 'openflow' || last.reason.startsWith('bridge')));

/**
 * A fresh simulation of `world`; `choices` are the branches to take where chance decides. `replay` goes before them: the branches of the
 * first so many choices, in order.
 */
export function newSim(world: World, probe: Probe, choices: Choices, replay: readonly number[] = []): Sim {
  const spaces = new Map<string, Ns>();
  let entries = 0;
  for (const host of world.hosts) {
    const switching = hasKernelDatapath(host);
    for (const netns of host.netns) {
      const id = netnsId(host.name, netns.name);
      spaces.set(id, {
        id,
        host,
        netns,
        conntrack: givenTable(netns),
        // Asked when a packet comes by: a compiled node's rules are made when somebody first looks at them.
        get tracking() {
          // ovs_ct_limit_init() > nf_conncount_init() > nf_ct_netns_get(): the module alone makes every namespace track.
          return switching || needsConntrack(netns);
        },
        get defragging() {
          return switching || needsDefrag(netns);
        },
        get natting() {
          return hasNat(netns);
        },
        ipvs: newIpvsTable(netns),
        exceptions: givenExceptions(netns),
        learned: new Map(),
        headers: new Set(),
        answered: new Set(),
        macs: new Map(),
        clients: [],
        tunnels: { errors: new Map(), fdb: new Map(), ports: new Map() },
        sets: new Map(),
        pieces: new Map(),
      });
    }
  }
  let packets = 0;
  const seenKeys = new Map<string, number>();

  const sim: Sim = {
    world,
    probe,
    steps: [],
    taken: [],
    takenAt: [],
    amendedAt: new Map(),
    memory: newRuleMemory(),
    ends: [],
    backlog: [],
    asked: [],
    softirq: false,
    echoes: new Map(),
    woken: [],
    outside: [],
    parent: undefined,
    exhausted: false,
    xmitDepth: 0,
    sendingIcmp: false,
    tunnelDepth: 0,
    deepTunnels: undefined,
    explain: undefined,
    ns: (host, netns) => spaces.get(netnsId(host, netns)),
    newPacketId: () => packets++,
    newEntryId: () => entries++,
    emit(at, skb, body, more = {}) {
      const id = sim.steps.length;
      const step: Step = {
        id,
        parent: sim.parent,
        host: at.ns.host.name,
        netns: at.ns.netns.name,
        dev: at.dev,
        connection: skb.connection,
        packetId: skb.id,
        role: skb.role,
        packet: more.framed && skb.eth ? framed(skb, skb.eth) : skb.packet,
        mark: skb.mark,
        source: (more.source ?? []).filter((s) => s !== undefined),
        subsystem: more.subsystem ?? subsystemOf[body.kind],
        ...body,
      };
      sim.steps.push(step);
      if ((sim.steps.length >= BOUNDS.steps || packets > BOUNDS.packets) && !sim.exhausted) {
        sim.exhausted = true;
        sim.unknown(at, skb, 'bound', sim.steps.length >= BOUNDS.steps ? `${BOUNDS.steps} steps` : `${BOUNDS.packets} packets`);
      }
      return id;
    },
    amend(id, skb, change) {
      const step = sim.steps[id];
      sim.amendedAt.set(id, sim.steps.length);
      if (step) sim.steps[id] = { ...step, packet: skb.packet, mark: skb.mark, ...change } as Step;
    },
    choose({ at, kind, options, odds, splits }) {
      const base = `${at}/${kind}`;
      const nth = (seenKeys.get(base) ?? 0) + 1;
      seenKeys.set(base, nth);
      const key = nth === 1 ? base : `${base}/${nth}`;
      const wanted = replay[sim.taken.length] ?? choices[key] ?? 0;
      const taken = Number.isInteger(wanted) && wanted >= 0 && wanted < options.length ? wanted : 0;
      sim.takenAt.push(sim.steps.length);
      sim.taken.push({ key, at, kind, options, odds, taken, splits });
      return taken;
    },
    end(at, skb, verdict, more = {}) {
      sim.ends.push({
        connection: skb.connection,
        role: skb.role,
        verdict,
        host: at.ns.host.name,
        netns: at.ns.netns.name,
        dev: at.dev,
        packet: skb.packet,
        step: sim.steps.length - 1,
        ...(skb.flood && strayed(verdict, sim.steps.at(-1)) ? { copy: true } : {}),
        ...more,
      });
    },
    unknown(at, skb, what, name, ask, source = []) {
      sim.emit(at, skb, { kind: 'unknown', what, name, ask }, { source });
      sim.end(at, skb, 'unknown');
    },
  };
  return sim;
}

/** Frames are received in the order in which they were sent, until none is under way. */
export function drain(sim: Sim): void {
  const outer = sim.softirq;
  for (let n = 0; n < BOUNDS.receives && !sim.exhausted; n++) {
    const frame = sim.backlog.shift();
    sim.softirq = outer || frame !== undefined;
    sim.sendingIcmp = false;
    const next = frame ?? (outer ? undefined : sim.woken.shift());
    if (!next) {
      sim.softirq = outer;
      return;
    }
    next();
  }
  sim.backlog.length = 0;
  sim.woken.length = 0;
  sim.softirq = outer;
}

/** IN_DEV_FORWARD(): the device's own `forwarding`, which `ip_forward` sets on all of them; undefined where no dump says it. */
export function isForwarding(ns: Ns, dev: string): boolean | undefined {
  const value = sysctl(ns, `net.ipv4.conf.${dev}.forwarding`, sysctl(ns, 'net.ipv4.conf.all.forwarding', sysctl(ns, 'net.ipv4.ip_forward', ns.netns.sysctlsUnlisted ? -1 : 0)));
  return value < 0 ? undefined : value !== 0;
}

/** The device of that name in the namespace. */
export const linkOf = (ns: Ns, dev: string | undefined): Link | undefined => (dev === undefined ? undefined : ns.netns.links.find((l) => l.name === dev));

/** A sysctl as a number; `fallback` when the dump does not have it. */
export const sysctl = (ns: Ns, key: string, fallback: number): number => {
  const text = ns.netns.sysctls[key];
  const value = text === undefined ? Number.NaN : Number.parseInt(text, 10);
  return Number.isNaN(value) ? fallback : value;
};

/** How a per-device setting combines with `all` (include/linux/inetdevice.h: IN_DEV_ORCONF, ANDCONF, MAXCONF). */
export function devConf(ns: Ns, dev: string, name: string, combine: 'or' | 'and' | 'max' | 'own', fallback: number, fallbackForAll = fallback): number {
  // A dump may leave a device out: it then was made with the defaults of its namespace.
  const own = sysctl(ns, `net.ipv4.conf.${dev}.${name}`, sysctl(ns, `net.ipv4.conf.default.${name}`, fallback));
  const all = sysctl(ns, `net.ipv4.conf.all.${name}`, combine === 'own' ? own : fallbackForAll);
  switch (combine) {
    case 'or':
      return own || all ? 1 : 0;
    case 'and':
      return own && all ? 1 : 0;
    case 'max':
      return Math.max(own, all);
    case 'own':
      return own;
  }
}
