import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readArchive } from '../dumps/archive.ts';
import { BOUNDS } from '../dumps/bounds.ts';
import { worldOf } from '../cluster/world.ts';
import type { Bundle } from '../dumps/bundle.ts';
import { type Diagnostic, diagnose } from '../dumps/diagnostic.ts';
import { looksLikeTar } from '../dumps/tar.ts';
import { findScenario, scenarios } from '../scenarios/catalogue.ts';
import { loadScenario } from '../scenarios/files.node.ts';
import { withDefaults } from '../scenarios/scenario.ts';
import { decodeLink, type Link, OWN } from '../share/link.ts';
import { unpackBundle, type Unpacked, unpackEdits } from '../share/packed.ts';
import type { World } from '../world/world.ts';
import { BAD_INPUT, BAD_USAGE, CliError, type Io } from './io.ts';
import { readWorldJson } from './worldJson.ts';

/** A SOURCE, read once. */
export interface Loaded {
  readonly world: World;
  readonly diagnostics: readonly Diagnostic[];
  /** The link that it was, with the probe and the choices that a link may carry. */
  readonly link?: Link;
}

/**
 * Reads a SOURCE of HEADLESS.md: a scenario's id with the link's parameters (`ipvs-metallb?policy=Local`) or a whole link of the page
 * (edits included), a folder, an archive, a World JSON file, or `-` for either on standard input. Throws a CliError: status 1 for an
 * input that cannot be read, 2 for a link that is damaged or says what the scenario does not have.
 */
