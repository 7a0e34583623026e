import { maskOf } from '../../../packet/address.ts';
import { ipOf } from '../../../packet/packet.ts';
import type { NatRange, Rule, Target } from '../../../world/netfilter.ts';
import { setupNat } from '../../conntrack/nat.ts';
import { selectSource } from '../../routing/source.ts';
import type { Skb } from '../../skb.ts';
import type { MasqueradeReason } from '../../step.ts';
import type { WalkContext } from '../walk.ts';
import type { RuleVerdict } from './apply.ts';

type NatTarget = Extract<Target, { kind: 'dnat' | 'snat' | 'masquerade' | 'redirect' | 'netmap' }>;

/** DNAT, SNAT, MASQUERADE, REDIRECT, NETMAP: choose the mapping of a new connection. All of them end the table with ACCEPT. */
export function applyNat(target: NatTarget, rule: Rule, skb: Skb, ctx: WalkContext): { readonly verdict: RuleVerdict; readonly skb: Skb } {
  const manip = ctx.hook === 'PREROUTING' || ctx.hook === 'OUTPUT' ? 'dst' : 'src';
  if (skb.ct?.kind !== 'tracked') return { verdict: { kind: 'accept' }, skb };
  let range: NatRange = target.kind === 'netmap' ? { ips: undefined, ports: undefined, random: undefined, persistent: false } : target.range;
  let reason: MasqueradeReason | undefined;
  if (target.kind === 'masquerade') {
    // nf_nat_masquerade_ipv4() (net/netfilter/nf_nat_masquerade.c): a zero source is left alone; no address drops the packet.
    if (ipOf(skb.packet).src === 0) return { verdict: { kind: 'accept' }, skb };
    const out = ctx.out ?? '';
    const chosen = selectSource(ctx.at.ns, out, ctx.nexthop ?? ipOf(skb.packet).dst, 0);
    if (!chosen) return { verdict: { kind: 'drop' }, skb };
    range = { ...range, ips: { from: chosen.ip, to: chosen.ip } };
    reason = { out, from: chosen.from, dev: chosen.dev };
    skb.ct.entry.masqueradedOn = out;
  }
  if (target.kind === 'redirect') {
    // nf_nat_redirect_ipv4(): to 127.0.0.1 for local packets, else to the first address of the device that it came in by.
    const own = ctx.hook === 'OUTPUT' ? 0x7f000001 : ctx.at.ns.netns.links.find((l) => l.name === ctx.in)?.addresses[0]?.ip;
    if (own === undefined) return { verdict: { kind: 'drop' }, skb };
    range = { ...range, ips: { from: own, to: own } };
  }
  if (target.kind === 'netmap') {
    // netmap_tg4() (net/netfilter/xt_NETMAP.c): the network changes, the host part stays.
    const { src, dst } = ipOf(skb.packet);
    const host = (manip === 'dst' ? dst : src) & ~maskOf(target.net.prefixLen);
    const ip = (target.net.ip | host) >>> 0;
    range = { ...range, ips: { from: ip, to: ip } };
  }
  setupNat(ctx.sim, ctx.at, skb, skb.ct.entry, manip, range, { by: 'rule', source: rule.source, reason });
  return { verdict: { kind: 'accept' }, skb };
}
