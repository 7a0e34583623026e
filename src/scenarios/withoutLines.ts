/**
 * A state of recorded dumps that differs from another one by lines that it does not have. `text` names a file (`--- PATH`), then each line
 * that is taken out of it, behind a `-`. Throws where a file or line is not there: the list and the dumps belong together.
 */
export function withoutLines(files: Readonly<Record<string, string>>, text: string): Readonly<Record<string, string>> {
  const result: Record<string, string> = { ...files };
  let path = '';
  let lines: string[] = [];
  const close = (): void => {
    if (path !== '') result[path] = lines.join('\n');
  };
  for (const line of text.split('\n')) {
    if (line.startsWith('--- ')) {
      close();
      path = line.slice(4);
      const known = result[path];
      if (known === undefined) throw new Error(`no file ${path}`);
      lines = known.split('\n');
    } else if (line.startsWith('-')) {
      const at = lines.indexOf(line.slice(1));
      if (at < 0) throw new Error(`${path}: no line ${line.slice(1)}`);
      lines.splice(at, 1);
    }
  }
  close();
  return result;
}
