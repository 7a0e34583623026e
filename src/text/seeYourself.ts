import type { OpenFlowStep, Step } from '../engine/step.ts';
import { bridgeNames, formatTable, type OvsNames } from '../dumps/ovsNames.ts';
import { formatIp4, hex } from '../packet/address.ts';
import { innermost, isPorted, type Packet, PROTO_ICMP, PROTO_TCP, PROTO_UDP, SCTP_INIT, TCP_ACK, TCP_PSH, TCP_RST, TCP_SYN } from '../packet/packet.ts';
import { protocolName } from '../packet/protocols.ts';
import { totalLength } from '../packet/sizes.ts';
import { findHost } from '../world/lookup.ts';
import type { Stop } from './reading-types.ts';
import { innerIp, isNested, lastOf, outerIp, portsOf, text } from './tales/facts.ts';
import { decidingRule } from './tales/netfilter.ts';
import { matchText } from './tales/ovs.ts';
import { isCutAgain } from './tales/way.ts';
import type { Telling } from './telling.ts';

/** How to see the same on a real machine. */
export interface SeeYourself {
  /** The machine, or machine/namespace, on which to run it. */
  readonly host: string;
  readonly command: string;
  /** The telling line of what it prints; undefined when it prints nothing that we could foretell. */
  readonly expected: string | undefined;
}

/** The command that shows on a real node what happened at the stop; undefined where no command would. */
export function seeYourself(ctx: Telling, stop: Stop): SeeYourself | undefined {
  const lead = ctx.trace.steps[stop.lead];
  if (!lead) return undefined;
  const found = commandFor(ctx, lead);
  return found && { host: lead.netns === null ? lead.host : `${lead.host}/${lead.netns}`, ...found };
}

type Command = Omit<SeeYourself, 'host'>;

function commandFor(ctx: Telling, lead: Step): Command | undefined {
  switch (lead.kind) {
    case 'send':
      return lead.what === 'probe' ? probeCommand(lead) : leavingCapture(ctx, lead);
    case 'receive':
    case 'transmit':
    case 'encap':
    case 'decap':
    case 'left':
      return capture(lead, lead.dev);
    case 'bridge':
      return { command: `bridge fdb show br ${lead.bridge}`, expected: lead.by === undefined || lead.by === 'local' ? undefined : `… dev ${lead.to[0] ?? '?'} master ${lead.bridge}` };
    case 'ovs':
      return { command: `ovs-appctl dpctl/dump-flows`, expected: undefined };
    case 'openflow':
      return rulesOfTable(ctx, lead);
    case 'ovs-action':
      return lead.action.kind === 'ct' ? { command: `conntrack -L -w ${lead.action.zone}`, expected: undefined } : undefined;
    case 'table':
      return { command: `iptables -t ${lead.table} -nvL ${lead.hook} --line-numbers`, expected: undefined };
    case 'rule': {
      const rule = lead.mark === lead.markBefore || ctx.reading.detail === 'rules' ? lead : decidingRule(ctx, lead);
      const set = rule.conditions.find((c) => c.member && !c.member.nearest && c.result === true);
      const name = /--match-set (\S+)/.exec(set?.text ?? '')?.[1];
      if (set?.member && name !== undefined) return { command: `ipset test ${name} ${set.saw}`, expected: `Warning: ${set.saw} is in set ${name}.` };
      return { command: `iptables -t ${lead.table} -nvL ${lead.chain} --line-numbers`, expected: `${lead.rule}  …  ${lead.verdict ?? ''}`.trimEnd() };
    }
    case 'skipped':
      return { command: `iptables -t ${lead.table} -nvL ${lead.chain} --line-numbers`, expected: undefined };
    case 'policy':
      return { command: `iptables -t ${lead.table} -nvL ${lead.chain}`, expected: `Chain ${lead.chain} (policy ${lead.policy} …)` };
    case 'conntrack':
    case 'nat':
      return conntrackCommand(lead);
    case 'fib':
      return routeCommand(lead);
    case 'rp-filter':
      return { command: `sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.${lead.dev ?? 'default'}.rp_filter`, expected: `rp_filter = ${lead.mode === 'strict' ? 1 : 2}` };
    case 'ipvs':
      if (lead.op === 'no-destination') return { command: 'ipvsadm -Ln', expected: `${lead.virtual} ${lead.scheduler}` };
      return lead.conn ? { command: 'ipvsadm -Lnc', expected: `${protocolName(lead.conn.proto).toUpperCase()} … ${lead.conn.state} ${lead.conn.source} ${lead.conn.virtual} ${lead.conn.destination}` } : { command: 'ipvsadm -Ln', expected: undefined };
    case 'neighbour':
    case 'arp':
      return { command: `ip neigh show ${lead.dev === undefined ? '' : `dev ${lead.dev}`}`.trimEnd(), expected: lead.kind === 'neighbour' && lead.mac !== undefined ? `${text(lead.ip)} lladdr ${lead.mac}` : `${text(lead.ip)} FAILED` };
    case 'deliver':
      return deliverCommand(ctx, lead);
    case 'pmtu':
      return { command: `ip route get ${text(lead.dst)}`, expected: `mtu ${lead.mtu}` };
    case 'redirect':
      return { command: `ip route get ${text(lead.dst)}`, expected: lead.believed ? `via ${text(lead.gateway)}` : undefined };
    case 'mtu':
      if (isCutAgain(ctx, lead)) return undefined;
      return lead.dev === undefined ? { command: 'ip link', expected: `mtu ${lead.mtu}` } : { command: `ip link show dev ${lead.dev}`, expected: `mtu ${lead.mtu}` };
    case 'drop':
      return dropCommand(lead);
    case 'unknown':
      return lead.ask === undefined ? undefined : { command: lead.ask, expected: undefined };
    case 'ttl':
    case 'fragment':
    case 'reassemble':
      return undefined;
  }
}

