import type { CtEntryView, Step, TupleView } from '../engine/step.ts';
import { type Branch, MAX_BRANCHES } from '../engine/trace.ts';
import type { Ending, LeftEntry, NetError, Outcome, Trace } from '../engine/trace-types.ts';
import { formatIp4, hex } from '../packet/address.ts';
import { PROTO_ICMP } from '../packet/packet.ts';
import { agreementOf, computedActions } from '../text/openflow/cachedActions.ts';
import { findHost, netnsId } from '../world/lookup.ts';
import type { World } from '../world/world.ts';
import { pathJson, protoJson, seenJson } from './frame.ts';
import { logicalJson } from './logicalJson.ts';

/*
 * The answer to a probe as HEADLESS.md describes it: plain objects, ready for JSON.
 */

export interface AnswerOptions {
  /** Add the steps that the page plays. */
  readonly steps: boolean;
  /** The machines: what their switches had cached is compared with what the rules say, and OVN's logical network gets its names; absent: that is left out. */
  readonly world?: World;
}

/** Where a packet's way ended. A packet that arrived by no device was made here: `lo`. */
const atJson = (e: Ending) => ({ host: e.host, netns: e.netns, dev: e.dev ?? 'lo' });

function errorJson(error: NetError) {
  switch (error.kind) {
    case 'icmp':
      return { kind: error.kind, icmptype: error.icmptype, code: error.code, ...(error.mtu === undefined ? {} : { mtu: error.mtu }), from: formatIp4(error.from) };
    case 'reset':
      return { kind: error.kind, from: formatIp4(error.from) };
    case 'emsgsize':
    case 'local':
      return error;
  }
}

/** `{ip, dev}` of the neighbour that a packet left towards. */
const nextJson = (next: NonNullable<Ending['next']>) => ({ ip: next.ip === undefined ? null : formatIp4(next.ip), dev: next.dev ?? null });

const endingJson = (e: Ending) => ({
  verdict: e.verdict,
  at: atJson(e),
  seen: seenJson(e.seen),
  ...(e.error ? { error: errorJson(e.error) } : {}),
  ...(e.next ? { next: nextJson(e.next) } : {}),
});

/** What became of one connection: request, reply, and what the client's program gets. */
const connectionJson = (o: Outcome) => ({
  ...endingJson(o.request),
  natted: o.natted,
  reply: o.reply ? endingJson(o.reply) : null,
  client: o.client,
});

/** Rules that matched and policies reached, as the kernel's TRACE target reports them. */
export function rulesJson(steps: readonly Step[]) {
  return steps.flatMap((step) => {
    if (step.kind !== 'policy' && !(step.kind === 'rule' && step.matched === true)) return [];
    return [
      {
        packet: step.role,
        host: step.host,
        netns: step.netns,
        hook: step.hook,
        table: step.table,
        chain: step.chain,
        rule: step.kind === 'rule' ? step.rule : null,
        verdict: step.kind === 'rule' ? (step.verdict ?? 'CONTINUE') : `policy ${step.policy}`,
        mark: hex(step.markBefore),
        ...(step.in === undefined ? {} : { in: step.in }),
        ...(step.out === undefined ? {} : { out: step.out }),
        ...(step.physin === undefined ? {} : { physin: step.physin }),
        ...(step.physout === undefined ? {} : { physout: step.physout }),
      },
    ];
  });
}

/** ICMP has an id in place of ports; other protocols have neither. */
function tupleJson(proto: number, { src, dst }: TupleView) {
  const addresses = { src: formatIp4(src.ip), dst: formatIp4(dst.ip) };
  if (proto === PROTO_ICMP) return { ...addresses, ...(src.port === undefined ? {} : { id: src.port }) };
  return { ...addresses, ...(src.port === undefined ? {} : { sport: src.port }), ...(dst.port === undefined ? {} : { dport: dst.port }) };
}

/** Names of the status bits (enum ip_conntrack_status), and UNREPLIED as `conntrack -L` says in place of SEEN_REPLY. */
const statusJson = (e: CtEntryView): readonly string[] => [
  e.seenReply ? 'SEEN_REPLY' : 'UNREPLIED',
  ...(e.assured ? ['ASSURED'] : []),
  ...(e.confirmed ? ['CONFIRMED'] : []),
  ...(e.srcNat ? ['SRC_NAT'] : []),
  ...(e.dstNat ? ['DST_NAT'] : []),
];

export const conntrackJson = ({ host, netns, entry }: LeftEntry<CtEntryView>) => ({
  host,
  netns,
  proto: protoJson(entry.proto),
  zone: entry.zoneDir === undefined ? entry.zone : 0,
  ...(entry.zoneDir === 'original' ? { 'zone-orig': entry.zone } : entry.zoneDir === 'reply' ? { 'zone-reply': entry.zone } : {}),
  orig: tupleJson(entry.proto, entry.orig),
  reply: tupleJson(entry.proto, entry.reply),
  status: statusJson(entry),
  ...(entry.tcpState === undefined ? {} : { state: entry.tcpState }),
  mark: hex(entry.mark),
  ...(entry.label ? { label: `0x${entry.label.map((w) => w.toString(16).padStart(8, '0')).join('').replace(/^0+(?=.)/, '')}` } : {}),
});

