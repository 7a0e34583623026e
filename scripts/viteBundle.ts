import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { parseBundle } from '../src/dumps/bundle.ts';
import { parseObjects } from '../src/dumps/kubectl.ts';
import { trace } from '../src/engine/trace.ts';
import type { Trace } from '../src/engine/trace-types.ts';
import { scenarios } from '../src/scenarios/catalogue.ts';
import { readProbe } from '../src/share/probeWords.ts';
import type { World } from '../src/world/world.ts';
import { readFolder } from '../src/scenarios/files.node.ts';

const SUFFIX = '?bundle';
const PACKED = '?packed';

/**
 * Lets `import { load } from './folder?bundle'` stand for a folder of dumps. A build writes them as a JSON file beside the scripts,
 * which `load` fetches: dumps are data, and as data they cost the browser no script to compile. Elsewhere they are inlined. With them
 * goes the world that the parsers make of them, and the first walk that the engine makes in it, so that the page can show them before it has
 * any parser or engine. `?packed` stands for the files alone, compressed: for folders whose parsed world would be many times their text.
 */
export function bundleFolders(): Plugin {
  let building = false;
  return {
    name: 'packetwalk-bundle',
    configResolved(config) {
      building = config.command === 'build';
    },
    resolveId(source, importer) {
      const suffix = [SUFFIX, PACKED].find((s) => source.endsWith(s));
      if (suffix === undefined || importer === undefined) return undefined;
      return `${resolve(importer, '..', source.slice(0, -suffix.length))}${suffix}`;
    },
    load(id) {
      const suffix = [SUFFIX, PACKED].find((s) => id.endsWith(s));
      if (suffix === undefined) return undefined;
      const folder = id.slice(0, -suffix.length);
      for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const path = join(folder, entry);
        if (statSync(path).isFile()) this.addWatchFile(path);
      }
      const files = readFolder(folder);
      if (suffix === PACKED) {
        const json = JSON.stringify(files);
        if (!building) return `const read = ${json};\nexport const load = async () => read;\n`;
        // Compressed here, whatever the host of the page does with files that it serves.
        const asset = this.emitFile({ type: 'asset', name: `${basename(dirname(folder))}-${basename(folder)}.packed`, source: gzipSync(json, { level: 9 }) });
        return fetching(asset, `new Response(answer.body.pipeThrough(new DecompressionStream('gzip'))).json()`);
      }
      const { names } = parseObjects(files);
      const { world, diagnostics } = parseBundle(files, names);
      const json = JSON.stringify({ files, names, parsed: { world, diagnostics }, walk: firstWalk(folder, world) });
      if (!building) return `const read = ${json};\nexport const load = async () => read;\n`;
      const asset = this.emitFile({ type: 'asset', name: `${basename(dirname(folder))}-${basename(folder)}.json`, source: json });
      return fetching(asset, 'answer.json()');
    },
  };
}

/** A module that fetches an asset once: the same object every time, but a failure may be tried again. */
const fetching = (asset: string, read: string): string => `let read;
const fetchJson = async () => {
  const answer = await fetch(import.meta.ROLLUP_FILE_URL_${asset});
  if (!answer.ok) throw new Error('dumps: ' + answer.status);
  return ${read};
};
export const load = () => (read ??= fetchJson().catch((error) => { read = undefined; throw error; }));\n`;

/** The walk that the page opens with, if the folder is a scenario's. */
function firstWalk(folder: string, world: World): Trace | undefined {
  const [probe] = scenarios.find((s) => folder.includes(`/${s.id}/`))?.probes ?? [];
  const read = probe && readProbe(world, { from: probe.from, via: undefined, to: probe.to, proto: probe.proto, sport: undefined, size: undefined });
  return read?.ok ? trace(world, read.value) : undefined;
}

/**
 * Puts a Content-Security-Policy into the built page: nothing but its own files, no inline scripts. Inline styles are allowed because
 * React Flow positions its nodes by them; `connect-src 'self'` is what the scenarios' dumps are fetched under.
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
