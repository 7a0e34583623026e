import type { Files } from '../../../share/packed.ts';
import type { ProbeWords } from '../../../share/probeWords.ts';
import { isToBeCompiled, type Parsed } from '../parser.ts';
import type { Loaded } from '../state.ts';
import { readWalk } from '../walk.ts';
import type { Answer, Envelope, Outcomes, Question, WalkAnswer } from './protocol.ts';

/**
 * Clusters with objects among their files are compiled and walked away from the page, in a worker: a large one takes seconds. What comes
 * back is plain data, of compiled machines only what the walk enters.
 */
export const isAway = (files: Files): boolean => typeof Worker !== 'undefined' && isToBeCompiled(files);

interface Waiting {
  readonly done: (answer: Answer) => void;
  readonly failed: (error: Error) => void;
}

let worker: Worker | undefined;
let lastId = 0;
const waiting = new Map<number, Waiting>();

function giveUp(): void {
  worker?.terminate();
  worker = undefined;
  for (const { failed } of waiting.values()) failed(new Error('the worker stopped'));
  waiting.clear();
}

function start(): Worker {
  const made = new Worker(new URL('cluster.worker.ts', import.meta.url), { type: 'module' });
  made.addEventListener('message', ({ data: { id, body } }: MessageEvent<Envelope<Answer>>) => {
    waiting.get(id)?.done(body);
    waiting.delete(id);
  });
  // Its script could not be fetched, or broke: whoever asked is told, and the next question starts another one.
  made.addEventListener('error', giveUp);
  made.addEventListener('messageerror', giveUp);
  return made;
}

function ask<K extends Question['kind']>(body: Extract<Question, { kind: K }>): Promise<Extract<Answer, { kind: K }>> {
  worker ??= start();
  const id = ++lastId;
  const answer = new Promise<Answer>((done, failed) => waiting.set(id, { done, failed }));
  // A worker's messages have no target origin.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  worker.postMessage({ id, body } satisfies Envelope<Question>);
  return answer as Promise<Extract<Answer, { kind: K }>>;
}

type WalkQuestion = Omit<Extract<Question, { kind: 'walk' }>, 'kind'>;

// While one walk is being computed only the newest question waits: whoever types asks more often than there are answers.
let busy: Promise<unknown> | undefined;
let ticket = 0;
// That a cluster is another one stays true when its first question was never asked.
let unasked: Pick<WalkQuestion, 'fresh' | 'last'> | undefined;

/** The world and the walk; undefined when another question was asked in the meantime. Rejects when the worker cannot be had. */
export async function walkAway(question: WalkQuestion): Promise<Pick<Loaded, 'parsed' | 'faults' | 'result'> & { readonly words: ProbeWords | undefined } | undefined> {
  const mine = ++ticket;
  if (question.fresh) unasked = question;
  while (busy) {
    await busy.catch(() => undefined);
    if (mine !== ticket) return undefined;
  }
  const answering = ask({ kind: 'walk', ...question, ...(unasked && { fresh: true, last: unasked.last }) });
  unasked = undefined;
  busy = answering;
  try {
    const answer = await answering;
    return mine === ticket ? { parsed: parsedOf(question.files, answer), faults: answer.faults, words: answer.words, result: resultOf(answer) } : undefined;
  } finally {
    if (busy === answering) busy = undefined;
  }
}

/** What is being computed is no longer wanted. */
export const forgetAway = (): void => void ticket++;

function resultOf({ world, result }: WalkAnswer): Loaded['result'] {
  return result.kind === 'trace' ? readWalk(result.trace, world) : result;
}

function parsedOf(files: Files, { world, diagnostics, compiled, paths, texts }: WalkAnswer): Parsed {
  const known = new Map(Object.entries(texts));
  return {
    world, diagnostics, paths,
    dumps: { ...files, ...Object.fromEntries([...known].map(([path, { text }]) => [path, text])) },
    compiled: new Set(compiled),
    reasonOf: ({ input, line }) => known.get(input)?.reasons[line - 1],
    fetchText: async (path) => {
      const { text } = await ask({ kind: 'text', path });
      known.set(path, text);
      return text.text;
    },
  };
}

/** All ways that chance allows, of the cluster that was asked about last. */
export const outcomesAway = async (words: ProbeWords): Promise<Outcomes | undefined> => (await ask({ kind: 'outcomes', words })).outcomes;

/** The script that rebuilds that cluster. */
export const labAway = async (words: ProbeWords) => (await ask({ kind: 'lab', words })).lab;
