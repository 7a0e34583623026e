import { ipOf } from '../../packet/packet.ts';
import { ipBytes, packetBytes } from '../../packet/sizes.ts';
import type { OvsPort } from '../../world/openflow.ts';
import { isInternal, ovsPortNamed } from '../../world/ovs.ts';
import { vhostInterfaceOf } from '../../world/vhost.ts';
import { isUp } from '../../world/lookup.ts';
import type { Link } from '../../world/world.ts';
import { unheard } from '../device/arp.ts';
import { receive } from '../device/receive.ts';
import { transmit } from '../device/transmit.ts';
import { fragmentPacket } from '../ip/fragment.ts';
import { type At, linkOf, type Ns } from '../sim.ts';
import { forwarded, scrubbed, type Skb } from '../skb.ts';
import type { Run } from './datapath.ts';
import { ovsTunnelTransmit } from './tunnelOut.ts';

interface Device {
  readonly ns: Ns;
  readonly link: Link;
}

/** The device behind a port: in the machine's own namespace, or where an internal port was put. */
function deviceOf({ sim, ns }: Run, name: string, internal: boolean): Device | undefined {
  const own = linkOf(ns, name);
  if (own) return { ns, link: own };
  if (!internal) return undefined;
  for (const { name: other } of ns.host.netns.slice(1)) {
    const there = sim.ns(ns.host.name, other);
    const link = there && linkOf(there, name);
    if (there && link?.kind === 'openvswitch') return { ns: there, link };
  }
  return undefined;
}

/** do_output(): out by a port of the datapath, again in pieces if it came in pieces. */
export function output(run: Run, bridge: string, name: string): void {
  const { sim, ns, skb, mru } = run;
  const at: At = { ns, dev: name };
  const place = ovsPortNamed(ns.host, bridge, name);
  if (!place) return sim.unknown(at, skb, 'openflow', `${bridge}: ${name}`, 'ovs-vsctl show');
  const { port } = place;
  switch (port.type) {
    case 'vxlan':
    case 'geneve':
    case 'gre':
      if (run.out) return pieces(run, 0xffff, (piece) => run.out && ovsTunnelTransmit(sim, ns, piece, port, run.out));
      return lose(run, at, skb, 'no-tunnel-remote');
    case 'dpdk':
    case 'dpdkvhostuser':
    case 'dpdkvhostuserclient':
      return leftByQueue(run, at, port);
    case 'unknown':
      return sim.unknown(at, skb, 'openflow', `${bridge}: ${name} ${port.typeText}`, undefined, port.source ? [port.source] : []);
    default:
  }
  const internal = isInternal(place);
  const device = deviceOf(run, name, internal);
  // A question that goes to every port is no reason to ask for devices that others hold.
  if (!device) return skb.role === 'arp' ? unheard(sim, skb) : sim.unknown(at, skb, 'device', name, 'ip -d link', port.source ? [port.source] : []);
  const there: At = { ns: device.ns, dev: name };
  const send = (piece: Skb): void => {
    // ovs_vport_send()
    if (packetBytes(piece.packet) > device.link.mtu) return lose(run, there, piece, 'too-big');
    if (internal) return void sim.backlog.push(() => receive(sim, there, forwarded(piece)));
    if (!isUp(device.link)) return lose(run, there, piece, 'device-down');
    transmit(sim, there, { ...piece, physin: undefined, physout: undefined, prerouted: false, decided: undefined }, device.link, undefined);
  };
  if (mru > 0 && mru > device.link.mtu) return lose(run, there, skb, 'too-big');
  pieces(run, device.link.mtu, send);
}

/** ovs_fragment(): what was put together for conntrack goes on in pieces no larger than those it came in. */
function pieces({ sim, ns, skb, mru }: Run, mtu: number, send: (piece: Skb) => void): void {
  if (mru === 0 || skb.packet[0]?.type !== 'ipv4' || ipBytes(skb.packet) <= mru) return send(skb);
  for (const piece of fragmentPacket(sim, { ns, dev: undefined }, skb, Math.min(mru, mtu))) send(piece);
}

function lose({ sim }: Run, at: At, skb: Skb, reason: 'too-big' | 'device-down' | 'no-tunnel-remote'): void {
  sim.emit(at, skb, { kind: 'drop', reason, ...(skb.flood ? { copy: true } : {}) });
  sim.end(at, skb, 'dropped');
}

/** A queue that a virtual machine, or a pod with DPDK, shares with the switch: the kernel never sees what goes there. So is what a NIC sends that DPDK drives. */
function leftByQueue({ sim, ns, skb }: Run, at: At, port: OvsPort): void {
  const behind = vhostInterfaceOf(ns.host, port);
  const there = behind && sim.ns(ns.host.name, behind.netns.name);
  if (there) return void sim.backlog.push(() => receive(sim, { ns: there, dev: behind.link.name }, scrubbed(skb)));
  if (skb.role === 'arp') return unheard(sim, skb);
  const hop = ipOf(skb.packet).dst;
  sim.emit(at, skb, { kind: 'left', next: hop, assumed: undefined });
  sim.end(at, skb, 'left', { next: { ip: hop, dev: at.dev } });
}
