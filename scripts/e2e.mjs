// Builds the page and runs the browser tests: npm run e2e [-- playwright arguments].
import { spawnSync } from 'node:child_process';
import { browserEnv } from './browser.mjs';

const env = { ...process.env, ...browserEnv() };
const node = (args) => spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1;
const built = node(['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn']);
process.exitCode = built === 0 ? node(['node_modules/@playwright/test/cli.js', 'test', ...process.argv.slice(2)]) : built;
