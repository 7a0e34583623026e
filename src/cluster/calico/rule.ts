import { hex } from '../../packet/address.ts';
import { protocolName } from '../../packet/protocols.ts';
import type { Because } from '../because.ts';

/**
 * A rule as Felix renders it: once in its own spelling, of which it makes the rule's hash, and once as iptables-save prints the rule
 * back. (felix/iptables/match_builder.go, actions.go)
 */
export interface FelixRule {
  readonly comments?: readonly string[];
  readonly match?: readonly FelixMatch[];
  /** Absent: a rule that only carries a comment. */
  readonly action?: FelixAction;
  readonly because?: Because | undefined;
}

export interface FelixMatch {
  /** Place among the matches of the IP header, which iptables-save prints first and in this order: source, destination, in, out, protocol. */
  readonly header?: 0 | 1 | 2 | 3 | 4;
  readonly felix: string;
  readonly saved: string;
}

export interface FelixAction {
  readonly felix: string;
  readonly saved: string;
  /** The chain that it leads to. */
  readonly chain?: string;
}

export interface FelixChain {
  readonly name: string;
  readonly rules: readonly FelixRule[];
}

const same = (text: string): FelixMatch => ({ felix: text, saved: text });

const headed = (header: NonNullable<FelixMatch['header']>, felix: string, saved: string): FelixMatch => ({ header, felix, saved });

/** `! ` in front of a condition that is turned round. */
const not = (negated: boolean): string => (negated ? '! ' : '');

/** iptables-save prints every network with its prefix length, and the whole Internet only where it is negated (save_ipv4_addr()). */
const savedNet = (option: '-s' | '-d', net: string, negated: boolean): string => (/^0\.0\.0\.0\/0$/.test(net) && !negated ? '' : `${not(negated)}${option} ${net.includes('/') ? net : `${net}/32`}`);

/** iptables-save prints names of /etc/protocols, whatever was typed. */
const protocolOf = (protocol: string | number): string => (typeof protocol === 'number' ? protocolName(protocol) : protocol === 'icmpv6' ? 'ipv6-icmp' : protocol);

const multiport = (felix: string, saved: string, ports: string, negated = false): FelixMatch => ({ felix: `-m multiport ${not(negated)}--${felix} ${ports}`, saved: `-m multiport ${not(negated)}--${saved} ${ports}` });

/** Matches, named as Felix's builder names them. */
export const match = {
  source: (net: string, negated = false) => headed(0, `${not(negated)}--source ${net}`, savedNet('-s', net, negated)),
  destination: (net: string, negated = false) => headed(1, `${not(negated)}--destination ${net}`, savedNet('-d', net, negated)),
  inInterface: (dev: string) => headed(2, `--in-interface ${dev}`, `-i ${dev}`),
  outInterface: (dev: string) => headed(3, `--out-interface ${dev}`, `-o ${dev}`),
  protocol: (protocol: string | number, negated = false) => headed(4, `${not(negated)}-p ${protocol}`, `${not(negated)}-p ${protocolOf(protocol)}`),
  mark: (value: number, mask: number, negated = false) => same(`-m mark ${not(negated)}--mark ${hex(value)}/${hex(mask)}`),
  markSet: (bit: number) => match.mark(bit, bit),
  // Felix writes a zero of its own here, which counts in the hash.
  markClear: (mask: number): FelixMatch => ({ felix: `-m mark --mark 0/${hex(mask)}`, saved: `-m mark --mark 0x0/${hex(mask)}` }),
  markNotClear: (mask: number): FelixMatch => ({ felix: `-m mark ! --mark 0/${hex(mask)}`, saved: `-m mark ! --mark 0x0/${hex(mask)}` }),
  ctstate: (states: string, negated = false) => same(`-m conntrack ${not(negated)}--ctstate ${states}`),
  rpfilter: (validmark: boolean): FelixMatch => ({ felix: `-m rpfilter --invert${validmark ? ' --validmark' : ''}`, saved: `-m rpfilter${validmark ? ' --validmark' : ''} --invert` }),
  sourceType: (type: string, { negated = false, limitOut = false } = {}) => same(`-m addrtype ${not(negated)}--src-type ${type}${limitOut ? ' --limit-iface-out' : ''}`),
  destinationType: (type: string) => same(`-m addrtype --dst-type ${type}`),
  set: (name: string, flags: string, negated = false) => same(`-m set ${not(negated)}--match-set ${name} ${flags}`),
  sourcePorts: (ports: string, negated = false) => multiport('source-ports', 'sports', ports, negated),
  destinationPorts: (ports: string, negated = false) => multiport('destination-ports', 'dports', ports, negated),
  /** `--dport` without `-m`: it belongs to the protocol's own match, which iptables loads for it. */
  udpPort: (port: number): FelixMatch => ({ felix: `--dport ${port}`, saved: `-m udp --dport ${port}` }),
  icmp: (type: number, code: number | undefined, negated = false) => same(`-m icmp ${not(negated)}--icmp-type ${type}${code === undefined ? '' : `/${code}`}`),
} as const;

