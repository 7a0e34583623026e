import { Answerer } from './answer.ts';
import type { Answer, Envelope, Question } from './protocol.ts';

/** The part of DedicatedWorkerGlobalScope that is used; the page's own types describe a window. */
interface WorkerScope {
  readonly addEventListener: (type: 'message', listen: (event: MessageEvent<Envelope<Question>>) => void) => void;
  readonly postMessage: (message: Envelope<Answer>) => void;
}

const scope = globalThis as unknown as WorkerScope;
const answerer = new Answerer();

// A worker's messages have no target origin.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
scope.addEventListener('message', ({ data: { id, body } }) => scope.postMessage({ id, body: answerer.answer(body) }));
