/** The parts of a rule, each as iptables-save spells it. */
export interface SavedRule {
  /** `-s 10.0.0.0/8`, `! -s …`. */
  readonly src?: string | undefined;
  /** `-d 10.0.0.1/32`. */
  readonly dst?: string | undefined;
  /** `-i cali+`, `! -i …`. */
  readonly in?: string | undefined;
  /** `tcp`. */
  readonly proto?: string | undefined;
  /** `-m` blocks in the order in which they were loaded. */
  readonly matches?: readonly string[];
  /** Behind `-j`; absent: the rule only counts. */
  readonly target?: string;
}

/** A rule as iptables-save prints it behind `-A CHAIN `: addresses, devices and protocol first, whatever the order in which they were written. */
export function savedRule({ src, dst, in: device, proto, matches, target }: SavedRule): string {
  let text = '';
  if (src !== undefined) text += ` ${src}`;
  if (dst !== undefined) text += ` ${dst}`;
  if (device !== undefined) text += ` ${device}`;
  if (proto !== undefined) text += ` -p ${proto}`;
  if (matches) for (const match of matches) text += ` ${match}`;
  if (target !== undefined) text += ` -j ${target}`;
  return text.slice(1);
}

/** Every comment of kube-proxy has a blank or a slash, so iptables-save always quotes it. */
export const comment = (text: string): string => `-m comment --comment "${text}"`;

export const REJECTED = 'REJECT --reject-with icmp-port-unreachable';

/**
 * `-m statistic` that takes one of `n`. kube-proxy writes ten decimals (computeProbability()); the kernel keeps a fraction of 2^31, and
 * iptables-save prints eleven decimals of that.
 */
export function oneOf(n: number): string {
  const written = Number((1 / n).toFixed(10));
  const kept = Math.round(written * 0x80000000) / 0x80000000;
  return `-m statistic --mode random --probability ${kept.toFixed(11)}`;
}
