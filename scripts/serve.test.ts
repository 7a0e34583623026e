import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from './serve.mjs';

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'packetwalk-serve-'));
  mkdirSync(join(folder, 'site/assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'site/index.html'), 'the page');
  writeFileSync(join(folder, 'site/assets/a.js'), 'export {};');
  server = await serve(join(folder, 'site'), 0);
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A request with the path exactly as written: fetch() would tidy up `..` before sending. */
function get(path: string): Promise<{ readonly status: number | undefined; readonly type: string | undefined; readonly body: string }> {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'], body }));
    })
      .on('error', reject)
      .end();
  });
}

describe('serve', () => {
  it.each`
    path                  | type                          | body
    ${'/'}                | ${'text/html; charset=utf-8'} | ${'the page'}
    ${'/index.html?v=1'}  | ${'text/html; charset=utf-8'} | ${'the page'}
    ${'/assets/a.js'}     | ${'text/javascript'}          | ${'export {};'}
  `('answers $path with its file', async ({ path, type, body }) => expect(await get(path)).toEqual({ status: 200, type, body }));

  it.each`
    path                        | because
    ${'/nothing'}               | ${'there is no such file'}
    ${'/assets'}                | ${'a folder is not a file'}
    ${'/../secret.txt'}         | ${'it leaves the folder'}
    ${'/%2e%2e/secret.txt'}     | ${'it leaves the folder behind an escape'}
    ${'/..%2fsecret.txt'}       | ${'it leaves the folder behind an escaped slash'}
    ${'/%'}                     | ${'the escape is damaged'}
    ${'/%00'}                   | ${'no file name holds a zero byte'}
    ${`/${'a'.repeat(300)}`}    | ${'no file name is that long'}
    ${'/index.html/below'}      | ${'a file has nothing below it'}
  `('refuses $path and lives on: $because', async ({ path }) => {
    expect((await get(path)).status).toBe(404);
    expect((await get('/')).status).toBe(200);
  });

  it('rejects when the port is taken', async () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(serve(folder, port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
