import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** All files below a folder, path relative to it → text: a bundle as the parsers take it. */
export function readFolder(folder: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const path = join(folder, entry);
    if (statSync(path).isFile()) files[entry.replaceAll('\\', '/')] = readFileSync(path, 'utf8');
  }
  return files;
}
