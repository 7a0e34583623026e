import type { Step } from '../../engine/step.ts';
import type { Trace } from '../../engine/trace-types.ts';
import { formatIp4, hex } from '../../packet/address.ts';
import { type Header, type Packet, TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from '../../packet/packet.ts';
import { protocolName } from '../../packet/protocols.ts';
import { packetBytes } from '../../packet/sizes.ts';
import { icmpWord } from '../../text/icmpNames.ts';
import type { Reading, Stop } from '../../text/reading-types.ts';
import { textWidth } from './textWidth.ts';

/** The packet as nested shells, outermost first. Data only; the words are put in where it is drawn. */
export interface Capsule {
  /** Shown only where the packet is on a device that has frames. */
  readonly frame: { readonly dev: string; readonly bytes: number } | undefined;
  readonly shells: readonly Shell[];
  readonly core: Core | undefined;
  readonly mark: { readonly text: string; readonly cleared: boolean; readonly fresh: boolean } | undefined;
  readonly tone: 'request' | 'reply' | 'dropped' | 'error';
}

export interface Shell {
  readonly outer: boolean;
  readonly src: Value;
  readonly dst: Value;
  /** Bytes that this shell adds; only for outer ones. */
  readonly bytes: number;
  /** Put on by this very stop. */
  readonly fresh: boolean;
}

export interface Value {
  readonly text: string;
  /** What it was one stop ago. */
  readonly was: string | undefined;
  /** It differs from what the sender wrote, since this stop (counted from 0). */
  readonly since: number | undefined;
}

export interface Core {
  readonly name: string;
  readonly text: string;
  readonly flags: string;
  /** An ICMP error quotes the packet it is about. */
  readonly quote: string | undefined;
}

const FLAGS = [
  [TCP_SYN, 'SYN'],
  [TCP_FIN, 'FIN'],
  [TCP_RST, 'RST'],
  [TCP_PSH, 'PSH'],
  [TCP_ACK, 'ACK'],
] as const;

/** How the packet looks at a stop, and what that stop changed in it. */
export function capsuleOf(trace: Trace, reading: Reading, index: number): Capsule | undefined {
  const stop = reading.stops[index];
  const lead = stop && trace.steps[stop.lead];
  const step = stop && stateAt(trace, stop);
  if (!stop || !lead || !step || step.packet.length === 0) return undefined;
  const before = sameRun(trace, reading, index);
  const old = before && stateAt(trace, before);
  const ips = ipsOf(step.packet);
  // Another packet (an error about the first, a fragment) has changed nothing: it is new.
  const oldIps = old && old.packetId === step.packetId ? ipsOf(old.packet) : [];
  const inner = ips.at(-1);
  const oldInner = oldIps.at(-1);
  const eth = lead.packet[0]?.type === 'eth';
  const gone = stop.kind === 'drop' || stop.kind === 'refused';
  const origin = stop.kind === 'deliver' && stop.way === 'request' ? sinceWhen(trace, reading, index) : undefined;
  const value = (now: number, was: number | undefined, since?: number): Value => ({ text: formatIp4(now), was: was !== undefined && was !== now ? formatIp4(was) : undefined, since });
  const shells = ips.map((ip, i): Shell => {
    const last = i === ips.length - 1;
    const was = last ? oldInner : undefined;
    const shown = last && origin && was?.src === ip.src ? { ...value(ip.src, undefined, origin.stop), was: formatIp4(origin.src) } : value(ip.src, was?.src);
    return { outer: !last, src: shown, dst: value(ip.dst, was?.dst), bytes: outerBytes(step.packet, i), fresh: !last && oldIps.length > 0 && oldIps.length < ips.length };
  });
  return {
    frame: eth && lead.dev !== undefined ? { dev: lead.dev, bytes: packetBytes(lead.packet) } : undefined,
    shells,
    core: coreOf(step.packet, inner !== undefined),
    mark: markOf(step, old),
    tone: gone && stop.kind === 'drop' ? 'dropped' : step.role === 'error' ? 'error' : stop.way === 'reply' ? 'reply' : 'request',
  };
}

/** The step whose packet a stop shows: the last one that it covers of the packet that it speaks of. */
export function stateAt(trace: Trace, stop: Stop): Step | undefined {
  const lead = trace.steps[stop.lead];
  return trace.steps.slice(stop.lead, stop.to + 1).findLast((s) => s.packetId === lead?.packetId && s.packet.length > 0) ?? lead;
}

function sameRun(trace: Trace, reading: Reading, index: number): Stop | undefined {
  const here = reading.stops[index];
  const before = reading.stops[index - 1];
  if (!here || !before || here.way !== before.way) return undefined;
  return trace.steps[here.lead]?.connection === trace.steps[before.lead]?.connection ? before : undefined;
}

/** For a delivered packet: the source it set out with, and the stop at which that was changed for good. */
function sinceWhen(trace: Trace, reading: Reading, index: number): { readonly src: number; readonly stop: number } | undefined {
  let first = index;
  while (sameRun(trace, reading, first)) first--;
  const srcAt = (i: number): number | undefined => {
    const stop = reading.stops[i];
    return stop && ipsOf(stateAt(trace, stop)?.packet ?? []).at(-1)?.src;
  };
  const src = srcAt(first);
  const now = srcAt(index);
  if (src === undefined || now === undefined || src === now) return undefined;
  let stop = index;
  while (stop > first && srcAt(stop - 1) === now) stop--;
  return { src, stop };
}

/** Bytes that a tunnel puts in front of the next IP header. */
export function outerBytes(packet: Packet, shell: number): number {
  const at = packet.flatMap((h, i) => (h.type === 'ipv4' ? [i] : []));
  return packetBytes(packet.slice(at[shell], at[shell + 1]));
}

const ipsOf = (packet: Packet) => packet.filter((h) => h.type === 'ipv4');

function markOf(step: Step, old: Step | undefined): Capsule['mark'] {
  const was = old && old.host === step.host && old.netns === step.netns ? old.mark : 0;
  if (step.mark === 0) return was === 0 ? undefined : { text: hex(was), cleared: true, fresh: true };
  return { text: hex(step.mark), cleared: false, fresh: was !== step.mark };
}

function coreOf(packet: Packet, inIp: boolean): Core | undefined {
  // What a tunnel carries is more telling than its own UDP header.
  const inside = packet.findLastIndex((h) => h.type === 'ipv4' || h.type === 'vxlan' || h.type === 'geneve' || h.type === 'gre');
  const header = packet.slice(inside + 1).find((h) => h.type !== 'eth' && h.type !== 'vlan');
  if (!header) return undefined;
  return inIp || header.type === 'arp' ? coreOfHeader(header) : undefined;
}

function coreOfHeader(header: Header): Core | undefined {
  switch (header.type) {
    case 'tcp':
      return { name: 'TCP', text: `${header.sport} → ${header.dport}`, flags: FLAGS.filter(([bit]) => header.flags & bit).map(([, name]) => name).join(' '), quote: undefined };
    case 'udp':
    case 'sctp':
      return { name: header.type.toUpperCase(), text: `${header.sport} → ${header.dport}`, flags: '', quote: undefined };
    case 'icmp': {
      const about = header.quote && ipsOf(header.quote.packet)[0];
      const quote = about && `${formatIp4(about.src)} → ${formatIp4(about.dst)}`;
      return { name: 'ICMP', text: icmpWord(header.icmptype, header.code) ?? `${header.icmptype}/${header.code}`, flags: header.mtu === undefined ? '' : `mtu ${header.mtu}`, quote };
    }
    case 'arp':
      return { name: 'ARP', text: header.op === 'request' ? `who has ${formatIp4(header.tpa)}` : `${formatIp4(header.spa)} is at ${header.sha}`, flags: '', quote: undefined };
    case 'raw':
    case 'fragment':
      return { name: protocolName(header.proto), text: header.type === 'fragment' ? '…' : '', flags: `${header.bytes} B`, quote: undefined };
    case 'eth':
    case 'ipv4':
    case 'vxlan':
    case 'geneve':
    case 'gre':
    case 'payload':
      return undefined;
  }
}

const SHELL_HEIGHT = 35;
const CORE_HEIGHT = 24;
const QUOTE_HEIGHT = 18;
const WAS_HEIGHT = 16;
const TAG_HEIGHT = 32;
/** The label above a frame, and its rim. */
const FRAME_HEIGHT = 24;

/** Height that every packet of the trace finds enough, whatever stop it is shown at. */
export function tallestCapsule(trace: Trace): number {
  const heights = trace.steps.map(({ packet, mark, kind }) => {
    const quoted = packet.some((h) => h.type === 'icmp' && h.quote !== undefined);
    const shells = ipsOf(packet).length;
    // A bridge of Open vSwitch sees a tunnel's outer packet with its frame.
    const framed = kind === 'ovs' ? FRAME_HEIGHT : 0;
    // Inside a tunnel nothing is rewritten, so no old value stands under the new one.
    return shells * SHELL_HEIGHT + CORE_HEIGHT + (quoted ? QUOTE_HEIGHT : 0) + (shells > 1 && !quoted ? framed : WAS_HEIGHT) + (mark === 0 ? 0 : TAG_HEIGHT);
  });
  return heights.reduce((a, b) => Math.max(a, b), 0);
}

/** Pixels that the capsule needs: an upper bound, by the widest font. `top` is what the label of a frame adds above it, `below` the tag. */
export function capsuleSize(capsule: Capsule): { readonly w: number; readonly h: number; readonly top: number; readonly below: number } {
  const mono = (text: string): number => textWidth(text, 12, 'mono');
  let w = 0;
  let h = 0;
  if (capsule.core) {
    const { name, text, flags, quote } = capsule.core;
    w = 16 + textWidth(name, 11, 'bold') + 8 + mono(text) + (flags ? 20 + textWidth(flags, 11, 'bold') : 0);
    if (quote !== undefined) w = Math.max(w, 16 + textWidth('about', 11, 'bold') + 8 + textWidth(quote, 11, 'mono'));
    h = CORE_HEIGHT + (quote === undefined ? 0 : QUOTE_HEIGHT);
  }
  for (const shell of capsule.shells.toReversed()) {
    const plus = shell.outer ? 54 : 0;
    w = Math.max(w + 12, 12 + 10 + 18 + 21 + mono(shell.src.text) + mono(shell.dst.text) + 14 + plus) + 3;
    h += SHELL_HEIGHT + (shell.src.was !== undefined || shell.dst.was !== undefined ? WAS_HEIGHT : 0);
  }
  const framed = capsule.frame !== undefined;
  if (capsule.frame) w = Math.max(w, textWidth(`eth frame on ${capsule.frame.dev}, 65535 B`, 11, 'bold') + 40);
  return { w: Math.ceil(w), h, top: framed ? 15 : 0, below: (capsule.mark ? TAG_HEIGHT : 0) + (framed ? 7 : 0) };
}
