import { isLoopback, type Ip4 } from '../../packet/address.ts';
import type { SourceRef } from '../../world/source.ts';
import type { Ns, Sim } from '../sim.ts';
import type { FibStep } from '../step.ts';
import { chooseNexthop } from './choose.ts';
import { fibLookup, type Flow, routeScope } from './fib.ts';
import { errorResult, fibStep } from './input.ts';
import type { Rtable } from './rtable.ts';
import { selectSource } from './source.ts';

export type OutputDecision =
  | { readonly kind: 'route'; readonly rt: Rtable; readonly src: Ip4; readonly step: FibStep; readonly source: readonly (SourceRef | undefined)[] }
  | { readonly kind: 'error'; readonly error: 'EHOSTUNREACH' | 'ENETUNREACH' | 'EACCES' | 'EINVAL'; readonly step: FibStep; readonly source: readonly (SourceRef | undefined)[] }
  | { readonly kind: 'unknown'; readonly what: 'policy-rule' | 'route'; readonly name: string; readonly source: readonly (SourceRef | undefined)[] };

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
}

/**
 * ip_route_output_key_hash_rcu() (net/ipv4/route.c): the way and the source address of a packet made here. The answer for a local
 * destination is `lo`, and then the destination itself is the default source.
 */
export function routeOutput(sim: Sim, ns: Ns, ask: OutputQuestion): OutputDecision {
  const flow: Flow = { dst: ask.dst, src: ask.src, tos: ask.tos, mark: ask.mark, iif: 'lo', oif: ask.oif, proto: ask.proto, sport: ask.sport, dport: ask.dport };
  const answer = fibLookup(ns, flow);
  if (answer.kind === 'unknown') return answer;
  if (answer.kind === 'error') {
    return { kind: 'error', error: answer.error, step: fibStep(ask.purpose, ask.dst, answer, errorResult(answer.error)), source: answer.source };
  }
  const { route } = answer;
  const made = (rt: Rtable, src: Ip4, result: FibStep['result']): OutputDecision => ({
    kind: 'route',
    rt,
    src,
    step: fibStep(ask.purpose, ask.dst, answer, result, { oif: rt.oif, nexthop: rt.gateway, chosenSrc: ask.src === 0 ? src : undefined }),
    source: answer.source,
  });
  if (route.type === 'local') {
    const src = ask.src !== 0 ? ask.src : (route.src ?? ask.dst);
    return made({ kind: 'local', dst: ask.dst, oif: 'lo', gateway: undefined, mtu: undefined, prefSrc: route.src }, src, 'local');
  }
  const hop = chooseNexthop(sim, ns, answer);
  const oif = hop.dev ?? '';
  // fib_result_prefsrc(): the route's `src`, else inet_select_addr() with the route's own scope.
  const src = ask.src !== 0 ? ask.src : (route.src ?? selectSource(ns, oif, hop.via, routeScope(route))?.ip ?? 0);
  // __mkroute_output(): a loopback source may not leave by another device.
  if (isLoopback(src) && oif !== 'lo' && ns.netns.sysctls['net.ipv4.conf.all.route_localnet'] !== '1') {
    return { kind: 'error', error: 'EINVAL', step: fibStep(ask.purpose, ask.dst, answer, 'martian'), source: answer.source };
  }
  const kind = route.type === 'broadcast' ? 'broadcast' : 'unicast';
  return made({ kind, dst: ask.dst, oif, gateway: hop.via, mtu: route.mtu, prefSrc: route.src }, src, kind === 'broadcast' ? 'broadcast' : 'forward');
}
