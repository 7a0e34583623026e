import type { Rng } from '../../random/rng.ts';
import type { PacketDraft } from './draft.ts';
import { type Kind, POOLS, shorthand } from './packets.ts';

/** A condition that the value meets, masked in one of the ways of its field. */
type Mask = (rng: Rng, value: string) => string;

const exact: Mask = (_, value) => value;
const hexMask = (masks: readonly string[]): Mask => (rng, value) => (rng.chance(0.5) ? value : `${value}/${rng.pick(masks)}`);
const ip: Mask = (rng, value) => rng.weighted([[3, value], [1, `${value}/8`], [1, `${value}/24`], [1, `${value}/31`], [1, `${value}/255.0.0.255`], [0.5, `${value}/0.0.0.1`]] as const);
const ip6: Mask = (rng, value) => rng.weighted([[3, value], [1, `${value}/16`], [1, `${value}/64`], [1, `${value}/127`], [1, `${value}/::ffff`], [0.5, `${value}/ffff::ffff`]] as const);
const mac: Mask = (rng, value) => rng.weighted([[3, value], [1, `${value}/01:00:00:00:00:00`], [1, `${value}/ff:ff:ff:00:00:00`], [0.5, `${value}/00:00:00:00:00:0f`]] as const);
const port = hexMask(['0xfff0', '0xff00', '0x1', '0x8000', '0xfffe']);
const reg = hexMask(['0xf', '0xffff', '0x1', '0xffff0000', '0x80000000']);

const MASKS: Readonly<Record<string, Mask>> = {
  in_port: exact, dl_src: mac, dl_dst: mac, nw_src: ip, nw_dst: ip, nw_ttl: exact, nw_tos: exact, nw_ecn: exact, nw_proto: exact, nw_frag: exact,
  ipv6_src: ip6, ipv6_dst: ip6, tcp_src: port, tcp_dst: port, udp_src: port, udp_dst: port, sctp_src: port, sctp_dst: port, tcp_flags: (rng, value) => (rng.chance(0.5) ? value : `+${value.split('|')[0] ?? ''}`),
  icmp_type: exact, icmp_code: exact, icmpv6_type: exact, arp_op: exact, arp_spa: ip, arp_tpa: ip, arp_sha: mac, arp_tha: mac, nd_target: ip6, nd_sll: mac, nd_tll: mac,
  tun_id: hexMask(['0xf', '0xff']), tun_src: ip, tun_dst: ip, dl_vlan: exact, dl_vlan_pcp: exact,
  reg0: reg, reg1: reg, reg5: reg, reg15: reg, metadata: hexMask(['0xff', '0xffffffff00000000']), pkt_mark: hexMask(['0x1', '0xff00']), ct_mark: hexMask(['0x1', '0x6']), ct_label: hexMask(['0x3', '0xffff0000000000000000']), ct_zone: exact,
};

/** Conditions on what a packet may or may not have. */
const EXTRAS: readonly ((rng: Rng) => string)[] = [
  (rng) => `reg${rng.pick([0, 1, 5, 15])}=${rng.pick(['0', ...POOLS.reg])}`,
  (rng) => `reg${rng.pick([0, 1, 5, 15])}=${rng.pick(['0/0x1', '0x1/0x1', '0x5/0xf', '0x20000/0xffff0000'])}`,
  (rng) => rng.pick(['xreg0=0x100000002', 'xxreg0=0/0xffff', 'xreg0=0/0xf00000000', 'xxreg0=0x1/0xf']),
  () => 'metadata=0',
  (rng) => rng.pick(['vlan_tci=0', 'vlan_tci=0x1000/0x1000', 'vlan_tci=0/0x1fff', 'dl_vlan=10', 'vlan_tci=0x1005/0x1fff']),
  (rng) => rng.pick(['pkt_mark=0', 'pkt_mark=0x4/0x4']),
];
const STATES = ['-trk', '+trk', '+trk+new', '+trk+est', '+trk-inv', '+trk+est+rpl', '+trk-rpl', '-new+est+trk', '+trk+dnat', '+trk+snat', '+rel+trk', '-rpl'];

/** Fields that only packets of some kinds have, by what the rule must ask for first. */
const BELONGS: readonly (readonly [field: RegExp, kinds: readonly string[]])[] = [
  [/^(?:nw_src|nw_dst)$/, ['ip', 'tcp', 'udp', 'sctp', 'icmp']],
  [/^nw_(?:ttl|tos|ecn|frag)$/, ['ip', 'tcp', 'udp', 'sctp', 'icmp', 'ipv6', 'tcp6', 'udp6', 'icmp6']],
  [/^nw_proto$/, ['ip']],
  [/^ipv6_/, ['ipv6', 'tcp6', 'udp6', 'icmp6']],
  [/^tcp_/, ['tcp', 'tcp6']],
  [/^udp_/, ['udp', 'udp6']],
  [/^sctp_/, ['sctp']],
  [/^icmp_/, ['icmp']],
  [/^icmpv6_/, ['icmp6']],
  [/^nd_/, []],
  [/^arp_/, ['arp', 'rarp']],
  [/^ct_/, ['ip', 'tcp', 'udp', 'sctp', 'icmp', 'ipv6', 'tcp6', 'udp6', 'icmp6']],
];

const fits = (field: string, needs: string): boolean => BELONGS.find(([pattern]) => pattern.test(field))?.[1].includes(needs) ?? true;

/** What a rule about such a packet asks for first: its protocol, its family, or nothing. */
export function drawNeeds(rng: Rng, kind: string): string {
  const family = kind.endsWith('6') ? 'ipv6' : ['arp', 'rarp'].includes(kind) || kind.startsWith('dl_type') ? kind : 'ip';
  return rng.weighted([[5, kind], [3, family], [2, '']] as const);
}

/** Conditions of a rule, most of which the packet meets. */
export function drawMatch(rng: Rng, packet: PacketDraft, needs: string): readonly string[] {
  const own = Object.entries(packet.fields).filter(([field]) => MASKS[field] !== undefined && fits(field, needs));
  const picked = rng.some(own, 0, 3).map(([field, value]) => `${field}=${MASKS[field]?.(rng, value) ?? value}`);
  if (rng.chance(0.25)) picked.push(rng.pick(EXTRAS)(rng));
  if (fits('ct_state', needs) && rng.chance(0.3)) picked.push(`ct_state=${rng.pick(STATES)}`);
  return oncePerField(picked);
}

/** A word of the tools for a field that may be there once only; registers overlap with each other. */
const place = (condition: string): string => {
  const name = condition.split('=')[0] ?? '';
  if (/^x*reg/.test(name)) return name === 'reg5' || name === 'reg15' ? name : 'regs';
  return ['dl_vlan', 'dl_vlan_pcp', 'vlan_tci'].includes(name) ? 'vlan' : name;
};

export function oncePerField(conditions: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return conditions.filter((c) => !seen.has(place(c)) && seen.add(place(c)) !== undefined);
}

/** The kind of packets that a rule with these needs sees, as the actions want to know it. */
export const needsOf = (kind: Kind): string => shorthand(kind);
