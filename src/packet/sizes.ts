import { type Header, type Packet, SCTP_ABORT } from './packet.ts';

/** Bytes of one header (or piece of content) on the wire. */
export function headerBytes(header: Header): number {
  switch (header.type) {
    case 'eth':
      return 14;
    case 'vlan':
      return 4;
    case 'arp':
      return 28;
    case 'ipv4':
      return 20;
    case 'tcp':
      return 20 + header.optionBytes;
    case 'udp':
      return 8;
    case 'sctp': // common header; ABORT without a cause, or INIT or INIT ACK without parameters
      return header.chunk === SCTP_ABORT ? 16 : 32;
    case 'icmp':
      return 8 + (header.quote?.bytes ?? 0);
    case 'vxlan':
      return 8;
    case 'geneve':
      return 8 + header.optionBytes;
    case 'gre':
      return 4 + (header.csum ? 4 : 0) + (header.key === undefined ? 0 : 4) + (header.seq ? 4 : 0);
    case 'raw':
    case 'fragment':
    case 'payload':
      return header.bytes;
  }
}

/** Bytes from the first header shown to the end. */
export const packetBytes = (packet: Packet): number => packet.reduce((sum, h) => sum + headerBytes(h), 0);

/** The total length field of the IPv4 header at `index`: itself and everything behind it. */
export const totalLength = (packet: Packet, index: number): number => packetBytes(packet.slice(index));

/** Total length of the outermost IPv4 packet, without link-layer headers. */
export function ipBytes(packet: Packet): number {
  const at = packet.findIndex((h) => h.type === 'ipv4');
  return totalLength(packet, Math.max(at, 0));
}
