import type { Outcome, Verdict } from '../../engine/trace-types.ts';
import { sentenceCase } from '../names.ts';

export interface VerdictWords {
  readonly outcomes: Readonly<Record<Verdict | 'answered' | 'unanswered' | 'replyLost' | 'replyRefused' | 'replyUnknown', string>>;
  readonly client: Readonly<Record<Outcome['client'], (who: string) => string>>;
  /** `host` is given for an actor that lives on another machine's back: a pod. */
  readonly at: (who: string, host: string | undefined) => string;
  readonly by: (what: string) => string;
  readonly glue: string;
  /** A headline without the word that the outcome has said already. */
  readonly bare: (headline: string) => string;
  readonly asymmetric: (cause: string, from: string, expected: string) => string;
  readonly sees: (who: string, src: string, truth: string) => string;
  readonly seesTrue: (who: string, src: string) => string;
}

export const verdictsEn: VerdictWords = {
  outcomes: {
    delivered: 'Delivered',
    answered: 'Delivered and answered',
    unanswered: 'Delivered, but not answered',
    replyLost: 'Delivered, but the reply is lost',
    replyRefused: 'Delivered, but the reply is refused',
    replyUnknown: 'Delivered; what becomes of the reply is unknown',
    dropped: 'Dropped',
    rejected: 'Rejected',
    unreachable: 'Unreachable',
    looped: 'Caught in a loop',
    left: 'Out of sight',
    unknown: 'Unknown',
  },
  client: {
    answer: (who) => sentenceCase(`${who} gets its answer`),
    timeout: (who) => sentenceCase(`${who} hears nothing and times out`),
    refused: (who) => sentenceCase(`${who} is refused at once (ECONNREFUSED)`),
    reset: (who) => sentenceCase(`${who}’s connection is reset (ECONNRESET)`),
    unreachable: (who) => sentenceCase(`${who} is told that the destination cannot be reached`),
    sent: (who) => sentenceCase(`${who} expects no answer`),
    unknown: (who) => `What ${who} gets is unknown`,
    'not-permitted': (who) => sentenceCase(`${who} is told at once that it may not send (EPERM)`),
    'too-big': (who) => sentenceCase(`${who} is told at once that its packet is too large (EMSGSIZE)`),
  },
  at: (who, host) => (host === undefined ? `at ${who}` : `at ${who} on ${host}`),
  by: (what) => `decided by ${what}`,
  glue: ', ',
  bare: (headline) => headline.replace(/^Dropped: (.)/, (_, first: string) => first.toUpperCase()),
  asymmetric: (cause, from, expected) => `The reply takes a way that does not pass ${cause}, which had rewritten the request, so it comes from ${from} instead of ${expected}`,
  sees: (who, src, truth) => sentenceCase(`${who} takes ${src} for its client; the true one, ${truth}, is nowhere in the packet`),
  seesTrue: (who, src) => sentenceCase(`${who} sees its true client, ${src}`),
};
