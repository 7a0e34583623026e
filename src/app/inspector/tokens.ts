/** A word of a rule: an option, the target behind -j or -g, or a value. */
export interface Token {
  readonly text: string;
  readonly tone: 'option' | 'target' | 'value' | 'strong';
}

/** Longer lines are shown as one token: nobody reads them by colour, and pasted text may be anything. */
const MAX_LENGTH = 4000;

/**
 * Splits a line of iptables-save into its words, so that it is wrapped between them only. Quoted text is several words. Text that is
 * no rule comes back in words too, all of them values.
 */
export function tokensOf(line: string): readonly Token[] {
  const text = line.trimEnd();
  if (text.length > MAX_LENGTH) return [{ text, tone: 'value' }];
  const isRule = /^(?:\[\d+:\d+\] )?-[A-Z] /.test(text);
  let quoted = false;
  let before = '';
  return text.split(/ (?=\S)/).map((word) => {
    const inQuotes = quoted || word.startsWith('"');
    if ((word.match(/(?<!\\)"/g)?.length ?? 0) % 2 === 1) quoted = !quoted;
    const tone = !isRule ? 'value' : inQuotes ? 'option' : toneOf(word, before);
    before = word;
    return { text: word, tone };
  });
}

const TARGETS = ['-j', '-g', '--jump', '--goto'];
/** Words whose argument tells more than they do. */
const TELLING = [
  '-s',
  '-d',
  '-i',
  '-o',
  '-p',
  '--sport',
  '--dport',
  '--dports',
  '--match-set',
  '--mark',
  '--ctstate',
  '--dst-type',
  '--src-type',
  '--probability',
  '--set-xmark',
  '--to-destination',
  '--to-source',
  '--reject-with',
];

function toneOf(word: string, before: string): Token['tone'] {
  if (TARGETS.includes(before)) return 'target';
  if (word.startsWith('-') || word === '!' || before === '-A') return 'option';
  return TELLING.includes(before) ? 'strong' : 'value';
}
