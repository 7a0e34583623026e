import type { OvsPacket } from '../case.ts';

type Fields = Readonly<Record<string, string | number>>;

const ETH: Fields = { in_port: 'p1', dl_src: '00:00:00:00:00:01', dl_dst: '00:00:00:00:00:02' };
const IP: Fields = { nw_src: '10.0.0.1', nw_dst: '10.0.0.2', nw_ttl: 64 };
const IP6: Fields = { ipv6_src: 'fd00::1', ipv6_dst: 'fd00::2', nw_ttl: 64 };

/** Packets by their shorthand, with what they have unless told otherwise. */
const KINDS = {
  tcp: { ...ETH, tcp: '', ...IP, tcp_src: 1000, tcp_dst: 80 },
  udp: { ...ETH, udp: '', ...IP, udp_src: 1000, udp_dst: 53 },
  sctp: { ...ETH, sctp: '', ...IP, sctp_src: 1000, sctp_dst: 132 },
  icmp: { ...ETH, icmp: '', ...IP, icmp_type: 8, icmp_code: 0 },
  ip: { ...ETH, ip: '', ...IP },
  arp: { ...ETH, arp: '', arp_op: 1, arp_spa: '10.0.0.1', arp_tpa: '10.0.0.2', arp_sha: '00:00:00:00:00:01', arp_tha: '00:00:00:00:00:00' },
  rarp: { ...ETH, rarp: '', arp_op: 3, arp_spa: '10.0.0.1', arp_tpa: '10.0.0.2' },
  tcp6: { ...ETH, tcp6: '', ...IP6, tcp_src: 1000, tcp_dst: 80 },
  udp6: { ...ETH, udp6: '', ...IP6, udp_src: 1000, udp_dst: 53 },
  icmp6: { ...ETH, icmp6: '', ...IP6, icmpv6_type: 128, icmpv6_code: 0 },
  solicit: { ...ETH, icmp6: '', ...IP6, nw_ttl: 255, icmpv6_type: 135, icmpv6_code: 0, nd_target: 'fd00::2', nd_sll: '00:00:00:00:00:01' },
  advert: { ...ETH, icmp6: '', ...IP6, nw_ttl: 255, icmpv6_type: 136, icmpv6_code: 0, nd_target: 'fd00::2', nd_tll: '00:00:00:00:00:02' },
  eth: { ...ETH, dl_type: '0x88cc' },
  mpls: { ...ETH, mpls: '', mpls_label: 5, mpls_tc: 3, mpls_bos: 1, mpls_ttl: 64 },
} as const;

/** The flow of a packet, where `more` says what differs. A field that is set to '' keeps its bare name. */
export function flow(kind: keyof typeof KINDS, more: Fields = {}): string {
  const fields: Fields = { ...KINDS[kind], ...more };
  return Object.entries(fields).map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join(',');
}

export const packet = (kind: keyof typeof KINDS, more: Fields = {}, rest: Omit<OvsPacket, 'flow'> = {}): OvsPacket => ({ ...rest, flow: flow(kind, more) });
