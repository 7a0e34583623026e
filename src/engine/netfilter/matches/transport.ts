import { type Header, ICMP_ECHO, ipOf, isPorted, l4Of, PROTO_ICMP, type TcpHeader } from '../../../packet/packet.ts';
import type { Match } from '../../../world/netfilter.ts';
import type { PortRange } from '../../../world/world.ts';
import type { Skb } from '../../skb.ts';
import type { Condition } from '../../step.ts';

const rangeText = (r: PortRange): string => (r.from === r.to ? String(r.from) : `${r.from}:${r.to}`);
const within = (port: number, r: PortRange): boolean => port >= r.from && port <= r.to;
const bang = (negate: boolean): string => (negate ? '! ' : '');

type TransportMatch = Extract<Match, { kind: 'sport' | 'dport' | 'multiport' | 'tcp-flags' | 'tcp-option' | 'sctp-chunks' | 'icmp-type' }>;

/**
 * tcp_mt(), udp_mt() (net/netfilter/xt_tcpudp.c), multiport_mt() (xt_multiport.c), icmp_match() (net/ipv4/netfilter/ip_tables.c).
 * A fragment that is not the first has no such header and never matches, negated or not.
 */
export function evaluateTransport(match: TransportMatch, skb: Skb): Condition {
  const l4 = l4Of(skb.packet);
  const proto = ipOf(skb.packet).proto;
  const ports = isPorted(l4) ? l4 : undefined;
  switch (match.kind) {
    case 'sport':
    case 'dport': {
      const text = `${bang(match.negate)}--${match.kind} ${rangeText(match.ports)}`;
      if (!ports || proto !== match.proto) return { text, result: false, saw: '' };
      return { text, result: within(ports[match.kind], match.ports) !== match.negate, saw: String(ports[match.kind]) };
    }
    case 'multiport': {
      const option = { src: 'sports', dst: 'dports', either: 'ports' }[match.side];
      const text = `-m multiport ${bang(match.negate)}--${option} ${match.ports.map(rangeText).join(',')}`;
      // DCCP and UDP-Lite have ports as well, but we do not read them.
      if (!ports) return { text, result: l4?.type === 'raw' ? 'unknown' : false, saw: '' };
      const values = { src: [ports.sport], dst: [ports.dport], either: [ports.sport, ports.dport] }[match.side];
      return { text, result: values.some((v) => match.ports.some((r) => within(v, r))) !== match.negate, saw: values.join(',') };
    }
    case 'tcp-flags': {
      const text = `${bang(match.negate)}--tcp-flags 0x${match.mask.toString(16)} 0x${match.set.toString(16)}`;
      if (l4?.type !== 'tcp') return { text, result: false, saw: '' };
      return { text, result: ((l4.flags & match.mask) === match.set) !== match.negate, saw: `0x${l4.flags.toString(16)}` };
    }
    case 'tcp-option': {
      const text = `${bang(match.negate)}--tcp-option ${match.option}`;
      if (l4?.type !== 'tcp') return { text, result: false, saw: '' };
      const options = tcpOptions(l4);
      return { text, result: options.includes(match.option) !== match.negate, saw: options.join(',') };
    }
    case 'sctp-chunks':
      return evaluateChunks(match, l4);
    case 'icmp-type': {
      const name = match.icmptype === undefined ? 'any' : match.code === undefined ? String(match.icmptype) : `${match.icmptype}/${match.code}`;
      const text = `${bang(match.negate)}--icmp-type ${match.icmptype === ICMP_ECHO ? 'echo-request' : name}`;
      if (proto !== PROTO_ICMP || l4?.type !== 'icmp') return { text, result: false, saw: '' };
      const same = match.icmptype === undefined || (l4.icmptype === match.icmptype && (match.code === undefined || l4.code === match.code));
      return { text, result: same !== match.negate, saw: `${l4.icmptype}/${l4.code}` };
    }
  }
}

/** Which options a segment of Linux has (tcp_syn_options(), tcp_established_options(), net/ipv4/tcp_output.c): mss, sackOK, timestamps, nop and window scale on a SYN, timestamps on what follows. */
function tcpOptions(l4: TcpHeader): readonly number[] {
  const mss = l4.mss === undefined ? [] : [2];
  const others = l4.optionBytes - mss.length * 4;
  return [...mss, ...(others >= 16 ? [4, 8, 1, 3] : others >= 12 ? [1, 8] : [])];
}

/** match_packet() (net/netfilter/xt_sctp.c). Our packets have one chunk, without flags. */
function evaluateChunks(match: Extract<Match, { kind: 'sctp-chunks' }>, l4: Header | undefined): Condition {
  const { chunks, how } = match;
  const text = `${bang(match.negate)}--chunk-types ${how} ${typeof chunks === 'string' ? chunks : chunks.map((c) => c.type).join(',')}`;
  if (l4?.type !== 'sctp') return { text, result: false, saw: '' };
  const named = typeof chunks === 'string' ? undefined : chunks.find((c) => c.type === l4.chunk);
  // Capital letters want a flag set, small ones want it clear.
  const has = typeof chunks === 'string' ? chunks === 'ALL' : named !== undefined && !/[A-Z]/.test(named.flags ?? '');
  const all = typeof chunks === 'string' ? chunks === 'NONE' : has && chunks.length === 1;
  return { text, result: (how === 'all' ? all : has) !== match.negate, saw: String(l4.chunk) };
}
