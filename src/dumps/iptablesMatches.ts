import { PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../packet/packet.ts';
import type { Match } from '../world/netfilter.ts';
import type { PortRange } from '../world/world.ts';
import { readConntrack } from './iptablesConntrack.ts';
import type { Tokens } from './iptablesTokens.ts';
import { parseDecimal, parseMarkMask, parsePorts } from './words.ts';

/** Where an option of a match stands: its value is the token at `at`. */
export interface OptionAt {
  readonly tokens: Tokens;
  readonly at: number;
  readonly negate: boolean;
}

/** What an option means, and how many value tokens it took; `matches` may be empty for an option without an effect. */
export interface OptionRead {
  readonly matches: readonly Match[];
  readonly took: number;
}

type ReadOption = (option: string, at: OptionAt) => OptionRead | undefined;

const one = (match: Match, took = 1): OptionRead => ({ matches: [match], took });
const valueOf = ({ tokens, at }: OptionAt, index = 0): string | undefined => tokens.text[at + index];

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
  'source-quench': [4, undefined],
  redirect: [5, undefined],
  'echo-request': [8, undefined],
  ping: [8, undefined],
  'router-advertisement': [9, undefined],
  'router-solicitation': [10, undefined],
  'time-exceeded': [11, undefined],
  'ttl-exceeded': [11, undefined],
  'ttl-zero-during-transit': [11, 0],
  'ttl-zero-during-reassembly': [11, 1],
  'parameter-problem': [12, undefined],
  'timestamp-request': [13, undefined],
  'timestamp-reply': [14, undefined],
};

function readIcmpType(at: OptionAt): OptionRead | undefined {
  const text = valueOf(at) ?? '';
  // `any` is saved for type 255 (extensions/libipt_icmp.c).
  if (text === 'any' || text === '255') return one({ kind: 'icmp-type', icmptype: undefined, code: undefined, negate: at.negate });
  const named = Object.hasOwn(ICMP_TYPES, text) ? ICMP_TYPES[text] : undefined;
  if (named) return one({ kind: 'icmp-type', icmptype: named[0], code: named[1], negate: at.negate });
  const [typeText, codeText, ...rest] = text.split('/');
  const icmptype = parseDecimal(typeText, 255);
  const code = codeText === undefined ? undefined : parseDecimal(codeText, 255);
  if (icmptype === undefined || rest.length > 0 || (codeText !== undefined && code === undefined)) return undefined;
  return one({ kind: 'icmp-type', icmptype, code, negate: at.negate });
}

/** `-m tcp`, `-m udp`, `-m sctp`: ports, and for TCP its flags. */
const readPorts =
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
      case '--tcp-flags': {
        if (proto !== PROTO_TCP) return undefined;
        const mask = parseTcpFlags(valueOf(at));
        const set = parseTcpFlags(valueOf(at, 1));
        return mask === undefined || set === undefined ? undefined : one({ kind: 'tcp-flags', mask, set, negate }, 2);
      }
      case '--syn': // FIN,SYN,RST,ACK SYN (iptables-extensions(8))
        return proto === PROTO_TCP ? one({ kind: 'tcp-flags', mask: 0x17, set: 0x02, negate }, 0) : undefined;
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

const readMultiport: ReadOption = (option, at) => {
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

const readMark =
  (kind: 'mark' | 'connmark'): ReadOption =>
  (option, at) => {
    const mark = option === '--mark' ? parseMarkMask(valueOf(at)) : undefined;
    return mark && one({ kind, ...mark, negate: at.negate });
  };

const readSet: ReadOption = (option, at) => {
  if (option !== '--match-set' && option !== '--set') return undefined;
  const [set, dirs] = [valueOf(at), valueOf(at, 1)?.split(',') ?? []];
  if (set === undefined || !dirs.every((d): d is 'src' | 'dst' => d === 'src' || d === 'dst') || dirs.length === 0) return undefined;
  let took = 2;
  // Only whether counters are updated has no effect on the answer; --return-nomatch, --packets-gt and the like do.
  for (;;) {
    const next = valueOf(at, took);
    const negated = next === '!';
    const name = negated ? valueOf(at, took + 1) : next;
    if (name === '--update-counters' || name === '--update-subcounters') took += negated ? 2 : 1;
    else if (name?.startsWith('--')) return undefined;
    else break;
  }
  return one({ kind: 'set', set, dirs, negate: at.negate }, took);
};

/** Types of extensions/libxt_addrtype.c. */
const ADDRTYPES: ReadonlySet<string> = new Set([
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
]);

/** `--limit-iface-*` stands behind the types and belongs to both sides: it is looked for ahead. */
const readAddrtype: ReadOption = (option, at) => {
  if (option === '--limit-iface-in' || option === '--limit-iface-out') return { matches: [], took: 0 };
  if (option !== '--src-type' && option !== '--dst-type') return undefined;
  const types = (valueOf(at) ?? '').split(',');
  if (!types.every((t) => ADDRTYPES.has(t))) return undefined;
  let limitIface: 'in' | 'out' | undefined;
  for (let i = at.at + 1; i < at.tokens.text.length; i++) {
    const word = at.tokens.text[i];
    if (word === '-m' || word === '-j' || word === '-g') break;
    if (word === '--limit-iface-in') limitIface = 'in';
    if (word === '--limit-iface-out') limitIface = 'out';
  }
  return one({ kind: 'addrtype', side: option === '--src-type' ? 'src' : 'dst', types, limitIface, negate: at.negate });
};

const readStatistic: ReadOption = (option, at) => {
  const value = valueOf(at);
  if (option === '--mode') return value === 'random' ? { matches: [], took: 1 } : undefined;
  if (option !== '--probability' || value === undefined || !/^\d{1,3}(\.\d{1,20})?$/.test(value)) return undefined;
  const probability = Number(value);
  return probability <= 1 ? one({ kind: 'statistic-random', probability, negate: at.negate }) : undefined;
};

const readComment: ReadOption = (option, at) => {
  const text = option === '--comment' ? valueOf(at) : undefined;
  return text === undefined ? undefined : one({ kind: 'comment', text });
};

const MODULES: ReadonlyMap<string, ReadOption> = new Map<string, ReadOption>([
  ['tcp', readPorts(PROTO_TCP)],
  ['udp', readPorts(PROTO_UDP)],
  ['sctp', readPorts(PROTO_SCTP)],
  ['icmp', (option, at) => (option === '--icmp-type' ? readIcmpType(at) : undefined)],
  ['multiport', readMultiport],
  ['mark', readMark('mark')],
  ['connmark', readMark('connmark')],
  ['conntrack', readConntrack],
  ['state', readConntrack],
  ['set', readSet],
  ['addrtype', readAddrtype],
  ['statistic', readStatistic],
  ['comment', readComment],
]);

/** Reader for the options of `-m NAME`; undefined for a match that we do not know. */
export const matchReader = (module: string): ReadOption | undefined => MODULES.get(module);

/** The module that `-p PROTO` loads by itself when an option of it follows without `-m`. */
export function implicitModule(proto: number | undefined): string | undefined {
  switch (proto) {
    case PROTO_TCP:
      return 'tcp';
    case PROTO_UDP:
      return 'udp';
    case PROTO_SCTP:
      return 'sctp';
    case PROTO_ICMP:
      return 'icmp';
    default:
      return undefined;
  }
}
