import type { ExtensionMatch } from '../../../world/matches.ts';
import type { Match } from '../../../world/netfilter.ts';
import type { Rtable } from '../../routing/rtable.ts';
import type { At, Sim } from '../../sim.ts';
import type { Skb } from '../../skb.ts';
import type { Condition } from '../../step.ts';
import type { Hook } from '../../../world/netfilter.ts';
import { evaluateAddrtype } from './addrtype.ts';
import { evaluateConnlimit } from './connlimit.ts';
import { evaluateConntrack } from './conntrack.ts';
import { evaluateHeader } from './header.ts';
import { evaluateIp } from './ip.ts';
import { evaluateIpvs } from './ipvs.ts';
import { evaluateHashlimit, evaluateLimit, evaluateQuota } from './limit.ts';
import { evaluateMac, evaluatePhysdev, evaluatePkttype } from './link.ts';
import { evaluateOwner, evaluateRpfilter, evaluateSocket } from './local.ts';
import { evaluateMark } from './mark.ts';
import { evaluateNfacct } from './nfacct.ts';
import { evaluateRealm } from './realm.ts';
import { evaluateRecent } from './recent.ts';
import { evaluateSet } from './set.ts';
import { evaluateNth, evaluateStatistic } from './statistic.ts';
import { evaluateTransport } from './transport.ts';

/** What a rule sees besides the packet (struct xt_action_param). */
export interface MatchContext {
  readonly sim: Sim;
  readonly at: At;
  readonly hook: Hook;
  readonly in: string | undefined;
  readonly out: string | undefined;
  /** The packet's route so far, where it has one. */
  readonly rt?: Rtable | undefined;
}

/** What an extension says; its text is the match's own. */
export type Seen = Omit<Condition, 'text'>;

/** Evaluates one condition; `unknown` when we cannot tell, which is never "did not match". */
export function evaluateMatch(match: Match, skb: Skb, ctx: MatchContext, where: RulePlace): Condition {
  switch (match.kind) {
    case 'src':
    case 'dst':
    case 'in':
    case 'out':
    case 'proto':
    case 'fragment':
      return evaluateIp(match, skb, ctx);
    case 'comment':
      return { text: '', result: true, saw: '' };
    case 'mark':
    case 'connmark':
      return evaluateMark(match, skb);
    case 'ctstate':
    case 'conntrack':
      return evaluateConntrack(match, skb);
    case 'set':
      return evaluateSet(match, skb, ctx);
    case 'addrtype':
      return evaluateAddrtype(match, skb, ctx);
    case 'sport':
    case 'dport':
    case 'multiport':
    case 'tcp-flags':
    case 'tcp-option':
    case 'sctp-chunks':
    case 'icmp-type':
      return evaluateTransport(match, skb);
    case 'statistic-random':
      return evaluateStatistic(match, ctx);
    case 'unknown':
      return { text: match.text, result: 'unknown', saw: '' };
    default:
      return { text: match.text, ...evaluateExtension(match, skb, ctx, where) };
  }
}

/** Which condition of which rule it is: what it remembers is its own. */
export interface RulePlace {
  readonly table: string;
  readonly chain: string;
  readonly rule: number;
  readonly index: number;
}

function evaluateExtension(match: ExtensionMatch, skb: Skb, ctx: MatchContext, where: RulePlace): Seen {
  const key = (): string => `${ctx.at.ns.id}/${where.table}/${where.chain}/${where.rule}/${where.index}`;
  switch (match.kind) {
    case 'ttl':
    case 'length':
    case 'dscp':
    case 'tos':
    case 'ecn':
    case 'tcpmss':
    case 'iprange':
      return evaluateHeader(match, skb);
    case 'realm':
      return evaluateRealm(match, skb, ctx);
    case 'mac':
      return evaluateMac(match, skb, ctx);
    case 'pkttype':
      return evaluatePkttype(match, skb);
    case 'physdev':
      return evaluatePhysdev(match, skb);
    case 'owner':
      return evaluateOwner(match, skb);
    case 'rpfilter':
      return evaluateRpfilter(match, skb, ctx);
    case 'socket':
      return evaluateSocket(match, skb, ctx);
    case 'ipvs':
      return evaluateIpvs(match, skb, ctx);
    case 'limit':
      return evaluateLimit(match, ctx, key());
    case 'hashlimit':
      return evaluateHashlimit(match, skb, ctx);
    case 'quota':
      return evaluateQuota(match, skb, ctx, key());
    case 'connlimit':
      return evaluateConnlimit(match, skb, ctx, key());
    case 'recent':
      return evaluateRecent(match, skb, ctx);
    case 'statistic-nth':
      return evaluateNth(match, ctx, key());
    case 'nfacct':
      return evaluateNfacct(ctx);
  }
}
