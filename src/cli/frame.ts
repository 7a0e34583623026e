import type { Step } from '../engine/step.ts';
import { formatIp4 } from '../packet/address.ts';
import { type EthHeader, ETHERTYPE_IPV4, type Header, innermost, type Packet, PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP, isPorted } from '../packet/packet.ts';
import { packetBytes, totalLength } from '../packet/sizes.ts';
import { flagsText } from '../text/lines.ts';

/** Header objects of HEADLESS.md, outermost first. */
export type HeaderJson = Readonly<Record<string, string | number | boolean>>;

export interface FrameJson {
  /** From the first header shown. */
  readonly length: number;
  readonly headers: readonly HeaderJson[];
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [PROTO_ICMP, 'icmp'],
  [PROTO_TCP, 'tcp'],
  [PROTO_UDP, 'udp'],
  [58, 'icmpv6'],
  [PROTO_SCTP, 'sctp'],
]);

/** A protocol as a probe names it: by name where it has one there, else by number. */
export const protoJson = (proto: number): string | number => NAMES.get(proto) ?? proto;

/** A frame as a capture shows it. In the first piece of a packet that was cut, length fields behind the IP header count all of it. */
export function frameJson(packet: Packet): FrameJson {
  const cut = packet.findIndex((h) => h.type === 'ipv4' && h.mf && h.uncut !== undefined);
  const ip = packet[cut];
  const missing = ip?.type === 'ipv4' ? (ip.uncut ?? 0) - totalLength(packet, cut + 1) : 0;
  return { length: packetBytes(packet), headers: packet.flatMap((h, i) => headerJson(h, totalLength(packet, i) + (cut >= 0 && i > cut ? missing : 0))) };
}

/** What is content and not a header (payload, later fragments, unread protocols) has no object of its own. */
function headerJson(header: Header, length: number): readonly HeaderJson[] {
  switch (header.type) {
    case 'eth':
      return [{ type: 'eth', src: header.src, dst: header.dst, ethertype: header.ethertype }];
    case 'vlan':
      return [{ type: 'vlan', id: header.id }];
    case 'arp':
      return [{ type: 'arp', op: header.op, spa: formatIp4(header.spa), tpa: formatIp4(header.tpa), sha: header.sha, tha: header.tha }];
    case 'ipv4': {
      const { type, src, dst, ttl, tos, df, mf, offset, proto } = header;
      return [{ type, src: formatIp4(src), dst: formatIp4(dst), ttl, tos, df, mf, offset, proto, length }];
    }
    case 'tcp':
      return [{ type: 'tcp', sport: header.sport, dport: header.dport, flags: flagsText(header.flags), ...(header.mss === undefined ? {} : { mss: header.mss }) }];
    case 'udp':
      return [{ type: 'udp', sport: header.sport, dport: header.dport, length }];
    case 'sctp':
      return [{ type: 'sctp', sport: header.sport, dport: header.dport, chunk: header.chunk }];
    case 'icmp':
      return [{ type: 'icmp', icmptype: header.icmptype, code: header.code, ...(header.mtu === undefined ? {} : { mtu: header.mtu }), ...(header.gateway === undefined ? {} : { gateway: formatIp4(header.gateway) }) }];
    case 'vxlan':
      return [{ type: 'vxlan', vni: header.vni }];
    case 'geneve':
      return [{ type: 'geneve', vni: header.vni, options: header.optionBytes }];
    case 'gre':
      return [{ type: 'gre', proto: header.protocol, ...(header.key === undefined ? {} : { key: header.key }) }];
    case 'raw':
    case 'fragment':
    case 'payload':
      return [];
  }
}

/** The innermost packet's addresses, and ports where the protocol has them. */
export function seenJson(packet: Packet): Readonly<Record<string, string | number>> {
  const [ip, l4] = innermost(packet);
  if (ip?.type !== 'ipv4') return {};
  const proto = protoJson(ip.proto);
  const ported = isPorted(l4);
  return ported ? { src: formatIp4(ip.src), sport: l4.sport, dst: formatIp4(ip.dst), dport: l4.dport, proto } : { src: formatIp4(ip.src), dst: formatIp4(ip.dst), proto };
}

/** A capture on lo shows Ethernet headers full of zeros (drivers/net/loopback.c: ARPHRD_LOOPBACK, eth_header_ops). */
const LOOPBACK_ETH: EthHeader = { type: 'eth', src: '00:00:00:00:00:00', dst: '00:00:00:00:00:00', ethertype: ETHERTYPE_IPV4 };

const onLoopback = (packet: Packet): Packet => (packet[0]?.type === 'eth' ? packet : [LOOPBACK_ETH, ...packet]);

/** Each frame that a packet socket on some device sees, in order. lo shows a packet twice, going out and coming in (libpcap would leave out the first). */
export function pathJson(steps: readonly Step[]) {
  return steps.flatMap((step) => {
    if (step.kind !== 'receive' && step.kind !== 'transmit') return [];
    const dir: 'in' | 'out' = step.kind === 'receive' ? 'in' : 'out';
    const otherhost = step.kind === 'receive' && step.otherhost;
    return [
      {
        packet: step.role,
        host: step.host,
        netns: step.netns,
        dev: step.dev ?? '',
        dir,
        ...(otherhost ? { otherhost } : {}),
        frame: frameJson(step.dev === 'lo' ? onLoopback(step.packet) : step.packet),
      },
    ];
  });
}