/** What stands before a rule's actions in `dump-flows`. */
/** The rules of a table, by its name where it has one; names that stand for numbers of our own are names there, too. */
function rulesOfTable(ctx: Telling, lead: OpenFlowStep & Step): Command {
  const bridge = findHost(ctx.world, lead.host)?.ovs?.find((b) => b.name === lead.bridge);
  const all = bridgeNames(bridge);
  const named = all.tableName?.(lead.table) !== undefined || bridge?.ports.some((p) => p.ofportAssumed) === true;
  const names = named ? all : {};
  return { command: `ovs-ofctl ${named ? '--names ' : ''}dump-flows ${lead.bridge} table=${formatTable(lead.table, names)}`, expected: lead.rule && `… ${ruleStart(lead, names)}` };
}

function ruleStart(step: OpenFlowStep, names: OvsNames): string {
  const match = matchText(step, names);
  return `${[step.rule?.priority === 32768 ? '' : `priority=${step.rule?.priority ?? ''}`, match].filter((x) => x !== '').join(',')} actions=…`;
}

/** A capture where a packet that is made here leaves: what OUTPUT and POSTROUTING did to it shows there. */
function leavingCapture(ctx: Telling, step: Step): Command | undefined {
  const out = ctx.trace.steps.slice(step.id).find((s) => s.packetId === step.packetId && s.host === step.host && s.netns === step.netns && s.kind === 'transmit');
  return out ? capture(out, out.dev) : capture(step, step.dev);
}

function probeCommand(step: Step): Command | undefined {
  const ip = outerIp(step.packet);
  if (!ip) return undefined;
  const dst = formatIp4(ip.dst);
  const { dport } = portsOf(step.packet);
  if (ip.proto === PROTO_TCP) return { command: `curl -sS -m 5 http://${dst}:${dport ?? 80}/`, expected: undefined };
  if (ip.proto === PROTO_ICMP) return { command: `ping -c 1 ${dst}`, expected: undefined };
  if (ip.proto === PROTO_UDP) return { command: `echo | nc -u -w 2 ${dst} ${dport ?? 0}`, expected: undefined };
  return undefined;
}

