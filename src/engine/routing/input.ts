import { isLimitedBroadcast, isLoopback, isMulticast, isZeroNet } from '../../packet/address.ts';
import { ipOf, l4Of, isPorted } from '../../packet/packet.ts';
import { type At, devConf, isForwarding, type Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';
import type { FibStep } from '../step.ts';
import { chooseNexthop } from './choose.ts';
import { type FibAnswer, fibLookup, type Flow, prefixText } from './fib.ts';
import { type SourceCheck, validateSource } from './rpFilter.ts';
import type { Rtable } from './rtable.ts';

/** What to do with a received packet. `error` is answered with ICMP if this machine forwards; `drop` is silent. */
export type InputDecision =
  | { readonly kind: 'local' | 'forward'; readonly rt: Rtable }
  | { readonly kind: 'error'; readonly error: 'EHOSTUNREACH' | 'ENETUNREACH' | 'EACCES' | 'EINVAL'; readonly notForwarding: boolean }
  | { readonly kind: 'ended' };

/** The question that a packet asks of the routing tables. */
export function flowOf(skb: Skb, iif: string, oif?: string): Flow {
  const ip = ipOf(skb.packet);
  const l4 = l4Of(skb.packet);
  const ports = isPorted(l4) ? { sport: l4.sport, dport: l4.dport } : {};
  return { dst: ip.dst, src: ip.src, tos: ip.tos, mark: skb.mark, iif, oif, proto: ip.proto, ...ports };
}

/** What a routing step shows of an answer. */
export function fibStep(purpose: FibStep['purpose'], dst: number, answer: Exclude<FibAnswer, { kind: 'unknown' }>, result: FibStep['result'], more: Partial<FibStep> = {}): FibStep {
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

export const errorResult = (error: 'EHOSTUNREACH' | 'ENETUNREACH' | 'EACCES' | 'EINVAL'): FibStep['result'] =>
  ({ EHOSTUNREACH: 'unreachable', ENETUNREACH: 'no-route', EACCES: 'prohibit', EINVAL: 'blackhole' } as const)[error];

/** ip_route_input_slow() (net/ipv4/route.c): is it for us, to be forwarded, or refused? Emits what it found. */
export function routeInput(sim: Sim, at: At, skb: Skb): InputDecision {
  const dev = at.dev ?? '';
  const ip = ipOf(skb.packet);
  const drop = (reason: 'martian-source' | 'martian-destination' | 'rp-filter' | 'multicast' | 'broadcast'): InputDecision => {
    sim.emit(at, skb, { kind: 'drop', reason });
    sim.end(at, skb, 'dropped');
    return { kind: 'ended' };
  };
  if (isMulticast(ip.src) || isLimitedBroadcast(ip.src) || (isZeroNet(ip.src) && ip.src !== 0)) return drop('martian-source');
  if (isMulticast(ip.dst)) return drop('multicast');
  if (isLimitedBroadcast(ip.dst)) return drop('broadcast');
  if (isZeroNet(ip.src)) return drop('martian-source');
  if (isZeroNet(ip.dst)) return drop('martian-destination');
  const routeLocalnet = devConf(at.ns, dev, 'route_localnet', 'or', 0) === 1;
  // Packets on lo are loopback by nature (ip_rcv on loopback_dev keeps the output's dst, so these tests never see them).
  if (dev !== 'lo' && !routeLocalnet) {
    if (isLoopback(ip.dst)) return drop('martian-destination');
    if (isLoopback(ip.src)) return drop('martian-source');
  }

  const answer = fibLookup(at.ns, flowOf(skb, dev));
  if (answer.kind === 'unknown') {
    sim.unknown(at, skb, answer.what, answer.name, answer.what === 'route' ? 'ip route show table all' : 'ip rule', answer.source.filter((s) => s !== undefined));
    return { kind: 'ended' };
  }
  const forwarding = isForwarding(at.ns, dev);
  const source = answer.source;
  if (answer.kind === 'error') {
    sim.emit(at, skb, fibStep('input', ip.dst, answer, errorResult(answer.error)), { source });
    return { kind: 'error', error: forwarding ? answer.error : 'EHOSTUNREACH', notForwarding: !forwarding };
  }
  const check = (): SourceCheck => (dev === 'lo' ? { ok: true, checked: undefined, expected: undefined } : validateSource(at.ns, dev, ip.src, ip.dst, ip.tos, skb.mark, ip.proto));

  const { route } = answer;
  if (route.type === 'local' || route.type === 'broadcast') {
    const checked = check();
    sim.emit(at, skb, fibStep('input', ip.dst, answer, route.type, { oif: route.type === 'local' ? 'lo' : answer.nexthop.dev, nexthop: undefined }), { source });
    if (!sourceStep(sim, at, skb, checked)) return { kind: 'ended' };
    if (route.type === 'broadcast') return drop('broadcast');
    return { kind: 'local', rt: { kind: 'local', dst: ip.dst, oif: 'lo', gateway: undefined, mtu: undefined, prefSrc: route.src } };
  }
  if (!forwarding) {
    sim.emit(at, skb, fibStep('input', ip.dst, answer, 'forward'), { source });
    return { kind: 'error', error: 'EHOSTUNREACH', notForwarding: true };
  }
  if (route.type !== 'unicast') return drop('martian-destination');
  const checked = check();
  const hop = chooseNexthop(sim, at.ns, answer);
  sim.emit(at, skb, fibStep('input', ip.dst, answer, 'forward', { oif: hop.dev, nexthop: hop.via }), { source });
  if (!sourceStep(sim, at, skb, checked)) return { kind: 'ended' };
  return { kind: 'forward', rt: { kind: 'unicast', dst: ip.dst, oif: hop.dev ?? '', gateway: hop.via, mtu: route.mtu, prefSrc: route.src } };
}

/** Shows the reverse-path check where there was one; false when the packet ended there. */
function sourceStep(sim: Sim, at: At, skb: Skb, check: SourceCheck): boolean {
  const src = ipOf(skb.packet).src;
  if (check.ok) {
    if (check.checked) sim.emit(at, skb, { kind: 'rp-filter', mode: check.checked, passed: true, src, expected: check.expected });
    return true;
  }
  if (check.why === 'rp-filter') sim.emit(at, skb, { kind: 'rp-filter', mode: check.mode, passed: false, src, expected: check.expected });
  sim.emit(at, skb, { kind: 'drop', reason: check.why });
  sim.end(at, skb, 'dropped');
  return false;
}

