import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { gzipSync, strToU8 } from 'fflate';
import { afterAll, describe, expect, it } from 'vitest';
import { readArchive } from './archive.ts';
import { BOUNDS } from './bounds.ts';
import { readTar } from './tar.ts';

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A ustar header and its data, padded to blocks. */
function entry(path: string, content: Uint8Array | string, { type = '0', size }: { readonly type?: string; readonly size?: number } = {}): Uint8Array {
  const data = typeof content === 'string' ? strToU8(content) : content;
  const block = new Uint8Array(512 + Math.ceil(data.length / 512) * 512);
  block.set(strToU8(path).subarray(0, 100), 0);
  block.set(strToU8(`${(size ?? data.length).toString(8).padStart(11, '0')}\0`), 124);
  block.set(strToU8('        '), 148);
  block[156] = type.charCodeAt(0);
  block.set(strToU8('ustar\x0000'), 257);
  const sum = block.subarray(0, 512).reduce((a, b) => a + b, 0);
  block.set(strToU8(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  block.set(data, 512);
  return block;
}

const archive = (...entries: readonly Uint8Array[]): Uint8Array => Uint8Array.from([...entries.flatMap((e) => [...e]), ...new Uint8Array(1024)]);

const folder = mkdtempSync(join(tmpdir(), 'archive-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('archives that tar makes', () => {
  const longName = `n1/${'long-name-'.repeat(15)}.txt`;
  mkdirSync(join(folder, 'b/n1/netns/pod'), { recursive: true });
  writeFileSync(join(folder, 'b/n1/node.txt'), '$ ip rule\n');
  writeFileSync(join(folder, 'b/n1/netns/pod/pod.txt'), 'caf\u00e9 \ud55c\uae00\n');
  writeFileSync(join(folder, 'b', longName), 'x');
  writeFileSync(join(folder, 'b/n1/core'), Uint8Array.of(1, 0, 2));
  const tar = (...args: readonly string[]) => new Uint8Array(execFileSync('tar', ['-C', folder, ...args, '-c', '-f', '-', 'b']));

  it.each([
    ['GNU', ['--format=gnu']],
    ['POSIX', ['--format=posix']],
    ['ustar', ['--format=ustar']],
    ['gzipped', ['-z']],
  ])('are read in form %s, binaries left out with a word', async (format, args) => {
    if (format === 'ustar') rmSync(join(folder, 'b', longName)); // 150 characters do not fit its name field
    const { value, diagnostics } = await readArchive('b.tar', tar(...args));
    expect(value).toEqual({ 'b/n1/node.txt': '$ ip rule\n', 'b/n1/netns/pod/pod.txt': 'caf\u00e9 \ud55c\uae00\n', ...(format === 'ustar' ? {} : { [`b/${longName}`]: 'x' }) });
    expect(diagnostics.map((d) => [d.code, d.text])).toEqual([['binary-skipped', 'b/n1/core']]);
    if (format === 'ustar') writeFileSync(join(folder, 'b', longName), 'x');
  });
});

describe('readArchive', () => {
  it('reads one gzipped text under its own name', async () => {
    expect(await readArchive('iptables-save.txt.gz', gzipSync(strToU8('*nat\nCOMMIT\n')))).toEqual({ value: { 'iptables-save.txt': '*nat\nCOMMIT\n' }, diagnostics: [] });
  });

  it.each([
    ['a plain text', strToU8('hello')],
    ['nothing', new Uint8Array()],
    ['a damaged gzip', gzipSync(strToU8('x'.repeat(5_000))).fill(0xff, 12, 40)],
    ['a gzip header alone', Uint8Array.of(0x1f, 0x8b, 8, 0)],
    ['xz', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4)],
    ['zip', Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0)],
  ])('says that %s is no archive', async (_, bytes) => expect((await readArchive('a', bytes)).diagnostics).toMatchObject([{ code: 'bad-archive', severity: 'error', text: 'a' }]));

  it('keeps what a cut-off archive still holds', async () => {
    const whole = archive(entry('n1/a.txt', 'one'), entry('n1/b.txt', 'two'.repeat(300)));
    const { value, diagnostics } = await readArchive('a.tar', whole.subarray(0, 1_900));
    expect(Object.keys(value)).toEqual(['n1/a.txt', 'n1/b.txt']);
    expect(diagnostics).toMatchObject([{ code: 'bad-archive', text: 'n1/b.txt' }]);
  });

  it('stops unpacking at the bound', { timeout: 30_000 }, async () => {
    const bomb = gzipSync(new Uint8Array(BOUNDS.unpackedBytes + 1_000_000));
    expect(bomb.length).toBeLessThan(200_000);
    expect((await readArchive('bomb.gz', bomb)).diagnostics.map((d) => d.code)).toContain('too-large');
  });

  it('reads no more files than its bound', () => {
    const one = entry('a', '');
    const many = new Uint8Array(one.length * (BOUNDS.files + 5));
    for (let i = 0; i < BOUNDS.files + 5; i++) many.set(one, i * one.length);
    expect(readTar(many, decode)).toMatchObject({ files: { length: BOUNDS.files }, problems: [{ kind: 'too-many-files' }] });
  });

  it('reads files only: no links, devices or directories', () => {
    const bytes = archive(entry('dir/', '', { type: '5' }), entry('link', '', { type: '2' }), entry('dev', '', { type: '3' }), entry('a.txt', 'x'), entry('old/', ''));
    expect(readTar(bytes, decode).files.map((f) => f.path)).toEqual(['a.txt']);
  });

  it('takes the path of a pax header for the next file alone', () => {
    const bytes = archive(entry('pax', '20 path=n1/long.txt\n', { type: 'x' }), entry('short', 'x'), entry('other', 'y'));
    expect(readTar(bytes, decode).files.map((f) => f.path)).toEqual(['n1/long.txt', 'other']);
  });

  it('ends at a header that does not add up', () => {
    const broken = entry('b.txt', 'y');
    broken[0] = 65;
    const { files, problems } = readTar(archive(entry('a.txt', 'x'), broken, entry('c.txt', 'z')), decode);
    expect(files.map((f) => f.path)).toEqual(['a.txt']);
    expect(problems).toEqual([{ kind: 'damaged', path: 'A.txt' }]);
  });

  it('neither throws nor hangs on damaged archives', async () => {
    const whole = archive(entry('n1/a.txt', 'one'), entry('pax', '20 path=n1/long.txt\n', { type: 'x' }), entry('short', 'x'.repeat(700)));
    const zipped = gzipSync(whole);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(whole, zipped), fc.array(fc.tuple(fc.double({ min: 0, max: 0.999999, noNaN: true }), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }), fc.double({ min: 0, max: 1, noNaN: true }), async (bytes, flips, keep) => {
        const damaged = bytes.slice(0, Math.ceil(keep * bytes.length));
        for (const [at, value] of flips) if (damaged.length > 0) damaged[Math.floor(at * damaged.length)] = value;
        expect(typeof (await readArchive('x', damaged)).value).toBe('object');
      }),
      { numRuns: 300 },
    );
  });
});
