import type { Link } from '../../world/world.ts';
import type { Rtable } from '../routing/rtable.ts';
import { type At, BOUNDS, type Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { ipTunnelTransmit } from './ipTunnel.ts';
import { dropIn } from './outer.ts';
import { geneveTransmit, vxlanTransmit } from './udpTunnel.ts';

/** The ndo_start_xmit of a tunnel device. `rt` is the inner packet's route; a frame that a bridge sends has none. */
export function tunnelTransmit(sim: Sim, at: At, skb: Skb, link: Link, rt: Rtable | undefined): void {
  const { tunnel } = link;
  sim.emit(at, skb, { kind: 'transmit', segment: undefined, to: undefined }, { framed: true, source: [link.source] });
  if (!tunnel) return sim.unknown(at, skb, 'device', `${link.kindText} ${link.name}`, 'ip -d link', link.source ? [link.source] : []);
  // __dev_queue_xmit(), net/core/dev.c: tunnels that lead into each other again and again end here (dev_xmit_recursion()).
  if (sim.xmitDepth > BOUNDS.xmitDepth) return dropIn(sim, at, skb, 'tunnel-loop');
  sim.xmitDepth++;
  if (tunnel.kind === 'vxlan') vxlanTransmit(sim, at, skb, link, tunnel, rt);
  else if (tunnel.kind === 'geneve') geneveTransmit(sim, at, skb, link, tunnel, rt);
  else ipTunnelTransmit(sim, at, skb, link, tunnel, rt);
  sim.xmitDepth--;
}
