import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { bundleFolders, contentSecurityPolicy } from './scripts/viteBundle.ts';

export default defineConfig({
  // Relative, so that the build works from any sub-path of any static host.
  base: './',
  plugins: [react(), bundleFolders(), contentSecurityPolicy()],
  // See the file itself: React Flow's viewport animations are not used, and they weigh 5 kB gzip.
  resolve: { alias: { 'd3-transition': fileURLToPath(new URL('src/app/stage/d3Transition.ts', import.meta.url)) } },
  // A module: the page starts it as one.
  worker: { format: 'es' },
  build: { target: 'es2023', assetsInlineLimit: 0, chunkSizeWarningLimit: 600 },
  // One registry of modules for all files of a worker: reading them anew for each of them took a third of the time. No module keeps what a test leaves behind.
  test: { isolate: false, include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'e2e/**/*.test.ts'], environment: 'node', testTimeout: 60_000 },
});
