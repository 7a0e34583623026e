// Builds the page and runs the browser tests: npm run e2e [-- playwright arguments].
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { browserEnv } from './browser.mjs';

/** A port that nobody uses, so that a page that is being served does not get in the way. */
const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** The browser's part of the environment; says what to do and ends when there is no browser. */
function browserOrExit() {
  try {
    return browserEnv();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

const env = { PACKETWALK_PORT: String(await freePort()), ...process.env, ...browserOrExit() };
const node = (args) => spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1;
const built = node(['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn']);
process.exitCode = built === 0 ? node(['node_modules/@playwright/test/cli.js', 'test', ...process.argv.slice(2)]) : built;
