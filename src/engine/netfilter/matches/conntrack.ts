import { formatIp4, inPrefix } from '../../../packet/address.ts';
import { protocolName } from '../../../packet/protocols.ts';
import type { CtCondition, CtStateName, Match } from '../../../world/netfilter.ts';
import { type CtEntry, type Direction, newEntry, NO_ZONE } from '../../conntrack/table.ts';
import type { Skb } from '../../skb.ts';
import type { Condition } from '../../step.ts';

type CtMatch = Extract<Match, { kind: 'ctstate' | 'conntrack' }>;

/**
 * The states that conntrack_mt() compares with (net/netfilter/xt_conntrack.c): one of the first five, and SNAT, DNAT when the
 * entry has such a mapping. Without tracking the state is INVALID, unless the packet was marked untracked; the template of a CT rule is NEW.
 */
function statesOf(skb: Skb): readonly CtStateName[] {
  const { ct } = skb;
  if (ct === undefined || ct.kind === 'invalid') return ['INVALID'];
  if (ct.kind === 'untracked') return ['UNTRACKED'];
  if (ct.kind === 'template') return ['NEW'];
  return [ct.info, ...(ct.entry.srcNat ? (['SNAT'] as const) : []), ...(ct.entry.dstNat ? (['DNAT'] as const) : [])];
}

/** What the packet's connection has in the place of what the option asks for. */
interface Seen {
  readonly saw: string;
  readonly holds: boolean | 'unknown';
}

const statusOf = (e: CtEntry): readonly string[] => [...(e.seenReply ? ['SEEN_REPLY'] : []), ...(e.assured ? ['ASSURED'] : []), ...(e.confirmed ? ['CONFIRMED'] : [])];

/** The option's value as iptables-save prints it. */
function wanted(c: CtCondition): string {
  switch (c.option) {
    case 'ctproto':
      return String(c.proto);
    case 'ctstatus':
      return c.status.join(',');
    case 'ctdir':
      return c.dir;
    case 'ctexpire':
      return c.from === c.to ? String(c.from) : `${c.from}:${c.to}`;
    default:
      if ('net' in c) return `${formatIp4(c.net.ip)}${c.net.prefixLen === 32 ? '' : `/${c.net.prefixLen}`}`;
      return c.ports.from === c.ports.to ? String(c.ports.from) : `${c.ports.from}:${c.ports.to}`;
  }
}

/** nf_ct_tmpl_alloc(): nothing but its status; what a CT rule has put in place of a connection. */
const TEMPLATE: CtEntry = { ...newEntry(-1, NO_ZONE, { proto: 0, src: 0, sport: 0, dst: 0, dport: 0 }, { proto: 0, src: 0, sport: 0, dst: 0, dport: 0 }), confirmed: true };

function seen(c: CtCondition, e: CtEntry, dir: Direction): Seen {
  const tuple = c.option.startsWith('ctorig') ? e.orig : e.reply;
  switch (c.option) {
    case 'ctproto':
      return { saw: protocolName(e.orig.proto), holds: e.orig.proto === c.proto };
    case 'ctorigsrc':
    case 'ctorigdst':
    case 'ctreplsrc':
    case 'ctrepldst': {
      const ip = c.option.endsWith('src') ? tuple.src : tuple.dst;
      return { saw: formatIp4(ip), holds: inPrefix(ip, c.net.ip, c.net.prefixLen) };
    }
    case 'ctorigsrcport':
    case 'ctorigdstport':
    case 'ctreplsrcport':
    case 'ctrepldstport': {
      const port = c.option.endsWith('srcport') ? tuple.sport : tuple.dport;
      return { saw: String(port), holds: port >= c.ports.from && port <= c.ports.to };
    }
    case 'ctstatus': {
      const status = statusOf(e);
      // NONE is a mask of no bits: nothing has any of them.
      return { saw: status.join(','), holds: status.some((s) => (c.status as readonly string[]).includes(s)) };
    }
    case 'ctexpire':
      return { saw: '', holds: 'unknown' };
    case 'ctdir':
      return { saw: dir.toUpperCase(), holds: c.dir === dir.toUpperCase() };
  }
}

/** conntrack_mt(). A packet without a connection is judged by its state alone; where the rule names none it does not match, negated or not. */
export function evaluateConntrack(match: CtMatch, skb: Skb): Condition {
  const bang = match.negate ? '! ' : '';
  if (match.kind === 'ctstate') {
    const states = statesOf(skb);
    return {
      text: `-m conntrack ${bang}--ctstate ${match.states.join(',')}`,
      result: states.some((s) => match.states.includes(s)) !== match.negate,
      saw: states.join(','),
    };
  }
  const { ct } = skb;
  const tracked = ct?.kind === 'tracked' ? seen(match, ct.entry, ct.dir) : ct?.kind === 'template' ? seen(match, TEMPLATE, 'original') : undefined;
  return {
    text: `-m conntrack ${bang}--${match.option} ${wanted(match)}`,
    result: !tracked ? match.withState : tracked.holds === 'unknown' ? 'unknown' : tracked.holds !== match.negate,
    saw: tracked?.saw ?? '',
  };
}
