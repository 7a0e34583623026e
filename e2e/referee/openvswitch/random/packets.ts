import type { Rng } from '../../random/rng.ts';
import type { PacketDraft } from './draft.ts';

/** Few of each, so that rules and packets meet. */
export const POOLS = {
  ip: ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.1.1', '172.16.0.5', '192.168.9.9'],
  ip6: ['fd00::1', 'fd00::2', 'fd00:0:1::3', 'fe80::1', 'ff02::1:ff00:2'],
  mac: ['00:00:00:00:00:01', '00:00:00:00:00:02', '0a:0b:0c:0d:0e:0f', 'ff:ff:ff:ff:ff:ff', '33:33:00:00:00:01'],
  port: ['53', '80', '443', '1000', '8080', '32768'],
  reg: ['0x1', '0x2', '0x5', '0x10', '0xffff', '0x20000', '0x80000001'],
  state: ['trk|new', 'trk|est', 'trk|est|rpl', 'trk|inv', 'trk|new|rel', 'trk|est|dnat', 'trk|est|rpl|snat'],
} as const;

/** What each kind of packet is, in the order of the layers. */
export const KINDS = ['tcp', 'udp', 'sctp', 'icmp', 'ip', 'arp', 'rarp', 'tcp6', 'udp6', 'icmp6', 'solicit', 'advert', 'eth'] as const;
export type Kind = (typeof KINDS)[number];

export const isIp4 = (kind: Kind): boolean => ['tcp', 'udp', 'sctp', 'icmp', 'ip'].includes(kind);
export const isIp6 = (kind: Kind): boolean => ['tcp6', 'udp6', 'icmp6', 'solicit', 'advert'].includes(kind);

const SHORTHAND: Readonly<Record<Kind, string>> = { tcp: 'tcp', udp: 'udp', sctp: 'sctp', icmp: 'icmp', ip: 'ip', arp: 'arp', rarp: 'rarp', tcp6: 'tcp6', udp6: 'udp6', icmp6: 'icmp6', solicit: 'icmp6', advert: 'icmp6', eth: 'dl_type=0x88cc' };
export const shorthand = (kind: Kind): string => SHORTHAND[kind];

/** Fields of the kind's own layers, each with a value. */
function layers(rng: Rng, kind: Kind): Record<string, string> {
  const fields: Record<string, string> = { dl_src: rng.pick(POOLS.mac.slice(0, 3)), dl_dst: rng.pick(POOLS.mac) };
  if (isIp4(kind)) Object.assign(fields, { nw_src: rng.pick(POOLS.ip), nw_dst: rng.pick(POOLS.ip), nw_ttl: rng.pick(['64', '64', '64', '1', '2', '255']) });
  if (isIp6(kind)) Object.assign(fields, { ipv6_src: rng.pick(POOLS.ip6), ipv6_dst: rng.pick(POOLS.ip6), nw_ttl: rng.pick(['64', '64', '255', '1']) });
  if (isIp4(kind) || isIp6(kind)) {
    if (rng.chance(0.2)) fields['nw_tos'] = rng.pick(['32', '184', '8']);
    if (rng.chance(0.1)) fields['nw_ecn'] = rng.pick(['1', '2', '3']);
  }
  const base = kind.replace('6', '');
  if (['tcp', 'udp', 'sctp'].includes(base)) Object.assign(fields, { [`${base}_src`]: rng.pick(POOLS.port), [`${base}_dst`]: rng.pick(POOLS.port) });
  if (base === 'tcp' && rng.chance(0.3)) fields['tcp_flags'] = rng.pick(['syn', 'ack', 'syn|ack', 'fin|ack', 'rst']);
  if (kind === 'icmp') Object.assign(fields, { icmp_type: rng.pick(['8', '0', '3']), icmp_code: rng.pick(['0', '4']) });
  if (kind === 'icmp6') Object.assign(fields, { icmpv6_type: rng.pick(['128', '129', '2']), icmpv6_code: '0' });
  if (kind === 'solicit') Object.assign(fields, { icmpv6_type: '135', icmpv6_code: '0', nd_target: rng.pick(POOLS.ip6), nd_sll: rng.pick(POOLS.mac) });
  if (kind === 'advert') Object.assign(fields, { icmpv6_type: '136', icmpv6_code: '0', nd_target: rng.pick(POOLS.ip6), nd_tll: rng.pick(POOLS.mac) });
  if (kind === 'arp' || kind === 'rarp') Object.assign(fields, { arp_op: rng.pick(['1', '2']), arp_spa: rng.pick(POOLS.ip), arp_tpa: rng.pick(POOLS.ip), arp_sha: rng.pick(POOLS.mac), arp_tha: rng.pick(POOLS.mac) });
  if (kind === 'ip') fields['nw_proto'] = rng.pick(['47', '4', '50']);
  if (kind !== 'ip' && isIp4(kind) && rng.chance(0.08)) fields['nw_frag'] = 'first';
  if (kind === 'ip' && rng.chance(0.3)) fields['nw_frag'] = 'later';
  return fields;
}

