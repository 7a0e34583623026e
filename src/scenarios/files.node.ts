import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { patchObjects } from '../cluster/patch.ts';
import { patchesOf, type Scenario } from './scenario.ts';
import { withoutLines } from './withoutLines.ts';

/** All files below a folder, path relative to it → text: a bundle as the parsers take it. */
export function readFolder(folder: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const path = join(folder, entry);
    if (statSync(path).isFile()) files[entry.replaceAll('\\', '/')] = readFileSync(path, 'utf8');
  }
  return files;
}

const pathOf = (relative: string): string => fileURLToPath(new URL(`./${relative}`, import.meta.url));

/** The scenario's dumps or objects for these parameters. */
export function loadScenario(scenario: Scenario, params: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { source } = scenario;
  if (source.kind === 'dumps') {
    const files = readFolder(pathOf(source.folder(params)));
    const without = source.without?.(params);
    return without === undefined ? files : withoutLines(files, readFileSync(pathOf(without), 'utf8'));
  }
  const read = (file: string): string => readFileSync(pathOf(`${source.folder}/${file}`), 'utf8');
  return { 'objects.yaml': patchesOf(scenario, params).reduce((text, patch) => patchObjects(text, read(patch)), read('objects.yaml')) };
}
