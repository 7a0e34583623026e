import type { SetMatch } from '../world/netfilter.ts';
import type { OptionAt, OptionRead } from './matches/options.ts';

const COMPARE = /^--(packets|bytes)-(eq|lt|gt)$/;

/**
 * `--match-set NAME DIRS` with what may follow it (extensions/libxt_set.c). All of it is one condition; undefined when some option
 * is not known.
 */
export function readSetOption(option: string, { tokens, at, negate }: OptionAt): OptionRead | undefined {
  if (option !== '--match-set' && option !== '--set') return undefined;
  const [set, flags = ''] = [tokens.text[at], tokens.text[at + 1]];
  const dirs = flags.split(',');
  if (set === undefined || dirs.length > 6 || !dirs.every((d): d is 'src' | 'dst' => d === 'src' || d === 'dst')) return undefined;
  const match: { -readonly [K in keyof SetMatch]: SetMatch[K] } = { kind: 'set', set, dirs, negate };
  let next = at + 2;
  for (;;) {
    const not = tokens.text[next] === '!';
    const name = tokens.text[not ? next + 1 : next];
    if (name === undefined || !name.startsWith('--')) break;
    next += not ? 2 : 1;
    if (name === '--return-nomatch' && !not) match.returnNomatch = true;
    else if (name === '--update-counters') match.keepCounters = not;
    else if (name === '--update-subcounters') match.keepSubcounters = not;
    else {
      const [, what, op] = COMPARE.exec(name) ?? [];
      const value = tokens.text[next++] ?? '';
      if ((what !== 'packets' && what !== 'bytes') || !/^\d{1,20}$/.test(value) || (not && op !== 'eq')) return undefined;
      match[what] = { op: not ? 'ne' : (op as 'eq' | 'lt' | 'gt'), value: Number(value) };
    }
  }
  if (match.keepCounters === false) delete match.keepCounters;
  if (match.keepSubcounters === false) delete match.keepSubcounters;
  return { matches: [match], took: next - at };
}

/** The option as iptables-save prints it (set_save_v4()). */
export function printSetOption({ set, dirs, negate, ...more }: SetMatch): string {
  const words = [`${negate ? '! ' : ''}--match-set ${set} ${dirs.join(',')}`];
  if (more.returnNomatch) words.push('--return-nomatch');
  if (more.keepCounters) words.push('! --update-counters');
  if (more.keepSubcounters) words.push('! --update-subcounters');
  for (const what of ['packets', 'bytes'] as const) {
    const ask = more[what];
    if (ask) words.push(`${ask.op === 'ne' ? '! ' : ''}--${what}-${ask.op === 'ne' ? 'eq' : ask.op} ${ask.value}`);
  }
  return words.join(' ');
}
