import type { Step } from '../engine/step.ts';
import type { Ending, Outcome } from '../engine/trace-types.ts';
import { formatTable } from '../dumps/ovsNames.ts';
import { kindOf } from './grouping.ts';
import { verdictsEn } from './dictionaries/verdicts.en.ts';
import { verdictsKo } from './dictionaries/verdicts.ko.ts';
import { headline } from './headline.ts';
import { actorName } from './names.ts';
import { placeOf } from './place.ts';
import type { Stop } from './reading-types.ts';
import { bypassed } from './tales/ends.ts';
import { innerIp, lastOf, prober, sentBy, text } from './tales/facts.ts';
import { ruleName } from './tales/netfilter.ts';
import { namesAt } from './tales/ovs.ts';
import { type Piece, pieces, plain, type Telling } from './telling.ts';
import { why } from './why.ts';

/** How one connection of a probe ends. */
export interface VerdictLine {
  readonly tone: 'good' | 'bad' | 'unknown';
  /** `Delivered and answered`, `Dropped`, … */
  readonly outcome: string;
  /** Where the request ended, or the reply if that is what failed. */
  readonly place: string;
  /** The rule, or the line of a dump, that decided. */
  readonly decidedBy: string | undefined;
  /** What the client's program gets. */
  readonly client: string;
  /** Why, where something failed or the endpoint is deceived about its client. */
  readonly reason: string | undefined;
}

type Asking = Pick<Telling, 'trace' | 'world' | 'lang'>;

const dictionaries = { en: verdictsEn, ko: verdictsKo };

/** Sums up a connection (from 0): outcome, place, what decided, what the client gets and why. A connection that is not there is unknown. */
export function verdictLine(asking: Asking, connection: number): VerdictLine {
  const ctx: Telling = { ...asking, reading: { detail: 'hooks', stops: [] } };
  const words = dictionaries[ctx.lang];
  const outcome = ctx.trace.outcomes[connection];
  if (!outcome) return { tone: 'unknown', outcome: words.outcomes.unknown, place: '', decidedBy: undefined, client: words.client.unknown(prober(ctx)), reason: undefined };
  const failed = failedEnding(outcome);
  const end = failed ?? outcome.request;
  const step = failed ? deciding(ctx, failed) : transforming(ctx, connection);
  return {
    tone: outcome.client === 'answer' || outcome.client === 'sent' ? 'good' : outcome.client === 'unknown' ? 'unknown' : 'bad',
    outcome: outcomeText(ctx, outcome),
    place: words.at(actorName(ctx.world, end.host, end.netns, ctx.lang), end.netns === null ? undefined : end.host),
    decidedBy: step && deciderText(ctx, step),
    client: words.client[outcome.client](prober(ctx)),
    reason: failed ? failure(ctx, outcome, failed) : deception(ctx, outcome, connection),
  };
}

/** The same as one line of text in pieces. */
export function verdictPieces(asking: Asking, connection: number): readonly Piece[] {
  const line = verdictLine(asking, connection);
  const words = dictionaries[asking.lang];
  const head = [`*${plain(line.outcome)}*`, plain(line.place), line.decidedBy === undefined ? '' : words.by(`\`${plain(line.decidedBy)}\``)].filter((x) => x !== '').join(words.glue);
  return pieces([`${head}.`, plain(sentence(line.client)), line.reason === undefined ? '' : plain(sentence(line.reason))].filter((x) => x !== '').join(' '));
}

/** Ended as a sentence is; one that ends with somebody else's sentence in quotation marks has its full stop there. */
const sentence = (words: string): string => (/[.!?][”’」]?$/.test(words) ? words : `${words}.`);

/** The ending that kept the client from its answer: the request's or the reply's. */
function failedEnding({ request, reply, client }: Outcome): Ending | undefined {
  if (client === 'answer' || client === 'sent') return undefined;
  if (request.verdict !== 'delivered') return request;
  return reply && reply.verdict !== 'delivered' ? reply : undefined;
}

function outcomeText(ctx: Telling, { request, reply, client }: Outcome): string {
  const { outcomes } = dictionaries[ctx.lang];
  if (request.verdict !== 'delivered') return outcomes[request.verdict];
  if (client === 'answer') return outcomes.answered;
  if (client === 'sent') return outcomes.delivered;
  if (reply === undefined || reply.verdict === 'delivered') return outcomes.unanswered;
  return reply.verdict === 'rejected' ? outcomes.replyRefused : reply.verdict === 'unknown' ? outcomes.replyUnknown : outcomes.replyLost;
}

