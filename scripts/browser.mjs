// Finds a Chromium for the browser tests, or installs one: Playwright's own, else the system's, else Playwright's download, else the distribution's package.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';

const systemNames = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

const managed = () => existsSync(chromium.executablePath());

/** Path of a Chromium that the system has; undefined without one. */
function system() {
  if (process.platform === 'darwin') {
    const app = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
    return existsSync(app) ? app : undefined;
  }
  for (const name of systemNames) {
    const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    const path = found.stdout?.trim();
    if (found.status === 0 && path) return path;
  }
  return undefined;
}

/** Runs a command quietly; true when it succeeded in time. */
const run = (command, args, timeout) => spawnSync(command, args, { stdio: 'ignore', timeout }).status === 0;

function aptInstall() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0) return false;
  process.env.DEBIAN_FRONTEND = 'noninteractive';
  run('apt-get', ['update', '-qq'], 180_000);
  return run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-nanum', 'fonts-dejavu-core'], 600_000);
}

/**
 * The environment that lets playwright.config.ts start a browser: empty for Playwright's own, PACKETWALK_CHROMIUM for another.
 * Throws with a sentence for people when there is none and none can be had.
 */
export function browserEnv() {
  if (process.env.PACKETWALK_CHROMIUM) return { PACKETWALK_CHROMIUM: process.env.PACKETWALK_CHROMIUM };
  if (managed()) return {};
  const found = system();
  if (found) return { PACKETWALK_CHROMIUM: found };
  console.log('no browser found: trying to download Playwright’s Chromium');
  if (run(process.execPath, ['node_modules/@playwright/test/cli.js', 'install', '--no-shell', 'chromium'], 600_000) && managed()) return {};
  console.log('that failed: trying the distribution’s package');
  if (aptInstall()) {
    const installed = system();
    if (installed) return { PACKETWALK_CHROMIUM: installed };
  }
  throw new Error('The browser tests need a Chromium. Install one (on Debian: apt-get install chromium), or set PACKETWALK_CHROMIUM to its path, and run the tests again.');
}
