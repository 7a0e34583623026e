import { ipOf, PROTO_GRE, PROTO_ICMP, PROTO_IPIP, PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import { runHook } from '../netfilter/hooks.ts';
import { routeInput } from '../routing/input.ts';
import type { Rtable } from '../routing/rtable.ts';
import type { At, Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { icmpReceive } from '../socket/icmp.ts';
import { rawReceive } from '../socket/raw.ts';
import { tcpReceive } from '../socket/tcp.ts';
import { udpReceive } from '../socket/udp.ts';
import { ipTunnelReceive } from '../tunnel/ipTunnel.ts';
import { udpTunnelReceive } from '../tunnel/udpTunnel.ts';
import { broadcastReceive } from './broadcast.ts';
import { forward } from './forward.ts';
import { reassemble } from './fragment.ts';
import { sendIcmpError } from './icmp.ts';

/** ip_rcv() and ip_rcv_finish() (net/ipv4/ip_input.c): PREROUTING, then the routing decision. */
export function ipReceive(sim: Sim, at: At, skb: Skb): void {
  const next = prerouting(sim, at, skb);
  if (!next) return;
  // What comes back over lo still has the route that sent it there (skb_dst survives loopback_xmit()).
  // A changed destination drops it (nf_nat_ipv4_in(), net/netfilter/nf_nat_proto.c).
  if (at.dev === 'lo' && ipOf(next.packet).dst === ipOf(skb.packet).dst) return localDeliver(sim, at, next, undefined);
  const decision = next.decided ?? routeInput(sim, at, next);
  switch (decision.kind) {
    case 'ended':
      return;
    case 'local':
      return localDeliver(sim, at, next, decision.rt);
    case 'forward':
      return forward(sim, at, next, decision.rt);
    case 'error': {
      // ip_error(): a machine that does not forward says nothing; a blackhole never does.
      const reason = decision.notForwarding ? 'not-forwarding' : ({ EHOSTUNREACH: 'unreachable', ENETUNREACH: 'no-route', EACCES: 'prohibit', EINVAL: 'blackhole' } as const)[decision.error];
      sim.emit(at, next, { kind: 'drop', reason });
      const silent = decision.notForwarding || decision.error === 'EINVAL';
      sim.end(at, next, decision.notForwarding || decision.error === 'EINVAL' ? 'dropped' : 'unreachable');
      if (!silent) sendIcmpError(sim, at.ns, next, { icmptype: 3, code: { EHOSTUNREACH: 1, ENETUNREACH: 0, EACCES: 13, EINVAL: 1 }[decision.error] });
    }
  }
}

/** The PREROUTING hook, unless the bridge that the packet came through has run it (ip_sabotage_in()). */
function prerouting(sim: Sim, at: At, skb: Skb): Skb | undefined {
  if (skb.prerouted) return { ...skb, iif: at.dev, prerouted: false };
  const hooked = runHook(sim, at, 'PREROUTING', { ...skb, iif: at.dev }, { in: at.dev, out: undefined });
  return hooked.verdict === 'accept' ? hooked.state.skb : undefined;
}

/** ip_local_deliver() and ip_local_deliver_finish(): fragments together, INPUT, then the protocol. */
function localDeliver(sim: Sim, at: At, skb: Skb, rt: Rtable | undefined): void {
  const whole = skb.piece ? reassemble(sim, at, skb) : skb;
  if (!whole) return;
  const hooked = runHook(sim, at, 'INPUT', whole, { in: at.dev, out: undefined });
  if (hooked.verdict !== 'accept') return;
  const next = hooked.state.skb;
  if (rt?.kind === 'broadcast') return broadcastReceive(sim, at, next);
  switch (ipOf(next.packet).proto) {
    case PROTO_ICMP:
      return icmpReceive(sim, at, next);
    case PROTO_TCP:
      return tcpReceive(sim, at, next);
    case PROTO_UDP:
      return udpTunnelReceive(sim, at, next) ? undefined : udpReceive(sim, at, next);
    case PROTO_IPIP:
    case PROTO_GRE:
      return ipTunnelReceive(sim, at, next);
    default:
      return rawReceive(sim, at, next);
  }
}