/** The step that truly decided about an ending: behind a drop stands the rule, behind a refusal of IPVS the lookup. */
function decisive(ctx: Telling, end: Ending): Step | undefined {
  const step = ctx.trace.steps[end.step];
  if (!step || step.kind !== 'drop') return step;
  const wanted = (s: Step): boolean => {
    switch (step.reason) {
      case 'rule':
        return s.kind === 'rule' && s.matched === true && (s.verdict === 'DROP' || s.verdict === 'REJECT' || s.verdict === 'MASQUERADE');
      case 'policy':
        return s.kind === 'policy';
      case 'ipvs-no-destination':
        return s.kind === 'ipvs';
      default:
        return s.id === step.id;
    }
  };
  for (let i = step.id; i >= 0; i--) {
    const s = ctx.trace.steps[i];
    if (s && s.packetId === step.packetId && s.host === step.host && s.netns === step.netns && wanted(s)) return s;
  }
  return step;
}

/** The step whose dump line decided: the last rule of a bridge that dropped it; a route, where the way ended for want of one. */
function deciding(ctx: Telling, end: Ending): Step | undefined {
  const step = decisive(ctx, end);
  if (step?.kind !== 'drop' || step.source.length > 0) return step;
  return lastOf(ctx, step, (s) => s.kind === (step.reason === 'openflow' ? 'openflow' : 'fib')) ?? step;
}

/** What shaped a request that got through: the last rule that rewrote it, else IPVS. */
function transforming(ctx: Telling, connection: number): Step | undefined {
  const mine = ctx.trace.steps.filter((s) => s.connection === connection && s.role === 'request');
  const nat = mine.findLast((s) => s.kind === 'nat' && s.by === 'rule');
  if (nat?.parent !== undefined) return ctx.trace.steps[nat.parent];
  return mine.find((s) => s.kind === 'ipvs');
}

function deciderText(ctx: Telling, step: Step): string | undefined {
  const at = step.source[0];
  const where = at === undefined ? '' : ` (${at.input}:${at.line})`;
  switch (step.kind) {
    case 'rule':
      return `${ruleName(step)} ${step.verdict ?? ''}`.trimEnd() + where;
    case 'policy':
      return `${step.chain} ${step.policy}${where}`;
    case 'ipvs':
      return `${step.virtual}${step.scheduler === '' ? '' : ` ${step.scheduler}`}${where}`;
    case 'openflow':
      return `${step.bridge} table=${formatTable(step.table, namesAt(ctx, step.host, step.bridge))}${step.rule ? `,priority=${step.rule.priority}` : ''}${where}`;
    default:
      return at === undefined ? undefined : `${at.input}:${at.line}`;
  }
}

/** One sentence about the step that ended the way, and the detour if there was one. */
function failure(ctx: Telling, outcome: Outcome, end: Ending): string | undefined {
  const step = decisive(ctx, end);
  if (!step) return undefined;
  const words = dictionaries[ctx.lang];
  const stop = stopFor(ctx, step);
  // The outcome has named the rule already: what made it match says more.
  const ruled = step.kind === 'rule' || step.kind === 'policy';
  const said = ruled ? why(ctx, stop).map((p) => p.text).join('') : words.bare(headline(ctx, stop));
  const cause = end === outcome.reply ? bypassed(ctx, step) : undefined;
  const expected = innerIp(sentBy(ctx, step.connection))?.dst;
  return cause === undefined ? said : `${sentence(said)} ${words.asymmetric(cause, text(innerIp(end.seen)?.src), text(expected))}`;
}

/** Who the endpoint takes for its client, when that is not the client. */
function deception(ctx: Telling, outcome: Outcome, connection: number): string | undefined {
  const seen = innerIp(outcome.request.seen);
  const sent = innerIp(sentBy(ctx, connection));
  if (!seen || !sent || outcome.request.verdict !== 'delivered') return undefined;
  const { sees, seesTrue } = dictionaries[ctx.lang];
  const who = actorName(ctx.world, outcome.request.host, outcome.request.netns, ctx.lang);
  return seen.src === sent.src ? seesTrue(who, text(seen.src)) : sees(who, text(seen.src), text(sent.src));
}

const stopFor = (ctx: Telling, step: Step): Stop => ({
  index: 0,
  from: step.id,
  to: step.id,
  lead: step.id,
  kind: kindOf(step),
  subsystem: step.subsystem,
  place: placeOf(ctx.trace.steps, step),
  host: step.host,
  netns: step.netns,
  way: step.role === 'reply' || step.role === 'error' ? 'reply' : 'request',
});
