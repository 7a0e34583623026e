import { describe, expect, it } from 'vitest';
import { checkFile } from './lintHouse.ts';

describe('the rules of the house', () => {
  it.each`
    path                        | source                                                 | rule
    ${'engine/a.ts'}            | ${"import { x } from '../app/x.ts';"}                  | ${'src/engine may not import src/app'}
    ${'world/deep/a.ts'}        | ${"import type { x } from '../../engine/x.ts';"}       | ${'src/world may not import src/engine'}
    ${'packet/a.ts'}            | ${"export { x } from '../world/x.ts';"}                | ${'src/packet may not import src/world'}
    ${'dumps/a.ts'}             | ${"const m = await import('../engine/x.ts');"}         | ${'src/dumps may not import src/engine'}
    ${'share/a.ts'}             | ${"import '../app/x.css';"}                            | ${'src/share may not import src/app'}
    ${'app/a.ts'}               | ${"import { x } from '../cli/x.ts';"}                  | ${'src/app may not import src/cli'}
    ${'app/a.ts'}               | ${"import { x } from '../../scripts/x.ts';"}           | ${'imports ../../scripts/x.ts, which is outside src'}
    ${'engine/a.ts'}            | ${"import { readFileSync } from 'node:fs';"}           | ${'src/engine is pure and may not import node:fs'}
    ${'text/a.ts'}              | ${"import { useState } from 'react';"}                 | ${'src/text is pure and may not import react'}
    ${'engine/a.ts'}            | ${'const now = Date.now();'}                           | ${'src/engine is pure and may not use Date'}
    ${'cluster/a.ts'}           | ${'const now = new Date();'}                           | ${'src/cluster is pure and may not use Date'}
    ${'engine/a.ts'}            | ${'const x = Math.random();'}                          | ${'src/engine is pure and may not use Math.random'}
    ${'dumps/a.ts'}             | ${'const x = `${Math.random()}`;'}                     | ${'src/dumps is pure and may not use Math.random'}
    ${'world/a.ts'}             | ${"await fetch('https://example.org');"}               | ${'src/world is pure and may not use fetch'}
    ${'packet/a.ts'}            | ${'document.title = 1;'}                               | ${'src/packet is pure and may not use document'}
    ${'engine/a.ts'}            | ${'setTimeout(f, 1);'}                                 | ${'src/engine is pure and may not use setTimeout'}
    ${'helpers/a.ts'}           | ${''}                                                  | ${'src/helpers is not a folder of the house'}
  `('$path with $source: $rule', ({ path, source, rule }) => {
    expect(checkFile(path, source)).toEqual([{ file: path, line: 1, rule }]);
  });

  it.each`
    path                | source                                                           | because
    ${'app/a.tsx'}      | ${"import { trace } from '../engine/trace.ts'; fetch('x');"}     | ${'the app may import anything but the command line, and lives in a page'}
    ${'engine/a.ts'}    | ${'// Date.now() is forbidden here'}                             | ${'a comment is not code'}
    ${'engine/a.ts'}    | ${"const text = 'the document of the window';"}                  | ${'a string is not code'}
    ${'engine/a.ts'}    | ${'const text = `the document ${x} of the window`;'}             | ${'nor is the text of a template'}
    ${'engine/a.ts'}    | ${'const y = step.document; const z = { process: 1 };'}          | ${'a property of that name is not the global'}
    ${'dumps/a.ts'}     | ${'for (const document of all) read(document);'}                   | ${'a variable of that name is not the global'}
    ${'engine/a.test.ts'} | ${"import { readFileSync } from 'node:fs';"}                   | ${'tests may load fixtures'}
    ${'dumps/a.ts'}     | ${"import { parseDocument } from 'yaml';"}                       | ${'a pure library is fine'}
  `('$path with $source is fine: $because', ({ path, source }) => {
    expect(checkFile(path, source)).toEqual([]);
  });

  it('names the line', () => {
    expect(checkFile('engine/a.ts', "/* one\n two */\nconst a = 'x\\'y';\nMath.random();\n")).toEqual([{ file: 'engine/a.ts', line: 4, rule: 'src/engine is pure and may not use Math.random' }]);
  });
});
