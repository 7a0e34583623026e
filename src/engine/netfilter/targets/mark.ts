/** mark_tg() (net/netfilter/xt_mark.c); `--or-mark 0x4000` is saved by iptables-save as `--set-xmark 0x4000/0x4000`. */
export const setXmark = (mark: number, value: number, mask: number): number => ((mark & ~mask) ^ value) >>> 0;
