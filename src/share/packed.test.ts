import fc from 'fast-check';
import { deflateSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { applyHunks, diffLines } from './diff.ts';
import { PACKED_BOUNDS, packBundle, packEdits, unpackBundle, unpackEdits, type Files } from './packed.ts';

const line = fc.constantFrom('-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ', 'COMMIT', '*nat', '', 'x', '파드');
const lines = fc.array(line, { maxLength: 30 });
const path = fc.constantFrom('n1/node.txt', 'n1/netns/p/pod.txt', 'objects.yaml', 'n2/node.txt', '__proto__');
const files: fc.Arbitrary<Files> = fc.array(fc.tuple(path, lines.map((l) => l.join('\n'))), { maxLength: 4 }).map((entries) => Object.fromEntries(entries));

describe('diffLines', () => {
  it('gives hunks that turn the old lines into the new ones', () => {
    fc.assert(fc.property(lines, lines, (before, after) => void expect(applyHunks(before, diffLines(before, after))).toEqual(after)));
  });

  it('says a deleted line as one removal', () => {
    expect(diffLines(['a', 'b', 'c'], ['a', 'c'])).toEqual([{ at: 2, remove: 1, add: [] }]);
  });

  it('keeps two changes apart when lines between them stayed', () => {
    expect(diffLines(['a', 'b', 'c', 'd', 'e'], ['A', 'b', 'c', 'd', 'E'])).toEqual([
      { at: 1, remove: 1, add: ['A'] },
      { at: 5, remove: 1, add: ['E'] },
    ]);
  });

  it('takes texts that have nothing in common as one replacement, in no time', () => {
    const before = Array.from({ length: 3000 }, (_, i) => `old ${i}`);
    const after = Array.from({ length: 3000 }, (_, i) => `new ${i}`);
    expect(diffLines(before, after)).toEqual([{ at: 1, remove: 3000, add: after }]);
  });

  it('does not apply hunks that point outside or overlap', () => {
    expect(applyHunks(['a'], [{ at: 3, remove: 1, add: [] }])).toBeUndefined();
    expect(applyHunks(['a', 'b'], [{ at: 2, remove: 1, add: [] }, { at: 1, remove: 1, add: [] }])).toBeUndefined();
  });
});

describe('packed edits', () => {
  it('give the edited files back', () => {
    fc.assert(fc.property(files, files, (base, edited) => {
      const packed = packEdits(base, edited);
      expect(packed === undefined ? base : unpackEdits(packed, base)).toEqual(packed === undefined ? edited : { kind: 'files', files: edited });
    }));
  });

  it('of one deleted rule stay short', () => {
    const base = { 'cy01-ceph142/node.txt': Array.from({ length: 300 }, (_, i) => `-A KUBE-SERVICES -m comment --comment "rule ${i}"`).join('\n') };
    const edited = { 'cy01-ceph142/node.txt': base['cy01-ceph142/node.txt'].split('\n').toSpliced(65, 1).join('\n') };
    expect(packEdits(base, edited)?.length).toBeLessThan(90);
  });

  it('made against another text are refused, with the file named', () => {
    const packed = packEdits({ 'a.txt': 'one\ntwo' }, { 'a.txt': 'one' }) ?? '';
    expect(unpackEdits(packed, { 'a.txt': 'other\ntwo' })).toEqual({ kind: 'bad', reason: 'base', path: 'a.txt' });
  });

  it('are undefined when nothing was changed', () => {
    expect(packEdits({ a: 'x' }, { a: 'x' })).toBeUndefined();
  });

  it('tell a later version from a damaged one', () => {
    expect(unpackEdits('2z.abc.def', {})).toEqual({ kind: 'bad', reason: 'version' });
    expect(unpackEdits('hello', {})).toEqual({ kind: 'bad', reason: 'damaged' });
  });

  it('with any letter lost or changed are refused and never throw', () => {
    const packed = packEdits({ a: 'one\ntwo\nthree' }, { a: 'one\nthree', b: 'new' }) ?? '';
    fc.assert(fc.property(fc.nat({ max: packed.length - 1 }), fc.stringMatching(/^[A-Za-z0-9_-]?$/), (at, letter) => {
      const damaged = packed.slice(0, at) + letter + packed.slice(at + 1);
      fc.pre(damaged !== packed);
      expect(unpackEdits(damaged, { a: 'one\ntwo\nthree' }).kind).toBe('bad');
    }));
  });

  it('never throw on any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void expect(unpackEdits(text, {}).kind).toBe('bad')));
  });
});

describe('packed bundles', () => {
  it('give every file back', () => {
    fc.assert(fc.property(files, (bundle) => void expect(unpackBundle(packBundle(bundle))).toEqual({ kind: 'files', files: bundle })));
  });

  it('that would unfold to more than the bound are refused', () => {
    const bomb = packBundle({ 'n1/node.txt': 'x'.repeat(PACKED_BOUNDS.bytes + 10) });
    expect(bomb.length).toBeLessThan(5_000);
    expect(unpackBundle(bomb)).toEqual({ kind: 'bad', reason: 'too-large' });
  });

  it('do not read other JSON as files', () => {
    const foreign = deflateSync(new TextEncoder().encode('{"a":1}'));
    expect(unpackBundle(`1d.0.${btoa(String.fromCharCode(...foreign))}`)).toEqual({ kind: 'bad', reason: 'damaged' });
  });
});
