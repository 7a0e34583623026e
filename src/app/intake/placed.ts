import { BOUNDS } from '../../dumps/bounds.ts';

/** A file and where it lay in what was dropped or chosen. */
export interface Placed {
  readonly path: string;
  readonly file: File;
}

/** The files of a file or folder chooser. */
export const chosenFiles = (list: FileList): readonly Placed[] => Array.from(list, (file) => ({ path: file.webkitRelativePath || file.name, file }));

/**
 * What was dropped, folders walked. The entries must be asked for while the event is being handled; what is in them comes later.
 */
export function droppedFiles(data: DataTransfer): Promise<readonly Placed[]> {
  const entries = Array.from(data.items, (item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null)).filter((e) => e !== null);
  const loose = chosenFiles(data.files);
  if (entries.length === 0) return Promise.resolve(loose);
  return walkEntries(entries);
}

async function walkEntries(start: readonly FileSystemEntry[]): Promise<readonly Placed[]> {
  const found: Placed[] = [];
  const waiting = [...start];
  while (waiting.length > 0 && found.length <= BOUNDS.files) {
    const entry = waiting.shift();
    if (entry?.isFile) found.push({ path: entry.fullPath.replace(/^\//, ''), file: await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail)) });
    else if (entry?.isDirectory) waiting.push(...(await readDirectory(entry as FileSystemDirectoryEntry)));
  }
  return found;
}

/** A directory's reader gives its entries in portions until an empty one. */
async function readDirectory(directory: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  while (all.length <= BOUNDS.files) {
    const portion = await new Promise<readonly FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (portion.length === 0) break;
    all.push(...portion);
  }
  return all;
}
