import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { bundleFolders, contentSecurityPolicy } from './scripts/viteBundle.ts';

export default defineConfig({
  // Relative, so that the build works from any sub-path of any static host.
  base: './',
  plugins: [react(), bundleFolders(), contentSecurityPolicy()],
  build: { target: 'es2023', assetsInlineLimit: 0, chunkSizeWarningLimit: 300 },
  test: { include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'], environment: 'node' },
});
