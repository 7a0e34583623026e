import { Fragment } from 'react';

/** Characters that fit on a line of a narrow inspector. */
const LINE = 40;

/** A rule, or a word of one: it wraps as a whole; what is longer than a line breaks behind commas and spaces, and elsewhere only where even that does not help. */
export function Breakable({ text }: { readonly text: string }) {
  const pieces = text.length <= LINE ? [text] : text.split(/(?<=[ ,])/);
  return pieces.map((piece, i) => (
    <Fragment key={i}>
      {i > 0 && <wbr />}
      <span className="insp-word">{piece}</span>
    </Fragment>
  ));
}
