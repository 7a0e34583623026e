import { formatNat } from '../dumps/ovsCt.ts';
import type { CachedPass, Endpoint, OpenFlowStep, OvsActionStep, Step, StepBody } from '../engine/step.ts';
import type { Ending, NetError, Outcome, Trace } from '../engine/trace-types.ts';
import { formatIp4, hex } from '../packet/address.ts';
import { type Header, type Packet, PROTO_IPIP, TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN, isPorted } from '../packet/packet.ts';
import { protocolName } from '../packet/protocols.ts';
import { packetBytes } from '../packet/sizes.ts';
import { netnsId } from '../world/lookup.ts';
import { fieldText, matchText } from './tales/ovs.ts';

/*
 * A trace as short text, one line a step: for terminals, goldens and `diff`. The words are those of the kernel's tools, so they are
 * the same in every language.
 */

const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [TCP_SYN, 'SYN'],
  [TCP_FIN, 'FIN'],
  [TCP_RST, 'RST'],
  [TCP_PSH, 'PSH'],
  [TCP_ACK, 'ACK'],
];

/** TCP flags by name, ACK last: `SYN`, `SYN,ACK`, `RST,ACK`; `none` when no bit is set. */
export const flagsText = (flags: number): string =>
  FLAGS.filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join(',') || 'none';

const withPort = (ip: number, port: number | undefined): string => (port === undefined ? formatIp4(ip) : `${formatIp4(ip)}:${port}`);
const endpointText = (e: Endpoint): string => withPort(e.ip, e.port);

/**
 * Addresses, ports and what the protocol has to say, outermost IP packet first, `|` between a tunnel's outer and inner packet:
 * `10.10.4.142 > 10.10.4.143 ttl 62 | 10.233.98.0:20001 > 10.233.125.24:80 tcp SYN ttl 62`. An ARP packet says what it asks.
 */
export function packetText(packet: Packet): string {
  const parts: string[] = [];
  for (const [i, header] of packet.entries()) {
    if (header.type === 'arp') parts.push(header.op === 'request' ? `arp who-has ${formatIp4(header.tpa)} tell ${formatIp4(header.spa)}` : `arp ${formatIp4(header.spa)} is-at ${header.sha}`);
    if (header.type !== 'ipv4') continue;
    const l4 = packet[i + 1];
    const ports = isPorted(l4) ? { sport: l4.sport, dport: l4.dport } : { sport: undefined, dport: undefined };
    const fragment = header.mf || header.offset > 0 ? ` fragment ${header.offset}${header.mf ? '+' : ''}` : '';
    const proto = header.proto === PROTO_IPIP ? '' : ` ${protocolName(header.proto)}${l4Text(l4)}`;
    parts.push(`${withPort(header.src, ports.sport)} > ${withPort(header.dst, ports.dport)}${proto} ttl ${header.ttl}${header.df ? ' DF' : ''}${fragment}`);
  }
  return parts.join(' | ');
}

function l4Text(header: Header | undefined): string {
  if (header?.type === 'tcp') return ` ${flagsText(header.flags)}`;
  if (header?.type !== 'icmp') return '';
  return ` ${header.icmptype}/${header.code}${header.mtu === undefined ? '' : ` mtu ${header.mtu}`}${header.id === undefined ? '' : ` id ${header.id}`}`;
}

/** Joins what is there with single spaces. */
const words = (...parts: readonly (string | number | false | undefined)[]): string => parts.filter((p) => p !== undefined && p !== false && p !== '').join(' ');

const inOut = (body: Extract<StepBody, { kind: 'table' }>): string =>
  words(body.in !== undefined && `in ${body.in}`, body.out !== undefined && `out ${body.out}`, body.physin !== undefined && `physin ${body.physin}`, body.physout !== undefined && `physout ${body.physout}`);

function ruleText(body: Extract<StepBody, { kind: 'rule' }>): string {
  const where = words(body.table, body.chain, body.rule);
  if (body.matched === true) return words(where, '->', body.verdict ?? 'continue');
  const failed = body.conditions.find((c) => c.result !== true);
  const saw = failed && words(failed.text, failed.saw !== '' && `(saw ${failed.saw})`);
  return `${where} ${body.matched === 'unknown' ? 'unknown' : 'no'}: ${saw ?? body.text}`;
}

