/*
 * The fields that OpenFlow rules of Open vSwitch match and change (include/openvswitch/meta-flow.h, lib/meta-flow.xml), laid over one
 * array of 32-bit words as struct flow (include/openvswitch/flow.h) lays them over its members: fields that share memory there share
 * words here, so that a register pair changes with its registers and `arp_spa` is `nw_src` of an ARP packet.
 */

/** How the tools print a value. */
export type FieldFormat = 'decimal' | 'hex' | 'ipv4' | 'ipv6' | 'mac' | 'ct_state' | 'tcp_flags' | 'tun_flags' | 'frag' | 'port' | 'packet_type' | 'vlan';

/** What a packet must be for the field to exist; `l2.5` and others that we do not carry are left to `unknown`. */
export type FieldNeeds = 'none' | 'ethernet' | 'vlan' | 'mpls' | 'ipv4' | 'ipv6' | 'ip' | 'arp' | 'tcp' | 'udp' | 'sctp' | 'icmp' | 'icmp6' | 'nd' | 'nd-solicit' | 'nd-advert' | 'ct';

export interface FieldSpec {
  readonly name: string;
  /** Other spellings in rules: `ip_src` for `nw_src`. */
  readonly aliases: readonly string[];
  /** Names in `load:…->NAME[]`; the first is what OpenFlow 1.0 to 1.4 print. */
  readonly nxm: readonly string[];
  /** First word, and how many. */
  readonly word: number;
  readonly words: number;
  /** Width, and the lowest bit that it takes of its last word. */
  readonly bits: number;
  readonly lsb: number;
  readonly format: FieldFormat;
  readonly needs: FieldNeeds;
}

type Row = readonly [name: string, aliases: string, nxm: string, bits: number, format: FieldFormat, needs: FieldNeeds, place?: string, lsb?: number];

const numbered = (n: number, row: (i: number) => Row): readonly Row[] => Array.from({ length: n }, (_, i) => row(i));