export interface Entry {
  readonly bridge: string;
  /** Ports that a packet may come in by. */
  readonly ports: readonly string[];
  readonly tunnels: readonly string[];
}

/** A packet at one of the entries. `hash`: it has one already, by which select groups choose. */
export function drawPacket(rng: Rng, entries: readonly Entry[], hash: boolean): PacketDraft {
  const { bridge, ports, tunnels } = rng.pick(entries);
  const kind = rng.weighted([[5, 'tcp'], [3, 'udp'], [1, 'sctp'], [2, 'icmp'], [1, 'ip'], [2, 'arp'], [0.3, 'rarp'], [2, 'tcp6'], [1, 'udp6'], [1, 'icmp6'], [1, 'solicit'], [1, 'advert'], [0.5, 'eth']] as const);
  const tunnelled = tunnels.length > 0 && rng.chance(0.4);
  const fields: Record<string, string> = { in_port: rng.pick(tunnelled ? tunnels : ports), ...layers(rng, kind) };
  if (tunnelled) Object.assign(fields, { tun_id: rng.pick(['0x7', '0x22', '0x5']), tun_src: rng.pick(['10.9.0.1', '10.9.0.7']), tun_dst: '10.9.0.100' });
  if (rng.chance(0.15)) Object.assign(fields, { dl_vlan: rng.pick(['5', '10', '20']), ...(rng.chance(0.4) ? { dl_vlan_pcp: rng.pick(['3', '7']) } : {}) });
  for (const reg of ['reg0', 'reg1', 'reg5', 'reg15']) if (rng.chance(0.08)) fields[reg] = rng.pick(POOLS.reg);
  if (rng.chance(0.1)) fields['metadata'] = rng.pick(['0x5', '0x100000002']);
  if (rng.chance(0.1)) fields['pkt_mark'] = rng.pick(['0x1', '0x4000']);
  if ((isIp4(kind) || isIp6(kind)) && rng.chance(0.15)) {
    fields['ct_state'] = rng.pick(POOLS.state);
    if (rng.chance(0.4)) fields['ct_mark'] = rng.pick(['0x1', '0x6']);
    if (rng.chance(0.3)) fields['ct_label'] = rng.pick(['0x2', '0x10000000000000001']);
    if (rng.chance(0.3)) fields['ct_zone'] = rng.pick(['5', '7']);
  }
  if (hash) fields['dp_hash'] = String(1 + rng.int(64));
  const ctNext = rng.chance(0.5) ? Array.from({ length: 1 + rng.int(2) }, () => rng.pick(POOLS.state).replaceAll('|', ',')) : [];
  return { bridge, kind: shorthand(kind), fields, ctNext, generate: false };
}
