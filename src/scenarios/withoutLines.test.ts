import { expect, it } from 'vitest';
import { withoutLines } from './withoutLines.ts';

const files = { 'a/node.txt': 'one\ntwo\n-three\ntwo\n', 'b.txt': 'one\n' };

it('takes one line out for each that is listed, and leaves the rest', () => {
  expect(withoutLines(files, '--- a/node.txt\n-two\n--three\n')).toEqual({ 'a/node.txt': 'one\ntwo\n', 'b.txt': 'one\n' });
  expect(withoutLines(files, '--- a/node.txt\n-two\n-two\n--- b.txt\n-one\n')).toEqual({ 'a/node.txt': 'one\n-three\n', 'b.txt': '' });
});

it('changes nothing without a list', () => expect(withoutLines(files, '')).toEqual(files));

it.each([
  ['--- c.txt\n-one', 'no file c.txt'],
  ['--- b.txt\n-two', 'b.txt: no line two'],
  ['-one', ': no line one'],
])('does not guess at %j', (text, problem) => expect(() => withoutLines(files, text)).toThrow(problem));
