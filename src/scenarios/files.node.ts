import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scenario } from './catalogue.ts';

/** All files below a folder, path relative to it → text: a bundle as the parsers take it. */
export function readFolder(folder: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const path = join(folder, entry);
    if (statSync(path).isFile()) files[entry.replaceAll('\\', '/')] = readFileSync(path, 'utf8');
  }
  return files;
}

/** The scenario's dumps for these parameters. */
export const loadScenario = (scenario: Scenario, params: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  readFolder(fileURLToPath(new URL(`./${scenario.folder(params)}`, import.meta.url)));
