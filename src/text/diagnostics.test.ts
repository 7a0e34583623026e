import { expect, it } from 'vitest';
import type { DiagnosticCode } from '../dumps/diagnostic.ts';
import { diagnosticsEn } from './dictionaries/diagnostics.en.ts';
import { diagnosticText } from './diagnostics.ts';
import { LANGS } from './lang.ts';

const codes = Object.keys(diagnosticsEn) as readonly DiagnosticCode[];
/** Remarks on the whole input, about which there is nothing to quote. */
const BARE: readonly DiagnosticCode[] = ['no-host', 'too-many-diagnostics', 'no-link-details', 'local-table-derived'];

it.each(LANGS)('says in %s what was found, with the offending part verbatim', (lang) => {
  const silent = codes.filter((code) => !BARE.includes(code) && !diagnosticText({ code, text: 'KUBE-X' }, lang).includes('KUBE-X'));
  expect(silent).toEqual([]);
});

it('ends every sentence, unless the offending part does', () => {
  for (const lang of LANGS) for (const code of codes) expect(diagnosticText({ code, text: 'x' }, lang)).toMatch(/(?:[.]|: x)$/);
});

it('never says in Korean what it says in English', () => {
  expect(codes.filter((code) => diagnosticText({ code, text: 'x' }, 'en') === diagnosticText({ code, text: 'x' }, 'ko'))).toEqual([]);
});