/** tcpdump on a device, and the line that it prints for this packet. */
function capture(step: Step, dev: string | undefined): Command | undefined {
  if (dev === undefined) return undefined;
  const arp = step.packet.find((h) => h.type === 'arp');
  if (arp) return { command: `tcpdump -ni ${dev} arp`, expected: arp.op === 'request' ? `ARP, Request who-has ${formatIp4(arp.tpa)} tell ${formatIp4(arp.spa)}` : `ARP, Reply ${formatIp4(arp.spa)} is-at ${arp.sha}` };
  const outer = outerIp(step.packet);
  // A tunnel device shows the inner packet: the encapsulation's own step already has the outer header.
  const inside = step.kind === 'encap' || !isNested(step.packet);
  const inner = innerIp(step.packet);
  if (!outer || !inner) return undefined;
  if (!inside) return outerCapture(step.packet, dev, outer);
  const { sport, dport } = portsOf(step.packet);
  const l4 = innermost(step.packet)[1];
  const filter = isPorted(l4) ? `'${l4.type} port ${Math.min(sport ?? 65535, dport ?? 65535)}'` : inner.proto === PROTO_ICMP ? 'icmp' : `'ip proto ${inner.proto}'`;
  return { command: `tcpdump -ni ${dev} ${filter}`, expected: packetLine(step.packet) };
}

/** The same for a wrapped packet: tcpdump prints the outer line, and the inner one behind or below it. */
function outerCapture(packet: Packet, dev: string, outer: { readonly src: number; readonly dst: number; readonly proto: number }): Command {
  const ends = `${formatIp4(outer.src)} > ${formatIp4(outer.dst)}`;
  const udp = packet.find((h) => h.type === 'udp');
  const tunnel = packet.find((h) => h.type === 'vxlan' || h.type === 'geneve' || h.type === 'gre');
  if (outer.proto === PROTO_UDP && udp && tunnel && 'vni' in tunnel) {
    const name = tunnel.type === 'vxlan' ? 'VXLAN, flags [I] (0x08)' : 'Geneve, Flags [none]';
    return { command: `tcpdump -ni ${dev} 'udp port ${udp.dport}'`, expected: `IP ${formatIp4(outer.src)}.${udp.sport} > ${formatIp4(outer.dst)}.${udp.dport}: ${name}, vni ${tunnel.vni}${tunnel.type === 'vxlan' ? '' : ', proto TEB (0x6558)'}: ${packetLine(packet)}` };
  }
  if (tunnel?.type === 'gre') return { command: `tcpdump -ni ${dev} 'ip proto 47'`, expected: `IP ${ends}: GREv0, ${tunnel.key === undefined ? '' : `key=${hex(tunnel.key)}, `}… ${packetLine(packet)}` };
  return { command: `tcpdump -ni ${dev} 'ip proto 4'`, expected: `IP ${ends}: ${packetLine(packet)}` };
}

