import { BOUNDS } from './bounds.ts';
import { DiagnosticList, type Parsed } from './diagnostic.ts';
import type { Bundle } from './layout.ts';
import { looksLikeTar, readTar } from './tar.ts';

/**
 * A bundle from an archive: .tar, .tar.gz, or one gzipped text. What it is is told by its bytes, `name` only names a single text.
 * Unpacked size and number of files are bounded, files that are no text are left out; each with a diagnostic. Never rejects.
 */
export async function readArchive(name: string, bytes: Uint8Array): Promise<Parsed<Bundle>> {
  const found = new DiagnosticList();
  const at = { input: name, line: 0 };
  const { Gunzip, strFromU8 } = await import('fflate');
  const decode = (data: Uint8Array): string => strFromU8(data);
  let plain: Uint8Array | undefined = bytes;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const unpacked = gunzipBounded(bytes, (ondata) => new Gunzip(ondata));
    if (unpacked.problem) found.add(unpacked.problem, at, name);
    plain = unpacked.bytes;
  }
  if (plain === undefined) return { value: {}, diagnostics: found.items };
  if (!looksLikeTar(plain)) {
    if (plain === bytes || isBinary(plain)) {
      found.add('bad-archive', at, name);
      return { value: {}, diagnostics: found.items };
    }
    return { value: { [name.replace(/\.gz$/i, '')]: decode(plain) }, diagnostics: found.items };
  }
  const { files, problems } = readTar(plain, decode);
  for (const { kind, path } of problems) found.add(kind === 'damaged' ? 'bad-archive' : kind, at, path);
  const texts: [string, string][] = [];
  for (const file of files) {
    if (isBinary(file.bytes)) found.add('binary-skipped', { input: file.path, line: 0 }, file.path);
    else texts.push([file.path, decode(file.bytes)]);
  }
  return { value: Object.fromEntries(texts), diagnostics: found.items };
}

/** A zero byte near the start: no text that a command prints. */
const isBinary = (bytes: Uint8Array): boolean => bytes.subarray(0, 8_192).includes(0);

/** What gunzipBounded() needs of fflate's streaming Gunzip. */
interface Inflater {
  push(chunk: Uint8Array, final?: boolean): void;
}

const CHUNK = 16 * 1024;

/** Unpacks piece by piece and stops at the bound, so that a small file cannot fill the memory. What was unpacked before damage is kept. */
function gunzipBounded(
  bytes: Uint8Array,
  create: (ondata: (chunk: Uint8Array) => void) => Inflater,
): { readonly bytes: Uint8Array | undefined; readonly problem: 'bad-archive' | 'too-large' | undefined } {
  const chunks: Uint8Array[] = [];
  let total = 0;
  let ended = false;
  let problem: 'bad-archive' | 'too-large' | undefined;
  try {
    const inflater = create((chunk) => {
      total += chunk.length;
      if (total <= BOUNDS.unpackedBytes) chunks.push(chunk);
    });
    for (let at = 0; at < bytes.length && !ended; at += CHUNK) {
      inflater.push(bytes.subarray(at, at + CHUNK), at + CHUNK >= bytes.length);
      ended = total > BOUNDS.unpackedBytes;
    }
  } catch {
    problem = 'bad-archive';
  }
  if (ended) problem = 'too-large';
  const length = chunks.reduce((sum, c) => sum + c.length, 0);
  if (length === 0) return { bytes: undefined, problem: problem ?? 'bad-archive' };
  const joined = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return { bytes: joined, problem };
}
