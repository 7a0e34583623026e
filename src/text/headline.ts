import { headlinesEn } from './dictionaries/headlines.en.ts';
import { headlinesKo } from './dictionaries/headlines.ko.ts';
import { nextEn } from './dictionaries/next.en.ts';
import { nextKo } from './dictionaries/next.ko.ts';
import { subsystemNames, wordsOf } from './dictionaries/places.ts';
import type { Stop } from './reading-types.ts';
import { taleOf } from './tale.ts';
import { tell } from './tale-types.ts';
import { decidingRule, ruleName } from './tales/netfilter.ts';
import { placeText } from './placeText.ts';
import type { Telling } from './telling.ts';

const headlines = { en: headlinesEn, ko: headlinesKo };
const nexts = { en: nextEn, ko: nextKo };

/** One sentence: what happened, and to what end. */
export function headline(ctx: Telling, stop: Stop): string {
  const tale = taleOf(ctx, stop);
  return tale ? tell(headlines[ctx.lang], tale) : '';
}

/** What comes next, in a few words without a capital; '' at the end of the reading. */
export function nextLine(ctx: Telling, stop: Stop): string {
  const following = ctx.reading.stops[stop.index + 1];
  const tale = following && taleOf(ctx, following);
  return tale ? tell(nexts[ctx.lang], tale) : '';
}

/** Who is at work, and where: `Netfilter • nat PREROUTING • cy01-ceph142`. */
export function eyebrow(ctx: Telling, stop: Stop): string {
  const lead = ctx.trace.steps[stop.lead];
  const table = lead && (lead.kind === 'rule' || lead.kind === 'table' || lead.kind === 'policy') ? `${lead.table} ` : '';
  const words = wordsOf[ctx.lang];
  const subsystem = lead?.kind === 'unknown' ? words.unknown : lead?.kind === 'drop' ? words.dropped : subsystemNames[ctx.lang][stop.subsystem];
  const place = `${table}${placeText(ctx, stop)}`;
  const parts = [subsystem, place.toLowerCase() === subsystem.toLowerCase() ? '' : place, stop.place.kind === 'wire' ? '' : hostText(stop)];
  return parts.filter((p) => p !== '').join(' • ');
}

const hostText = (stop: Stop): string => (stop.netns === null ? stop.host : `${stop.host}/${stop.netns}`);

/** The short label under the station that says who decided: a rule, a scheduler, a route; undefined where nobody did. */
export function decider(ctx: Telling, stop: Stop): string | undefined {
  const lead = ctx.trace.steps[stop.lead];
  switch (lead?.kind) {
    case 'rule':
      return ruleName(ctx.reading.detail !== 'rules' && lead.mark !== lead.markBefore ? decidingRule(ctx, lead) : lead);
    case 'policy':
      return `${lead.chain} ${lead.policy}`;
    case 'ipvs':
      return lead.op === 'schedule' ? lead.scheduler : undefined;
    case 'fib':
      if (lead.result === 'forward' || lead.result === 'broadcast') return `→ ${lead.oif ?? '?'}`;
      return lead.result;
    case 'rp-filter':
      return `rp_filter ${lead.mode}`;
    case 'mtu':
      return `mtu ${lead.mtu}`;
    default:
      return undefined;
  }
}
