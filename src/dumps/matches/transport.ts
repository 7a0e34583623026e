import { PROTO_SCTP, PROTO_TCP } from '../../packet/packet.ts';
import type { PortRange } from '../../world/world.ts';
import { parseDecimal, parsePorts } from '../words.ts';
import { one, type OptionAt, type OptionRead, type ReadOption, valueOf } from './options.ts';

const TCP_FLAGS: Readonly<Record<string, number>> = { FIN: 0x01, SYN: 0x02, RST: 0x04, PSH: 0x08, ACK: 0x10, URG: 0x20, ALL: 0x3f, NONE: 0 };

/** `FIN,SYN` or `ALL` or `NONE` as a bit set. */
export function parseTcpFlags(text: string | undefined): number | undefined {
  let flags = 0;
  for (const name of text?.split(',') ?? ['']) {
    const bit = Object.hasOwn(TCP_FLAGS, name) ? TCP_FLAGS[name] : undefined;
    if (bit === undefined) return undefined;
    flags |= bit;
  }
  return flags;
}

/** The flags as iptables-save prints them (print_tcpf(), extensions/libxt_tcp.c). */
export function formatTcpFlags(flags: number): string {
  if (flags === 0) return 'NONE';
  const names = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'].filter((name) => (flags & (TCP_FLAGS[name] ?? 0)) !== 0);
  return names.join(',');
}

/** Chunk types by their numbers (RFC 9260 §3.2; sctp_chunk_names, extensions/libxt_sctp.c). */
const CHUNKS: Readonly<Record<string, number>> = {
  DATA: 0,
  INIT: 1,
  INIT_ACK: 2,
  SACK: 3,
  HEARTBEAT: 4,
  HEARTBEAT_ACK: 5,
  ABORT: 6,
  SHUTDOWN: 7,
  SHUTDOWN_ACK: 8,
  ERROR: 9,
  COOKIE_ECHO: 10,
  COOKIE_ACK: 11,
  ECN_ECNE: 12,
  ECN_CWR: 13,
  SHUTDOWN_COMPLETE: 14,
  I_DATA: 64,
  RE_CONFIG: 130,
  PAD: 132,
  ASCONF: 193,
  ASCONF_ACK: 128,
  FORWARD_TSN: 192,
  I_FORWARD_TSN: 194,
};

export const chunkName = (type: number): string => Object.keys(CHUNKS).find((name) => CHUNKS[name] === type) ?? String(type);

/** `--chunk-types any|all|only TYPE[:FLAGS],…`; `ALL` and `NONE` stand for every type and for none. */
function readChunks(at: OptionAt): OptionRead | undefined {
  const how = valueOf(at);
  const list = valueOf(at, 1);
  if ((how !== 'all' && how !== 'any' && how !== 'only') || list === undefined) return undefined;
  if (list === 'ALL' || list === 'NONE') return one({ kind: 'sctp-chunks', how, chunks: list, negate: at.negate }, 2);
  const chunks = [];
  for (const part of list.split(',')) {
    const [name = '', flags, ...rest] = part.split(':');
    const type = Object.hasOwn(CHUNKS, name) ? CHUNKS[name] : undefined;
    if (type === undefined || rest.length > 0) return undefined;
    chunks.push({ type, flags });
  }
  return one({ kind: 'sctp-chunks', how, chunks, negate: at.negate }, 2);
}

/** `-m tcp`, `-m udp`, `-m sctp`: ports, and for TCP its flags and options, for SCTP its chunks. */
export const readPorts =
  (proto: number): ReadOption =>
  (option, at) => {
    const { negate } = at;
    switch (option) {
      case '--sport':
      case '--source-port':
      case '--dport':
      case '--destination-port': {
        const ports = parsePorts(valueOf(at), ':');
        return ports && one({ kind: option.startsWith('--s') ? 'sport' : 'dport', proto, ports, negate });
      }
      case '--chunk-types':
        return proto === PROTO_SCTP ? readChunks(at) : undefined;
    }
    if (proto !== PROTO_TCP) return undefined;
    switch (option) {
      case '--tcp-flags': {
        const mask = parseTcpFlags(valueOf(at));
        const set = parseTcpFlags(valueOf(at, 1));
        return mask === undefined || set === undefined ? undefined : one({ kind: 'tcp-flags', mask, set, negate }, 2);
      }
      case '--syn': // FIN,SYN,RST,ACK SYN (iptables-extensions(8))
        return one({ kind: 'tcp-flags', mask: 0x17, set: 0x02, negate }, 0);
      case '--tcp-option': {
        const number = parseDecimal(valueOf(at), 255);
        return number === undefined || number === 0 ? undefined : one({ kind: 'tcp-option', option: number, negate });
      }
      default:
        return undefined;
    }
  };

