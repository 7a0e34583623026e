import { BOUNDS } from './bounds.ts';

/** One regular file of a tar archive. */
export interface TarFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface TarReading {
  readonly files: readonly TarFile[];
  /** Why reading stopped early or what was left out: a damaged header, the end in the middle of a file, a bound. */
  readonly problems: readonly { readonly kind: 'damaged' | 'too-many-files' | 'too-large'; readonly path: string }[];
}

const BLOCK = 512;

/** Text of a header's field up to its first zero byte; bytes above 127 are passed on for the caller to decode. */
function fieldBytes(block: Uint8Array, from: number, length: number): Uint8Array {
  const field = block.subarray(from, from + length);
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

const ascii = (bytes: Uint8Array): string => Array.from(bytes, (b) => String.fromCharCode(b)).join('');

/** An octal number, or GNU's base-256 form for sizes of 8 GiB and more; undefined when it is neither. */
function numberField(block: Uint8Array, from: number, length: number): number | undefined {
  const first = block[from] ?? 0;
  if ((first & 0x80) !== 0) return undefined; // at least 8 GiB: beyond every bound of ours
  const text = ascii(fieldBytes(block, from, length)).trim();
  return /^[0-7]{1,12}$/.test(text) ? parseInt(text, 8) : text === '' ? 0 : undefined;
}

/** The header's checksum: the sum of its bytes with the checksum field taken as spaces (POSIX ustar). */
function checksumHolds(block: Uint8Array): boolean {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : (block[i] ?? 0);
  return sum === numberField(block, 148, 8);
}

export const looksLikeTar = (bytes: Uint8Array): boolean => bytes.length >= BLOCK && checksumHolds(bytes.subarray(0, BLOCK));

/** The value of `key` in a pax header: records `LENGTH key=value\n` (POSIX.1-2001). */
function paxValue(bytes: Uint8Array, key: string, decode: (bytes: Uint8Array) => string): string | undefined {
  let value: string | undefined;
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(32, at);
    const length = space < 0 ? NaN : Number(ascii(bytes.subarray(at, space)));
    if (!Number.isInteger(length) || length <= space - at) break;
    const record = decode(bytes.subarray(space + 1, at + length - 1));
    if (record.startsWith(`${key}=`)) value = record.slice(key.length + 1);
    at += length;
  }
  return value;
}

/**
 * Reads the regular files of a ustar, pax or GNU tar archive within BOUNDS. Links, devices and directories are left out. A damaged
 * header ends the reading; what came before it is kept.
 */
export function readTar(bytes: Uint8Array, decode: (bytes: Uint8Array) => string): TarReading {
  const files: TarFile[] = [];
  const problems: TarReading['problems'][number][] = [];
  let longName: string | undefined;
  let total = 0;
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((b) => b === 0)) break;
    const size = numberField(header, 124, 12);
    if (size === undefined || !checksumHolds(header)) {
      problems.push({ kind: 'damaged', path: longName ?? decode(fieldBytes(header, 0, 100)) });
      break;
    }
    const data = bytes.subarray(at + BLOCK, at + BLOCK + size);
    const type = String.fromCharCode(header[156] ?? 0);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'L') longName = decode(fieldBytes(data, 0, Math.min(data.length, BOUNDS.pathLength * 4)));
    else if (type === 'x') longName = paxValue(data, 'path', decode) ?? longName;
    else if (type !== 'g' && type !== 'K') {
      // Only POSIX headers have a prefix; in GNU's there is other data in that place.
      const posix = ascii(header.subarray(257, 263)) === 'ustar\0';
      const prefix = posix ? decode(fieldBytes(header, 345, 155)) : '';
      const short = decode(fieldBytes(header, 0, 100));
      const path = longName ?? (prefix === '' ? short : `${prefix}/${short}`);
      longName = undefined;
      if (type !== '0' && type !== '\0' && type !== '7') continue;
      if (path.endsWith('/')) continue; // a directory in archives older than ustar
      if (data.length < size) problems.push({ kind: 'damaged', path });
      total += data.length;
      if (files.length >= BOUNDS.files || total > BOUNDS.unpackedBytes) {
        problems.push({ kind: files.length >= BOUNDS.files ? 'too-many-files' : 'too-large', path });
        break;
      }
      files.push({ path, bytes: data });
    }
  }
  return { files, problems };
}
