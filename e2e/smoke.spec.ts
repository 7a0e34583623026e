import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { DIST } from '../scripts/serve.mjs';

const onStage = (page: Page) => page.waitForFunction(() => document.documentElement.dataset['ready'] === 'true');

/** Everything that the page complains about: uncaught errors and console errors, refusals of the content security policy among them. */
function complaints(page: Page): readonly string[] {
  const heard: string[] = [];
  page.on('pageerror', (error) => heard.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') heard.push(message.text());
  });
  return heard;
}

test('opens without an error and asks nobody but its own server', async ({ page, baseURL }) => {
  const heard = complaints(page);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto('./');
  await onStage(page);
  expect(heard).toEqual([]);
  expect(asked.filter((url) => !url.startsWith(baseURL ?? '') && !url.startsWith('data:'))).toEqual([]);
});

test('carries a policy that lets in no foreign script, connection or frame', async ({ page }) => {
  await page.goto('./');
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  const directives = new Map((policy ?? '').split(';').map((d) => [d.trim().split(/\s+/)[0], d.trim().split(/\s+/).slice(1)] as const));
  expect(directives.get('default-src')).toEqual(["'none'"]);
  expect(directives.get('script-src')).toEqual(["'self'"]);
  expect(["'none'", "'self'"]).toContain(directives.get('connect-src')?.join(' '));
});

test('runs from any sub-path of any static host', async ({ page }) => {
  const heard = complaints(page);
  const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
  const base = 'http://static.example/some/where/';
  await page.route('http://static.example/**', async (route) => {
    const url = route.request().url();
    const path = url.startsWith(base) ? new URL(url).pathname.slice('/some/where/'.length) || 'index.html' : undefined;
    const body = path === undefined ? undefined : await readFile(join(DIST, path)).catch(() => undefined);
    await (body ? route.fulfill({ body, contentType: types[extname(path ?? '')] ?? 'application/octet-stream' }) : route.fulfill({ status: 404 }));
  });
  await page.goto(base);
  await onStage(page);
  expect(heard).toEqual([]);
});