const unknownJson = (steps: readonly Step[]) =>
  steps.flatMap((s) =>
    s.kind === 'unknown'
      ? [{ packet: s.role, host: s.host, netns: s.netns, dev: s.dev ?? null, what: s.what, name: s.name, ask: s.ask ?? null, source: s.source }]
      : [],
  );

/** What the real switches had cached for such a packet, pass by pass, beside what the rules make of it; only where a listing tells. */
function cachedJson(steps: readonly Step[], world: World | undefined) {
  const passes = steps.flatMap((s) => {
    const host = s.kind === 'ovs' && s.cached ? world && findHost(world, s.host) : undefined;
    if (s.kind !== 'ovs' || !s.cached || !host) return [];
    const { flows, actions } = s.cached;
    const told = flows.map(({ flow, open }) => ({ match: flow.text, packets: flow.packets, bytes: flow.bytes, used: flow.usedSec ?? null, actions: flow.actions, agrees: agreementOf(host, flow.actions, actions), open }));
    return [{ packet: s.role, host: s.host, bridge: s.bridge, pass: s.pass, actions: computedActions(host, actions), flows: told }];
  });
  return passes.length === 0 ? {} : { cached: passes };
}

/** One outcome: the first connection's end, and the way and state of the whole trace. */
function outcomeJson(trace: Trace, probability: number, options: AnswerOptions) {
  const [first] = trace.outcomes;
  return {
    probability,
    choices: trace.choices.map((c) => ({ key: c.key, at: c.at, kind: c.kind, options: c.options, taken: c.taken, odds: c.odds[c.taken] ?? 1 })),
    ...(first ? connectionJson(first) : {}),
    path: pathJson(trace.steps),
    rules: rulesJson(trace.steps),
    conntrack: trace.conntrack.map(conntrackJson),
    ipvs: trace.ipvs.map(({ host, netns, entry }) => ({ host, netns, ...entry, proto: protoJson(entry.proto) })),
    unknown: unknownJson(trace.steps),
    ...cachedJson(trace.steps, options.world),
    ...logicalJson(trace, options.world),
    ...(options.steps ? { steps: trace.steps } : {}),
  };
}

/** Every connection of a probe with `count`, with its own way and rules. */
const connectionsJson = (trace: Trace) =>
  trace.outcomes.map((o, i) => {
    const mine = trace.steps.filter((s) => s.connection === i);
    return { ...connectionJson(o), path: pathJson(mine), rules: rulesJson(mine), unknown: unknownJson(mine) };
  });

/** How likely it is that chance takes the branch that this trace took. */
const oddsOf = (trace: Trace): number => trace.choices.reduce((p, c) => (c.splits ? p * (c.odds[c.taken] ?? 1) : p), 1);

/** The answer without `--all`: the one outcome of the branch taken. */
export const answerOne = (trace: Trace, options: AnswerOptions) => ({
  outcomes: [outcomeJson(trace, oddsOf(trace), options)],
  ...((trace.probe.count ?? 1) > 1 ? { connections: connectionsJson(trace) } : {}),
});

/**
 * The answer with `--all`: outcomes that agree on verdict, place and addresses, of the request and of its reply, are one; it is shown
 * by its likeliest branch (the first of equals). `truncated` is the probability of branches that were not followed: nobody knows how
 * they end, so that is an outcome, too.
 */
export const answerAll = (branches: readonly Branch[], truncated: number, options: AnswerOptions) => ({
  outcomes: [
    ...mergeBranches(branches).map(({ trace, probability }) => ({
      ...outcomeJson(trace, probability, options),
      ...((trace.probe.count ?? 1) > 1 ? { connections: connectionsJson(trace) } : {}),
    })),
    ...(truncated > 0 ? [notFollowed(truncated)] : []),
  ],
});

const notFollowed = (probability: number) => ({
  probability,
  choices: [],
  verdict: 'unknown',
  client: 'unknown',
  reply: null,
  path: [],
  rules: [],
  conntrack: [],
  ipvs: [],
  unknown: [{ what: 'bound', name: `${MAX_BRANCHES} branches`, ask: null, source: [] }],
});

/** Branches that end alike, merged; probabilities added up, in the order of the first of each. */
export function mergeBranches(branches: readonly Branch[]): readonly Branch[] {
  const merged = new Map<string, { readonly trace: Trace; readonly likeliest: number; readonly probability: number }>();
  for (const { trace, probability } of branches) {
    const key = JSON.stringify(trace.outcomes.map(endsAt));
    const known = merged.get(key);
    if (!known) merged.set(key, { trace, likeliest: probability, probability });
    else if (probability > known.likeliest) merged.set(key, { trace, likeliest: probability, probability: known.probability + probability });
    else merged.set(key, { ...known, probability: known.probability + probability });
  }
  return [...merged.values()].map(({ trace, probability }) => ({ trace, probability }));
}

function endsAt({ request, reply, client }: Outcome) {
  const end = (e: Ending) => {
    const { src, dst } = seenJson(e.seen);
    return [e.verdict, netnsId(e.host, e.netns), e.dev, src, dst, e.next, e.error];
  };
  // The port that was asked for is part of the place; ports that are drawn never tell outcomes apart.
  return [end(request), seenJson(request.seen)['dport'], reply && end(reply), client];
}
