import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node as YamlNode, type YAMLMap } from 'yaml';
import type { SourceRef } from '../world/source.ts';
import { BOUNDS } from './bounds.ts';
import { type Diagnostic, DiagnosticList } from './diagnostic.ts';
import { type Bundle, layOut } from './layout.ts';
import type { Section } from './section.ts';

/** One Kubernetes object as JSON, with the place where it stands and where each of its fields does. */
export interface KubeDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  /** '' when it has none. */
  readonly name: string;
  readonly value: unknown;
  readonly source: SourceRef;
  /** Line of the innermost part of a path that the object has: `at('spec', 'ports', 0, 'port')`. */
  readonly at: (...path: readonly (string | number)[]) => SourceRef;
}

type Fields = Readonly<Record<string, unknown>>;

const NO_FIELDS: Fields = {};

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : NO_FIELDS);

/** The value at a path of fields; undefined where one is missing. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  let inner = value;
  for (const key of path) {
    const fields = fieldsOf(inner);
    inner = Object.hasOwn(fields, key) ? fields[key] : undefined;
  }
  return inner;
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);

/** Text that is not empty. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

export const textsOf = (value: unknown): readonly string[] => listOf(value).filter((v): v is string => typeof v === 'string' && v !== '');

/** A map of texts, such as labels; numbers and booleans as they would be quoted. */
export const labelsOf = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(fieldsOf(value)).flatMap(([key, v]) => (typeof v === 'string' || typeof v === 'number' || typeof v === 'boolean' ? [[key, String(v)]] : [])));

/**
 * Every Kubernetes object of a bundle, YAML or JSON as `kubectl get -o yaml` prints them, wherever they lie, in the order of the input.
 * Lists are taken apart. Never throws on any text.
 */
export const readDocuments = (bundle: Bundle): KubeDocuments => readDocumentsOf(layOut(bundle).value);

