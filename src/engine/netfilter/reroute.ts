import { ipOf, PROTO_TCP } from '../../packet/packet.ts';
import { addressType } from '../routing/fib.ts';
import { routeOutput } from '../routing/output.ts';
import { flowOf } from '../routing/input.ts';
import { hashInputOf } from '../routing/choose.ts';
import { dropReason } from '../socket/answer.ts';
import type { Skb } from '../skb.ts';
import { accept, type HandlerResult, type HookState } from './hooks.ts';

/**
 * ip_route_me_harder() (net/ipv4/netfilter.c): after OUTPUT changed an address, the tos or the mark, the packet is routed anew.
 * Filter OUTPUT of the same pass still sees the old device. Shows a step only if the way changed.
 */
export function rerouteIfChanged(state: HookState, before: Skb): HandlerResult {
  const was = ipOf(before.packet);
  const ip = ipOf(state.skb.packet);
  const changed = ip.src !== was.src || ip.dst !== was.dst || ip.tos !== was.tos || state.skb.mark !== before.mark;
  return changed ? reroute(state) : accept(state);
}

/** Routes a packet again from scratch, with its source if that may be used as one. */
export function reroute(state: HookState): HandlerResult {
  const { sim, at, skb } = state;
  const ip = ipOf(skb.packet);
  const type = addressType(at.ns, ip.src);
  const flow = flowOf(skb, 'lo');
  const decided = routeOutput(sim, at.ns, { purpose: 'reroute', dst: ip.dst, src: type === 'local' || type === 'unicast' ? ip.src : 0, anySource: true, uid: 0, hash: hashInputOf(skb.packet), tos: ip.tos, mark: skb.mark, proto: ip.proto, sport: flow.sport, dport: flow.dport });
  if (decided.kind === 'unknown') {
    sim.unknown(at, skb, decided.what, decided.name, undefined, decided.source.filter((s) => s !== undefined));
    return { verdict: 'ended' };
  }
  const same = decided.kind === 'route' && state.rt !== undefined && decided.rt.oif === state.rt.oif && decided.rt.gateway === state.rt.gateway && decided.rt.kind === state.rt.kind;
  if (!same) sim.emit(at, skb, decided.step, { source: decided.source });
  if (decided.kind === 'error') {
    sim.emit(at, skb, { kind: 'drop', reason: dropReason(decided.error) });
    // NF_DROP_ERR(): the socket is told; TCP does not pass it on and tries again (tcp_connect()).
    sim.end(at, skb, 'unreachable', skb.role === 'request' && ip.proto !== PROTO_TCP ? { error: { kind: 'local', error: decided.error } } : {});
    return { verdict: 'ended' };
  }
  return accept(state, { rt: decided.rt });
}