export async function loadSource(source: string, io: Io): Promise<Loaded> {
  if (source === '-') return fromBytes('standard input', await io.stdin());
  const link = linkText(source);
  if (link !== undefined) return fromLink(link);
  const stat = statSync(source, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return fromFolder(source);
  if (stat) return fromFile(source, stat.size);
  throw new CliError(BAD_INPUT, `${source}: no such file or scenario (scenarios: ${scenarios.map((s) => s.id).join(', ')})`);
}

/** The fragment of what looks like a link. A scenario wins over a file of its name; `./NAME` is the file. */
function linkText(source: string): string | undefined {
  const fragment = /^(?:https?:\/\/[^#]*|file:\/\/[^#]*)?#(.*)$/s.exec(source)?.[1];
  if (fragment !== undefined) return fragment;
  const id = source.split('?')[0] ?? '';
  return findScenario(id) || (id === OWN && source.includes('?')) ? `/${source}` : undefined;
}

function fromLink(text: string): Loaded {
  const decoded = decodeLink(text);
  if (decoded.kind === 'empty') throw new CliError(BAD_USAGE, 'the link names no scenario');
  if (decoded.kind === 'damaged') throw new CliError(BAD_USAGE, `the link is damaged: ${decoded.problems.map((p) => `${p.code} ${p.part}`).join(', ')}`);
  const { link } = decoded;
  if (link.scenario === OWN) {
    if (link.packed === undefined) throw new CliError(BAD_INPUT, 'the link is to dumps that it does not carry; give the dumps');
    return { ...fromBundle(unpacked(unpackBundle(link.packed)), []), link };
  }
  const scenario = findScenario(link.scenario);
  if (!scenario) throw new CliError(BAD_USAGE, `no scenario ${link.scenario} (scenarios: ${scenarios.map((s) => s.id).join(', ')})`);
  for (const [key, value] of Object.entries(link.params)) {
    const parameter = scenario.parameters.find((p) => p.key === key);
    if (!parameter) throw new CliError(BAD_USAGE, `${scenario.id} has no parameter ${key} (it has: ${scenario.parameters.map((p) => p.key).join(', ') || 'none'})`);
    if (!parameter.options.includes(value)) throw new CliError(BAD_USAGE, `${key} of ${scenario.id} is one of ${parameter.options.join(', ')}, not ${value}`);
  }
  const base = loadScenario(scenario, withDefaults(scenario, link.params));
  return { ...fromBundle(link.packed === undefined ? base : unpacked(unpackEdits(link.packed, base)), []), link };
}

function unpacked(result: Unpacked): Bundle {
  if (result.kind === 'files') return result.files;
  const why = {
    version: 'were packed by a newer version',
    damaged: 'are damaged',
    'too-large': 'are too large',
    base: `were made against another text of ${result.path ?? 'a file'}`,
  }[result.reason];
  throw new CliError(BAD_INPUT, `the dumps in the link ${why}`);
}

function fromBundle(bundle: Bundle, before: readonly Diagnostic[]): Loaded {
  const { world, diagnostics } = worldOf(bundle);
  return { world, diagnostics: [...before, ...diagnostics] };
}

/** Reads a folder with the same bounds as an archive; what is left out is reported. */
function fromFolder(folder: string): Loaded {
  const files: Record<string, string> = {};
  const found: Diagnostic[] = [];
  let bytes = 0;
  let count = 0;
  try {
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
      const path = entry.replaceAll('\\', '/');
      const stat = statSync(join(folder, entry), { throwIfNoEntry: false });
      if (!stat?.isFile()) continue;
      if (++count > BOUNDS.files) {
        found.push(diagnose('too-many-files', { input: path, line: 0 }, path));
        break;
      }
      bytes += stat.size;
      if (bytes > BOUNDS.unpackedBytes) {
        found.push(diagnose('too-large', { input: path, line: 0 }, path));
        break;
      }
      files[path] = readFileSync(join(folder, entry), 'utf8');
    }
  } catch (error) {
    throw new CliError(BAD_INPUT, `${folder}: ${reasonOf(error)}`);
  }
  return fromBundle(files, found);
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function fromFile(path: string, size: number): Promise<Loaded> {
  if (size > BOUNDS.unpackedBytes) throw new CliError(BAD_INPUT, `${path}: larger than ${BOUNDS.unpackedBytes / 1024 / 1024} MiB`);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new CliError(BAD_INPUT, `${path}: ${reasonOf(error)}`);
  }
  return fromBytes(path, bytes);
}

const XZ_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];

/** What the bytes are is told by themselves: xz, gzip, tar, World JSON, or the text of one file. */
async function fromBytes(name: string, bytes: Uint8Array): Promise<Loaded> {
  if (bytes.length > BOUNDS.unpackedBytes) throw new CliError(BAD_INPUT, `${name}: larger than ${BOUNDS.unpackedBytes / 1024 / 1024} MiB`);
  if (XZ_MAGIC.every((b, i) => bytes[i] === b)) return fromBytes(name.replace(/\.xz$/i, ''), unxz(name, bytes));
  const gzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (gzip || looksLikeTar(bytes)) {
    const { value, diagnostics } = await readArchive(basename(name), bytes);
    return fromBundle(value, diagnostics);
  }
  const text = new TextDecoder().decode(bytes);
  if (/^\s*\{/.test(text)) {
    const read = readWorldJson(text);
    if (read.world) return { world: read.world, diagnostics: [] };
    if (read.isWorld) throw new CliError(BAD_INPUT, `${name}: not a World: ${read.problem}`);
  }
  return fromBundle({ [basename(name)]: text }, []);
}

/** Unpacks by the system's `xz`: Node has no decoder of its own. */
function unxz(name: string, bytes: Uint8Array): Uint8Array {
  const xz = spawnSync('xz', ['--decompress', '--stdout'], { input: bytes, maxBuffer: BOUNDS.unpackedBytes + 1 });
  if (xz.error && 'code' in xz.error && xz.error.code === 'ENOENT') {
    throw new CliError(BAD_INPUT, `${name}: .xz needs the command xz, which this system does not have; unpack it first, or pack it as .tar.gz`);
  }
  if (xz.error || xz.status !== 0) throw new CliError(BAD_INPUT, `${name}: xz cannot unpack it${xz.error ? `: ${xz.error.message}` : ''}`);
  return xz.stdout;
}
