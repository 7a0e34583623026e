import { type Ip4, formatIp4, inPrefix, maskOf, parseIp4 } from '../../packet/address.ts';

/** `10.0.0.0/8`, taken apart; `net` without the bits behind the prefix. */
export interface Cidr {
  readonly net: Ip4;
  readonly prefixLen: number;
}

/** An IPv4 range; undefined when the text is none. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length = '', ...rest] = text.trim().split('/');
  const ip = parseIp4(address);
  if (ip === undefined || rest.length > 0 || !/^\d{1,2}$/.test(length) || Number(length) > 32) return undefined;
  const prefixLen = Number(length);
  return { net: (ip & maskOf(prefixLen)) >>> 0, prefixLen };
}

export const covers = ({ net, prefixLen }: Cidr, ip: Ip4): boolean => inPrefix(ip, net, prefixLen);

/** A range as iptables-save prints it: host bits cleared; undefined when it is none. */
export function savedCidr(text: string): string | undefined {
  const cidr = parseCidr(text);
  return cidr && `${formatIp4(cidr.net)}/${cidr.prefixLen}`;
}
