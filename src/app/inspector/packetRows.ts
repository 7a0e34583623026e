import type { Step } from '../../engine/step.ts';
import type { Trace } from '../../engine/trace-types.ts';
import { formatIp4, hex } from '../../packet/address.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_TEB, type Header, ICMP_ECHO, ICMP_ECHO_REPLY, type IcmpHeader, type Ipv4Header, isPorted, type Packet, PROTO_IPIP, type TcpHeader } from '../../packet/packet.ts';
import { protocolName } from '../../packet/protocols.ts';
import { headerBytes, packetBytes } from '../../packet/sizes.ts';
import { icmpName } from '../../text/icmpNames.ts';
import { flagsText } from '../../text/lines.ts';
import type { Stop } from '../../text/reading-types.ts';

/** One value in a header; `was` is what stood there at the stop before, if that differs. */
export interface Part {
  readonly text: string;
  readonly was?: string;
}

/** A line of a header row: `from 10.10.6.91`. A line without a label has several values in a row. */
export interface FieldLine {
  readonly label: 'from' | 'to' | 'type' | 'about' | undefined;
  readonly parts: readonly Part[];
}

export type RowTone = 'link' | 'outer' | 'ip' | 'l4' | 'payload';

export interface HeaderRow {
  readonly name: string;
  readonly bytes: number;
  readonly tone: RowTone;
  readonly lines: readonly FieldLine[];
  /** added: put on since the stop before; removed: taken off since then, shown struck and not counted. */
  readonly change: 'added' | 'removed' | undefined;
}

export interface PacketView {
  /** Bytes from the first header shown. */
  readonly bytes: number;
  /** The device whose frame it is; undefined: no link-layer header, so it is seen at the IP layer. */
  readonly frameOn: string | undefined;
  readonly rows: readonly HeaderRow[];
  /** skb->mark; undefined when it was 0 and still is. */
  readonly mark: Part | undefined;
}

/**
 * The packet of a stop as rows from the outermost header to the innermost, each value beside the one that it had at the stop
 * before. A packet that was not there before has no old values. Undefined when the stop has no packet.
 */
export function packetView(trace: Trace, stop: Stop): PacketView | undefined {
  const shown = shownStep(trace, stop);
  if (!shown || shown.packet.length === 0) return undefined;
  const before = trace.steps.findLast((s) => s.id < stop.from && s.packetId === shown.packetId && s.packet.length > 0);
  const old = before?.packet;
  const { packet } = shown;
  const kept = old ? align(packet, old) : undefined;
  const tunnelled = packet.filter((h) => h.type === 'ipv4').length > 1;
  const rows = packet.map((header, i): HeaderRow => {
    const was = kept?.[i];
    const ipBehind = packet.slice(i + 1).some((h) => h.type === 'ipv4');
    return {
      name: headerName(header),
      bytes: headerBytes(header),
      tone: toneOf(header, tunnelled && ipBehind),
      lines: linesOf(header, was),
      change: kept && !was && isWrapping(header, packet, i) ? 'added' : undefined,
    };
  });
  const removed = old && kept ? old.filter((h, i) => isWrapping(h, old, i) && !kept.includes(h)) : [];
  const at = Math.max(rows.findIndex((r) => r.tone === 'ip'), 0);
  const gone = removed.map((h): HeaderRow => ({ name: headerName(h), bytes: headerBytes(h), tone: 'outer', lines: linesOf(h, undefined), change: 'removed' }));
  return {
    bytes: packetBytes(packet),
    frameOn: packet[0]?.type === 'eth' ? shown.dev : undefined,
    rows: [...rows.slice(0, at), ...gone, ...rows.slice(at)],
    mark: shown.mark === 0 && (before?.mark ?? 0) === 0 ? undefined : part(hex(shown.mark), before && hex(before.mark)),
  };
}

/** Put on or taken off by a tunnel, not by a link: an IP header, and what stands between it and the next one. */
const isWrapping = (header: Header, packet: Packet, i: number): boolean => header.type === 'ipv4' || (header.type !== 'eth' && header.type !== 'vlan' && packet.slice(0, i).some((h) => h.type === 'ipv4') && packet.slice(i + 1).some((h) => h.type === 'ipv4'));

/** The step whose packet a stop shows: the last one in it of the packet that the stop is about. */
export function shownStep(trace: Trace, stop: Stop): Step | undefined {
  const lead = trace.steps[stop.lead];
  return trace.steps.slice(stop.from, stop.to + 1).findLast((s) => s.packetId === lead?.packetId) ?? lead;
}

/**
 * For each header of `packet` its counterpart in `old`. Headers are put on and taken off at the front, so the two are alike from the
 * end; a link-layer header belongs to one device and has no counterpart on another.
 */
function align(packet: Packet, old: Packet): readonly (Header | undefined)[] {
  return packet.map((header, i) => {
    const other = old[old.length - (packet.length - i)];
    return other?.type === header.type && header.type !== 'eth' ? other : undefined;
  });
}

const part = (text: string, was: string | undefined): Part => (was === undefined || was === text ? { text } : { text, was });

const NAMES: Readonly<Record<Exclude<Header['type'], 'raw' | 'fragment'>, string>> = { eth: 'eth', vlan: 'VLAN', arp: 'ARP', ipv4: 'IPv4', tcp: 'TCP', udp: 'UDP', sctp: 'SCTP', icmp: 'ICMP', vxlan: 'VXLAN', geneve: 'Geneve', gre: 'GRE', payload: 'data' };

