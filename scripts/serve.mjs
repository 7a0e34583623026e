// Serves the built page from dist/ on loopback. `--port N` (default 4173); the port must be free.
import { createServer } from 'node:http';
import { createReadStream, statSync } from 'node:fs';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.json': 'application/json', '.txt': 'text/plain', '.ico': 'image/x-icon' };

/** The file below `root` that a request path means; undefined when there is none, or when it tries to leave. */
function fileFor(root, path) {
  try {
    const decoded = decodeURIComponent(path);
    const file = normalize(join(root, decoded.endsWith('/') ? `${decoded}index.html` : decoded));
    return file.startsWith(root + sep) && statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined; // a damaged escape, no such file, a name that the file system refuses
  }
}

/** Starts serving; resolves with the server once it listens, rejects when the port is taken. */
export function serve(root, port) {
  const server = createServer((request, response) => {
    const file = fileFor(root, (request.url ?? '/').split(/[?#]/)[0]);
    if (!file) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
      return;
    }
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream', 'cache-control': 'no-cache' });
    // A file can vanish in between, when the page is built anew.
    createReadStream(file).on('error', () => response.destroy()).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

export const DIST = fileURLToPath(new URL('../dist', import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf('--port');
  await serve(DIST, at > 0 ? Number(process.argv[at + 1]) : 4173);
}
