import { createConnection, type Socket } from 'node:net';

/** What a daemon answers to one command of its control socket. */
export interface Reply {
  readonly ok: boolean;
  readonly text: string;
}

/**
 * One open connection to a daemon's control socket, where `ovs-appctl` is a process a question: JSON-RPC 1.0, a question at a time
 * (lib/unixctl.c).
 */
export interface Control {
  ask(method: string, ...params: readonly string[]): Promise<Reply>;
  close(): void;
}

interface Waiting {
  readonly id: number;
  readonly settle: (reply: Reply) => void;
  readonly fail: (error: Error) => void;
}

interface RpcAnswer {
  readonly id: number;
  readonly result: unknown;
  readonly error: unknown;
}

/** The answer in a buffer that may not be whole yet. Answers come without anything between them, but never two for one question. */
function readAnswer(buffer: string): RpcAnswer | undefined {
  if (!buffer.trimEnd().endsWith('}')) return undefined;
  try {
    return JSON.parse(buffer) as RpcAnswer;
  } catch {
    return undefined;
  }
}

const said = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const open = async (path: string): Promise<Socket> =>
  await new Promise<Socket>((resolve, reject) => {
    const opened = createConnection(path, () => resolve(opened));
    opened.once('error', reject);
  });

/** A socket is there a moment before anybody listens at it. */
async function openSoon(path: string, tries = 100): Promise<Socket> {
  try {
    return await open(path);
  } catch (error) {
    if (tries === 0 || (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
    await new Promise((resolve) => setTimeout(resolve, 10));
    return await openSoon(path, tries - 1);
  }
}

export async function connectControl(path: string): Promise<Control> {
  const socket = await openSoon(path);
  socket.setEncoding('utf8');
  let buffer = '';
  let waiting: Waiting | undefined;
  let ids = 0;
  let lost: Error | undefined;
  const fail = (error: Error): void => {
    lost = error;
    waiting?.fail(error);
    waiting = undefined;
  };
  socket.on('data', (chunk: string) => {
    buffer += chunk;
    const answer = readAnswer(buffer);
    if (answer === undefined || answer.id !== waiting?.id) return;
    buffer = '';
    const { settle } = waiting;
    waiting = undefined;
    settle(answer.error === null || answer.error === undefined ? { ok: true, text: said(answer.result) } : { ok: false, text: said(answer.error) });
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error(`${path} was closed`)));
  return {
    ask: (method, ...params) =>
      new Promise((settle, reject) => {
        if (lost) throw lost;
        if (waiting !== undefined) throw new Error('one question at a time');
        waiting = { id: ids++, settle, fail: reject };
        socket.write(JSON.stringify({ id: waiting.id, method, params }));
      }),
    close: () => void socket.destroy(),
  };
}