const headerName = (header: Header): string => (header.type === 'raw' || header.type === 'fragment' ? protocolName(header.proto) : NAMES[header.type]);

function toneOf(header: Header, outer: boolean): RowTone {
  switch (header.type) {
    case 'eth':
    case 'vlan':
      return 'link';
    case 'ipv4':
      return outer ? 'outer' : 'ip';
    case 'payload':
      return 'payload';
    default:
      return outer ? 'outer' : 'l4';
  }
}

/** The lines of one header, with the old values of `was` where it is of the same type. */
function linesOf(header: Header, was: Header | undefined): readonly FieldLine[] {
  switch (header.type) {
    case 'eth':
      return [line('from', { text: header.src }), line('to', { text: header.dst }), line('type', { text: etherText(header.ethertype) })];
    case 'vlan':
      return [line(undefined, { text: `vlan ${header.id}` })];
    case 'arp':
      return [line(undefined, { text: header.op === 'request' ? `who-has ${formatIp4(header.tpa)} tell ${formatIp4(header.spa)}` : `${formatIp4(header.spa)} is-at ${header.sha}` })];
    case 'ipv4':
      return ipLines(header, was?.type === 'ipv4' ? was : undefined);
    case 'tcp':
    case 'udp':
    case 'sctp': {
      const old = was?.type === header.type ? was : undefined;
      const ports = [part(String(header.sport), old && String(old.sport)), { text: '→' }, part(String(header.dport), old && String(old.dport))];
      return [{ label: undefined, parts: header.type === 'tcp' ? [...ports, ...tcpParts(header, old?.type === 'tcp' ? old : undefined)] : ports }];
    }
    case 'icmp':
      return icmpLines(header);
    case 'vxlan':
      return [line(undefined, { text: `vni ${header.vni}` })];
    case 'geneve':
      return [line(undefined, { text: `vni ${header.vni}` }), ...(header.options ?? []).map((o) => line(undefined, { text: `${o.optClass.toString(16).padStart(4, '0')}:${o.optType.toString(16).padStart(2, '0')} 0x${o.hex}` }))];
    case 'gre':
      return [{ label: undefined, parts: [{ text: etherText(header.protocol) }, ...(header.key === undefined ? [] : [{ text: `key ${hex(header.key)}` }])] }];
    case 'raw':
    case 'fragment':
    case 'payload':
      return [];
  }
}

function tcpParts(header: TcpHeader, old: TcpHeader | undefined): readonly Part[] {
  const flags = part(flagsText(header.flags).replaceAll(',', ' '), old && flagsText(old.flags).replaceAll(',', ' '));
  return header.mss === undefined ? [flags] : [flags, part(`mss ${header.mss}`, old?.mss === undefined ? undefined : `mss ${old.mss}`)];
}

function ipLines(ip: Ipv4Header, old: Ipv4Header | undefined): readonly FieldLine[] {
  const rest: Part[] = [part(`ttl ${ip.ttl}`, old && `ttl ${old.ttl}`)];
  if (ip.df) rest.push({ text: 'DF' });
  if (ip.tos !== 0) rest.push(part(`tos ${hex(ip.tos)}`, old && `tos ${hex(old.tos)}`));
  if (ip.mf || ip.offset > 0) rest.push({ text: `offset ${ip.offset}${ip.mf ? ', MF' : ''}` });
  const type = ip.proto === PROTO_IPIP ? [line('type', { text: `${ip.proto}, IPIP` })] : [];
  return [line('from', part(formatIp4(ip.src), old && formatIp4(old.src))), line('to', part(formatIp4(ip.dst), old && formatIp4(old.dst))), ...type, { label: undefined, parts: rest }];
}

/** The two that are no errors, as ping(8) and tcpdump(8) call them. */
const echoName = (icmptype: number): string | undefined => (icmptype === ICMP_ECHO ? 'echo request' : icmptype === ICMP_ECHO_REPLY ? 'echo reply' : undefined);

function icmpLines(icmp: IcmpHeader): readonly FieldLine[] {
  const echo = icmp.id === undefined ? [] : [{ text: `id ${icmp.id}` }, { text: `seq ${icmp.seq ?? 0}` }];
  const mtu = icmp.mtu === undefined ? [] : [{ text: `mtu ${icmp.mtu}` }];
  // The tools' words are the same in every language.
  const head = { label: undefined, parts: [{ text: echoName(icmp.icmptype) ?? icmpName(icmp.icmptype, icmp.code, 'en') }, ...echo, ...mtu] };
  const ip = icmp.quote?.packet.find((h) => h.type === 'ipv4');
  const l4 = icmp.quote?.packet.find(isPorted);
  if (!ip) return [head];
  const ends = l4 ? ([`:${l4.sport}`, `:${l4.dport}`] as const) : (['', ''] as const);
  return [head, { label: 'about', parts: [{ text: `${formatIp4(ip.src)}${ends[0]}` }, { text: '→' }, { text: `${formatIp4(ip.dst)}${ends[1]}` }] }];
}

const etherText = (ethertype: number): string => (ethertype === ETHERTYPE_IPV4 ? 'IPv4' : ethertype === ETHERTYPE_ARP ? 'ARP' : ethertype === ETHERTYPE_TEB ? 'Ethernet' : hex(ethertype));

const line = (label: FieldLine['label'], value: Part): FieldLine => ({ label, parts: [value] });
