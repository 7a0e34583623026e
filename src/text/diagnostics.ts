import type { Diagnostic } from '../dumps/diagnostic.ts';
import { diagnosticsEn } from './dictionaries/diagnostics.en.ts';
import { diagnosticsKo } from './dictionaries/diagnostics.ko.ts';
import type { Lang } from './lang.ts';

const dictionaries = { en: diagnosticsEn, ko: diagnosticsKo };

/** What was found in an input, and what it costs: one sentence, without its place. */
export const diagnosticText = (d: Pick<Diagnostic, 'code' | 'text'>, lang: Lang): string => dictionaries[lang][d.code](d.text);