/** `place`: the field whose words it shares, with `+N` for how many words further; without one it has its own. */
const ROWS: readonly Row[] = [
  ['tun_id', 'tunnel_id', 'NXM_NX_TUN_ID OXM_OF_TUNNEL_ID', 64, 'hex', 'none'],
  ['tun_src', '', 'NXM_NX_TUN_IPV4_SRC', 32, 'ipv4', 'none'],
  ['tun_dst', '', 'NXM_NX_TUN_IPV4_DST', 32, 'ipv4', 'none'],
  ['tun_ipv6_src', '', 'NXM_NX_TUN_IPV6_SRC', 128, 'ipv6', 'none'],
  ['tun_ipv6_dst', '', 'NXM_NX_TUN_IPV6_DST', 128, 'ipv6', 'none'],
  ['tun_flags', '', 'NXM_NX_TUN_FLAGS', 16, 'tun_flags', 'none'],
  ['tun_ttl', '', '', 8, 'decimal', 'none'],
  ['tun_tos', '', '', 8, 'decimal', 'none'],
  ['tun_gbp_id', '', 'NXM_NX_TUN_GBP_ID', 16, 'decimal', 'none'],
  ['tun_gbp_flags', '', 'NXM_NX_TUN_GBP_FLAGS', 8, 'hex', 'none'],
  ...numbered(64, (i): Row => [`tun_metadata${i}`, '', `NXM_NX_TUN_METADATA${i}`, 128, 'hex', 'none']),
  ['metadata', '', 'OXM_OF_METADATA', 64, 'hex', 'none'],
  ['in_port', '', 'NXM_OF_IN_PORT', 16, 'port', 'none'],
  ['in_port_oxm', '', 'OXM_OF_IN_PORT', 32, 'port', 'none', 'in_port'],
  ['skb_priority', '', '', 32, 'hex', 'none'],
  ['pkt_mark', '', 'NXM_NX_PKT_MARK', 32, 'hex', 'none'],
  ['dp_hash', '', 'NXM_NX_DP_HASH', 32, 'hex', 'none'],
  ['recirc_id', '', 'NXM_NX_RECIRC_ID', 32, 'decimal', 'none'],
  ['conj_id', '', 'NXM_NX_CONJ_ID', 32, 'decimal', 'none'],
  ['actset_output', '', 'OXM_OF_ACTSET_OUTPUT', 32, 'port', 'none'],
  ['packet_type', '', 'OXM_OF_PACKET_TYPE', 32, 'packet_type', 'none'],
  ['ct_state', '', 'NXM_NX_CT_STATE', 32, 'ct_state', 'none'],
  ['ct_zone', '', 'NXM_NX_CT_ZONE', 16, 'hex', 'none'],
  ['ct_mark', '', 'NXM_NX_CT_MARK', 32, 'hex', 'none'],
  ['ct_label', '', 'NXM_NX_CT_LABEL', 128, 'hex', 'none'],
  ['ct_nw_proto', '', 'NXM_NX_CT_NW_PROTO', 8, 'decimal', 'ct'],
  ['ct_nw_src', '', 'NXM_NX_CT_NW_SRC', 32, 'ipv4', 'ct'],
  ['ct_nw_dst', '', 'NXM_NX_CT_NW_DST', 32, 'ipv4', 'ct'],
  ['ct_ipv6_src', '', 'NXM_NX_CT_IPV6_SRC', 128, 'ipv6', 'ct'],
  ['ct_ipv6_dst', '', 'NXM_NX_CT_IPV6_DST', 128, 'ipv6', 'ct'],
  ['ct_tp_src', '', 'NXM_NX_CT_TP_SRC', 16, 'decimal', 'ct'],
  ['ct_tp_dst', '', 'NXM_NX_CT_TP_DST', 16, 'decimal', 'ct'],
  // Sixteen words in a row: XXREG0 is REG0 to REG3, REG0 the most significant.
  ...numbered(16, (i): Row => [`reg${i}`, '', `NXM_NX_REG${i}`, 32, 'hex', 'none']),
  ...numbered(8, (i): Row => [`xreg${i}`, '', `OXM_OF_PKT_REG${i}`, 64, 'hex', 'none', `reg${2 * i}`]),
  ...numbered(4, (i): Row => [`xxreg${i}`, '', `NXM_NX_XXREG${i}`, 128, 'hex', 'none', `reg${4 * i}`]),
  ['dl_src', 'eth_src', 'NXM_OF_ETH_SRC OXM_OF_ETH_SRC', 48, 'mac', 'ethernet'],
  ['dl_dst', 'eth_dst', 'NXM_OF_ETH_DST OXM_OF_ETH_DST', 48, 'mac', 'ethernet'],
  ['dl_type', 'eth_type', 'NXM_OF_ETH_TYPE OXM_OF_ETH_TYPE', 16, 'hex', 'ethernet'],
  // The tag with bit 12 (CFI) set where there is one: 0x1000 | VID | PCP << 13.
  ['vlan_tci', '', 'NXM_OF_VLAN_TCI', 16, 'hex', 'ethernet'],
  ['dl_vlan', '', '', 12, 'decimal', 'ethernet', 'vlan_tci'],
  ['vlan_vid', '', 'OXM_OF_VLAN_VID', 13, 'vlan', 'ethernet', 'vlan_tci'],
  ['dl_vlan_pcp', '', '', 3, 'decimal', 'ethernet', 'vlan_tci', 13],
  ['vlan_pcp', '', 'OXM_OF_VLAN_PCP', 3, 'decimal', 'vlan', 'vlan_tci', 13],
  ['mpls_label', '', 'OXM_OF_MPLS_LABEL', 20, 'decimal', 'mpls'],
  ['mpls_tc', '', 'OXM_OF_MPLS_TC', 3, 'decimal', 'mpls'],
  ['mpls_bos', '', 'OXM_OF_MPLS_BOS', 1, 'decimal', 'mpls'],
  ['mpls_ttl', '', 'NXM_NX_MPLS_TTL', 8, 'decimal', 'mpls'],
  ['nw_src', 'ip_src', 'NXM_OF_IP_SRC OXM_OF_IPV4_SRC', 32, 'ipv4', 'ipv4'],
  ['nw_dst', 'ip_dst', 'NXM_OF_IP_DST OXM_OF_IPV4_DST', 32, 'ipv4', 'ipv4'],
  ['arp_spa', '', 'NXM_OF_ARP_SPA OXM_OF_ARP_SPA', 32, 'ipv4', 'arp', 'nw_src'],
  ['arp_tpa', '', 'NXM_OF_ARP_TPA OXM_OF_ARP_TPA', 32, 'ipv4', 'arp', 'nw_dst'],
  ['ipv6_src', '', 'NXM_NX_IPV6_SRC OXM_OF_IPV6_SRC', 128, 'ipv6', 'ipv6'],
  ['ipv6_dst', '', 'NXM_NX_IPV6_DST OXM_OF_IPV6_DST', 128, 'ipv6', 'ipv6'],
  ['ipv6_label', '', 'NXM_NX_IPV6_LABEL OXM_OF_IPV6_FLABEL', 20, 'hex', 'ipv6'],
  ['nw_proto', 'ip_proto', 'NXM_OF_IP_PROTO OXM_OF_IP_PROTO', 8, 'decimal', 'ip'],
  ['arp_op', '', 'NXM_OF_ARP_OP OXM_OF_ARP_OP', 16, 'decimal', 'arp', 'nw_proto'],
  // The whole byte; `nw_tos` leaves the two bits of ECN alone.
  ['nw_tos', '', 'NXM_OF_IP_TOS', 8, 'decimal', 'ip'],
  ['ip_dscp', '', 'OXM_OF_IP_DSCP', 6, 'decimal', 'ip', 'nw_tos', 2],
  ['nw_ecn', 'ip_ecn', 'NXM_NX_IP_ECN OXM_OF_IP_ECN', 2, 'decimal', 'ip', 'nw_tos'],
  ['nw_ttl', '', 'NXM_NX_IP_TTL', 8, 'decimal', 'ip'],
  // FLOW_NW_FRAG_ANY 1, FLOW_NW_FRAG_LATER 2.
  ['nw_frag', 'ip_frag', 'NXM_NX_IP_FRAG', 2, 'frag', 'ip'],
  ['arp_sha', '', 'NXM_NX_ARP_SHA OXM_OF_ARP_SHA', 48, 'mac', 'arp'],
  ['arp_tha', '', 'NXM_NX_ARP_THA OXM_OF_ARP_THA', 48, 'mac', 'arp'],
  ['nd_sll', '', 'NXM_NX_ND_SLL OXM_OF_IPV6_ND_SLL', 48, 'mac', 'nd-solicit', 'arp_sha'],
  ['nd_tll', '', 'NXM_NX_ND_TLL OXM_OF_IPV6_ND_TLL', 48, 'mac', 'nd-advert', 'arp_tha'],
  ['nd_target', '', 'NXM_NX_ND_TARGET OXM_OF_IPV6_ND_TARGET', 128, 'ipv6', 'nd'],
  ['nd_reserved', '', 'ERICOXM_OF_ICMPV6_ND_RESERVED', 32, 'hex', 'nd'],
  ['nd_options_type', '', 'ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE', 8, 'decimal', 'nd'],
  ['tcp_flags', '', 'NXM_NX_TCP_FLAGS OXM_OF_TCP_FLAGS', 12, 'tcp_flags', 'tcp'],
  ['tp_src', '', '', 16, 'decimal', 'none'],
  ['tp_dst', '', '', 16, 'decimal', 'none'],
  ['tcp_src', '', 'NXM_OF_TCP_SRC OXM_OF_TCP_SRC', 16, 'decimal', 'tcp', 'tp_src'],
  ['tcp_dst', '', 'NXM_OF_TCP_DST OXM_OF_TCP_DST', 16, 'decimal', 'tcp', 'tp_dst'],
  ['udp_src', '', 'NXM_OF_UDP_SRC OXM_OF_UDP_SRC', 16, 'decimal', 'udp', 'tp_src'],
  ['udp_dst', '', 'NXM_OF_UDP_DST OXM_OF_UDP_DST', 16, 'decimal', 'udp', 'tp_dst'],
  ['sctp_src', '', 'OXM_OF_SCTP_SRC', 16, 'decimal', 'sctp', 'tp_src'],
  ['sctp_dst', '', 'OXM_OF_SCTP_DST', 16, 'decimal', 'sctp', 'tp_dst'],
  ['icmp_type', '', 'NXM_OF_ICMP_TYPE OXM_OF_ICMPV4_TYPE', 8, 'decimal', 'icmp', 'tp_src'],
  ['icmp_code', '', 'NXM_OF_ICMP_CODE OXM_OF_ICMPV4_CODE', 8, 'decimal', 'icmp', 'tp_dst'],
  ['icmpv6_type', '', 'NXM_NX_ICMPV6_TYPE OXM_OF_ICMPV6_TYPE', 8, 'decimal', 'icmp6', 'tp_src'],
  ['icmpv6_code', '', 'NXM_NX_ICMPV6_CODE OXM_OF_ICMPV6_CODE', 8, 'decimal', 'icmp6', 'tp_dst'],
];

