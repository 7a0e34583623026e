import { PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../packet/packet.ts';
import type { Match } from '../world/netfilter.ts';
import { readConntrack } from './iptablesConntrack.ts';
import { readSetOption } from './iptablesSetMatch.ts';
import type { Tokens } from './iptablesTokens.ts';
import { HEADER_MODULES } from './matches/header.ts';
import { bareModule, type Module, one, readModule, type ReadOption, valueOf } from './matches/options.ts';
import { PLACE_MODULES } from './matches/place.ts';
import { NTH, RATE_MODULES } from './matches/rate.ts';
import { readIcmpType, readMultiport, readPorts } from './matches/transport.ts';
import { parseMarkMask } from './words.ts';

const readMark =
  (kind: 'mark' | 'connmark'): ReadOption =>
  (option, at) => {
    const mark = option === '--mark' ? parseMarkMask(valueOf(at)) : undefined;
    return mark && one({ kind, ...mark, negate: at.negate });
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

const readNth = readModule('statistic', NTH);

const readStatistic: ReadOption = (option, at) => {
  const value = valueOf(at);
  if (option === '--mode' && value === 'nth') return readNth(option, at);
  if (option === '--mode') return value === 'random' ? { matches: [], took: 1 } : undefined;
  if (option !== '--probability' || value === undefined || !/^\d{1,3}(\.\d{1,20})?$/.test(value)) return undefined;
  const probability = Number(value);
  return probability <= 1 ? one({ kind: 'statistic-random', probability, negate: at.negate }) : undefined;
};

const readComment: ReadOption = (option, at) => {
  const text = option === '--comment' ? valueOf(at) : undefined;
  return text === undefined ? undefined : one({ kind: 'comment', text });
};

/** Modules whose options are one condition together. */
const WHOLE: ReadonlyMap<string, Module> = new Map(Object.entries({ ...HEADER_MODULES, ...PLACE_MODULES, ...RATE_MODULES }));

const MODULES: ReadonlyMap<string, ReadOption> = new Map<string, ReadOption>([
  ['tcp', readPorts(PROTO_TCP)],
  ['udp', readPorts(PROTO_UDP)],
  ['sctp', readPorts(PROTO_SCTP)],
  ['icmp', readIcmpType],
  ['multiport', readMultiport],
  ['mark', readMark('mark')],
  ['connmark', readMark('connmark')],
  ['conntrack', readConntrack],
  ['state', readConntrack],
  ['set', readSetOption],
  ['addrtype', readAddrtype],
  ['statistic', readStatistic],
  ['comment', readComment],
  ...[...WHOLE].map(([name, module]): [string, ReadOption] => [name, readModule(name, module)]),
]);

/** Reader for the options of `-m NAME`; undefined for a match that we do not know. */
export const matchReader = (module: string): ReadOption | undefined => MODULES.get(module);

/** The condition of `-m NAME` without an option of it behind (`-m socket -j …`), if that means something. */
export function bareMatch(name: string, tokens: Tokens, at: number): Match | undefined {
  const module = WHOLE.get(name);
  return module && bareModule(name, module, tokens, at);
}

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