/** What happened, without where: kind first, then its essentials. */
function bodyText(step: Step): string {
  switch (step.kind) {
    case 'send':
      return words('send', step.what, packetText(step.packet));
    case 'receive':
      return words('in', packetText(step.packet), `length ${packetBytes(step.packet)}`, step.otherhost && 'otherhost');
    case 'bridge':
      return words('bridge', step.bridge, step.op, step.from !== undefined && `from ${step.from}`, step.to.length > 0 && `to ${step.to.join(',')}`, step.by !== undefined && `by ${step.by}`);
    case 'transmit':
      return words('out', packetText(step.packet), `length ${packetBytes(step.packet)}`, step.to && `to ${netnsId(step.to.host, step.to.netns)}/${step.to.dev}`);
    case 'table':
      return `${words(step.hook, step.table, inOut(step))}: ${step.verdict}`;
    case 'rule':
      return words('rule', ruleText(step), step.markBefore !== step.mark && `mark ${hex(step.markBefore)} > ${hex(step.mark)}`);
    case 'skipped':
      return `${words('rules', step.table, step.chain, `${step.from}-${step.to}`)} no: none is for this packet`;
    case 'policy':
      return words('policy', step.table, step.chain, step.policy);
    case 'conntrack':
      return words('conntrack', step.op, step.direction, step.state, step.entry && `#${step.entry.id}`);
    case 'nat':
      return words('nat', step.undo && 'undo', step.manip, `${endpointText(step.before)} > ${endpointText(step.after)}`, `by ${step.by}`, step.masquerade && `address of ${step.masquerade.dev}`);
    case 'fib':
      return words(
        `route ${step.purpose} ${formatIp4(step.dst)}: ${step.result}`,
        step.prefix !== undefined && `by ${step.prefix}`,
        step.table !== undefined && `table ${step.table}`,
        step.nexthop !== undefined && `via ${formatIp4(step.nexthop)}`,
        step.oif !== undefined && `dev ${step.oif}`,
        step.chosenSrc !== undefined && `src ${formatIp4(step.chosenSrc)}`,
      );
    case 'rp-filter':
      return words('rp_filter', step.mode, formatIp4(step.src), step.passed ? 'passed' : 'failed', !step.passed && step.expected !== undefined && `expected on ${step.expected}`);
    case 'ttl':
      return words('ttl', `${step.before} > ${step.after}`, step.by === 'ipvs' && 'by ipvs');
    case 'mtu':
      return `mtu ${step.bytes} > ${step.mtu}: ${step.action} by ${step.by}`;
    case 'fragment':
      return words('fragment', `${step.index + 1}/${step.count}`, `offset ${step.offset}`);
    case 'reassemble':
      return words('reassemble', step.count);
    case 'ipvs': {
      const real = step.picked === undefined ? step.conn?.destination : step.candidates[step.picked]?.address;
      return words('ipvs', step.op, step.virtual, step.scheduler, real !== undefined && `-> ${real}`);
    }
    case 'encap':
    case 'decap':
      return words(step.kind, step.tunnel, step.vni !== undefined && `vni ${step.vni}`, `${formatIp4(step.outerSrc)} > ${formatIp4(step.outerDst)}`);
    case 'ovs':
      return words('ovs', step.bridge, step.how === 'resume' ? `pass ${step.pass}` : `${step.how} ${step.port}`, step.to.length > 0 && `to ${step.to.join(',')}`, step.again && 'recirc', step.cached && cachedWords(step.cached));
    case 'openflow':
      return openflowText(step);
    case 'ovs-action':
      return words(step.bridge, actionText(step));
    case 'neighbour':
      return words('neighbour', formatIp4(step.ip), step.mac !== undefined && `lladdr ${step.mac}`, `by ${step.how}`);
    case 'arp':
      return words('arp', step.op, formatIp4(step.ip), step.by !== 'none' && `by ${step.by}`);
    case 'deliver':
      return words('deliver', step.to, packetText(step.packet));
    case 'pmtu':
      return words('pmtu', formatIp4(step.dst), step.mtu);
    case 'redirect':
      return words('redirect', formatIp4(step.dst), 'via', formatIp4(step.gateway), !step.believed && 'ignored');
    case 'drop':
      return words('drop', step.reason);
    case 'left':
      return words('left', step.next !== undefined && `towards ${formatIp4(step.next)}`, step.assumed !== undefined && `assumed ${step.assumed}`);
    case 'unknown':
      return words('unknown', step.what, step.name, step.ask !== undefined && `(ask ${step.ask})`);
  }
}

/** What the real datapath had cached: `(cached: packets:2, actions:ct(zone=5),recirc(0x1))`. */
const cachedWords = ({ flows }: CachedPass): string => (flows.length === 0 ? '(not cached)' : flows.map(({ flow }) => `(cached: packets:${flow.packets}, actions:${flow.actions})`).join(' '));