export interface KubeDocuments {
  readonly documents: readonly KubeDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** As readDocuments(), of a bundle's sections. */
export function readDocumentsOf(sections: readonly Section[]): KubeDocuments {
  const found = new DiagnosticList();
  const documents: KubeDocument[] = [];
  for (const section of sections) {
    if (section.kind !== 'objects') continue;
    const text = section.lines.join('\n');
    const at: SourceRef = { input: section.input, line: section.firstLine };
    if (text.length > BOUNDS.yamlLength) {
      found.add('too-large', at, section.input);
      continue;
    }
    try {
      readText(text, at, documents, found);
    } catch (error) {
      // The YAML parser gives up by throwing on a stack or alias limit: text made to be costly, not a bug of ours.
      found.add('bad-yaml', at, error instanceof Error ? error.message : '');
    }
  }
  return { documents, diagnostics: found.items };
}

function readText(text: string, at: SourceRef, documents: KubeDocument[], found: DiagnosticList): void {
  const json = /^\s*\{/.test(text) ? jsonDocuments(text, at) : undefined;
  if (json) {
    documents.push(...json.slice(0, BOUNDS.objects - documents.length));
    if (documents.length === BOUNDS.objects) found.add('too-large', at, at.input);
    return;
  }
  const lineCounter = new LineCounter();
  const lineOf = (node: unknown): SourceRef => {
    const start = (node as YamlNode | undefined)?.range?.[0] ?? 0;
    return { input: at.input, line: at.line + Math.max(0, lineCounter.linePos(start).line - 1) };
  };
  const parsed = parseAllDocuments(text, { lineCounter, logLevel: 'silent', uniqueKeys: false }) as readonly Document[];
  for (const document of parsed) {
    const [error] = document.errors;
    if (error) found.add('bad-yaml', { input: at.input, line: at.line + (error.linePos?.[0].line ?? 1) - 1 }, yamlProblem(error.message, error.linePos?.[0].col));
    const { contents } = document;
    if (!isMap(contents)) continue;
    const items = contents.get('items', true);
    // kubectl prints several objects as one List.
    const kind = contents.get('kind');
    const isList = isSeq(items) && (typeof kind !== 'string' || kind.endsWith('List'));
    const nodes = isList ? items.items.filter((item) => isMap(item)) : [contents];
    for (const node of nodes) {
      if (documents.length >= BOUNDS.objects) {
        found.add('too-large', lineOf(node), at.input);
        return;
      }
      documents.push(documentOf(node, document, lineOf));
    }
  }
}

/** The first line of the parser's message, which names line and column within the section, without them, and with the column alone. */
const yamlProblem = (message: string, column: number | undefined): string => {
  const first = (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
  return column === undefined ? first : `${first} (column ${column})`;
};

/**
 * Objects of `kubectl get -o json`, some ten times as fast as by the YAML parser, which is asked for the lines of fields only when
 * somebody wants to know one. Undefined when the text is not JSON.
 */
function jsonDocuments(text: string, at: SourceRef): readonly KubeDocument[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const items = field(value, 'items');
  const kind = field(value, 'kind');
  if (!Array.isArray(items) || (typeof kind === 'string' && !kind.endsWith('List'))) return [jsonDocument(value, text, at)];
  const starts = itemStarts(text);
  let line = at.line;
  let counted = 0;
  return listOf(items).flatMap((item, i) => {
    const start = starts[i] ?? counted;
    for (let next = text.indexOf('\n', counted); next >= 0 && next < start; next = text.indexOf('\n', next + 1)) line++;
    counted = start;
    return typeof item === 'object' && item !== null && !Array.isArray(item) ? [jsonDocument(item, text.slice(start, starts[i + 1]), { input: at.input, line })] : [];
  });
}

function jsonDocument(value: unknown, text: string, source: SourceRef): KubeDocument {
  return {
    ...headOf(value),
    value,
    source,
    at: (...path) => {
      const lineCounter = new LineCounter();
      const { contents } = parseAllDocuments(text, { lineCounter, logLevel: 'silent' })[0] ?? {};
      const range = isMap(contents) ? (innermost(contents, path) as YamlNode | undefined)?.range : undefined;
      return { input: source.input, line: source.line + (range ? lineCounter.linePos(range[0]).line - 1 : 0) };
    },
  };
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [34, 92, 91, 93, 123, 125];

/** Where each element of the top-level list `items` begins in a text that is JSON. */
function itemStarts(text: string): readonly number[] {
  const starts: number[] = [];
  let depth = 0;
  let key = '';
  let inItems = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      const from = i + 1;
      i = stringEnd(text, from);
      if (depth === 1) key = text.slice(from, i);
    } else if (c === OPEN_MAP || c === OPEN_LIST) {
      if (depth === 1) inItems = c === OPEN_LIST && key === 'items';
      if (depth === 2 && inItems) starts.push(i);
      depth++;
    } else if (c === CLOSE_LIST || c === CLOSE_MAP) depth--;
  }
  return starts;
}

/** The quote that ends a string: one with an even number of backslashes before it. */
function stringEnd(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let at = end;
    while (text.charCodeAt(at - 1) === BACKSLASH) at--;
    if ((end - at) % 2 === 0) return end;
  }
  return text.length;
}

const headOf = (value: unknown): Pick<KubeDocument, 'apiVersion' | 'kind' | 'namespace' | 'name'> => ({
  apiVersion: textOf(field(value, 'apiVersion')) ?? '',
  kind: textOf(field(value, 'kind')) ?? '',
  namespace: textOf(field(value, 'metadata', 'namespace')),
  name: textOf(field(value, 'metadata', 'name')) ?? '',
});

function documentOf(node: YAMLMap, document: Document, lineOf: (node: unknown) => SourceRef): KubeDocument {
  const value = node.toJS(document, { maxAliasCount: 100 }) as unknown;
  return {
    ...headOf(value),
    value,
    source: lineOf(node),
    at: (...path) => lineOf(innermost(node, path)),
  };
}

/** The innermost node of a path that is there; of a field of a map its key, which tells the line better than a value that begins below it. */
function innermost(node: YAMLMap, path: readonly (string | number)[]): unknown {
  let at: unknown = node;
  let shown: unknown = node;
  for (const part of path) {
    if (isMap(at)) {
      const pair = at.items.find((p) => isScalar(p.key) && p.key.value === part);
      if (!pair) break;
      shown = pair.key;
      at = pair.value;
    } else if (isSeq(at) && typeof part === 'number' && at.items[part] !== undefined) {
      at = at.items[part];
      shown = at;
    } else break;
  }
  return shown;
}
