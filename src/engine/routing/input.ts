import { isLimitedBroadcast, isLoopback, isMulticast, isZeroNet } from '../../packet/address.ts';
import { ipOf, l4Of, type Packet } from '../../packet/packet.ts';
import { type At, devConf, isForwarding, type Ns, type Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';
import type { FibStep } from '../step.ts';
import { chooseNexthop, type ChosenHop, type HashInput, hashInputOf } from './choose.ts';
import { type FibHit, fibLookup, type FibRefusal, type FibUnknown, prefixText } from './fib.ts';
import { type SourceCheck, validateSource, wantsRedirect } from './rpFilter.ts';
import { localRtable, type Rtable, rtableBy } from './rtable.ts';
import type { Flow } from './rules.ts';

type Errno = FibRefusal['error'];

/** What to do with a received packet. `error` is answered with ICMP if this machine forwards; `ended` is recorded. */
export type InputDecision =
  | { readonly kind: 'local' | 'forward'; readonly rt: Rtable }
  | { readonly kind: 'error'; readonly error: Errno; readonly notForwarding: boolean }
  | { readonly kind: 'ended' };

/** The question that a packet asks of the routing tables; pieces of a datagram show no ports (__skb_flow_dissect()). */
export function flowOf(skb: { readonly packet: Packet; readonly mark: number }, iif: string, oif?: string): Flow {
  const ip = ipOf(skb.packet);
  const l4 = l4Of(skb.packet);
  const ports = l4 && 'sport' in l4 && !ip.mf && ip.offset === 0 ? { sport: l4.sport, dport: l4.dport } : {};
  return { dst: ip.dst, src: ip.src, tos: ip.tos, mark: skb.mark, iif, oif, proto: ip.proto, uid: 0, ...ports };
}

/** What a routing step shows of an answer. */
export function fibStep(purpose: FibStep['purpose'], dst: number, answer: FibHit | FibRefusal, result: FibStep['result'], more: Partial<FibStep> = {}): FibStep {
  return {
    kind: 'fib',
    purpose,
    dst,
    result,
    policyPriority: answer.priority,
    table: answer.table,
    prefix: answer.kind === 'route' ? prefixText(answer.route) : answer.prefix,
    oif: answer.kind === 'route' ? answer.nexthop.dev : undefined,
    nexthop: answer.kind === 'route' ? answer.nexthop.via : undefined,
    chosenSrc: undefined,
    ...more,
  };
}

export const errorResult = (error: Errno): FibStep['result'] => ({ EHOSTUNREACH: 'unreachable', ENETUNREACH: 'no-route', EACCES: 'prohibit', EINVAL: 'blackhole' } as const)[error];

/** What ip_route_input_slow() finds, before anything is recorded about it. */
export type InputRoute =
  | { readonly kind: 'martian'; readonly why: 'martian-source' | 'martian-destination'; readonly answer?: FibHit }
  | { readonly kind: 'multicast' }
  | { readonly kind: 'unknown'; readonly answer: FibUnknown }
  | { readonly kind: 'error'; readonly answer: FibRefusal }
  /** There is a way, but the device does not forward. */
  | { readonly kind: 'not-forwarding'; readonly answer: FibHit }
  | { readonly kind: 'local' | 'broadcast'; readonly answer: FibHit | undefined; readonly check: SourceCheck }
  | { readonly kind: 'forward'; readonly answer: FibHit; readonly chosen: ChosenHop; readonly check: SourceCheck };

/** ip_route_input_slow() (net/ipv4/route.c) for a packet, or the addresses of an ARP request: `flow.iif` is where it came in. */
export function inputRoute(sim: Sim, ns: Ns, flow: Flow, hash: HashInput): InputRoute {
  const { src, dst, iif: dev } = flow;
  if (isMulticast(dst)) return { kind: 'multicast' };
  if (isMulticast(src) || isLimitedBroadcast(src)) return { kind: 'martian', why: 'martian-source' };
  const broadcast = (answer: FibHit | undefined): InputRoute => ({
    kind: 'broadcast',
    answer,
    check: isZeroNet(src) ? { ok: true, checked: undefined, expected: undefined, onLink: false } : validateSource(ns, { ...flow, dst: 0 }, undefined),
  });
  if (isLimitedBroadcast(dst) || (src === 0 && dst === 0)) return broadcast(undefined);
  if (isZeroNet(src)) return { kind: 'martian', why: 'martian-source' };
  if (isZeroNet(dst)) return { kind: 'martian', why: 'martian-destination' };
  if (devConf(ns, dev, 'route_localnet', 'or', 0) === 0) {
    if (isLoopback(dst)) return { kind: 'martian', why: 'martian-destination' };
    if (isLoopback(src)) return { kind: 'martian', why: 'martian-source' };
  }
  const answer = fibLookup(ns, flow);
  if (answer.kind === 'unknown') return { kind: 'unknown', answer };
  const forwarding = isForwarding(ns, dev);
  const forwardingUnlisted: InputRoute = { kind: 'unknown', answer: { kind: 'unknown', what: 'dump', name: 'net.ipv4.ip_forward', ask: 'sysctl -a', source: answer.source } };
  if (answer.kind === 'error') return forwarding === undefined ? forwardingUnlisted : { kind: 'error', answer };
  const { type } = answer.route;
  if (type === 'broadcast') return devConf(ns, dev, 'bc_forwarding', 'and', 0) === 0 ? broadcast(answer) : { kind: 'unknown', answer: { kind: 'unknown', what: 'route', name: 'bc_forwarding', ask: 'sysctl -a', source: answer.source } };
  if (type === 'local') return { kind: 'local', answer, check: validateSource(ns, flow, undefined) };
  if (forwarding === undefined) return forwardingUnlisted;
  if (!forwarding) return { kind: 'not-forwarding', answer };
  if (type !== 'unicast') return { kind: 'martian', why: 'martian-destination', answer };
  const chosen = chooseNexthop(sim, ns, answer, hash);
  return { kind: 'forward', answer, chosen, check: validateSource(ns, flow, chosen.hop.dev) };
}

/** ip_route_input_slow(), recorded: is it for us, to be forwarded, or refused? */
export function routeInput(sim: Sim, at: At, skb: Skb): InputDecision {
  const dev = at.dev ?? '';
  const { dst, src } = ipOf(skb.packet);
  const drop = (reason: 'martian-source' | 'martian-destination'): InputDecision => {
    sim.emit(at, skb, { kind: 'drop', reason });
    sim.end(at, skb, 'dropped');
    return { kind: 'ended' };
  };
  const unknown = ({ what, name, ask, source }: FibUnknown): InputDecision => {
    sim.unknown(at, skb, what, name, ask, source.filter((s) => s !== undefined));
    return { kind: 'ended' };
  };
  const found = inputRoute(sim, at.ns, flowOf(skb, dev), hashInputOf(skb.packet));
  switch (found.kind) {
    case 'martian':
      return drop(found.why);
    case 'multicast':
      // Who takes it hangs on group memberships (`ip maddr`), which no dump shows.
      sim.unknown(at, skb, 'protocol', 'IP multicast');
      return { kind: 'ended' };
    case 'unknown':
      return unknown(found.answer);
    case 'error': {
      const forwarding = isForwarding(at.ns, dev) === true;
      sim.emit(at, skb, fibStep('input', dst, found.answer, errorResult(found.answer.error)), { source: found.answer.source });
      return { kind: 'error', error: forwarding ? found.answer.error : 'EHOSTUNREACH', notForwarding: !forwarding };
    }
    case 'not-forwarding':
      sim.emit(at, skb, fibStep('input', dst, found.answer, 'forward'), { source: found.answer.source });
      return { kind: 'error', error: 'EHOSTUNREACH', notForwarding: true };
    case 'local':
    case 'broadcast': {
      const { answer, check, kind } = found;
      const asked = answer ?? ({ kind: 'error', error: 'EINVAL', table: undefined, priority: undefined, prefix: undefined, source: [] } as const);
      sim.emit(at, skb, fibStep('input', dst, asked, kind, { oif: kind === 'local' ? 'lo' : (answer?.nexthop.dev ?? dev), nexthop: undefined }), { source: asked.source });
      if (!sourceStep(sim, at, skb, check, unknown)) return { kind: 'ended' };
      return { kind: 'local', rt: { ...localRtable(dst, answer?.route), kind } };
    }
    case 'forward': {
      const { answer, chosen, check } = found;
      const { hop, choice } = chosen;
      const rt = rtableBy(at.ns, 'unicast', dst, answer.route, hop);
      sim.emit(at, skb, fibStep('input', dst, answer, 'forward', { oif: hop.dev, nexthop: rt.gateway, ...(choice === undefined ? {} : { choice }) }), { source: answer.source });
      if (!sourceStep(sim, at, skb, check, unknown)) return { kind: 'ended' };
      const redirect = check.ok && wantsRedirect(at.ns, dev, src, hop, check.onLink);
      return { kind: 'forward', rt: redirect ? { ...rt, redirect } : rt };
    }
  }
}

/** Shows the reverse-path check where there was one; false when the packet ended there. */
function sourceStep(sim: Sim, at: At, skb: Skb, check: SourceCheck, unknown: (answer: FibUnknown) => InputDecision): boolean {
  const { src } = ipOf(skb.packet);
  if (check.ok) {
    if (check.checked) sim.emit(at, skb, { kind: 'rp-filter', mode: check.checked, passed: true, src, expected: check.expected });
    return true;
  }
  if (check.why === 'unknown') {
    unknown(check.answer);
    return false;
  }
  if (check.why === 'rp-filter') sim.emit(at, skb, { kind: 'rp-filter', mode: check.mode, passed: false, src, expected: check.expected });
  sim.emit(at, skb, { kind: 'drop', reason: check.why });
  sim.end(at, skb, 'dropped');
  return false;
}
