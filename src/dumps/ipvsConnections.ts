import { formatIp4, parseIp4, type Ip4 } from '../packet/address.ts';
import { PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../packet/packet.ts';
import type { IpvsConnection } from '../world/ipvs.ts';
import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { parseDecimal, parseEndpoint, wordsOf } from './words.ts';

/** ip_vs_proto_name() (net/netfilter/ipvs/ip_vs_proto.c); `IP` is the template of a firewall mark. */
const PROTOCOLS: readonly (readonly [string, number])[] = [
  ['IP', 0],
  ['TCP', PROTO_TCP],
  ['UDP', PROTO_UDP],
  ['SCTP', PROTO_SCTP],
];

const HEX_ADDRESS = /^[0-9A-F]{8}$/;
const HEX_PORT = /^[0-9A-F]{4}$/;

interface Endpoint {
  readonly ip: Ip4;
  readonly port: number;
}

/** Three pairs of hexadecimal words, as /proc/net/ip_vs_conn has them. */
function hexEndpoints(words: readonly string[]): readonly Endpoint[] | undefined {
  if (words.length < 6) return undefined;
  const pairs = [0, 2, 4].map((i) => [words[i] ?? '', words[i + 1] ?? ''] as const);
  return pairs.every(([ip, port]) => HEX_ADDRESS.test(ip) && HEX_PORT.test(port)) ? pairs.map(([ip, port]) => ({ ip: Number(`0x${ip}`), port: Number(`0x${port}`) })) : undefined;
}

/** `mm:ss`, or plain seconds. */
function seconds(text: string | undefined): number | undefined {
  const [minutes, rest] = text?.split(':') ?? [];
  const [m, s] = [parseDecimal(minutes), parseDecimal(rest)];
  if (rest === undefined) return m;
  return m === undefined || s === undefined ? undefined : m * 60 + s;
}

const isIpv6 = (words: readonly string[]): boolean => words.some((w) => w.startsWith('['));

/** Parses `ipvsadm -Lnc` and /proc/net/ip_vs_conn. Never throws on any text. */
export function parseIpvsConnections({ input, firstLine, lines }: Lines): Parsed<readonly IpvsConnection[]> {
  const found = new DiagnosticList();
  const connections: IpvsConnection[] = [];
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    const words = wordsOf(line);
    if (words.length === 0 || line.startsWith('IPVS connection entries') || words[0]?.toLowerCase() === 'pro') continue;
    if (isIpv6(words)) {
      found.add('ipv6-skipped', source, line);
      continue;
    }
    const proto = PROTOCOLS.find(([name]) => name === words[0])?.[1];
    const hex = hexEndpoints(words.slice(1, 7));
    const [client, virtual, real] = hex ?? [words[3], words[4], words[5]].map(parseEndpoint);
    const state = hex ? words[7] : words[2];
    const expireSec = seconds(hex ? words[8] : words[1]);
    if (proto === undefined || !client || !virtual || !real || state === undefined || expireSec === undefined) {
      found.add(proto === undefined ? 'unknown-line' : expireSec === undefined ? 'bad-number' : 'bad-address', source, line);
      continue;
    }
    connections.push({ proto, state, expireSec, client: client.ip, cport: client.port, vip: virtual.ip, vport: virtual.port, real: real.ip, rport: real.port, source });
  }
  return { value: connections, diagnostics: found.items };
}

/** The lines of `ipvsadm -Lnc` (print_conn() of ipvsadm.c). */
export function printIpvsConnections(connections: readonly IpvsConnection[]): readonly string[] {
  const two = (n: number): string => String(n).padStart(2, '0');
  return [
    'IPVS connection entries',
    'pro expire state       source             virtual            destination',
    ...connections.map((c) => {
      const name = PROTOCOLS.find(([, proto]) => proto === c.proto)?.[0] ?? 'IP';
      const ends = [`${formatIp4(c.client)}:${c.cport}`, `${formatIp4(c.vip)}:${c.vport}`].map((e) => e.padEnd(18)).join(' ');
      return `${name.padEnd(3)} ${two(Math.floor(c.expireSec / 60))}:${two(c.expireSec % 60)}  ${c.state.padEnd(11)} ${ends} ${formatIp4(c.real)}:${c.rport}`;
    }),
  ];
}

/** True for a line of /proc/net/ip_vs_conn or `ipvsadm -Lnc`, whose listing may come without its command. */
export const looksLikeIpvsConnections = (line: string): boolean => line.startsWith('IPVS connection entries') || /^Pro FromIP +FPrt /.test(line) || (/^(?:TCP|UDP|SCTP|IP) /.test(line) && hexEndpoints(wordsOf(line).slice(1, 7)) !== undefined && parseIp4(wordsOf(line)[1] ?? '') === undefined);
