import { isLimitedBroadcast, isLoopback, isMulticast, isZeroNet, type Ip4 } from '../../packet/address.ts';
import { isUp } from '../../world/lookup.ts';
import type { SourceRef } from '../../world/source.ts';
import type { Nexthop } from '../../world/world.ts';
import { devConf, linkOf, type Ns, type Sim } from '../sim.ts';
import type { FibStep } from '../step.ts';
import { chooseNexthop, type HashInput } from './choose.ts';
import { type FibHit, fibLookup, type FibRefusal, type FibUnknown, lookupLocal, routeScope } from './fib.ts';
import { errorResult, fibStep } from './input.ts';
import { localRtable, type Rtable, rtableBy } from './rtable.ts';
import type { Flow } from './rules.ts';
import { isOwnAddress, SCOPE, selectSource } from './source.ts';

export type OutputDecision =
  | { readonly kind: 'route'; readonly rt: Rtable; readonly src: Ip4; readonly step: FibStep; readonly source: readonly (SourceRef | undefined)[] }
  | { readonly kind: 'error'; readonly error: FibRefusal['error']; readonly step: FibStep; readonly source: readonly (SourceRef | undefined)[] }
  | FibUnknown;

export interface OutputQuestion {
  readonly purpose: FibStep['purpose'];
  readonly dst: Ip4;
  /** 0: choose one. */
  readonly src: Ip4;
  readonly tos: number;
  readonly mark: number;
  readonly proto: number;
  readonly sport?: number | undefined;
  readonly dport?: number | undefined;
  readonly oif?: string | undefined;
  /** FLOWI_FLAG_ANYSRC: the source need not be an address of this machine. */
  readonly anySource?: boolean;
  /** Whose packet it is; 0 for what no socket sends. */
  readonly uid?: number;
  /** Only the source is wanted: next hops that give the same one need no choice. */
  readonly sourceOnly?: boolean;
  /** What is hashed to choose between next hops, when it is not this packet itself. */
  readonly hash?: HashInput;
}

const NOWHERE: FibRefusal = { kind: 'error', error: 'ENETUNREACH', table: undefined, priority: undefined, prefix: undefined, source: [] };

/** __ip_dev_find() (net/ipv4/devinet.c): an address of ours, or one that a local route covers. */
function isLocalSource(ns: Ns, src: Ip4): boolean {
  if (isOwnAddress(ns, src)) return true;
  const answer = lookupLocal(ns, src);
  return answer.kind === 'route' && answer.route.type === 'local';
}

/**
 * ip_route_output_key_hash_rcu() (net/ipv4/route.c): the way and the source address of a packet made here. The answer for a local
 * destination is `lo`, and then the destination itself is the default source.
 */
