import fc from 'fast-check';
import { expect, it } from 'vitest';
import { yamlProblemText } from '../../text/yamlProblem.ts';
import { yamlProblems } from './problems.ts';

it.each`
  text                                             | code              | line | column | about
  ${'kind: Pod\n---\nmetadata:\n\tname: x\n'}      | ${'tab'}          | ${4} | ${1}   | ${''}
  ${'a:\n  b: 1\n c: 2\n'}                         | ${'indent'}       | ${3} | ${1}   | ${''}
  ${'a: 1\n  b: 2\n'}                              | ${'indent'}       | ${2} | ${1}   | ${''}
  ${'a:\n- b\n c: 1\n'}                            | ${'indent'}       | ${3} | ${1}   | ${''}
  ${'kind: Service\nmetadata\n  name: x\n'}        | ${'no-colon'}     | ${2} | ${1}   | ${''}
  ${'kind: Service\nmetadata\n'}                   | ${'no-colon'}     | ${2} | ${1}   | ${''}
  ${'a: "abc\nb: 1\n'}                             | ${'unclosed'}     | ${1} | ${4}   | ${'"'}
  ${'c: it\'s\na: \'abc\nb: 1\n'}                  | ${'unclosed'}     | ${2} | ${4}   | ${"'"}
  ${'a: {b: 1\nc: 2\n'}                            | ${'unclosed'}     | ${2} | ${1}   | ${'}'}
  ${'spec: {ports: [{port: 80}}\n'}                | ${'unclosed'}     | ${1} | ${26}  | ${']'}
  ${'a: {b: 1 c: 2}\n'}                            | ${'no-comma'}     | ${1} | ${8}   | ${''}
  ${'{"a": 1, "b" 2}\n'}                           | ${'no-comma'}     | ${1} | ${14}  | ${''}
  ${'a: b: c\n'}                                   | ${'nested-value'} | ${1} | ${4}   | ${''}
  ${'a: @x\n'}                                     | ${'bad-start'}    | ${1} | ${4}   | ${'@'}
  ${'a: "\\q"\n'}                                  | ${'bad-escape'}   | ${1} | ${5}   | ${'\\q'}
  ${'a: 1\na: 2\n'}                                | ${'twice'}        | ${2} | ${1}   | ${'a'}
  ${'kind: Pod\n---\nhello\n'}                     | ${'no-object'}    | ${2} | ${1}   | ${''}
  ${'- kind: Pod\n'}                               | ${'no-object'}    | ${1} | ${1}   | ${''}
`('$text is told as $code at line $line, column $column', ({ text, code, line, column, about }: { text: string; code: string; line: number; column: number; about: string }) => {
  expect(yamlProblems(text)[0]).toEqual({ code, line, column, text: about });
});

it('finds nothing wrong with objects, comments alone and empty documents', () => {
  expect(yamlProblems('')).toEqual([]);
  expect(yamlProblems('# nothing yet\n---\n---\nkind: Pod\n')).toEqual([]);
});

it('tells the first fault of each document', () => {
  expect(yamlProblems('a: @x\nb: @y\n---\nc: @z\n').map((p) => p.line)).toEqual([1, 4]);
});

it('has a sentence in both languages for whatever anybody types', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', ':', ' ', '\n', '-', '{', '}', '[', ']', '"', "'", '*', '&', '\t', '%', '!', '|', '>', '#', ',') , maxLength: 60 }), (text) => {
      for (const problem of yamlProblems(text)) {
        expect(problem.line).toBeGreaterThan(0);
        expect(yamlProblemText(problem, 'en')).not.toBe('');
        expect(yamlProblemText(problem, 'ko')).toMatch(/[가-힣]/);
      }
    }),
    { numRuns: 1000 },
  );
});
