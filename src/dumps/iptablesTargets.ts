import { maskOf, parseIp4 } from '../packet/address.ts';
import type { NatRange, Target } from '../world/netfilter.ts';
import type { PortRange } from '../world/world.ts';
import { MARK_TARGETS } from './iptablesTargetsMark.ts';
import { PACKET_TARGETS } from './iptablesTargetsPacket.ts';
import { VERDICT_TARGETS } from './iptablesTargetsVerdict.ts';
import type { ReadTarget } from './iptablesTargetOptions.ts';
import { readCt } from './iptablesConntrack.ts';
import { parseDecimal, parsePorts, parsePrefix } from './words.ts';

/** A target without options. */
const bare =
  (target: Target): ReadTarget =>
  (options) =>
    options.length === 0 ? target : undefined;

/** `[ip[-ip]][:port[-port][/base]]` of --to-destination and --to-source. */
function parseNatTo(text: string): Pick<NatRange, 'ips' | 'ports' | 'base'> | undefined {
  const colon = text.indexOf(':');
  const ipText = colon < 0 ? text : text.slice(0, colon);
  let ports: PortRange | undefined;
  let shifted: Pick<NatRange, 'base'> = {};
  if (colon >= 0) {
    const [portText, baseText, ...more] = text.slice(colon + 1).split('/');
    ports = parsePorts(portText, '-');
    const base = parseDecimal(baseText, 65_535);
    if (!ports || more.length > 0 || (baseText !== undefined && base === undefined)) return undefined;
    if (base !== undefined) shifted = { base };
  }
  if (ipText === '') return ports ? { ips: undefined, ports, ...shifted } : undefined;
  const [fromText, toText, ...rest] = ipText.split('-');
  const from = parseIp4(fromText ?? '');
  const to = toText === undefined ? from : parseIp4(toText);
  return from === undefined || to === undefined || rest.length > 0 ? undefined : { ips: { from, to }, ports, ...shifted };
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

/** `--to NET`: libipt_NETMAP keeps the network, whatever the host part says. */
const readNetmap: ReadTarget = ([option, text, ...rest]) => {
  const net = option === '--to' && rest.length === 0 ? parsePrefix(text) : undefined;
  return net && { kind: 'netmap', net: { ip: (net.ip & maskOf(net.prefixLen)) >>> 0, prefixLen: net.prefixLen } };
};

const TARGETS: ReadonlyMap<string, ReadTarget> = new Map<string, ReadTarget>([
  ['ACCEPT', bare({ kind: 'accept' })],
  ['DROP', bare({ kind: 'drop' })],
  ['RETURN', bare({ kind: 'return' })],
  ['DNAT', readNat('dnat', '--to-destination')],
  ['SNAT', readNat('snat', '--to-source')],
  ['MASQUERADE', readNat('masquerade', '--to-ports')],
  ['REDIRECT', readNat('redirect', '--to-ports')],
  ['NETMAP', readNetmap],
  ['NOTRACK', bare({ kind: 'notrack', name: 'NOTRACK' })],
  ['CT', readCt],
  ...MARK_TARGETS,
  ...PACKET_TARGETS,
  ...VERDICT_TARGETS,
]);

/** Targets of iptables-extensions(8) that we do not model: their names are never user chains. */
const OTHER_TARGETS: ReadonlySet<string> = new Set(
  (
    'AUDIT CLUSTERIP CONNSECMARK DNPT HL HMARK IDLETIMER LED RATEEST SECMARK SNPT SYNPROXY TARPIT TCPOPTSTRIP TEE TPROXY ULOG ' +
    'ACCOUNT CHAOS DELUDE DHCPMAC DNETMAP ECHO IPMARK LOGMARK MIRROR SYSRQ FLOWOFFLOAD'
  ).split(' '),
);

/** True when `-j NAME` is an extension, so that NAME is not looked for among the chains. */
export const isTargetName = (name: string): boolean => TARGETS.has(name) || OTHER_TARGETS.has(name);

/** The target `name` with its options; `text` is kept when we do not know it or one of its options. */
export function readTarget(name: string, options: readonly string[], text: string): Target {
  return TARGETS.get(name)?.(options) ?? { kind: 'unknown', name, text };
}
