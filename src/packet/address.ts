/** An IPv4 address as an unsigned 32-bit integer in host order: 10.0.0.1 is 0x0a000001. */
export type Ip4 = number;

/** A 48-bit MAC address, lower-case and colon-separated, as `ip link` prints it. */
export type Mac = string;

export const BROADCAST_MAC: Mac = 'ff:ff:ff:ff:ff:ff';

/** Formats as a dotted quad. */
export const formatIp4 = (ip: Ip4): string => `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;

/** Parses a strict dotted quad (four decimal parts, no leading zeros, nothing around it); undefined when it is not one. */
export function parseIp4(text: string): Ip4 | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!parts) return undefined;
  let ip = 0;
  for (const part of parts.slice(1)) {
    const octet = Number(part);
    if (octet > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    ip = ip * 256 + octet;
  }
  return ip;
}

/** The netmask of a prefix length 0..32. */
export const maskOf = (prefixLen: number): number => (prefixLen === 0 ? 0 : (0xffffffff << (32 - prefixLen)) >>> 0);

/** True when `ip` lies in `net`/`prefixLen`. */
export const inPrefix = (ip: Ip4, net: Ip4, prefixLen: number): boolean => ((ip ^ net) & maskOf(prefixLen)) === 0;

/** 127.0.0.0/8 (RFC 1122 §3.2.1.3). */
export const isLoopback = (ip: Ip4): boolean => ip >>> 24 === 127;

/** 224.0.0.0/4 (RFC 5771). */
export const isMulticast = (ip: Ip4): boolean => ip >>> 28 === 14;

/** 255.255.255.255, the limited broadcast (RFC 919). */
export const isLimitedBroadcast = (ip: Ip4): boolean => ip === 0xffffffff;

/** 0.0.0.0 alone: since Linux 5.3 the rest of 0.0.0.0/8 is like any other network (ipv4_is_zeronet(), include/linux/in.h). */
export const isZeroNet = (ip: Ip4): boolean => ip === 0;

/** Formats a 32-bit value as the kernel's tools print marks: `0x4000`. */
export const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;
