import { hex } from '../packet/address.ts';
import type { ConnmarkTarget } from '../world/netfilter.ts';
import { optionsOf, type ReadTarget, type TargetReaders } from './iptablesTargetOptions.ts';
import { parseDecimal, parseMarkMask, parseU32 } from './words.ts';

/**
 * The five ways to write a mark, as extensions/libxt_MARK.c and libxt_CONNMARK.c turn them into `mark = (mark & ~mask) ^ value`
 * (mark_tg(), net/netfilter/xt_mark.c).
 */
function readXmark(option: string, text: string | undefined): { readonly value: number; readonly mask: number } | undefined {
  const pair = parseMarkMask(text);
  const single = parseU32(text);
  switch (option) {
    case '--set-xmark':
      return pair;
    case '--set-mark':
      return pair && { value: pair.value, mask: (pair.value | pair.mask) >>> 0 };
    case '--and-mark':
      return single === undefined ? undefined : { value: 0, mask: ~single >>> 0 };
    case '--or-mark':
      return single === undefined ? undefined : { value: single, mask: single };
    case '--xor-mark':
      return single === undefined ? undefined : { value: single, mask: 0 };
    default:
      return undefined;
  }
}

const readMark: ReadTarget = ([option = '', text, ...rest]) => {
  const xmark = rest.length === 0 ? readXmark(option, text) : undefined;
  return xmark && { kind: 'mark', ...xmark };
};

const VALUED = ['--set-xmark', '--set-mark', '--and-mark', '--or-mark', '--xor-mark'] as const;
const ALL = 0xffffffff;

const readConnmark: ReadTarget = (words) => {
  const given = optionsOf(words, {
    ...Object.fromEntries(VALUED.map((o) => [o, 1])),
    '--save-mark': 0,
    '--restore-mark': 0,
    '--mask': 1,
    '--nfmask': 1,
    '--ctmask': 1,
    '--left-shift-mark': 1,
    '--right-shift-mark': 1,
  });
  const shift = (parseDecimal(given?.get('--left-shift-mark')?.[0] ?? '0', 31) ?? Number.NaN) - (parseDecimal(given?.get('--right-shift-mark')?.[0] ?? '0', 31) ?? Number.NaN);
  const modes = [...VALUED, '--save-mark', '--restore-mark'].filter((o) => given?.has(o));
  const [mode] = modes;
  if (given === undefined || mode === undefined || modes.length > 1 || Number.isNaN(shift)) return undefined;
  const masks = ['--mask', '--nfmask', '--ctmask'].map((o) => (given.has(o) ? parseU32(given.get(o)?.[0]) : ALL));
  if (mode === '--save-mark' || mode === '--restore-mark') {
    const [mask, nfmask, ctmask] = masks;
    if (mask === undefined || nfmask === undefined || ctmask === undefined) return undefined;
    return { kind: 'connmark', op: mode === '--save-mark' ? 'save' : 'restore', value: 0, ctmask: (mask & ctmask) >>> 0, nfmask: (mask & nfmask) >>> 0, shift };
  }
  const xmark = given.has('--mask') || given.has('--nfmask') || given.has('--ctmask') ? undefined : readXmark(mode, given.get(mode)?.[0]);
  return xmark && { kind: 'connmark', op: 'set', value: xmark.value, ctmask: xmark.mask, nfmask: 0, shift };
};

/** Targets that change the mark of the packet or of its connection. */
export const MARK_TARGETS: TargetReaders = [
  ['MARK', readMark],
  ['CONNMARK', readConnmark],
];

/** The options of CONNMARK as iptables-save prints them. */
export function printConnmark({ op, value, ctmask, nfmask, shift }: ConnmarkTarget): string {
  const what = op === 'set' ? `--set-xmark ${hex(value)}/${hex(ctmask)}` : `--${op}-mark --nfmask ${hex(nfmask)} --ctmask ${hex(ctmask)}`;
  return `-j CONNMARK ${what}${shift === 0 ? '' : ` --${shift > 0 ? 'left' : 'right'}-shift-mark ${Math.abs(shift)}`}`;
}
