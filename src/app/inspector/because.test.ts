import { expect, it } from 'vitest';
import type { Because } from '../../cluster/because.ts';
import type { SourceRef } from '../../world/source.ts';
import { reasonsOf } from './because.ts';
import type { ExcerptLine, LineMark, Note } from './excerpt.ts';

const service = (name: string): Because => ({ kind: 'Service', namespace: 'default', name, source: { input: 'objects.yaml', line: 1 } });
const BY_LINE: Readonly<Record<number, Because>> = { 1: service('web'), 2: service('web'), 3: service('web'), 5: service('dns'), 9: service('member') };
const reasonOf = ({ line }: SourceRef): Because | undefined => BY_LINE[line];
const line = (number: number, mark: LineMark = 'path', notes: readonly Note[] = []): ExcerptLine => ({ kind: 'line', ref: { input: 'n1/node.txt', line: number }, text: '', mark, notes });
const names = (rows: Parameters<typeof reasonsOf>[0]) => rows.flatMap((row) => (row.kind === 'line' ? [(reasonsOf(rows, reasonOf).get(row) ?? []).map((b) => b.name).join()] : []));

it('says an object once for lines in a row, and always where the packet was decided', () => {
  expect(names([line(1), line(2), line(3, 'hit'), line(4), line(5)])).toEqual(['web', '', 'web', '', 'dns']);
});

it('says it again in another chain', () => {
  expect(names([line(1), { kind: 'chain', name: 'KUBE-SVC-X' }, line(2)])).toEqual(['web', 'web']);
});

it('names the object of the set member that made a rule match, too', () => {
  const member: Note = { kind: 'holds', condition: { text: '', result: true, saw: '', member: { text: '', source: { input: 'n1/node.txt', line: 9 }, nearest: false } } };
  expect(names([line(1, 'hit', [member]), line(4, 'hit', [member])])).toEqual(['web,member', 'member']);
});

it('says nothing in a world of dumps', () => {
  expect(reasonsOf([line(1)], undefined).size).toBe(0);
});
