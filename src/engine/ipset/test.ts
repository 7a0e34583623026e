import { formatIp4, inPrefix, type Ip4 } from '../../packet/address.ts';
import { ipOf, l4Of, type Packet } from '../../packet/packet.ts';
import { protocolName } from '../../packet/protocols.ts';
import type { IpSet, SetMember, SetPart } from '../../world/ipset.ts';

export interface SetTest {
  readonly result: boolean | 'unknown';
  /** The element that was looked for, as `ipset test` takes it. */
  readonly saw: string;
  /** The member that decided; when there is none, the most similar one. */
  readonly member: SetMember | undefined;
}

/** What a packet has for one dimension of a set. */
type Wanted = { readonly kind: 'ip'; readonly ip: Ip4 } | { readonly kind: 'port'; readonly proto: number; readonly port: number } | { readonly kind: 'bitmap-port'; readonly port: number };

/**
 * ip_set_test() (net/netfilter/ipset/ip_set_core.c) for the hash:*ip*, *port*, *net* and bitmap:port types. `dirs` names, a
 * dimension each, which side of the packet is meant. Unknown for other types, never "not a member".
 */
export function testSet(set: IpSet, packet: Packet, dirs: readonly ('src' | 'dst')[]): SetTest {
  const wanted = wantedParts(set, packet, dirs);
  if (wanted === 'unknown') return { result: 'unknown', saw: '', member: undefined };
  if (wanted === undefined) return { result: false, saw: '', member: undefined };
  const saw = wanted.map(wantedText).join(',');
  if (set.members.some((m) => m.parts.some((p) => p.kind === 'unknown'))) {
    const known = set.members.find((m) => matches(m, wanted));
    if (!known) return { result: 'unknown', saw, member: undefined };
  }
  // hash:net types look from the longest prefix down, so the most specific member decides, and nomatch makes it an exception.
  let best: SetMember | undefined;
  for (const member of set.members) {
    if (matches(member, wanted) && (best === undefined || specificity(member) > specificity(best))) best = member;
  }
  if (best) return { result: !best.nomatch, saw, member: best };
  return { result: false, saw, member: nearest(set.members, wanted) };
}

/** Which dimension wants what; `unknown` for a type that we do not know, undefined when the packet has no such thing. */
function wantedParts(set: IpSet, packet: Packet, dirs: readonly ('src' | 'dst')[]): readonly Wanted[] | 'unknown' | undefined {
  if (set.type === 'unknown') return 'unknown';
  const kinds = set.type.split(':')[1]?.split(',') ?? [];
  const ip = ipOf(packet);
  const l4 = l4Of(packet);
  const wanted: Wanted[] = [];
  for (const [i, kind] of kinds.entries()) {
    // A rule with too few directions tests the missing ones as src (opt.dim bits are 0), which iptables refuses to load.
    const dir = dirs[i] ?? 'src';
    if (kind !== 'port') {
      wanted.push({ kind: 'ip', ip: ip[dir] });
      continue;
    }
    const port = portOf(l4, dir);
    if (port === undefined) return undefined;
    // bitmap:port takes the ports of TCP and UDP alone (ip_set_get_ip_port()).
    if (set.type === 'bitmap:port' && l4?.type !== 'tcp' && l4?.type !== 'udp') return undefined;
    wanted.push(set.type === 'bitmap:port' ? { kind: 'bitmap-port', port } : { kind: 'port', proto: ip.proto, port });
  }
  return wanted;
}

/** get_port() (net/netfilter/ipset/ip_set_getport.c): ports of TCP and UDP; ICMP has type and code in that place. */
function portOf(l4: Packet[number] | undefined, dir: 'src' | 'dst'): number | undefined {
  switch (l4?.type) {
    case 'tcp':
    case 'udp':
      return dir === 'src' ? l4.sport : l4.dport;
    case 'icmp':
      return l4.icmptype * 256 + l4.code;
    case 'fragment':
      return undefined;
    default:
      return 0;
  }
}

function partMatches(part: SetPart | undefined, wanted: Wanted): boolean {
  if (part === undefined || part.kind === 'unknown') return false;
  if (wanted.kind === 'ip') return part.kind === 'net' && inPrefix(wanted.ip, part.net.ip, part.net.prefixLen);
  if (part.kind !== 'port' || wanted.port < part.ports.from || wanted.port > part.ports.to) return false;
  return wanted.kind === 'bitmap-port' || part.proto === wanted.proto;
}

const matches = (member: SetMember, wanted: readonly Wanted[]): boolean => wanted.every((w, i) => partMatches(member.parts[i], w));

const specificity = (member: SetMember): number => member.parts.reduce((sum, p) => sum + (p.kind === 'net' ? p.net.prefixLen : 0), 0);

/** The member that agrees in most dimensions, and then in most leading bits: what a person would have meant. */
function nearest(members: readonly SetMember[], wanted: readonly Wanted[]): SetMember | undefined {
  let best: SetMember | undefined;
  let bestScore = 0;
  for (const member of members) {
    let score = 0;
    for (const [i, w] of wanted.entries()) {
      const part = member.parts[i];
      if (partMatches(part, w)) score += 33;
      else if (w.kind === 'ip' && part?.kind === 'net') score += Math.clz32((w.ip ^ part.net.ip) >>> 0);
    }
    if (score > bestScore) {
      best = member;
      bestScore = score;
    }
  }
  return best;
}

function wantedText(w: Wanted): string {
  if (w.kind === 'ip') return formatIp4(w.ip);
  return w.kind === 'bitmap-port' ? String(w.port) : `${protocolName(w.proto)}:${w.port}`;
}
