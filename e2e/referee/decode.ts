import type { HeaderJson } from '../../src/cli/frame.ts';
import { flagsText } from '../../src/text/lines.ts';

/**
 * Bytes of a captured frame as the header objects of the answer format (HeaderJson), outermost first. An ICMP error also says whom it
 * quotes: `quote` is the quoted packet's addresses and ports.
 */

/** A frame as the recorder wrote it down. */
export interface RawFrame {
  readonly hex: string;
  /** True length; `hex` may be cut. */
  readonly len: number;
  /** Begins with an Ethernet header. */
  readonly ether: boolean;
  /** VLAN id that the kernel keeps beside the frame. */
  readonly vlan: number | null;
}

type Mutable = Record<string, string | number | boolean>;

const ip4 = (b: Buffer, at: number): string => `${b[at]}.${b[at + 1]}.${b[at + 2]}.${b[at + 3]}`;
const mac = (b: Buffer, at: number): string => [...b.subarray(at, at + 6)].map((x) => x.toString(16).padStart(2, '0')).join(':');

/** Headers of a frame; undefined for what is none of ours (IPv6, LLDP, IGMP). */
export function decodeFrame(raw: RawFrame): readonly HeaderJson[] | undefined {
  const b = Buffer.from(raw.hex, 'hex');
  const out: HeaderJson[] = [];
  const ok = raw.ether ? ethernet(b, 0, out, raw.vlan) : (b[0] ?? 0) >> 4 === 4 && ipv4(b, 0, out);
  return ok ? out : undefined;
}

function ethernet(b: Buffer, at: number, out: HeaderJson[], vlan: number | null = null): boolean {
  if (b.length < at + 14) return false;
  let ethertype = b.readUInt16BE(at + 12);
  let next = at + 14;
  const eth: Mutable = { type: 'eth', src: mac(b, at + 6), dst: mac(b, at), ethertype: vlan === null ? ethertype : 0x8100 };
  out.push(eth);
  if (vlan !== null) out.push({ type: 'vlan', id: vlan });
  while (ethertype === 0x8100 && b.length >= next + 4) {
    out.push({ type: 'vlan', id: b.readUInt16BE(next) & 0xfff });
    ethertype = b.readUInt16BE(next + 2);
    next += 4;
  }
  if (ethertype === 0x0806) return arp(b, next, out);
  return ethertype === 0x0800 && ipv4(b, next, out);
}

function arp(b: Buffer, at: number, out: HeaderJson[]): boolean {
  if (b.length < at + 28) return false;
  out.push({ type: 'arp', op: b.readUInt16BE(at + 6) === 1 ? 'request' : 'reply', spa: ip4(b, at + 14), tpa: ip4(b, at + 24), sha: mac(b, at + 8), tha: mac(b, at + 18) });
  return true;
}

function ipv4(b: Buffer, at: number, out: HeaderJson[]): boolean {
  if (b.length < at + 20) return false;
  const word = b.readUInt16BE(at + 6);
  const offset = (word & 0x1fff) * 8;
  const proto = b[at + 9] ?? 0;
  if (proto === 2) return false;
  out.push({ type: 'ipv4', src: ip4(b, at + 12), dst: ip4(b, at + 16), ttl: b[at + 8] ?? 0, tos: b[at + 1] ?? 0, df: (word & 0x4000) !== 0, mf: (word & 0x2000) !== 0, offset, proto, length: b.readUInt16BE(at + 2) });
  return offset > 0 || layer4(b, at + ((b[at] ?? 0) & 15) * 4, proto, out);
}

