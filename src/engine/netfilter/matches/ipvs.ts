import { formatIp4, inPrefix } from '../../../packet/address.ts';
import { ipOf, isPorted, l4Of } from '../../../packet/packet.ts';
import type { ExtensionMatch } from '../../../world/matches.ts';
import { findOut } from '../../ipvs/connections.ts';
import type { Skb } from '../../skb.ts';
import type { MatchContext, Seen } from './evaluate.ts';

const METHODS: Readonly<Record<string, string>> = { masq: 'MASQ', route: 'GATE', tunnel: 'IPIP' };

/**
 * ipvs_mt() (net/netfilter/xt_ipvs.c): whether IPVS has handled the packet (`ipvs_property`), and the connection that a packet from
 * the client to the real server belongs to: it is looked up with the ends swapped (ip_vs_fill_iph_skb() with `inverse`).
 */
export function evaluateIpvs(match: Extract<ExtensionMatch, { kind: 'ipvs' }>, skb: Skb, ctx: MatchContext): Seen {
  const { proto, vaddr, vport, vportctl, dir, method } = match;
  const conditions = [proto, vaddr, vport, vportctl, dir, method];
  const saw = skb.ipvsDone ? 'a packet of IPVS' : 'not of IPVS';
  if (conditions.every((c) => c === undefined)) return { result: skb.ipvsDone === match.ipvs, saw };
  if (!skb.ipvsDone) return { result: false, saw };
  const ip = ipOf(skb.packet);
  const l4 = l4Of(skb.packet);
  if (proto && (ip.proto === proto.proto) === proto.negate) return { result: false, saw };
  const conn = isPorted(l4) ? findOut(ctx.at.ns.ipvs, { proto: ip.proto, src: ip.dst, sport: l4.dport, dst: ip.src, dport: l4.sport }) : undefined;
  if (!conn) return { result: false, saw: 'no connection of IPVS' };
  if (vportctl && (conn.control?.vport === vportctl.port) === vportctl.negate) return { result: false, saw };
  if (dir && (skb.ct?.kind !== 'tracked' || (skb.ct.dir === (dir.dir === 'REPLY' ? 'reply' : 'original')) === dir.negate)) return { result: false, saw };
  const fits =
    (!vport || (conn.vport === vport.port) !== vport.negate) &&
    (!method || (METHODS[conn.forward] === method.method) !== method.negate) &&
    (!vaddr || inPrefix(conn.vip, vaddr.net.ip, vaddr.net.prefixLen) !== vaddr.negate);
  return { result: fits, saw: `${formatIp4(conn.vip)}:${conn.vport}` };
}
