import type { TaleOf } from '../tale-types.ts';

type Code = (value: string) => string;

/** What to do about an unknown: the command that would settle it, or that nothing can. */
export function askFor(t: TaleOf<'unknown'>, c: Code): string {
  const settle = t.ask === undefined ? '' : ` The output of ${c(t.ask)} on ${c(t.host)} would settle it.`;
  if (t.what === 'bound') return 'The packet seems to go round in circles, or the input is larger than a walk can be. What came before is true all the same.';
  if (t.what === 'ipv6') return 'Only IPv4 is walked so far. Nothing is guessed from the IPv4 rules.';
  return t.rule === undefined ? `Nothing is guessed from here on.${settle}` : `The rule is ${c(t.rule)}. Nothing is guessed: neither “it matches” nor “it does not”.${settle}`;
}
