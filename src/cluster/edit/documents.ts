import { type Document, isMap, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml';

/** One YAML document of a file with the `---` line that opens it. The texts of all of them, one behind the other, are the file. */
export interface DocumentText {
  readonly text: string;
  /** Of the file, from 1. */
  readonly firstLine: number;
  /** Never changed: edits clone it. */
  readonly yaml: Document;
  readonly lines: LineCounter;
}

type Parsed = Pick<DocumentText, 'yaml' | 'lines'>;

// An edit changes one document of many; the others are known from the time before.
let known = new Map<string, Parsed>();

function parse(text: string): Parsed {
  const lines = new LineCounter();
  return { yaml: parseDocument(text, { lineCounter: lines, logLevel: 'silent', uniqueKeys: true }), lines };
}

/** Cuts a text at its `---` lines: at the first column they open a document, whatever stands around them (YAML 1.2 §9.1.2). */
function cut(text: string): readonly Pick<DocumentText, 'text' | 'firstLine'>[] {
  const parts: { text: string; firstLine: number }[] = [];
  let open: string[] = [];
  let firstLine = 1;
  const lines = text.split(/(?<=\n)/);
  const close = () => {
    if (open.length > 0) parts.push({ text: open.join(''), firstLine });
  };
  for (const [i, line] of lines.entries()) {
    if (/^---(?:\s|$)/.test(line) && open.length > 0) {
      close();
      open = [];
      firstLine = i + 1;
    }
    open.push(line);
  }
  close();
  return parts;
}

/** The documents of a text. */
export function documentsOf(text: string): readonly DocumentText[] {
  const next = new Map<string, Parsed>();
  const documents = cut(text).map((part) => {
    const parsed = known.get(part.text) ?? next.get(part.text) ?? parse(part.text);
    next.set(part.text, parsed);
    return { ...part, ...parsed };
  });
  known = next;
  return documents;
}

/** Parses some of the documents of a text ahead of time, from this number on; false when there are no more of them. */
export function parseAhead(text: string, from: number, count: number): boolean {
  const parts = cut(text);
  for (const part of parts.slice(from, from + count)) if (!known.has(part.text)) known.set(part.text, parse(part.text));
  return from + count < parts.length;
}

/** An object in a document: the whole of it, or an item of a List. */
export interface ObjectNode {
  readonly map: YAMLMap;
  /** From the document's root. */
  readonly path: readonly (string | number)[];
}

/** The objects of a document, as kubectl prints one or, as a List, several. */
export function objectsIn(document: Document): readonly ObjectNode[] {
  const { contents } = document;
  if (!isMap(contents)) return [];
  const items = contents.get('items', true);
  const kind = contents.get('kind');
  if (isSeq(items) && (typeof kind !== 'string' || kind.endsWith('List'))) return items.items.flatMap((item, i) => (isMap(item) ? [{ map: item, path: ['items', i] }] : []));
  return [{ map: contents, path: [] }];
}

/** Columns of the first level, as its author indents. */
const indentOf = (text: string): number => Math.min(8, Math.max(2, /\n( +)[^\s#-]/.exec(text)?.[1]?.length ?? 2));

/** Prints a document as its author wrote it: sequences under their key or indented, padding inside braces, the `---` line or none. */
export function printDocument(document: Document, before: string): string {
  const text = document.toString({
    lineWidth: 0,
    indentSeq: !/^( *)[^\s#-][^\n]*:[ \t]*\n\1- /m.test(before),
    flowCollectionPadding: /\{ /.test(before),
    minContentWidth: 0,
    indent: indentOf(before),
  });
  return text.endsWith('\n') ? text : `${text}\n`;
}
