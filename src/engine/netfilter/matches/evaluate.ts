import type { Match } from '../../../world/netfilter.ts';
import type { At, Sim } from '../../sim.ts';
import type { Skb } from '../../skb.ts';
import type { Condition } from '../../step.ts';
import type { Hook } from '../../../world/netfilter.ts';
import { evaluateAddrtype } from './addrtype.ts';
import { evaluateConntrack } from './conntrack.ts';
import { evaluateMark } from './mark.ts';
import { evaluateIp } from './ip.ts';
import { evaluateSet } from './set.ts';
import { evaluateStatistic } from './statistic.ts';
import { evaluateTransport } from './transport.ts';

/** What a rule sees besides the packet (struct xt_action_param). */
export interface MatchContext {
  readonly sim: Sim;
  readonly at: At;
  readonly hook: Hook;
  readonly in: string | undefined;
  readonly out: string | undefined;
}

/** Evaluates one condition; `unknown` when we cannot tell, which is never "did not match". */
export function evaluateMatch(match: Match, skb: Skb, ctx: MatchContext): Condition {
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
    case 'icmp-type':
      return evaluateTransport(match, skb);
    case 'statistic-random':
      return evaluateStatistic(match, ctx);
    case 'unknown':
      return { text: match.text, result: 'unknown', saw: '' };
  }
}
