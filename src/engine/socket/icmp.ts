import { ICMP_ECHO, ICMP_ECHO_REPLY, type IcmpHeader, ipOf, l4Of, PROTO_SCTP, PROTO_TCP } from '../../packet/packet.ts';
import { redirectReceive } from '../ip/redirect.ts';
import { learnPmtu } from '../routing/pmtu.ts';
import { type At, type Sim, sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { ipTunnelError } from '../tunnel/ipTunnel.ts';
import { sendAnswer } from './answer.ts';
import { clientOf, clientQuoted } from './client.ts';

/** icmp_rcv() (net/ipv4/icmp.c): the kernel answers an echo itself; an error is told to the socket whose packet it quotes. */
export function icmpReceive(sim: Sim, at: At, skb: Skb): void {
  const l4 = l4Of(skb.packet);
  if (l4?.type !== 'icmp') return;
  const client = l4.icmptype === ICMP_ECHO_REPLY ? clientOf(at.ns.clients, skb.packet) : undefined;
  if (client) {
    sim.emit(at, skb, { kind: 'deliver', to: 'client' });
    return sim.end(at, skb, 'delivered', { toClient: 'answer' });
  }
  if (l4.icmptype === ICMP_ECHO) return echo(sim, at, skb, l4);
  if (l4.quote) return error(sim, at, skb, l4);
  sim.emit(at, skb, { kind: 'deliver', to: skb.role === 'reply' ? 'stray' : 'kernel' });
  sim.end(at, skb, skb.role === 'reply' ? 'rejected' : 'delivered', skb.role === 'reply' ? { toClient: 'stray' } : {});
}

/** icmp_echo() and icmp_reply(): same id, sequence and content; the source is the address that was asked, DF is clear. */
export function echo(sim: Sim, at: At, skb: Skb, request: IcmpHeader, from = ipOf(skb.packet).dst): void {
  if (sysctl(at.ns, 'net.ipv4.icmp_echo_ignore_all', 0) !== 0) {
    sim.emit(at, skb, { kind: 'drop', reason: 'icmp-ignored' });
    return sim.end(at, skb, 'dropped');
  }
  const ip = ipOf(skb.packet);
  sim.emit(at, skb, { kind: 'deliver', to: 'kernel' });
  sim.end(at, skb, 'delivered');
  if (sim.probe.reply === false) return;
  const header = { ...ip, src: from, dst: ip.src, ttl: sysctl(at.ns, 'net.ipv4.ip_default_ttl', 64), df: false, mf: false, offset: 0 };
  const mark = sysctl(at.ns, 'net.ipv4.fwmark_reflect', 0) === 0 ? 0 : skb.mark;
  sendAnswer(sim, at.ns, { about: skb, role: 'reply', what: 'answer', mark, packet: [header, { ...request, icmptype: ICMP_ECHO_REPLY }, ...skb.packet.slice(2)] });
}

/** icmp_socket_deliver() (net/ipv4/icmp.c): what quotes less than eight bytes behind the IP header is told to no socket. */
export const isTold = (icmp: IcmpHeader | undefined): boolean => (icmp?.quote?.bytes ?? 0) >= 28;

/** icmp_unreach(): remembers a smaller path MTU, and wakes the prober's socket if the quoted packet was its own. */
function error(sim: Sim, at: At, skb: Skb, icmp: IcmpHeader): void {
  if (icmp.icmptype === 5 && isTold(icmp)) return redirectReceive(sim, at, skb, icmp);
  const quoted = icmp.quote && ipOf(icmp.quote.packet);
  const told = quoted && isTold(icmp) && icmp.icmptype === 3 && icmp.code === 4 ? toldMtu(at, quoted.proto, icmp.mtu) : undefined;
  if (quoted && told !== undefined) {
    const learned = learnPmtu(at.ns, quoted.dst, told, { src: quoted.src, tos: quoted.tos, proto: quoted.proto });
    if (learned !== undefined) sim.emit(at, skb, { kind: 'pmtu', dst: quoted.dst, mtu: learned });
  }
  if (icmp.quote) ipTunnelError(at, icmp.quote.packet, icmp.icmptype, icmp.code);
  const client = icmp.icmptype === 5 ? undefined : clientQuoted(at.ns.clients, icmp);
  sim.emit(at, skb, { kind: 'deliver', to: client ? 'error-to-client' : 'kernel' });
  sim.end(at, skb, 'delivered', client ? { toClient: 'icmp', error: icmpError(icmp, ipOf(skb.packet).src) } : {});
}

/** What ip_no_pmtu_disc lets an ICMP 3/4 say: nothing but that the way is narrow (1), nothing at all (2), or only to protocols that check it (3). */
function toldMtu(at: At, proto: number, mtu: number | undefined): number | undefined {
  switch (sysctl(at.ns, 'net.ipv4.ip_no_pmtu_disc', 0)) {
    case 0:
      return mtu;
    case 2:
      return undefined;
    case 3:
      return proto === PROTO_TCP || proto === PROTO_SCTP ? mtu : undefined;
    default:
      return 0;
  }
}

/** The error as the prober reads it. */
export const icmpError = (icmp: IcmpHeader, from: number) => ({ kind: 'icmp' as const, icmptype: icmp.icmptype, code: icmp.code, mtu: icmp.mtu, from });
