import type { Match, Target } from '../world/netfilter.ts';
import type { DiagnosticCode } from './diagnostic.ts';
import { bareMatch, implicitModule, matchReader } from './iptablesMatches.ts';
import { isTargetName, readTarget } from './iptablesTargets.ts';
import { type Tokens, verbatim } from './iptablesTokens.ts';
import { parsePrefix, protocolNumber } from './words.ts';

export interface RuleParts {
  readonly matches: readonly Match[];
  readonly target: Target;
  readonly problems: readonly { readonly code: DiagnosticCode; readonly text: string }[];
}

/** The conditions that ip_packet_match() tests before any `-m` (net/ipv4/netfilter/ip_tables.c). */
const STANDARD: ReadonlySet<Match['kind']> = new Set(['src', 'dst', 'in', 'out', 'proto', 'fragment']);

/** State while one rule is read from left to right. */
interface Reading {
  readonly tokens: Tokens;
  at: number;
  /** The last `-m`. */
  module: string | undefined;
  /** The number behind `-p`, without negation. */
  proto: number | undefined;
  readonly matches: Match[];
  target: Target;
  readonly problems: { readonly code: DiagnosticCode; readonly text: string }[];
}

/**
 * Reads what follows `-A CHAIN`, from token `at` on. Nothing is lost: what is not understood becomes a match or target of kind
 * `unknown` with its text, and a problem.
 */
export function parseRule(tokens: Tokens, at: number): RuleParts {
  const reading: Reading = { tokens, at, module: undefined, proto: undefined, matches: [], target: { kind: 'none' }, problems: [] };
  while (reading.at < tokens.text.length) readPart(reading);
  const { matches } = reading;
  const firstModule = matches.findIndex((m) => !STANDARD.has(m.kind));
  const inOrder = firstModule < 0 || matches.slice(firstModule).every((m) => !STANDARD.has(m.kind));
  return {
    matches: inOrder ? matches : [...matches.filter((m) => STANDARD.has(m.kind)), ...matches.filter((m) => !STANDARD.has(m.kind))],
    target: reading.target,
    problems: reading.problems,
  };
}

/** One option with its values. Always moves on by at least one token. */
function readPart(r: Reading): void {
  const { text } = r.tokens;
  const start = r.at;
  let negate = text[r.at] === '!';
  if (negate) r.at++;
  const word = text[r.at++] ?? '';
  switch (word) {
    case '-s':
    case '--source':
    case '--src':
      return readAddress(r, 'src', start, negate);
    case '-d':
    case '--destination':
    case '--dst':
      return readAddress(r, 'dst', start, negate);
    case '-i':
    case '--in-interface':
      return readDevice(r, 'in', start, negate);
    case '-o':
    case '--out-interface':
      return readDevice(r, 'out', start, negate);
    case '-p':
    case '--protocol':
    case '--proto':
      return readProtocol(r, start, negate);
    case '-f':
    case '--fragment':
      r.matches.push({ kind: 'fragment', negate });
      return;
    case '-m':
    case '--match':
      r.module = text[r.at++];
      if (r.module === undefined || !matchReader(r.module)) unknownModule(r, start);
      else {
        const bare = bareMatch(r.module, r.tokens, r.at);
        if (bare) r.matches.push(bare);
      }
      return;
    case '-j':
    case '--jump':
      return readJump(r, start);
    case '-g':
    case '--goto': {
      const chain = text[r.at++];
      if (chain === undefined) unknownMatch(r, start, r.at);
      else r.target = { kind: 'goto', chain };
      return;
    }
    case '-c': // counters in front of the rule's own words, as `iptables -S -v` prints them
    case '--set-counters':
      r.at += 2;
      return;
    case '-4':
    case '-w':
      return;
    default:
      negate = negate && word !== '';
      return readModuleOption(r, word, start, negate);
  }
}

/** The value behind an option; old spellings put the `!` in front of the value (`-s ! 10.0.0.0/8`). */
function takeValue(r: Reading, negate: boolean): { readonly value: string | undefined; readonly negate: boolean } {
  if (r.tokens.text[r.at] === '!' && r.at + 1 < r.tokens.text.length) {
    r.at += 2;
    return { value: r.tokens.text[r.at - 1], negate: !negate };
  }
  return { value: r.tokens.text[r.at++], negate };
}

