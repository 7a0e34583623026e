import type { Lang } from './lang.ts';

/** RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1; the words are those of ping(8) and tcpdump(8). */
const names: Readonly<Record<string, string>> = {
  '0/0': 'echo reply',
  '8/0': 'echo request',
  '3/0': 'net unreachable',
  '3/1': 'host unreachable',
  '3/2': 'protocol unreachable',
  '3/3': 'port unreachable',
  '3/4': 'fragmentation needed',
  '3/9': 'net prohibited',
  '3/10': 'host prohibited',
  '3/13': 'administratively prohibited',
  '5/0': 'redirect',
  '5/1': 'redirect',
  '11/0': 'time exceeded',
  '11/1': 'reassembly time exceeded',
};

/** What a type and code are called; undefined for the rare ones. */
export const icmpWord = (icmptype: number, code: number): string | undefined => names[`${icmptype}/${code}`];

/** An ICMP error by name, e.g. `port unreachable (ICMP 3/3)`. The names stay English in Korean, as tools print them. */
export function icmpName(icmptype: number, code: number, lang: Lang): string {
  const name = icmpWord(icmptype, code);
  const number = `ICMP ${icmptype}/${code}`;
  if (name === undefined) return number;
  return lang === 'ko' ? `${name}(${number})` : `${name} (${number})`;
}
