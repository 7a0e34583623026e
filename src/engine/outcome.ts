import { PROTO_TCP } from '../packet/packet.ts';
import { natted } from './conntrack/nat.ts';
import { isTold } from './socket/icmp.ts';
import type { EndRecord, Sim } from './sim.ts';
import type { ClientSocket } from './socket/client.ts';
import type { Ending, Outcome } from './trace-types.ts';

const ending = (r: EndRecord): Ending => ({
  verdict: r.verdict,
  host: r.host,
  netns: r.netns,
  dev: r.dev,
  seen: r.packet,
  step: r.step,
  ...(r.error && r.verdict !== 'delivered' ? { error: r.error } : {}),
  ...(r.next ? { next: r.next } : {}),
});

/** How one way ended: where it was taken, if it was, else where the last piece of it was lost. */
const waysEnd = (records: readonly EndRecord[]): EndRecord | undefined => records.find((r) => r.verdict === 'delivered') ?? records.find((r) => r.verdict === 'unknown') ?? records.findLast((r) => !r.copy) ?? records.at(-1);

/** Puts together what became of one connection of the probe: the request, the reply, and what the client's program gets. */
export function outcomeOf(sim: Sim, connection: number, client: ClientSocket | undefined): Outcome {
  const mine = sim.ends.filter((e) => e.connection === connection);
  const requestEnd = waysEnd(mine.filter((e) => e.role === 'request'));
  const replyEnd = waysEnd(mine.filter((e) => e.role === 'reply'));
  const bound = mine.find((e) => e.verdict === 'unknown');
  const base = requestEnd ?? bound;
  if (!base) {
    const step = sim.steps.at(-1);
    const request: Ending = { verdict: 'unknown', host: step?.host ?? '', netns: step?.netns ?? null, dev: step?.dev, seen: step?.packet ?? [], step: step?.id ?? 0 };
    return { request, reply: undefined, natted: { src: false, dst: false }, client: 'unknown' };
  }
  // An error that reached the prober's socket makes of a loss a rejection.
  const told = mine.find((e) => e.toClient === 'icmp' || (e.role === 'error' && e.toClient === 'reset'));
  let request = ending(base);
  if (told && base.verdict !== 'delivered' && base.verdict !== 'unknown') {
    const error = told.toClient === 'reset' ? ({ kind: 'reset', from: sourceOf(told) } as const) : told.error;
    request = { ...request, verdict: 'rejected', ...(error ? { error } : {}) };
  }
  if (request.verdict !== 'delivered' && wentRound(sim, connection, base)) request = { ...request, verdict: 'looped' };
  return {
    request,
    reply: replyEnd && ending(replyEnd),
    natted: client ? natted(client.sent, base.packet) : { src: false, dst: false },
    client: clientGets(sim, request, replyEnd, told),
  };
}

/** The TTL ran out on a packet that had come in by some device before. */
function wentRound(sim: Sim, connection: number, end: EndRecord): boolean {
  const last = sim.steps[end.step];
  if (last?.kind !== 'drop' || last.reason !== 'ttl') return false;
  const seen = new Set<string>();
  return sim.steps.some((s) => {
    if (s.kind !== 'receive' || s.connection !== connection || s.packetId !== last.packetId) return false;
    const key = `${s.host}|${s.netns}|${s.dev}`;
    const again = seen.has(key);
    seen.add(key);
    return again;
  });
}

const sourceOf = (record: EndRecord): number => {
  const ip = record.packet.find((h) => h.type === 'ipv4');
  return ip?.src ?? 0;
};

/** Netfilter or connection tracking dropped it before it left: ip_send_skb() hands -EPERM to sendto(); TCP goes on as if it were lost. */
function refusedAtOnce(sim: Sim, request: Ending): boolean {
  const last = sim.steps[request.step];
  if (sim.probe.proto === PROTO_TCP || last?.kind !== 'drop' || !['rule', 'policy', 'ct-clash', 'masquerade-moved'].includes(last.reason)) return false;
  const own = sim.steps.filter((s) => s.connection === last.connection && s.role === 'request' && s.id < last.id);
  // A packet for a queue without a listener is dropped without a word (nf_queue()); with --queue-bypass it goes on, and another rule may drop it.
  const decided = own.findLast((s) => s.kind === 'rule' && s.verdict !== undefined);
  const queued = last.reason === 'rule' && decided?.kind === 'rule' && decided.verdict?.endsWith('QUEUE') === true;
  return own[0]?.kind === 'send' && !queued && !own.some((s) => s.kind === 'transmit');
}

/** What the client's program is told in the end (tcp_v4_err(), ping's and a connected UDP socket's error queue). */
function clientGets(sim: Sim, request: Ending, reply: EndRecord | undefined, told: EndRecord | undefined): Outcome['client'] {
  if (request.verdict === 'unknown' || reply?.verdict === 'unknown') return 'unknown';
  if (reply?.toClient === 'answer') return 'answer';
  if (told?.toClient === 'reset') return 'refused';
  if (request.error?.kind === 'emsgsize') return 'too-big';
  if (refusedAtOnce(sim, request)) return 'not-permitted';
  if (request.error?.kind === 'local') return 'unreachable';
  const error = told?.error;
  if (error?.kind === 'icmp' && isTold(told?.packet.find((h) => h.type === 'icmp'))) {
    if (error.icmptype === 3 && error.code === 4) return sim.probe.proto === PROTO_TCP ? 'timeout' : 'too-big'; // __udp4_lib_err(), ping_err(): EMSGSIZE; a TCP socket only learns the path MTU
    return error.icmptype === 3 && (error.code === 3 || error.code === 2) ? 'refused' : 'unreachable';
  }
  if (request.verdict === 'delivered' && reply === undefined && (sim.probe.reply === false || sim.probe.proto !== PROTO_TCP)) return 'sent';
  if (request.verdict === 'left' && reply === undefined) return 'unknown';
  return 'timeout';
}