function readAddress(r: Reading, kind: 'src' | 'dst', start: number, negated: boolean): void {
  const { value, negate } = takeValue(r, negated);
  const net = parsePrefix(value);
  if (net) r.matches.push({ kind, net, negate });
  else unknownMatch(r, start, r.at, 'bad-address');
}

function readDevice(r: Reading, kind: 'in' | 'out', start: number, negated: boolean): void {
  const { value, negate } = takeValue(r, negated);
  if (value === undefined) unknownMatch(r, start, r.at);
  else r.matches.push({ kind, dev: value, negate });
}

function readProtocol(r: Reading, start: number, negated: boolean): void {
  const { value, negate } = takeValue(r, negated);
  if (value === 'all' && !negate) return;
  const proto = value === undefined ? undefined : protocolNumber(value);
  if (proto === undefined) return unknownMatch(r, start, r.at);
  if (proto === 0) return; // 0 is every protocol (iptables(8))
  if (!negate) r.proto = proto;
  r.matches.push({ kind: 'proto', proto, negate });
}

/** An option of the last `-m`, or of the match that `-p` loads by itself, wherever it stands (command_default(), iptables/xshared.c). */
function readModuleOption(r: Reading, option: string, start: number, negate: boolean): void {
  const implicit = implicitModule(r.proto);
  const module = r.module ?? implicit;
  const { tokens } = r;
  const oldNegation = tokens.text[r.at] === '!' && !negate && !(tokens.text[r.at + 1] ?? '-').startsWith('-');
  const at = oldNegation ? r.at + 1 : r.at;
  const place = { tokens, at, negate: negate || oldNegation };
  const read = (module === undefined ? undefined : matchReader(module)?.(option, place)) ?? (implicit === undefined || implicit === module ? undefined : matchReader(implicit)?.(option, place));
  if (read) {
    r.matches.push(...read.matches);
    r.at = at + read.took;
    return;
  }
  if (module === undefined) return unknownMatch(r, start, nextOption(tokens, r.at));
  // The rest of the module's options may change what the unknown one means: all of it is one unknown condition.
  const end = endOfModule(tokens, r.at);
  r.matches.push({ kind: 'unknown', name: module, text: `-m ${module} ${verbatim(tokens, start, end)}`, negate: false });
  r.problems.push({ code: 'unknown-match', text: `-m ${module} ${verbatim(tokens, start, end)}` });
  r.at = end;
}

/** A module that we do not know, with all its options. */
function unknownModule(r: Reading, start: number): void {
  const end = endOfModule(r.tokens, r.at);
  const text = verbatim(r.tokens, start, end);
  r.matches.push({ kind: 'unknown', name: r.module ?? '', text, negate: false });
  r.problems.push({ code: 'unknown-match', text });
  r.at = end;
  r.module = undefined;
}

function unknownMatch(r: Reading, start: number, end: number, code: DiagnosticCode = 'unknown-match'): void {
  const to = Math.min(end, r.tokens.text.length);
  const text = verbatim(r.tokens, start, to);
  r.matches.push({ kind: 'unknown', name: r.tokens.text[start] ?? '', text, negate: false });
  r.problems.push({ code, text });
  r.at = to;
}

function readJump(r: Reading, start: number): void {
  const { tokens } = r;
  const name = tokens.text[r.at++];
  if (name === undefined) return unknownMatch(r, start, r.at);
  const end = endOfModule(tokens, r.at);
  const options = tokens.text.slice(r.at, end);
  r.at = end;
  if (!isTargetName(name) && options.length === 0) {
    r.target = { kind: 'jump', chain: name };
    return;
  }
  r.target = readTarget(name, options, verbatim(tokens, start, end));
  if (r.target.kind === 'unknown') r.problems.push({ code: 'unknown-target', text: r.target.text });
}

/** Index of the next `-m`, `-j` or `-g`, which ends the options of a match or target. */
function endOfModule(tokens: Tokens, from: number): number {
  for (let i = from; i < tokens.text.length; i++) {
    const word = tokens.text[i];
    if (word === '-m' || word === '-j' || word === '-g' || word === '--match' || word === '--jump' || word === '--goto') return i;
  }
  return tokens.text.length;
}

/** Index of the next word that looks like an option. */
function nextOption(tokens: Tokens, from: number): number {
  for (let i = from; i < tokens.text.length; i++) if (tokens.text[i] === '!' || tokens.text[i]?.startsWith('-')) return i;
  return tokens.text.length;
}
