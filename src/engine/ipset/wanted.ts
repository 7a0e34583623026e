import { formatIp4, hex } from '../../packet/address.ts';
import { type Header, ipOf, l4Of, PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import { protocolName } from '../../packet/protocols.ts';
import type { IpSet } from '../../world/ipset.ts';
import type { Ns } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { type Dim, kindsOf } from './index.ts';

/** The packet as a set sees it (struct sk_buff and xt_action_param). */
export interface Seen {
  readonly ns: Ns;
  readonly skb: Skb;
  readonly in: string | undefined;
  readonly out: string | undefined;
}

export type Dirs = readonly ('src' | 'dst')[];

const PROTO_UDPLITE = 136;
const hasPorts = (proto: number): boolean => proto === PROTO_TCP || proto === PROTO_UDP || proto === PROTO_SCTP || proto === PROTO_UDPLITE;

/**
 * What the packet has for each dimension of the set's type (the kadt functions in net/netfilter/ipset/); undefined when it has no
 * such thing, and then it is no member; `unknown` when we cannot see it.
 */
export function wantedOf(set: IpSet, { skb, ...devs }: Seen, dirs: Dirs): readonly Dim[] | undefined | 'unknown' {
  const { mask = 0xffffffff, markmask = 0xffffffff, range } = set.params ?? {};
  const ip = ipOf(skb.packet);
  const outside = (n: number): boolean => range !== undefined && (n < range.from || n > range.to);
  const dims: Dim[] = [];
  for (const [i, kind] of kindsOf(set).entries()) {
    const dir = dirs[i] ?? 'src';
    switch (kind) {
      case 'ip':
      case 'net': {
        const num = (ip[dir] & mask) >>> 0;
        // hash_ip4_kadt(): the zero address is never a member.
        if (outside(ip[dir]) || (set.type === 'hash:ip' && num === 0)) return undefined;
        dims.push({ tag: '', num, width: 32, text: formatIp4(ip[dir]) });
        break;
      }
      case 'port': {
        const num = portOf(ip.proto, l4Of(skb.packet), dir, set.type === 'bitmap:port');
        if (typeof num !== 'number') return num;
        if (outside(num)) return undefined;
        if (set.type === 'bitmap:port') dims.push({ tag: '', num, width: 16, text: String(num) });
        else dims.push({ tag: `${ip.proto}:`, num, width: 16, text: `${protocolName(ip.proto)}:${ip.proto === PROTO_ICMP ? `${num >> 8}/${num & 255}` : num}` });
        break;
      }
      case 'mac': {
        const mac = skb.eth?.[dir];
        if (mac === undefined || mac === '00:00:00:00:00:00') return undefined;
        dims.push({ tag: mac, num: 0, width: 0, loose: set.type === 'bitmap:ip,mac', text: mac });
        break;
      }
      case 'mark': {
        const mark = (skb.mark & markmask) >>> 0;
        dims.push({ tag: String(mark), num: 0, width: 0, text: hex(mark) });
        break;
      }
      case 'iface': {
        const dev = dir === 'src' ? devs.in : devs.out;
        if (dev === undefined) return undefined;
        dims.push({ tag: dev, num: 0, width: 0, loose: true, text: dev });
        break;
      }
      default:
        return 'unknown';
    }
  }
  return dims;
}

/**
 * ip_set_get_ip4_port() (net/netfilter/ipset/ip_set_getport.c): ports of TCP, UDP, SCTP and UDP-Lite; ICMP has type and code in that
 * place, every other protocol 0. bitmap:port takes TCP and UDP alone.
 */
function portOf(proto: number, l4: Header | undefined, dir: 'src' | 'dst', bitmap: boolean): number | undefined | 'unknown' {
  if (bitmap && proto !== PROTO_TCP && proto !== PROTO_UDP) return undefined;
  if (l4?.type === 'fragment' && (hasPorts(proto) || proto === PROTO_ICMP)) return undefined;
  if (l4?.type === 'icmp') return l4.icmptype * 256 + l4.code;
  if (l4 && 'sport' in l4) return dir === 'src' ? l4.sport : l4.dport;
  return hasPorts(proto) || proto === PROTO_ICMP ? 'unknown' : 0;
}
