// What the built page costs: JavaScript transferred until the first step is on stage, and the time until then.
import { gzipSync } from 'node:zlib';
import { chromium } from '@playwright/test';
import { browserEnv } from '../browser.mjs';
import { DIST, serve } from '../serve.mjs';

const LOADS = 5;

/** One load in a fresh browser context, with nothing cached: `{ ms, gzip, files }`. Rejects when the page never becomes ready. */
async function load(browser, address) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const bodies = new Map();
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    // What comes after the first step is not counted, and may be cut off by the end of the load.
    if (pathname.endsWith('.js')) bodies.set(pathname, response.body().catch(() => undefined));
  });
  await page.goto(address, { waitUntil: 'commit' });
  await page.waitForFunction(() => performance.getEntriesByName('first-step').length > 0, undefined, { timeout: 30_000 });
  // The page sets this mark with its first step.
  const { ms, early } = await page.evaluate(() => {
    const shown = performance.getEntriesByName('first-step')[0].startTime;
    return { ms: shown, early: performance.getEntriesByType('resource').flatMap((r) => (r.startTime <= shown ? [new URL(r.name).pathname] : [])) };
  });
  const counted = [...bodies].filter(([path]) => early.includes(path));
  const files = await Promise.all(counted.map(async ([path, body]) => ({ path, gzip: gzipSync(await body, { level: 9 }).length })));
  await context.close();
  return { ms, files, gzip: files.reduce((sum, f) => sum + f.gzip, 0) };
}

/** Serves `dist/` and loads it several times. Times are sorted; sizes are the largest seen. */
export async function measurePage() {
  const { PACKETWALK_CHROMIUM } = { ...process.env, ...browserEnv() };
  const server = await serve(DIST, 0);
  const args = ['--disable-background-networking', '--no-first-run', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
  const browser = await chromium.launch({ args, ...(PACKETWALK_CHROMIUM ? { executablePath: PACKETWALK_CHROMIUM } : { channel: 'chromium' }) });
  try {
    const loads = [];
    for (let i = 0; i < LOADS; i++) loads.push(await load(browser, `http://127.0.0.1:${server.address().port}/`));
    const largest = loads.reduce((a, b) => (b.gzip > a.gzip ? b : a));
    return { times: loads.map((l) => l.ms).sort((a, b) => a - b), gzip: largest.gzip, files: largest.files.sort((a, b) => b.gzip - a.gzip) };
  } finally {
    await browser.close();
    server.close();
  }
}