/** False for noise inside a tunnel. */
function layer4(b: Buffer, at: number, proto: number, out: HeaderJson[]): boolean {
  if (b.length < at + 8 && proto !== 47) return true;
  switch (proto) {
    case 6: {
      const mss = b.length >= at + 20 ? mssOf(b, at) : undefined;
      out.push({ type: 'tcp', sport: b.readUInt16BE(at), dport: b.readUInt16BE(at + 2), flags: flagsText((b[at + 13] ?? 0) & 0x3f), ...(mss === undefined ? {} : { mss }) });
      return true;
    }
    case 17: {
      const [sport, dport] = [b.readUInt16BE(at), b.readUInt16BE(at + 2)];
      out.push({ type: 'udp', sport, dport, length: b.readUInt16BE(at + 4) });
      // A program that was sent a tunnel's frame sends it back.
      const port = [4789, 8472, 6081].includes(sport) ? sport : dport;
      if (port === 4789 || port === 8472) return vxlan(b, at + 8, out);
      return port !== 6081 || geneve(b, at + 8, out);
    }
    case 1:
      icmp(b, at, out);
      return true;
    case 4:
      return ipv4(b, at, out);
    case 47:
      return gre(b, at, out);
    case 132:
      out.push({ type: 'sctp', sport: b.readUInt16BE(at), dport: b.readUInt16BE(at + 2) });
      return true;
    default:
      return true;
  }
}

function mssOf(b: Buffer, at: number): number | undefined {
  const end = Math.min(b.length, at + ((b[at + 12] ?? 0) >> 4) * 4);
  for (let i = at + 20; i < end; ) {
    const kind = b[i] ?? 0;
    if (kind === 0) return undefined;
    if (kind === 1) {
      i++;
      continue;
    }
    if (kind === 2 && i + 4 <= end) return b.readUInt16BE(i + 2);
    i += Math.max(2, b[i + 1] ?? 2);
  }
  return undefined;
}

function icmp(b: Buffer, at: number, out: HeaderJson[]): void {
  const icmptype = b[at] ?? 0;
  const code = b[at + 1] ?? 0;
  const header: Mutable = { type: 'icmp', icmptype, code };
  if (icmptype === 0 || icmptype === 8) header['id'] = b.readUInt16BE(at + 4);
  if (icmptype === 3 && code === 4) header['mtu'] = b.readUInt16BE(at + 6);
  if ([3, 4, 5, 11, 12].includes(icmptype)) {
    const quoted: HeaderJson[] = [];
    ipv4(b, at + 8, quoted);
    header['quote'] = quoteText(quoted);
  }
  out.push(header);
}

/** `10.0.0.1:41000>10.0.0.2:80`, as far as the quoted headers say. */
export function quoteText(headers: readonly HeaderJson[]): string {
  const [ip, l4] = headers;
  const port = (p: unknown): string => (typeof p === 'number' ? `:${p}` : '');
  return ip ? `${String(ip['src'])}${port(l4?.['sport'])}>${String(ip['dst'])}${port(l4?.['dport'])}` : '';
}

function vxlan(b: Buffer, at: number, out: HeaderJson[]): boolean {
  if (b.length < at + 8) return true;
  out.push({ type: 'vxlan', vni: b.readUIntBE(at + 4, 3) });
  return ethernet(b, at + 8, out);
}

function geneve(b: Buffer, at: number, out: HeaderJson[]): boolean {
  if (b.length < at + 8) return true;
  out.push({ type: 'geneve', vni: b.readUIntBE(at + 4, 3), options: ((b[at] ?? 0) & 0x3f) * 4 });
  return ethernet(b, at + 8 + ((b[at] ?? 0) & 0x3f) * 4, out);
}

function gre(b: Buffer, at: number, out: HeaderJson[]): boolean {
  if (b.length < at + 4) return true;
  const flags = b.readUInt16BE(at);
  const proto = b.readUInt16BE(at + 2);
  const header: Mutable = { type: 'gre', proto };
  let next = at + 4;
  if (flags & 0x8000) next += 4;
  if (flags & 0x2000) {
    header['key'] = b.readUInt32BE(next);
    next += 4;
  }
  if (flags & 0x1000) next += 4;
  out.push(header);
  if (proto === 0x0800) return ipv4(b, next, out);
  return proto === 0x6558 && ethernet(b, next, out);
}
