import { formatIp4, hex } from '../../../packet/address.ts';
import { ipOf, l4Of } from '../../../packet/packet.ts';
import { ipBytes } from '../../../packet/sizes.ts';
import type { ExtensionMatch } from '../../../world/matches.ts';
import type { PortRange } from '../../../world/world.ts';
import type { Skb } from '../../skb.ts';
import type { Seen } from './evaluate.ts';

type HeaderMatch = Extract<ExtensionMatch, { kind: 'ttl' | 'length' | 'dscp' | 'tos' | 'ecn' | 'tcpmss' | 'iprange' }>;

const within = (value: number, r: PortRange): boolean => value >= r.from && value <= r.to;

/**
 * Fields of the headers: ttl_mt() (net/netfilter/xt_hl.c), length_mt() (xt_length.c), dscp_mt(), tos_mt() (xt_dscp.c), ecn_mt4()
 * (xt_ecn.c), tcpmss_mt() (xt_tcpmss.c), iprange_mt4() (xt_iprange.c).
 */
export function evaluateHeader(match: HeaderMatch, { packet }: Skb): Seen {
  const ip = ipOf(packet);
  switch (match.kind) {
    case 'ttl': {
      const { ttl } = ip;
      return { result: { eq: ttl === match.ttl, ne: ttl !== match.ttl, lt: ttl < match.ttl, gt: ttl > match.ttl }[match.op], saw: `ttl ${ttl}` };
    }
    case 'length': {
      const bytes = ipBytes(packet);
      return { result: within(bytes, match.bytes) !== match.negate, saw: `length ${bytes}` };
    }
    case 'dscp':
      return { result: (ip.tos >>> 2 === match.dscp) !== match.negate, saw: hex(ip.tos >>> 2) };
    case 'tos':
      return { result: ((ip.tos & match.mask) === match.value) !== match.negate, saw: hex(ip.tos) };
    case 'ecn':
      return evaluateEcn(match, packet);
    case 'tcpmss': {
      const l4 = l4Of(packet);
      if (l4?.type !== 'tcp') return { result: l4?.type === 'fragment' ? 'unknown' : false, saw: '' };
      // A segment without the option counts as one whose mss lies elsewhere.
      return { result: (l4.mss !== undefined && within(l4.mss, match.mss)) !== match.negate, saw: l4.mss === undefined ? '' : `mss ${l4.mss}` };
    }
    case 'iprange': {
      const sides = [match.src && { ip: ip.src, range: match.src }, match.dst && { ip: ip.dst, range: match.dst }].filter((s) => s !== undefined);
      return { result: sides.every((s) => (s.ip >= s.range.from && s.ip <= s.range.to) !== s.range.negate), saw: sides.map((s) => formatIp4(s.ip)).join(', ') };
    }
  }
}

function evaluateEcn(match: Extract<ExtensionMatch, { kind: 'ecn' }>, packet: Skb['packet']): Seen {
  const l4 = l4Of(packet);
  const ect = ipOf(packet).tos & 3;
  const saw = `ect ${ect}`;
  if (match.ect && (ect === match.ect.value) === match.ect.negate) return { result: false, saw };
  if (match.ece === undefined && match.cwr === undefined) return { result: true, saw };
  if (l4?.type !== 'tcp') return { result: l4?.type === 'fragment' ? 'unknown' : false, saw };
  const has = (bit: number, wanted: boolean | undefined): boolean => wanted === undefined || ((l4.flags & bit) !== 0) === wanted;
  return { result: has(0x40, match.ece) && has(0x80, match.cwr), saw: `flags ${hex(l4.flags)}` };
}
