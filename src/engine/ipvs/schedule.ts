import { l4Of, type Packet, PROTO_SCTP, PROTO_TCP, PROTO_UDP, SCTP_INIT, TCP_RST, TCP_SYN } from '../../packet/packet.ts';
import type { RealServer, VirtualServer } from '../../world/ipvs.ts';
import { type At, type Sim, sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import type { Choice } from '../probe.ts';
import type { IpvsStep } from '../step.ts';
import { addConn, countsOf, findIn, type IpvsConn, templateEnds, usesConntrack } from './connections.ts';
import { endpointText, type Ends, turned } from './ends.ts';
import { bestPicks, type Candidate, hashPick, hashShares, hashValue, isCounting, nextRoundRobin, nextWeightedRoundRobin, type Picks, roundRobinPicks, weightedPicks, wrrTurn } from './pick.ts';
import { findService, FTP_PORT, pickingOrder } from './services.ts';

type Shown = Pick<IpvsStep, 'candidates' | 'picked' | 'choice'>;

/** `pass`: IPVS leaves the packet alone. `none`: nobody can take it, and the client is told. */
export type Scheduled =
  | { readonly kind: 'conn'; readonly conn: IpvsConn; readonly shown: Shown }
  | { readonly kind: 'none'; readonly service: VirtualServer; readonly shown: Shown }
  | { readonly kind: 'pass' }
  | { readonly kind: 'unknown'; readonly service: VirtualServer; readonly name: string };

const PASS: Scheduled = { kind: 'pass' };
const UNSHOWN: Shown = { candidates: [], picked: undefined, choice: undefined };

/** tcp_conn_schedule(), udp_conn_schedule(), sctp_conn_schedule(): whether a packet may open a connection. */
function mayOpen(at: At, packet: Packet): boolean {
  const l4 = l4Of(packet);
  if (l4?.type === 'tcp') return (l4.flags & TCP_RST) === 0 && ((l4.flags & TCP_SYN) !== 0 || sysctl(at.ns, 'net.ipv4.vs.sloppy_tcp', 0) !== 0);
  if (l4?.type === 'sctp') return l4.chunk === SCTP_INIT || sysctl(at.ns, 'net.ipv4.vs.sloppy_sctp', 0) !== 0;
  return l4?.type === 'udp';
}

/** ip_vs_schedule() (net/netfilter/ipvs/ip_vs_core.c): finds the service of a packet and a real server for it, and makes the connection. */
export function schedule(sim: Sim, at: At, skb: Skb, ends: Ends): Scheduled {
  const table = at.ns.ipvs;
  if ((ends.proto !== PROTO_TCP && ends.proto !== PROTO_UDP && ends.proto !== PROTO_SCTP) || !mayOpen(at, skb.packet)) return PASS;
  const service = findService(at.ns.netns, skb.mark, ends.proto, ends.dst, ends.dport);
  // FTP's data connections, and answers of a real server on this very machine.
  if (!service || ends.sport === 20 || ((skb.iif === undefined || skb.iif === 'lo') && findIn(table, turned(ends)))) return PASS;
  const servicePort = service.key.kind === 'fwmark' ? 0 : service.key.port;
  if (service.persistentSec !== undefined) return schedulePersistent(sim, at, service, servicePort, ends);
  if (service.key.kind === 'address' && ends.dport !== servicePort) return servicePort === FTP_PORT ? PASS : { kind: 'none', service, shown: UNSHOWN };
  const picked = pick(sim, at, service, ends);
  if (picked.kind !== 'picked') return picked;
  const conn = makeConn(at, service, ends, picked.real, picked.real.port === 0 ? ends.dport : picked.real.port, undefined);
  return { kind: 'conn', conn, shown: picked.shown };
}

function makeConn(at: At, service: VirtualServer, ends: Ends, real: RealServer, rport: number, control: IpvsConn | undefined, template = false): IpvsConn {
  const conn: IpvsConn = {
    proto: ends.proto,
    client: ends.src,
    cport: ends.sport,
    vip: ends.dst,
    vport: ends.dport,
    rip: real.ip,
    rport,
    forward: real.forward,
    real,
    gone: false,
    service,
    template,
    control,
    onePacket: service.onePacket === true && ends.proto === PROTO_UDP,
    nfct: usesConntrack(at.ns.netns),
    noOutput: real.forward !== 'masq',
    state: 'NONE',
  };
  addConn(at.ns.ipvs, conn);
  return conn;
}

/** ip_vs_sched_persist(): a client that was here before gets the real server that its template remembers. */
function schedulePersistent(sim: Sim, at: At, service: VirtualServer, servicePort: number, ends: Ends): Scheduled {
  const key = templateEnds(service, ends.proto, ends.src, ends.dst, ends.dport);
  let template = findIn(at.ns.ipvs, key, true);
  let shown: Shown = UNSHOWN;
  // ip_vs_check_template(): the real server must still be there; with expire_quiescent_template it must have a weight, too.
  const gone = template && (template.gone || (template.real.weight === 0 && sysctl(at.ns, 'net.ipv4.vs.expire_quiescent_template', 0) !== 0));
  if (!template || gone) {
    const picked = pick(sim, at, service, ends);
    if (picked.kind !== 'picked') return picked;
    shown = picked.shown;
    template = makeConn(at, { ...service, onePacket: false }, key, picked.real, ends.dport === servicePort && servicePort !== FTP_PORT ? picked.real.port : 0, undefined, true);
  }
  const { real } = template;
  const rport = ends.dport === servicePort && real.port !== 0 ? real.port : ends.dport;
  return { kind: 'conn', conn: makeConn(at, service, ends, real, rport, template), shown };
}

type Pick1 = { readonly kind: 'picked'; readonly real: RealServer; readonly shown: Shown } | Exclude<Scheduled, { kind: 'conn' }>;

/** svc->scheduler->schedule(): what the dump decides is decided, what it cannot tell is a choice, whose answer later picks respect. */
function pick(sim: Sim, at: At, service: VirtualServer, ends: Ends): Pick1 {
  const table = at.ns.ipvs;
  if (service.unknown.length > 0) return { kind: 'unknown', service, name: service.unknown.join(' ') };
  const list: readonly Candidate[] = pickingOrder(service).map((real) => ({ real, counts: countsOf(table, real) }));
  const found = pickIn(sim, at, service, ends, list);
  if (found === 'unknown') return { kind: 'unknown', service, name: service.scheduler };
  const candidates = list.map(({ real }) => ({ address: endpointText(real.ip, real.port), weight: real.weight, source: real.source }));
  const real = found.index === undefined ? undefined : list[found.index]?.real;
  const shown: Shown = { candidates, picked: found.index, choice: found.choice };
  return real ? { kind: 'picked', real, shown } : { kind: 'none', service, shown };
}

interface Found {
  readonly index: number | undefined;
  readonly choice?: string | undefined;
}

function pickIn(sim: Sim, at: At, service: VirtualServer, ends: Ends, list: readonly Candidate[]): Found | 'unknown' {
  const table = at.ns.ipvs;
  const { scheduler } = service;
  if (scheduler === 'rr' || scheduler === 'wrr') {
    const turn = table.turns.get(service);
    if (turn) {
      const index = scheduler === 'rr' ? nextRoundRobin(list, turn.at) : nextWeightedRoundRobin(list, turn);
      if (index !== undefined) turn.at = index;
      return { index };
    }
    const found = choose(sim, at, `ipvs-${scheduler}`, list, scheduler === 'rr' ? roundRobinPicks(list) : weightedPicks(list));
    if (found.index !== undefined) table.turns.set(service, wrrTurn(found.index));
    return found;
  }
  if (isCounting(scheduler)) return pickByCounts(sim, at, service, list);
  if (scheduler === 'sh' || scheduler === 'dh') return pickByHash(sim, at, service, ends, list, scheduler);
  return 'unknown';
}

/** The choice between several; the one option when there is just one. */
function choose(sim: Sim, at: At, kind: Extract<Choice['kind'], `ipvs-${string}`>, list: readonly Candidate[], { among, odds }: Picks): Found {
  if (among.length <= 1) return { index: among[0] };
  const options = among.map((i) => endpointText(list[i]?.real.ip ?? 0, list[i]?.real.port ?? 0));
  const taken = sim.choose({ at: at.ns.id, kind, options, odds, splits: true });
  return { index: among[taken], choice: sim.taken.at(-1)?.key };
}

const toldBy = (at: At, service: VirtualServer): Map<string, number> => {
  const { told } = at.ns.ipvs;
  const found = told.get(service) ?? new Map<string, number>();
  told.set(service, found);
  return found;
};

/**
 * Counts decide, and between equals the order of the kernel's list, which a listing sorted by address does not show: what a choice
 * has told about it stays. Counts that no listing shows make the first pick of a trace a choice between all.
 */
function pickByCounts(sim: Sim, at: At, service: VirtualServer, list: readonly Candidate[]): Found {
  const told = toldBy(at, service);
  const best = bestPicks(service.scheduler, list);
  const before = (a: number, b: number): string => `${a}<${b}`;
  if (service.scheduler !== 'fo' && !told.has('counted') && list.some((c) => !c.counts.known)) {
    told.set('counted', 1);
    const all = service.scheduler === 'lc' || service.scheduler === 'ovf' ? roundRobinPicks(list) : weightedPicks(list);
    const first = best.among[0];
    const order = first === undefined ? [] : [first, ...all.among.filter((i) => i !== first)];
    return choose(sim, at, 'ipvs-pick', list, { among: order, odds: order.map((i) => all.odds[all.among.indexOf(i)] ?? 0) });
  }
  if (!service.sorted) return { index: best.among[0] };
  const open = best.among.filter((i) => !best.among.some((j) => told.has(before(j, i))));
  const found = choose(sim, at, 'ipvs-pick', list, { among: open, odds: open.map(() => 1 / open.length) });
  if (found.index !== undefined) for (const i of open) if (i !== found.index) told.set(before(found.index, i), 1);
  return found;
}

/** sh, dh: the hash is public, and so is the table when the order of the real servers is known. */
function pickByHash(sim: Sim, at: At, service: VirtualServer, ends: Ends, list: readonly Candidate[], scheduler: 'sh' | 'dh'): Found {
  const flags = service.schedFlags ?? [];
  const fallback = scheduler === 'sh' && (flags.includes('sh-fallback') || flags.includes('flag-1'));
  const port = scheduler === 'sh' && (flags.includes('sh-port') || flags.includes('flag-2')) ? ends.sport : 0;
  const value = hashValue(scheduler === 'sh' ? ends.src : ends.dst, port);
  const fresh = hashPick(scheduler, list, value, fallback);
  if (!service.sorted) return { index: fresh };
  const shares = hashShares(scheduler, list, fallback);
  if (shares.size <= 1) return { index: fresh };
  const told = toldBy(at, service);
  const known = told.get(String(value));
  if (known !== undefined) return { index: known < 0 ? undefined : known };
  const order = [fresh, ...[...shares.keys()].filter((i) => i !== fresh)];
  const options = order.map((i) => (i === undefined ? 'no real server' : endpointText(list[i]?.real.ip ?? 0, list[i]?.real.port ?? 0)));
  const index = order[sim.choose({ at: at.ns.id, kind: 'ipvs-pick', options, odds: order.map((i) => shares.get(i) ?? 0), splits: true })];
  told.set(String(value), index ?? -1);
  return { index, choice: sim.taken.at(-1)?.key };
}
