/** A quoted here-document of these lines; the mark is one that no line is. */
export function heredoc(mark: string, lines: readonly string[]): string {
  let word = mark;
  const all = new Set(lines.flatMap((l) => l.split('\n')));
  while (all.has(word)) word += '_';
  return `<<'${word}'\n${lines.join('\n')}\n${word}`;
}

/** One word for a shell. */
export const shellWord = (text: string): string => (/^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);
