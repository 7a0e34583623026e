import type { WordProblem } from '../../share/probeWords.ts';
import type { Strings } from '../strings.ts';

/** What is wrong with a word of the probe and what would be right, as a sentence. */
export function problemText(problem: WordProblem, t: Strings): string {
  switch (problem.code) {
    case 'empty':
      return problem.field === 'to' ? t.problemEmptyTo : t.problemEmpty;
    case 'unknown-source':
      return t.problemSource(problem.text);
    case 'ambiguous':
      return t.problemAmbiguous(problem.text);
    case 'bad-address':
      return t.problemAddress(problem.text);
    case 'bad-port':
      return t.problemPort(problem.text);
    case 'missing-port':
      return t.problemMissingPort(problem.text);
    case 'unknown-name':
      return t.problemName(problem.text);
    case 'no-entry':
      return t.problemEntry(problem.text);
    case 'unknown-via':
      return t.problemVia(problem.text);
    case 'bad-number':
      return problem.field === 'size' ? t.problemNumber(problem.text, 0, 65_507) : t.problemNumber(problem.text, 1, 65_535);
  }
}