/** The innermost packet as tcpdump(8) prints it, without what we do not know (sequence numbers, times). */
function packetLine(packet: Packet): string {
  const [ip, l4] = innermost(packet);
  if (ip?.type !== 'ipv4') return '';
  const src = formatIp4(ip.src);
  const dst = formatIp4(ip.dst);
  const payload = packet.reduce((n, h) => n + (h.type === 'payload' ? h.bytes : 0), 0);
  switch (l4?.type) {
    case 'tcp':
      return `IP ${src}.${l4.sport} > ${dst}.${l4.dport}: Flags [${flags(l4.flags)}]${l4.mss === undefined ? '' : `, options [mss ${l4.mss},…]`}, length ${payload}`;
    case 'udp':
      return `IP ${src}.${l4.sport} > ${dst}.${l4.dport}: UDP, length ${payload}`;
    case 'sctp':
      return `IP ${src}.${l4.sport} > ${dst}.${l4.dport}: sctp (1) [${l4.chunk === SCTP_INIT ? 'INIT' : 'INIT ACK'}]`;
    case 'icmp': {
      const length = totalLength(innermost(packet), 1);
      const name = l4.icmptype === 8 ? `echo request, id ${l4.id ?? 0}, seq ${l4.seq ?? 0}` : l4.icmptype === 0 ? `echo reply, id ${l4.id ?? 0}, seq ${l4.seq ?? 0}` : errorLine(l4.icmptype, l4.code, l4.quote?.packet);
      return `IP ${src} > ${dst}: ICMP ${name}, length ${length}`;
    }
    default:
      return `IP ${src} > ${dst}: ${protocolName(ip.proto)}`;
  }
}

function errorLine(icmptype: number, code: number, quoted: Packet | undefined): string {
  const dst = text(quoted && outerIp(quoted)?.dst);
  const { dport } = portsOf(quoted ?? []);
  if (icmptype === 11) return 'time exceeded in-transit';
  if (icmptype !== 3) return `type-#${icmptype}`;
  switch (code) {
    case 0:
      return `net ${dst} unreachable`;
    case 1:
      return `host ${dst} unreachable`;
    case 3:
      return `${dst} ${quoted && outerIp(quoted)?.proto === PROTO_UDP ? 'udp' : 'tcp'} port ${dport ?? 0} unreachable`;
    case 4:
      return `${dst} unreachable - need to frag`;
    default:
      return `${dst} unreachable`;
  }
}

/** As tcpdump abbreviates them: S, F, P, R, and a dot for ACK. */
const flags = (bits: number): string => `${bits & TCP_SYN ? 'S' : ''}${bits & 0x01 ? 'F' : ''}${bits & TCP_RST ? 'R' : ''}${bits & TCP_PSH ? 'P' : ''}${bits & TCP_ACK ? '.' : ''}` || 'none';

function conntrackCommand(step: Extract<Step, { kind: 'conntrack' | 'nat' }> & Step): Command {
  const { entry } = step;
  if (!entry) return { command: `conntrack -S`, expected: step.kind === 'conntrack' && step.op === 'invalid' ? 'invalid=…' : undefined };
  const { orig, reply } = entry;
  const proto = protocolName(entry.proto);
  const port = orig.src.port !== undefined && entry.proto !== PROTO_ICMP ? ` --sport ${orig.src.port}` : '';
  return { command: `conntrack -L -p ${proto} -s ${formatIp4(orig.src.ip)}${port}`, expected: `src=${formatIp4(orig.src.ip)} dst=${formatIp4(orig.dst.ip)} … src=${formatIp4(reply.src.ip)} dst=${formatIp4(reply.dst.ip)}` };
}

function routeCommand(fib: Extract<Step, { kind: 'fib' }> & Step): Command {
  const ip = outerIp(fib.packet);
  const input = fib.purpose === 'input' && fib.dev !== undefined && ip !== undefined ? ` from ${formatIp4(ip.src)} iif ${fib.dev}` : '';
  // IPVS and tunnels ask without the packet's mark.
  const mark = fib.mark === 0 || fib.purpose === 'ipvs' || fib.purpose === 'tunnel' ? '' : ` mark ${hex(fib.mark)}`;
  const dst = formatIp4(fib.dst);
  const command = `ip route get ${dst}${input}${mark}`;
  const from = input === '' ? '' : ` from ${text(ip?.src)}`;
  switch (fib.result) {
    case 'local':
      return { command, expected: `local ${dst}${from} dev lo` };
    case 'forward':
    case 'broadcast':
      return { command, expected: `${dst}${from}${fib.nexthop === undefined ? '' : ` via ${formatIp4(fib.nexthop)}`} dev ${fib.oif ?? '?'}` };
    case 'blackhole':
    case 'martian':
      return { command, expected: 'RTNETLINK answers: Invalid argument' };
    case 'unreachable':
      return { command, expected: 'RTNETLINK answers: No route to host' };
    case 'prohibit':
      return { command, expected: 'RTNETLINK answers: Permission denied' };
    case 'no-route':
      return { command, expected: 'RTNETLINK answers: Network is unreachable' };
  }
}