const plain = (target: string): FelixAction => ({ felix: `--jump ${target}`, saved: `-j ${target}` });

const setMark = (value: number, mask: number): FelixAction => ({ felix: `--jump MARK --set-mark ${hex(value)}/${hex(mask)}`, saved: `-j MARK --set-xmark ${hex(value)}/${hex(mask)}` });

/** Actions, named as Felix names them. */
export const action = {
  jump: (chain: string): FelixAction => ({ ...plain(chain), chain }),
  goTo: (chain: string): FelixAction => ({ felix: `--goto ${chain}`, saved: `-g ${chain}`, chain }),
  accept: plain('ACCEPT'),
  drop: plain('DROP'),
  return: plain('RETURN'),
  reject: { felix: '--jump REJECT', saved: '-j REJECT --reject-with icmp-port-unreachable' } satisfies FelixAction,
  log: (prefix: string): FelixAction => plain(`LOG --log-prefix "${prefix}: " --log-level 5`),
  noTrack: { felix: '--jump NOTRACK', saved: '-j CT --notrack' } satisfies FelixAction,
  clearMark: (mask: number): FelixAction => ({ felix: `--jump MARK --set-mark 0/${hex(mask)}`, saved: `-j MARK --set-xmark 0x0/${hex(mask)}` }),
  setMark: (bits: number): FelixAction => setMark(bits, bits),
  setMaskedMark: setMark,
  masquerade: (ports: string | undefined, fully: boolean): FelixAction => plain(`MASQUERADE${ports === undefined ? '' : ` --to-ports ${ports}`}${fully ? ' --random-fully' : ''}`),
  snat: (to: string, fully: boolean): FelixAction => plain(`SNAT --to-source ${to}${fully ? ' --random-fully' : ''}`),
  dnat: (to: string): FelixAction => plain(`DNAT --to-destination ${to}`),
} as const;

/** Felix puts `_` for everything that a shell might read (escapeComment()), and cuts at 256 characters. */
const commentText = (text: string): string => text.replaceAll(/[^\w @%+=:,./-]/g, '_').slice(0, 256);

const comment = (text: string): string => `-m comment --comment "${commentText(text)}"`;

/** The text of which a rule's hash is made (renderInner() with the hash left open). */
export const hashedText = (chain: string, { comments = [], match: matches = [], action: what }: FelixRule): string =>
  [`-A ${chain} HASH`, ...comments.map(comment), ...matches.map((m) => m.felix), ...(what ? [what.felix] : [])].join(' ');

/** What stands behind `-A CHAIN ` in the output of iptables-save. */
export function savedText(hash: string, { comments = [], match: matches = [], action: what }: FelixRule): string {
  const header = matches.filter((m) => m.header !== undefined && m.saved !== '').toSorted((a, b) => (a.header ?? 0) - (b.header ?? 0));
  const others = matches.filter((m) => m.header === undefined);
  // iptables-save quotes only what has a character besides letters, digits, `_` and `-`; the hash has a colon, the others blanks.
  return [...header.map((m) => m.saved), comment(`cali:${hash}`), ...comments.map(savedComment), ...others.map((m) => m.saved), ...(what ? [what.saved] : [])].join(' ');
}

const savedComment = (text: string): string => {
  const clean = commentText(text);
  return `-m comment --comment ${/^[\w-]+$/.test(clean) ? clean : `"${clean}"`}`;
};
