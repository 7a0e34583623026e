import { BOUNDS } from '../../dumps/bounds.ts';
import { diagnose, type Diagnostic } from '../../dumps/diagnostic.ts';
import { contentKind, fileNameKind, promptOf } from '../../dumps/section.ts';
import type { Files } from '../../share/packed.ts';
import type { Placed } from './placed.ts';

export interface Intake {
  readonly files: Files;
  readonly diagnostics: readonly Diagnostic[];
}

const isArchive = (path: string, start: Uint8Array): boolean => /\.(?:tar|tgz|gz)$/i.test(path) || (start[0] === 0x1f && start[1] === 0x8b);

/** Reads files and archives into one bundle, within the bounds; what had to be left out is in the diagnostics. */
export async function readPlaced(placed: readonly Placed[]): Promise<Intake> {
  const files: [string, string][] = [];
  const diagnostics: Diagnostic[] = [];
  let bytes = 0;
  for (const { path, file } of placed) {
    const at = { input: path, line: 0 };
    bytes += file.size;
    if (files.length >= BOUNDS.files) {
      diagnostics.push(diagnose('too-many-files', at, path));
      break;
    }
    if (bytes > BOUNDS.unpackedBytes) {
      diagnostics.push(diagnose('too-large', at, path));
      break;
    }
    const content = new Uint8Array(await file.arrayBuffer());
    if (isArchive(path, content)) {
      const archive = await (await import('../../dumps/archive.ts')).readArchive(path, content);
      files.push(...Object.entries(archive.value));
      diagnostics.push(...archive.diagnostics);
    } else if (content.subarray(0, 8_192).includes(0)) diagnostics.push(diagnose('binary-skipped', at, path));
    else files.push([path, new TextDecoder().decode(content)]);
  }
  return { files: housed(Object.fromEntries(files)), diagnostics };
}

/**
 * Gives loose files a machine. In a bundle what lies directly at the top belongs to the cluster; somebody who drops `node1.txt` or
 * `iptables-save.txt` alone means a machine: named after the file, or `node1` when the file is named after a command.
 */
export function housed(files: Files): Files {
  const paths = Object.keys(files);
  if (paths.some((p) => p.includes('/'))) return files;
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => {
      const lines = text.split('\n', 200);
      if (contentKind(lines) === 'objects' || /^[\w.+-]+@[\w.-]+:|^\[[\w.+-]+@/m.test(lines.join('\n'))) return [path, text];
      const named = fileNameKind(path) === 'unknown' && !/[^\w.-]/.test(path) ? path.replace(/\.[a-z]{2,4}$/i, '') : 'node1';
      return [`${named}/${path}`, text];
    }),
  );
}

/** The machines that prompts of a text name (`root@n1:~# …`), in their order. Looks at the first lines only: this runs while somebody types. */
export const promptHosts = (text: string): readonly string[] => [...new Set(text.split('\n', 2_000).flatMap((line) => promptOf(line)?.host ?? []))];

/** Where a pasted text goes: objects to the cluster, what several machines printed to these, anything else to the machine; never over a file that is there. */
export function pastedPath(text: string, host: string, taken: Files): string {
  const isObjects = contentKind(text.split('\n', 200)) === 'objects';
  const stem = isObjects ? 'objects' : promptHosts(text).length > 1 ? 'pasted' : `${host}/pasted`;
  const ending = isObjects ? 'yaml' : 'txt';
  for (let n = 1; ; n++) {
    const path = `${stem}-${n}.${ending}`;
    if (!Object.hasOwn(taken, path)) return path;
  }
}
