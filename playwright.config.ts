import { defineConfig } from '@playwright/test';

const executablePath = process.env['PACKETWALK_CHROMIUM'];
const port = Number(process.env['PACKETWALK_PORT'] ?? 4173);

/** Quiet: a browser under test has no business with hosts of its own. */
const args = [
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

export default defineConfig({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  fullyParallel: true,
  workers: 2,
  forbidOnly: process.env['CI'] !== undefined,
  // A slow machine may miss a moment once; what fails twice is broken, and a retry is reported as flaky.
  retries: process.env['CI'] === undefined ? 0 : 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: process.env['PACKETWALK_REPORT'] ? [['list'], ['json', { outputFile: process.env['PACKETWALK_REPORT'] }]] : [['list']],
  use: {
    baseURL: `http://127.0.0.1:${port}/`,
    viewport: { width: 1440, height: 900 },
    locale: 'en-US',
    colorScheme: 'light',
    trace: 'retain-on-failure',
    launchOptions: { args, ...(executablePath ? { executablePath } : {}) },
    ...(executablePath ? {} : { channel: 'chromium' }),
  },
  webServer: { command: `node scripts/serve.mjs --port ${port}`, url: `http://127.0.0.1:${port}/`, reuseExistingServer: false, timeout: 30_000 },
});