function deliverCommand(ctx: Telling, step: Extract<Step, { kind: 'deliver' }> & Step): Command | undefined {
  const { dport } = portsOf(step.packet);
  const l4 = innermost(step.packet)[1];
  // A capture sees the packet as it came in, before anything here was put back.
  const came = lastOf(ctx, step, (s) => s.kind === 'receive');
  const shown = came ? capture(came, came.dev) : capture(step, step.dev);
  if (step.to === 'listener' || step.to === 'refused' || step.to === 'assumed') {
    if (l4?.type !== 'tcp' && l4?.type !== 'udp') return shown;
    const listing = `ss -ln${l4.type === 'tcp' ? 't' : 'u'} 'sport = :${dport ?? 0}'`;
    return step.to === 'listener' ? (shown ?? { command: listing, expected: `LISTEN … *:${dport ?? 0}` }) : { command: listing, expected: undefined };
  }
  return shown;
}

function dropCommand(step: Extract<Step, { kind: 'drop' }> & Step): Command | undefined {
  const dst = text(outerIp(step.packet)?.dst);
  switch (step.reason) {
    case 'rule':
    case 'policy':
      return { command: 'iptables -nvL --line-numbers', expected: undefined };
    case 'rp-filter':
    case 'martian-source':
    case 'martian-destination':
      return { command: 'nstat -az IpExtInNoRoutes TcpExtIPReversePathFilter IpInAddrErrors', expected: undefined };
    case 'not-forwarding':
      return { command: 'sysctl net.ipv4.ip_forward', expected: 'net.ipv4.ip_forward = 0' };
    case 'ttl':
      return { command: `traceroute -n ${dst}`, expected: undefined };
    case 'blackhole':
    case 'unreachable':
    case 'prohibit':
    case 'no-route':
    case 'ipvs-unroutable':
      return { command: `ip route get ${dst}`, expected: undefined };
    case 'bridge-state':
    case 'bridge-locked':
    case 'bridge-hairpin':
    case 'bridge-isolated':
    case 'bridge-no-port':
      return { command: `bridge -d link show ${step.dev === undefined ? '' : `dev ${step.dev}`}`.trimEnd(), expected: undefined };
    case 'bridge-vlan':
      return { command: `bridge vlan show ${step.dev === undefined ? '' : `dev ${step.dev}`}`.trimEnd(), expected: undefined };
    case 'no-neighbour':
      return { command: `ip neigh show ${step.dev === undefined ? '' : `dev ${step.dev}`}`.trimEnd(), expected: 'FAILED' };
    case 'reassembly-timeout':
      return { command: 'nstat -az IpReasmTimeout', expected: undefined };
    case 'no-carrier':
    case 'device-down':
      return { command: `ip link show ${step.dev === undefined ? '' : `dev ${step.dev}`}`.trimEnd(), expected: 'state DOWN' };
    case 'ipvs-no-destination':
      return { command: 'ipvsadm -Ln', expected: undefined };
    case 'masquerade-moved':
      return { command: 'conntrack -E -e DESTROY', expected: undefined };
    case 'ct-clash':
      return { command: 'conntrack -S', expected: 'insert_failed=…' };
    case 'icmp-ignored':
      return { command: 'sysctl net.ipv4.icmp_echo_ignore_all', expected: 'net.ipv4.icmp_echo_ignore_all = 1' };
    default:
      return undefined;
  }
}
