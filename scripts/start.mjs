// Builds the page, serves it on loopback, prints the address and opens it where there is a display. `--port N`, default 4173 or the next free one.
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DIST, serve } from './serve.mjs';

const at = process.argv.indexOf('--port');
const wanted = at > 0 ? Number(process.argv[at + 1]) : undefined;
if (wanted !== undefined && !(Number.isInteger(wanted) && wanted > 0 && wanted < 65536)) {
  console.error(`--port wants a number from 1 to 65535, not ${process.argv[at + 1]}`);
  process.exit(2);
}

const vite = fileURLToPath(new URL('../node_modules/vite/bin/vite.js', import.meta.url));
const built = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);

/** Tries ports upwards from the wanted one until one is free. */
async function listen() {
  for (let port = wanted ?? 4173; ; port++) {
    try {
      await serve(DIST, port);
      return port;
    } catch (error) {
      if (error.code !== 'EADDRINUSE' || port >= Math.min((wanted ?? 4173) + 100, 65535)) throw error;
    }
  }
}

const port = await listen().catch((error) => {
  console.error(`cannot listen: ${error.message}`);
  return process.exit(1);
});
const address = `http://127.0.0.1:${port}/`;
console.log(`Packetwalk is at ${address}  (Ctrl+C stops it)`);

const [open, ...args] = process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open'];
if (process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY) {
  spawn(open, [...args, address], { stdio: 'ignore', detached: true })
    .on('error', () => {}) // no opener: the address is printed
    .unref();
}
