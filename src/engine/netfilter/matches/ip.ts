import { formatIp4, inPrefix } from '../../../packet/address.ts';
import { ipOf } from '../../../packet/packet.ts';
import { protocolName } from '../../../packet/protocols.ts';
import type { Match } from '../../../world/netfilter.ts';
import type { Prefix } from '../../../world/world.ts';
import type { Skb } from '../../skb.ts';
import type { Condition } from '../../step.ts';
import type { MatchContext } from './evaluate.ts';

const bang = (negate: boolean): string => (negate ? '! ' : '');

/** A prefix as iptables-save prints it. */
const netText = (net: Prefix): string => `${formatIp4(net.ip)}/${net.prefixLen}`;

/** Interface names match whole, or as a prefix before `+` (ifname_compare(), net/netfilter/x_tables.c). */
export const deviceMatches = (pattern: string, dev: string): boolean => (pattern.endsWith('+') ? dev.startsWith(pattern.slice(0, -1)) : dev === pattern);

/** ip_packet_match() (net/ipv4/netfilter/ip_tables.c): -s, -d, -i, -o, -p, -f. */
export function evaluateIp(match: Extract<Match, { kind: 'src' | 'dst' | 'in' | 'out' | 'proto' | 'fragment' }>, skb: Skb, ctx: MatchContext): Condition {
  const ip = ipOf(skb.packet);
  switch (match.kind) {
    case 'src':
    case 'dst': {
      const value = ip[match.kind];
      return { text: `${bang(match.negate)}-${match.kind === 'src' ? 's' : 'd'} ${netText(match.net)}`, result: inPrefix(value, match.net.ip, match.net.prefixLen) !== match.negate, saw: formatIp4(value) };
    }
    case 'in':
    case 'out': {
      // A hook without that device compares with the empty name, which only `+` alone matches.
      const value = ctx[match.kind] ?? '';
      return { text: `${bang(match.negate)}-${match.kind === 'in' ? 'i' : 'o'} ${match.dev}`, result: deviceMatches(match.dev, value) !== match.negate, saw: value };
    }
    case 'proto':
      return { text: `${bang(match.negate)}-p ${protocolName(match.proto)}`, result: (match.proto === 0 || ip.proto === match.proto) !== match.negate, saw: protocolName(ip.proto) };
    case 'fragment':
      return { text: `${bang(match.negate)}-f`, result: ip.offset > 0 !== match.negate, saw: `offset ${ip.offset}` };
  }
}
