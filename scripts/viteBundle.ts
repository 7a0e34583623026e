import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Plugin } from 'vite';
import { parseObjects } from '../src/dumps/kubectl.ts';
import { readFolder } from '../src/scenarios/files.node.ts';

const SUFFIX = '?bundle';

/** Lets `import { files, names } from './folder?bundle'` pack a folder of dumps into one chunk. */
export function bundleFolders(): Plugin {
  return {
    name: 'packetwalk-bundle',
    resolveId(source, importer) {
      if (!source.endsWith(SUFFIX) || importer === undefined) return undefined;
      return `${resolve(importer, '..', source.slice(0, -SUFFIX.length))}${SUFFIX}`;
    },
    load(id) {
      if (!id.endsWith(SUFFIX)) return undefined;
      const folder = id.slice(0, -SUFFIX.length);
      for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const path = join(folder, entry);
        if (statSync(path).isFile()) this.addWatchFile(path);
      }
      const files = readFolder(folder);
      return `export const files = ${JSON.stringify(files)};\nexport const names = ${JSON.stringify(parseObjects(files).names)};\n`;
    },
  };
}

/**
 * Puts a Content-Security-Policy into the built page: nothing but its own files, no inline scripts. Inline styles are allowed because
 * React Flow positions its nodes by them; `connect-src 'self'` is what lazily loaded chunks need to be preloaded.
 */
export function contentSecurityPolicy(): Plugin {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return {
    name: 'packetwalk-csp',
    apply: 'build',
    transformIndexHtml: (html) => html.replace('<meta charset="utf-8" />', `<meta charset="utf-8" />\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`),
  };
}
