import type { ConnmarkTarget } from '../../../world/netfilter.ts';
import type { Skb } from '../../skb.ts';

/** mark_tg() (net/netfilter/xt_mark.c); `--or-mark 0x4000` is saved by iptables-save as `--set-xmark 0x4000/0x4000`. */
export const setXmark = (mark: number, value: number, mask: number): number => ((mark & ~mask) ^ value) >>> 0;

const shifted = (bits: number, by: number): number => (by < 0 ? bits >>> -by : (bits << by) >>> 0);

/** connmark_tg_shift() (net/netfilter/xt_connmark.c): without an entry nothing happens. */
export function applyConnmark({ op, value, ctmask, nfmask, shift }: ConnmarkTarget, skb: Skb): Skb {
  // What a CT rule gives a packet before it is tracked has no mark yet.
  if (skb.ct?.kind === 'template') return op === 'restore' ? { ...skb, mark: setXmark(skb.mark, 0, nfmask) } : skb;
  if (skb.ct?.kind !== 'tracked') return skb;
  const { entry } = skb.ct;
  switch (op) {
    case 'set': // here alone the whole new mark is shifted
      entry.mark = shifted(setXmark(entry.mark, value, ctmask), shift);
      return skb;
    case 'save':
      entry.mark = setXmark(entry.mark, shifted((skb.mark & nfmask) >>> 0, shift), ctmask);
      return skb;
    case 'restore':
      return { ...skb, mark: setXmark(skb.mark, shifted((entry.mark & ctmask) >>> 0, shift), nfmask) };
  }
}
