import { BOUNDS } from './bounds.ts';
import { DiagnosticList, type Parsed } from './diagnostic.ts';
import { type RawSection, type Section, type SectionKind, splitSections } from './section.ts';

/** Path → text. Paths use `/`; a bundle is a folder or an unpacked archive of one. */
export type Bundle = Readonly<Record<string, string>>;

/** Kinds that say nothing about a machine. */
const NOT_OF_A_HOST: ReadonlySet<SectionKind> = new Set<SectionKind>(['objects', 'unknown', 'empty', 'failed']);

interface File {
  /** The path as given. */
  readonly input: string;
  /** Its folders and name, from which wrapping folders have been stripped. */
  readonly parts: readonly string[];
  readonly sections: readonly RawSection[];
}

/**
 * Says which section belongs to which machine and namespace: `HOST/…`, `HOST/netns/NAME/…`, files directly at the top to the cluster,
 * or to the machine that their prompt or name says when they hold its commands. A command that says where it ran (`ssh n1 ip addr`) is believed. One wrapping folder is stripped; of several sets
 * of hosts side by side the first is taken. Never throws.
 */
export function layOut(bundle: Bundle): Parsed<readonly Section[]> {
  const found = new DiagnosticList();
  const files = unwrapped(readFiles(bundle, found), found);
  const sections: Section[] = [];
  const hosts = new Map<string, Set<string>>();
  const hostFolders = new Set(files.filter((f) => f.parts.length > 1 && (isHostFile(f) || holdsCommands(f))).map((f) => f.parts[0] ?? ''));
  for (const { input, parts, sections: raw } of files) {
    for (const { promptHost, commandHost, commandNetns, commandPod, ...given } of raw) {
      // Whether a pod shares the network of its node only the folder says.
      const section = commandPod === undefined || inNetnsFolder(parts) ? given : { ...given, kind: 'unknown' as const };
      const place = parts.length > 1 && !hostFolders.has(parts[0] ?? '') ? { host: undefined, netns: null } : placeOf(parts, section.kind, promptHost);
      const elsewhere = commandHost !== undefined && !NOT_OF_A_HOST.has(section.kind) && !ofOvn(section.kind);
      const netns = commandNetns ?? (elsewhere ? null : place.netns);
      const host = elsewhere ? commandHost : place.host;
      if (host !== undefined) {
        const known = hosts.get(host) ?? new Set<string>();
        if ((!hosts.has(host) && hosts.size >= BOUNDS.hosts) || (!known.has(netns ?? '') && known.size >= BOUNDS.netnsPerHost)) {
          found.add('too-large', { input, line: section.firstLine }, host);
          continue;
        }
        hosts.set(host, known.add(netns ?? ''));
      }
      sections.push({ ...section, input, host, netns });
    }
  }
  return { value: sections, diagnostics: found.items };
}

function readFiles(bundle: Bundle, found: DiagnosticList): readonly File[] {
  const files: File[] = [];
  let lines = 0;
  for (const [input, text] of Object.entries(bundle)) {
    const parts = input
      .slice(0, BOUNDS.pathLength)
      .split(/[/\\]/)
      .filter((p) => p !== '' && p !== '.');
    const name = parts.at(-1);
    if (name === undefined || parts.includes('..') || input.length > BOUNDS.pathLength) {
      found.add('bad-path', { input, line: 0 }, input);
      continue;
    }
    // What systems leave behind in folders and archives: .DS_Store, ._name, __MACOSX.
    if (name.startsWith('.') || parts[0] === '__MACOSX') continue;
    if (text.includes('\0')) {
      found.add('binary-skipped', { input, line: 0 }, input);
      continue;
    }
    if (files.length >= BOUNDS.files) {
      found.add('too-many-files', { input, line: 0 }, input);
      break;
    }
    const sections = splitSections(input, text).map((s) => withoutLongLines(s, input, found));
    lines += sections.reduce((sum, s) => sum + s.lines.length, 0);
    if (lines > BOUNDS.lines) {
      found.add('too-large', { input, line: 0 }, input);
      break;
    }
    files.push({ input, parts, sections });
  }
  return files;
}

/** Empties lines that no command prints. Objects may stand on one line. */
function withoutLongLines(section: RawSection, input: string, found: DiagnosticList): RawSection {
  if (section.kind === 'objects' || !section.lines.some((l) => l.length > BOUNDS.lineLength)) return section;
  const lines = section.lines.map((line, i) => {
    if (line.length <= BOUNDS.lineLength) return line;
    found.add('too-large', { input, line: section.firstLine + i }, line);
    return '';
  });
  return { ...section, lines };
}

/** OVN's own listings are about the whole cluster, wherever they were made. */
const ofOvn = (kind: SectionKind): boolean => kind.startsWith('ovn-');

const holdsCommands = (file: File): boolean => file.sections.some((s) => !ofOvn(s.kind) && (s.command !== undefined || !NOT_OF_A_HOST.has(s.kind)));

/** `HOST/netns/NAME/FILE` */
const inNetnsFolder = (parts: readonly string[]): boolean => parts[1] === 'netns' && parts.length > 3;

/** A folder is a host when it holds commands or `netns/`. */
const isHostFile = (file: File): boolean => inNetnsFolder(file.parts) || (file.parts.length === 2 && holdsCommands(file));

/** Strips one wrapping folder; takes the first set of hosts when there are several side by side. */
function unwrapped(files: readonly File[], found: DiagnosticList): readonly File[] {
  if (files.length === 0 || files.some(isHostFile)) return files;
  const inside = files.filter((f) => f.parts.length > 1).map((f): File => ({ ...f, parts: f.parts.slice(1) }));
  if (!inside.some(isHostFile)) return files;
  const hostInputs = new Set(inside.filter(isHostFile).map((f) => f.input));
  const wrappers = new Set(files.filter((f) => hostInputs.has(f.input)).map((f) => f.parts[0] ?? ''));
  const [taken = '', ...others] = wrappers;
  if (others.length > 0) found.add('several-bundles', { input: '', line: 0 }, [taken, ...others].join(' '));
  return files.filter((f) => f.parts[0] === taken && f.parts.length > 1).map((f) => ({ ...f, parts: f.parts.slice(1) }));
}

function placeOf(parts: readonly string[], kind: SectionKind, promptHost: string | undefined): { readonly host: string | undefined; readonly netns: string | null } {
  const [first = '', , third] = parts;
  if (parts.length === 1) {
    if (NOT_OF_A_HOST.has(kind) || ofOvn(kind)) return { host: undefined, netns: null };
    return { host: promptHost ?? first.replace(/\.[A-Za-z]{1,5}$/, ''), netns: null };
  }
  if (third !== undefined && inNetnsFolder(parts)) return { host: first, netns: third };
  return { host: first, netns: null };
}