/** `table=30 priority=300 cookie=0x0 ip,nw_dst=10.1.0.0/16 reg0 0x0>0x5 to vxlan0`. */
function openflowText(step: OpenFlowStep): string {
  const place = words(step.bridge, `table=${step.tableName ?? step.table}`);
  if (!step.rule) return `${place} no rule`;
  const changes = step.changes.map((c) => `${c.field} ${fieldText(c.field, c.before)}>${fieldText(c.field, c.after)}`);
  const to = step.notes.flatMap((n) => (n.kind === 'output' ? [n.port] : n.kind === 'normal' ? n.to : []));
  return words(place, `priority=${step.rule.priority}`, step.rule.cookie !== '0' && `cookie=0x${step.rule.cookie}`, matchText(step), ...changes, to.length > 0 && `to ${to.join(',')}`);
}

function actionText({ action }: OvsActionStep): string {
  switch (action.kind) {
    case 'ct':
      return words(`ct zone ${action.zone}`, action.commit && 'commit', action.force && 'force', action.nat && formatNat(action.nat), action.mark !== undefined && `mark ${hex(action.mark)}`, action.label && `label ${fieldText('ct_label', action.label)}`, `-> ${fieldText('ct_state', [action.state])}`);
    case 'ct-clear':
      return 'ct_clear';
    case 'check-pkt-len':
      return `length ${action.bytes} ${action.larger ? '>' : '<='} ${action.limit}`;
    case 'trunc':
      return `truncate ${action.maxLen}`;
    case 'controller':
      return words('controller', action.what ?? action.reason);
    case 'meter':
      return `meter ${action.id}`;
    case 'sample':
      return action.text;
  }
}

/** Host, namespace and device of a step: `host`, `host/dev`, `host/netns`, `host/netns/dev`. */
const placeText = (step: Step): string => (step.dev === undefined ? netnsId(step.host, step.netns) : `${netnsId(step.host, step.netns)}/${step.dev}`);

/** How many steps a step lies inside. Parents come before their children. */
function depthsOf(steps: readonly Step[]): readonly number[] {
  const depths: number[] = [];
  for (const step of steps) depths.push(step.parent === undefined ? 0 : (depths[step.parent] ?? -1) + 1);
  return depths;
}

/** One step on one line, without its number: `request cy01-ceph142/ens4 rule nat KUBE-SERVICES 1 -> KUBE-LOAD-BALANCER`. */
export const stepLine = (step: Step): string => `${step.role} ${placeText(step)} ${bodyText(step)}`;

export interface LineOptions {
  /** The step's number in front. Without it a step more changes one line of a diff, not all that follow. Default true. */
  readonly ids?: boolean;
}

/** The whole trace, one line a step, what happened inside a table or rule indented; no line ends in a line break. */
export function traceLines(trace: Trace, { ids = true }: LineOptions = {}): readonly string[] {
  const depths = depthsOf(trace.steps);
  const width = String(trace.steps.length - 1).length;
  return trace.steps.map((step) => `${ids ? `${String(step.id).padStart(width)} ` : ''}${'  '.repeat(depths[step.id] ?? 0)}${stepLine(step)}`);
}

/** An error that went back to the sender. */
export function errorText(error: NetError): string {
  switch (error.kind) {
    case 'icmp':
      return words('icmp', `${error.icmptype}/${error.code}`, error.mtu !== undefined && `mtu ${error.mtu}`, `from ${formatIp4(error.from)}`);
    case 'reset':
      return words('reset from', formatIp4(error.from));
    case 'emsgsize':
      return words('EMSGSIZE mtu', error.mtu);
    case 'local':
      return error.error;
  }
}

/** How one way ended: `delivered at cy01-ceph143/ng-test-rs-kllg4/eth0: 10.233.98.0:20001 > 10.233.125.24:80 tcp SYN ttl 61`. */
export function endingText(ending: Ending): string {
  const at = netnsId(ending.host, ending.netns) + (ending.dev === undefined ? '' : `/${ending.dev}`);
  return words(`${ending.verdict} at ${at}:`, packetText(ending.seen), ending.error && `(${errorText(ending.error)})`, ending.next?.ip !== undefined && `towards ${formatIp4(ending.next.ip)}`);
}

/** Request, reply and client of one connection. */
export const outcomeLines = (outcome: Outcome): readonly string[] => [
  `request ${endingText(outcome.request)}`,
  outcome.reply ? `reply ${endingText(outcome.reply)}` : 'reply none',
  `client ${outcome.client}`,
];
