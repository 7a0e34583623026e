import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The rules of the house that no general linter knows: which folder of `src` may import which, and what the pure folders may not
 * touch. Run by `npm run lint`.
 */

/** Each folder may import the ones named here, and itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  packet: [],
  world: ['packet'],
  engine: ['packet', 'world'],
  dumps: ['packet', 'world'],
  cluster: ['packet', 'world', 'engine', 'dumps'],
  text: ['packet', 'world', 'engine', 'dumps', 'cluster'],
  scenarios: ['packet', 'world', 'engine', 'dumps', 'cluster', 'text'],
  share: ['packet', 'world', 'engine', 'dumps', 'cluster', 'scenarios', 'text'],
  export: ['packet', 'world', 'engine', 'dumps', 'cluster', 'scenarios', 'text'],
  app: ['packet', 'world', 'engine', 'dumps', 'cluster', 'scenarios', 'text', 'share', 'export'],
  cli: ['packet', 'world', 'engine', 'dumps', 'cluster', 'scenarios', 'text', 'share', 'export'],
  // What tests share; nobody else may import it.
  testing: ['packet', 'world', 'engine', 'dumps', 'cluster', 'scenarios', 'text', 'share', 'export'],
};

/** Folders whose code gives the same output for the same input anywhere: no clock, no dice, no page, no network. */
const pure: ReadonlySet<string> = new Set(['packet', 'world', 'engine', 'dumps', 'cluster', 'text']);

const impure =
  /\b(?:Date|performance|fetch|XMLHttpRequest|WebSocket|EventSource|window|document|navigator|localStorage|sessionStorage|setTimeout|setInterval|queueMicrotask|requestAnimationFrame|process|globalThis|crypto|eval)\b(?=\s*[.(?[])|\bMath\s*\.\s*random\b|\bMath\s*\[/g;

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
}

/** Blanks out comments, and strings too when `strings` is set, keeping every line break and position. */
function blank(source: string, strings: boolean): string {
  const space = (text: string): string => text.replace(/[^\n]/g, ' ');
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g, (text) => {
    if (text.startsWith('/*') || text.startsWith('//')) return space(text);
    if (!strings) return text;
    // What stands in ${} of a template is code.
    return text.startsWith('`') ? text.replace(/(^|\})[^$]*?(?:\$(?!\{)[^$]*?)*?(\$\{|`$)/g, (part) => space(part)) : space(text);
  });
}

/** Whether the file has a variable, parameter or type of that name, which then is meant. (The global itself would not type-check there.) */
const declares = (code: string, name: string): boolean => new RegExp(`\\b(?:const|let|function|type|interface)\\s+(?:[[{][^\\]}=]*\\b)?${name}\\b|[(,]\\s*${name}\\s*(?:[,)]|=>|:)|(?:^|[^\\w.])${name}\\s*=>`).test(code);

const lineOf = (source: string, index: number): number => source.slice(0, index).split('\n').length;

/** Checks one file of `src`; `path` is relative to it. Tests are exempt from purity, and may load anything that helps them. */
export function checkFile(path: string, source: string): readonly Violation[] {
  const folder = path.split('/')[0] ?? '';
  const test = /\.test\.tsx?$/.test(path);
  const permitted = allowed[folder];
  if (!permitted) return [{ file: path, line: 1, rule: `src/${folder} is not a folder of the house` }];
  if (test) return [];
  const found: Violation[] = [];
  const code = blank(source, false);
  for (const match of code.matchAll(/(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)(['"])([^'"\n]+)\1/g)) {
    const specifier = match[2] ?? '';
    const line = lineOf(code, match.index);
    if (specifier.startsWith('.')) {
      const target = posix.join(posix.dirname(path), specifier).split('/')[0] ?? '';
      if (target === '..') found.push({ file: path, line, rule: `imports ${specifier}, which is outside src` });
      else if (target !== folder && !permitted.includes(target)) found.push({ file: path, line, rule: `src/${folder} may not import src/${target}` });
    } else if (pure.has(folder) && (specifier.startsWith('node:') || /^(react|react-dom|zustand|@xyflow\/react)(\/|$)/.test(specifier))) {
      found.push({ file: path, line, rule: `src/${folder} is pure and may not import ${specifier}` });
    }
  }
  if (pure.has(folder)) {
    const bare = blank(source, true);
    for (const match of bare.matchAll(impure)) {
      // A property or an object's key of that name is not the global.
      const before = bare.slice(0, match.index).trimEnd();
      const after = bare.slice(match.index + match[0].length).trimStart();
      if (before.endsWith('.') || after.startsWith(':') || after.startsWith('?:') || declares(bare, match[0])) continue;
      found.push({ file: path, line: lineOf(bare, match.index), rule: `src/${folder} is pure and may not use ${match[0]}` });
    }
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('../src', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((f) => f.replaceAll('\\', '/'))
    .filter((f) => /\.tsx?$/.test(f) && !f.endsWith('.d.ts'));
  const violations = files.flatMap((f) => checkFile(f, readFileSync(`${root}/${f}`, 'utf8')));
  for (const v of violations) console.error(`src/${v.file}:${v.line}: ${v.rule}`);
  if (violations.length > 0) process.exitCode = 1;
  else console.log(`${files.length} files keep the rules of the house`);
}