const words = (text: string): readonly string[] => text.split(' ').filter((w) => w !== '');

function layOut(): { readonly fields: ReadonlyMap<string, FieldSpec>; readonly size: number } {
  const fields = new Map<string, FieldSpec>();
  let size = 0;
  for (const [name, aliases, nxm, bits, format, needs, place, lsb = 0] of ROWS) {
    const count = Math.ceil((bits + lsb) / 32);
    const word = place === undefined ? size : (fields.get(place)?.word ?? size);
    fields.set(name, { name, aliases: words(aliases), nxm: words(nxm), word, words: count, bits, lsb, format, needs });
    if (place === undefined) size += count;
  }
  return { fields, size };
}

const laidOut = layOut();

/** All fields by their name. */
export const FIELDS: ReadonlyMap<string, FieldSpec> = laidOut.fields;

/**
 * Words of a flow that no rule can name: the outer tag's ethertype (0 stands for 0x8100 where there is a tag), the second tag, and two
 * words of bits that tell which tun_metadata fields the packet has.
 */
export const HIDDEN: { readonly vlanTpid: number; readonly innerTpid: number; readonly innerTci: number; readonly tunPresent: number } = { vlanTpid: laidOut.size, innerTpid: laidOut.size + 1, innerTci: laidOut.size + 2, tunPresent: laidOut.size + 3 };

/** How many words a flow has. */
export const FLOW_WORDS: number = laidOut.size + 5;

const byAnyName: ReadonlyMap<string, FieldSpec> = new Map([...FIELDS.values()].flatMap((f) => [f.name, ...f.aliases, ...f.nxm].map((n) => [n, f] as const)));

/** The field of that name, in any of its spellings; undefined when there is none. */
export const fieldNamed = (name: string): FieldSpec | undefined => byAnyName.get(name);

/** Bits of ct_state (lib/packets.h, CS_*). */
export const CT_STATE = { new: 0x01, est: 0x02, rel: 0x04, rpl: 0x08, inv: 0x10, trk: 0x20, snat: 0x40, dnat: 0x80 } as const;
