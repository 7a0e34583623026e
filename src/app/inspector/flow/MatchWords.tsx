import '../inspector.css';
import { Fragment } from 'react';
import { printMatch } from '../../../dumps/ovsMatchPrint.ts';
import type { OvsNames } from '../../../dumps/ovsNames.ts';
import type { Lang } from '../../../text/lang.ts';
import type { Design } from '../../../text/openflow/design.ts';
import { fieldHelp, fieldOfWord } from '../../../text/openflow/fieldWords.ts';
import type { FieldMatch } from '../../../world/openflow.ts';

interface MatchWordsProps {
  readonly match: readonly FieldMatch[];
  readonly names: OvsNames;
  readonly design: Design | undefined;
  readonly lang: Lang;
  /** Said of a match that asks for nothing. */
  readonly any: string;
}

/**
 * A rule's conditions on one line, as rules are written; each word wraps as a whole and tells the pointer what its field holds. Opened,
 * the look-up says the same to the keyboard (FieldName).
 */
export function MatchWords({ match, names, design, lang, any }: MatchWordsProps) {
  const words = printMatch(match, names);
  if (words.length === 0) return any;
  return words.map((word, i) => (
    <Fragment key={word}>
      <span className="insp-word" title={fieldHelp(fieldOfWord(word), design, lang)}>
        {word}
        {i < words.length - 1 && ','}
      </span>
      <wbr />
    </Fragment>
  ));
}
