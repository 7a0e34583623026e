import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';

/** Bytes (gzip) of JavaScript that may come over the wire until the first step is on stage, lazy chunks included. */
const BUDGET = 200_000;

test('shows the first step after at most 200 kB of compressed JavaScript', async ({ page }) => {
  const scripts = new Map<string, Promise<Buffer>>();
  page.on('response', (response) => {
    if (!/\.js(?:\?|$)/.test(response.url())) return;
    const body = response.body();
    body.catch(() => undefined); // one that comes after the first step may still be on its way when the test is over
    scripts.set(response.url(), body);
  });
  await page.goto('./');
  await page.waitForFunction(() => document.documentElement.dataset['ready'] === 'true');
  // Asked for before the mark that the page sets with its first step; what follows explains the step and may come later.
  const early = await page.evaluate(() => {
    const shown = performance.getEntriesByName('first-step')[0]?.startTime ?? Number.POSITIVE_INFINITY;
    return performance.getEntriesByType('resource').flatMap((r) => (r.startTime <= shown ? [r.name] : []));
  });
  const files = await Promise.all([...scripts].filter(([url]) => early.includes(url)).map(async ([url, body]) => ({ name: new URL(url).pathname, bytes: gzipSync(await body).length })));
  const total = files.reduce((sum, f) => sum + f.bytes, 0);
  const list = files.toSorted((a, b) => b.bytes - a.bytes).map((f) => `${f.name} ${(f.bytes / 1000).toFixed(1)} kB`).join(', ');
  test.info().annotations.push({ type: 'size', description: `${(total / 1000).toFixed(1)} kB: ${list}` });
  expect(files.length).toBeGreaterThan(0);
  expect(total, list).toBeLessThanOrEqual(BUDGET);
});