const MULTIPORT_SIDES: Readonly<Record<string, 'src' | 'dst' | 'either'>> = {
  '--sports': 'src',
  '--source-ports': 'src',
  '--dports': 'dst',
  '--destination-ports': 'dst',
  '--ports': 'either',
};

export const readMultiport: ReadOption = (option, at) => {
  const side = Object.hasOwn(MULTIPORT_SIDES, option) ? MULTIPORT_SIDES[option] : undefined;
  if (side === undefined) return undefined;
  const ports: PortRange[] = [];
  for (const part of (valueOf(at) ?? '').split(',')) {
    const range = parsePorts(part, ':');
    if (!range) return undefined;
    ports.push(range);
  }
  return one({ kind: 'multiport', side, ports, negate: at.negate });
};

/** Names of extensions/libxt_icmp.h that appear in hand-written rules; iptables-save prints numbers. */
const ICMP_TYPES: Readonly<Record<string, readonly [number, number | undefined]>> = {
  'echo-reply': [0, undefined],
  pong: [0, undefined],
  'destination-unreachable': [3, undefined],
  'network-unreachable': [3, 0],
  'host-unreachable': [3, 1],
  'protocol-unreachable': [3, 2],
  'port-unreachable': [3, 3],
  'fragmentation-needed': [3, 4],
  'source-route-failed': [3, 5],
  'network-unknown': [3, 6],
  'host-unknown': [3, 7],
  'network-prohibited': [3, 9],
  'host-prohibited': [3, 10],
  'tos-network-unreachable': [3, 11],
  'tos-host-unreachable': [3, 12],
  'communication-prohibited': [3, 13],
  'host-precedence-violation': [3, 14],
  'precedence-cutoff': [3, 15],
  'source-quench': [4, undefined],
  redirect: [5, undefined],
  'network-redirect': [5, 0],
  'host-redirect': [5, 1],
  'tos-network-redirect': [5, 2],
  'tos-host-redirect': [5, 3],
  'echo-request': [8, undefined],
  ping: [8, undefined],
  'router-advertisement': [9, undefined],
  'router-solicitation': [10, undefined],
  'time-exceeded': [11, undefined],
  'ttl-exceeded': [11, undefined],
  'ttl-zero-during-transit': [11, 0],
  'ttl-zero-during-reassembly': [11, 1],
  'parameter-problem': [12, undefined],
  'ip-header-bad': [12, 0],
  'required-option-missing': [12, 1],
  'timestamp-request': [13, undefined],
  'timestamp-reply': [14, undefined],
  'address-mask-request': [17, undefined],
  'address-mask-reply': [18, undefined],
};

export const readIcmpType: ReadOption = (option, at) => {
  if (option !== '--icmp-type') return undefined;
  const text = (valueOf(at) ?? '').toLowerCase();
  // `any` is saved for type 255 (extensions/libipt_icmp.c).
  if (text === 'any' || text === '255') return one({ kind: 'icmp-type', icmptype: undefined, code: undefined, negate: at.negate });
  const named = Object.hasOwn(ICMP_TYPES, text) ? ICMP_TYPES[text] : undefined;
  if (named) return one({ kind: 'icmp-type', icmptype: named[0], code: named[1], negate: at.negate });
  const [typeText, codeText, ...rest] = text.split('/');
  const icmptype = parseDecimal(typeText, 255);
  const code = codeText === undefined ? undefined : parseDecimal(codeText, 255);
  if (icmptype === undefined || rest.length > 0 || (codeText !== undefined && code === undefined)) return undefined;
  return one({ kind: 'icmp-type', icmptype, code, negate: at.negate });
};