export function routeOutput(sim: Sim, ns: Ns, ask: OutputQuestion): OutputDecision {
  const { dst, oif } = ask;
  const refuse = (answer: FibHit | FibRefusal, error: FibRefusal['error'], result = errorResult(error)): OutputDecision => ({ kind: 'error', error, step: fibStep(ask.purpose, dst, answer, result), source: answer.source });
  if (ask.src !== 0) {
    if (isMulticast(ask.src) || isLimitedBroadcast(ask.src) || isZeroNet(ask.src)) return refuse(NOWHERE, 'EINVAL', 'martian');
    if (ask.anySource !== true && !isLocalSource(ns, ask.src)) return refuse(NOWHERE, 'ENETUNREACH', 'martian');
  }
  if (isMulticast(dst)) return { kind: 'unknown', what: 'route', name: 'IP multicast', source: [] };
  const bound = oif === undefined ? undefined : linkOf(ns, oif);
  if (oif !== undefined && (bound === undefined || !isUp(bound))) return refuse(NOWHERE, 'ENETUNREACH');
  if (dst === 0) return toSelf(ask);
  const flow: Flow = { dst, src: ask.src, tos: ask.tos, mark: ask.mark, iif: 'lo', oif, proto: ask.proto, sport: ask.sport, dport: ask.dport, ...(ask.uid === undefined ? {} : { uid: ask.uid }) };
  const answer = fibLookup(ns, flow);
  if (answer.kind === 'unknown') return answer;
  if (answer.kind === 'error') {
    // With a device given, what no route knows is taken to be on its link.
    return oif === undefined ? refuse(answer, answer.error) : onLink(ns, ask, oif);
  }
  const { route } = answer;
  const made = (rt: Rtable, src: Ip4, result: FibStep['result'], choice?: string): OutputDecision => ({
    kind: 'route',
    rt,
    src,
    step: fibStep(ask.purpose, dst, answer, result, { oif: rt.oif, nexthop: rt.gateway, chosenSrc: ask.src === 0 ? src : undefined, ...(choice === undefined ? {} : { choice }) }),
    source: answer.source,
  });
  if (route.type === 'local') return made(localRtable(dst, route), ask.src !== 0 ? ask.src : (route.src ?? dst), 'local');
  // fib_result_prefsrc(): the route's `src`, else inet_select_addr() with the route's own scope.
  const sourceBy = (hop: Nexthop): Ip4 => (ask.src !== 0 ? ask.src : (route.src ?? selectSource(ns, hop.dev ?? '', hop.via, routeScope(route))?.ip ?? 0));
  const alike = ask.sourceOnly === true && new Set(answer.alternatives.map(sourceBy)).size === 1;
  const { hop, choice } = alike ? { hop: answer.nexthop, choice: undefined } : chooseNexthop(sim, ns, answer, ask.hash ?? { src: ask.src, dst, proto: ask.proto, sport: ask.sport, dport: ask.dport });
  const dev = hop.dev ?? '';
  const src = sourceBy(hop);
  // __mkroute_output(): a loopback source may not leave by another device.
  if (isLoopback(src) && dev !== 'lo' && devConf(ns, dev, 'route_localnet', 'or', 0) === 0) return refuse(answer, 'EINVAL', 'martian');
  if (isZeroNet(dst)) return refuse(answer, 'EINVAL', 'martian');
  if (isLimitedBroadcast(dst)) return made({ ...rtableBy(ns, 'broadcast', dst, route, hop), gateway: undefined, mtu: undefined }, src, 'broadcast');
  const kind = route.type === 'broadcast' ? 'broadcast' : 'unicast';
  return made(rtableBy(ns, kind, dst, route, hop), src, kind === 'broadcast' ? kind : 'forward', choice);
}

/**
 * ip_route_connect() (include/net/route.h): a connected socket takes its source from a first lookup, and its way from a second one with
 * that source: rules may send it elsewhere then, and among several next hops another one may be chosen.
 */
export function routeConnect(sim: Sim, ns: Ns, ask: OutputQuestion): OutputDecision {
  if (ask.src !== 0 || ask.dst === 0) return routeOutput(sim, ns, ask);
  const first = routeOutput(sim, ns, { ...ask, sourceOnly: true });
  if (first.kind !== 'route' || first.src === 0) return first;
  const second = routeOutput(sim, ns, { ...ask, src: first.src });
  return second.kind === 'unknown' ? second : { ...second, step: { ...second.step, chosenSrc: first.src } };
}

/** A destination of 0.0.0.0 is this machine: its own source, or 127.0.0.1. */
function toSelf(ask: OutputQuestion): OutputDecision {
  const self = ask.src === 0 ? 0x7f000001 : ask.src;
  const step = fibStep(ask.purpose, self, NOWHERE, 'local', { oif: 'lo', chosenSrc: ask.src === 0 ? self : undefined });
  return { kind: 'route', rt: localRtable(self), src: self, step, source: [] };
}

function onLink(ns: Ns, ask: OutputQuestion, oif: string): OutputDecision {
  const src = ask.src !== 0 ? ask.src : (selectSource(ns, oif, undefined, SCOPE.link)?.ip ?? 0);
  const rt: Rtable = { kind: 'unicast', dst: ask.dst, oif, gateway: undefined, mtu: undefined, prefSrc: undefined };
  return { kind: 'route', rt, src, step: fibStep(ask.purpose, ask.dst, NOWHERE, 'forward', { oif, chosenSrc: ask.src === 0 ? src : undefined }), source: [] };
}
