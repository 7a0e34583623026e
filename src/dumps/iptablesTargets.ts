import { parseIp4 } from '../packet/address.ts';
import type { NatRange, Target } from '../world/netfilter.ts';
import type { PortRange } from '../world/world.ts';
import { parseMarkMask, parsePorts, parseU32 } from './words.ts';

/** How a target reads its options; undefined when it has some that we do not know. */
type ReadTarget = (options: readonly string[]) => Target | undefined;

/** A target without options. */
const bare =
  (target: Target): ReadTarget =>
  (options) =>
    options.length === 0 ? target : undefined;

/**
 * The five ways to write a mark, as extensions/libxt_MARK.c turns them into `mark = (mark & ~mask) ^ value`
 * (mark_tg(), net/netfilter/xt_mark.c).
 */
const readMark: ReadTarget = ([option, text, ...rest]) => {
  if (rest.length > 0) return undefined;
  const pair = parseMarkMask(text);
  const single = parseU32(text);
  switch (option) {
    case '--set-xmark':
      return pair && { kind: 'mark', value: pair.value, mask: pair.mask };
    case '--set-mark':
      return pair && { kind: 'mark', value: pair.value, mask: (pair.value | pair.mask) >>> 0 };
    case '--and-mark':
      return single === undefined ? undefined : { kind: 'mark', value: 0, mask: ~single >>> 0 };
    case '--or-mark':
      return single === undefined ? undefined : { kind: 'mark', value: single, mask: single };
    case '--xor-mark':
      return single === undefined ? undefined : { kind: 'mark', value: single, mask: 0 };
    default:
      return undefined;
  }
};

/** `[ip[-ip]][:port[-port]]` of --to-destination and --to-source; a third part `/base` shifts ports and is not known. */
function parseNatTo(text: string): Pick<NatRange, 'ips' | 'ports'> | undefined {
  const colon = text.indexOf(':');
  const ipText = colon < 0 ? text : text.slice(0, colon);
  let ports: PortRange | undefined;
  if (colon >= 0) {
    ports = parsePorts(text.slice(colon + 1), '-');
    if (!ports) return undefined;
  }
  if (ipText === '') return ports ? { ips: undefined, ports } : undefined;
  const [fromText, toText, ...rest] = ipText.split('-');
  const from = parseIp4(fromText ?? '');
  const to = toText === undefined ? from : parseIp4(toText);
  return from === undefined || to === undefined || rest.length > 0 ? undefined : { ips: { from, to }, ports };
}

/** Options shared by the NAT targets. `to` is the option that holds addresses, `--to-ports` ports alone. */
function readNatRange(options: readonly string[], to: string): NatRange | undefined {
  let range: NatRange = { ips: undefined, ports: undefined, random: undefined, persistent: false };
  for (let i = 0; i < options.length; i++) {
    const option = options[i];
    const value = options[i + 1] ?? '';
    if (option === '--random') range = { ...range, random: range.random ?? 'random' };
    else if (option === '--random-fully') range = { ...range, random: 'fully' };
    else if (option === '--persistent') range = { ...range, persistent: true };
    else if (option === to && to === '--to-ports') {
      const ports = parsePorts(value, '-');
      if (!ports) return undefined;
      range = { ...range, ports };
      i++;
    } else if (option === to) {
      const parsed = parseNatTo(value);
      // Several ranges in one rule are history (before Linux 2.6.11).
      if (!parsed || range.ips || range.ports) return undefined;
      range = { ...range, ...parsed };
      i++;
    } else return undefined;
  }
  return range;
}

const readNat =
  (kind: 'dnat' | 'snat' | 'masquerade' | 'redirect', to: string): ReadTarget =>
  (options) => {
    const range = readNatRange(options, to);
    if (!range) return undefined;
    // DNAT and SNAT without an address or a port are refused by iptables.
    return (kind === 'dnat' || kind === 'snat') && !range.ips && !range.ports ? undefined : { kind, range };
  };

/** Short names of extensions/libipt_REJECT.c; iptables-save prints the long ones. */
const REJECT_WITH: Readonly<Record<string, string>> = {
  'net-unreach': 'icmp-net-unreachable',
  'host-unreach': 'icmp-host-unreachable',
  'proto-unreach': 'icmp-proto-unreachable',
  'port-unreach': 'icmp-port-unreachable',
  'net-prohib': 'icmp-net-prohibited',
  'host-prohib': 'icmp-host-prohibited',
  'admin-prohib': 'icmp-admin-prohibited',
  'tcp-rst': 'tcp-reset',
};

const REJECT_KINDS: ReadonlySet<string> = new Set(Object.values(REJECT_WITH));

const readReject: ReadTarget = ([option, text, ...rest]) => {
  if (option === undefined) return { kind: 'reject', with: 'icmp-port-unreachable' };
  if (option !== '--reject-with' || text === undefined || rest.length > 0) return undefined;
  const kind = Object.hasOwn(REJECT_WITH, text) ? REJECT_WITH[text] : text;
  return kind !== undefined && REJECT_KINDS.has(kind) ? { kind: 'reject', with: kind } : undefined;
};

const TARGETS: ReadonlyMap<string, ReadTarget> = new Map<string, ReadTarget>([
  ['ACCEPT', bare({ kind: 'accept' })],
  ['DROP', bare({ kind: 'drop' })],
  ['RETURN', bare({ kind: 'return' })],
  ['MARK', readMark],
  ['DNAT', readNat('dnat', '--to-destination')],
  ['SNAT', readNat('snat', '--to-source')],
  ['MASQUERADE', readNat('masquerade', '--to-ports')],
  ['REDIRECT', readNat('redirect', '--to-ports')],
  ['REJECT', readReject],
  ['NOTRACK', bare({ kind: 'notrack' })],
  ['CT', (options) => (options.length === 1 && options[0] === '--notrack' ? { kind: 'notrack' } : undefined)],
  ['LOG', () => ({ kind: 'log', name: 'LOG' })],
  ['NFLOG', () => ({ kind: 'log', name: 'NFLOG' })],
  ['TRACE', () => ({ kind: 'log', name: 'TRACE' })],
]);

/** Targets of iptables-extensions(8) that we do not model: their names are never user chains. */
const OTHER_TARGETS: ReadonlySet<string> = new Set(
  (
    'AUDIT CHECKSUM CLASSIFY CLUSTERIP CONNMARK CONNSECMARK DNPT DSCP ECN HL HMARK IDLETIMER LED NETMAP NFQUEUE QUEUE RATEEST SECMARK SET SNPT ' +
    'SYNPROXY TARPIT TCPMSS TCPOPTSTRIP TEE TOS TPROXY TTL ULOG'
  ).split(' '),
);

/** True when `-j NAME` is an extension, so that NAME is not looked for among the chains. */
export const isTargetName = (name: string): boolean => TARGETS.has(name) || OTHER_TARGETS.has(name);

/** The target `name` with its options; `text` is kept when we do not know it or one of its options. */
export function readTarget(name: string, options: readonly string[], text: string): Target {
  return TARGETS.get(name)?.(options) ?? { kind: 'unknown', name, text };
}
