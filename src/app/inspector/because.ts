import type { Because, ReasonOf } from '../../cluster/because.ts';
import type { ExcerptLine, ExcerptRow } from './excerpt.ts';

const keyOf = ({ kind, namespace, name, part }: Because): string => JSON.stringify([kind, namespace, name, part]);

/** The objects behind a line: of the line itself, and of the set members that made it match. */
function ofLine(line: ExcerptLine, reasonOf: ReasonOf): readonly Because[] {
  const members = line.notes.flatMap((note) => (note.kind === 'holds' && note.condition.member?.source ? [note.condition.member.source] : []));
  const all = [...(line.ref ? [line.ref] : []), ...members].flatMap((ref) => reasonOf(ref) ?? []);
  return all.filter((because, i) => all.findIndex((other) => keyOf(other) === keyOf(because)) === i);
}

/** What to say beneath each line. Of lines in a row that one object made, the first says so, and the one that decided says it always. */
export function reasonsOf(rows: readonly ExcerptRow[], reasonOf: ReasonOf | undefined): ReadonlyMap<ExcerptLine, readonly Because[]> {
  const said = new Map<ExcerptLine, readonly Because[]>();
  if (!reasonOf) return said;
  let above = '';
  for (const row of rows) {
    if (row.kind === 'chain') above = '';
    for (const line of row.kind === 'line' ? [row] : row.kind === 'fold' ? row.lines : []) {
      const reasons = ofLine(line, reasonOf);
      const key = reasons.map(keyOf).join();
      if (key !== '' && (key !== above || line.mark === 'hit' || line.mark === 'bad')) said.set(line, reasons);
      above = key;
    }
  }
  return said;
}
