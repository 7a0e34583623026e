import { describe, expect, it } from 'vitest';
import { bridge, flowOf } from '../../testing/openflowBed.ts';
import { multipathLink } from './hash.ts';

const IPV4 = 'dl_src=aa:aa:aa:aa:aa:01,dl_dst=aa:aa:aa:aa:aa:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tcp_src=1000,tcp_dst=80';
const PACKETS = [
  `in_port=1,tcp,${IPV4}`,
  'in_port=1,udp6,dl_src=aa:aa:aa:aa:aa:01,dl_dst=aa:aa:aa:aa:aa:02,ipv6_src=fd00::1,ipv6_dst=fd00::2,nw_ttl=64,udp_src=1000,udp_dst=53',
  'in_port=1,arp,dl_src=aa:aa:aa:aa:aa:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_op=1',
  `in_port=1,tcp,dl_vlan=5,${IPV4}`,
];
const dst = { field: 'reg0', from: 0, to: 15 };

describe('multipath', () => {
  // What ovs-vswitchd 3.1.0 (Debian, amd64) put into the register for TCP, UDP over IPv6, ARP, and TCP with a tag, with basis 50.
  it.each([
    ['eth_src', 'modulo_n', 1000, 0, [198, 198, 198, 198]],
    ['eth_src', 'hash_threshold', 1000, 0, [218, 218, 218, 218]],
    ['eth_src', 'hrw', 60, 0, [31, 31, 31, 31]],
    ['eth_src', 'iter_hash', 100, 128, [26, 26, 26, 26]],
    ['symmetric_l4', 'modulo_n', 1000, 0, [303, 620, 768, 46]],
    ['symmetric_l4', 'hash_threshold', 1000, 0, [527, 612, 254, 38]],
    ['symmetric_l4', 'hrw', 60, 0, [11, 54, 3, 38]],
    ['symmetric_l4', 'iter_hash', 100, 128, [46, 2, 9, 46]],
    ['symmetric_l3l4', 'modulo_n', 1000, 0, [353, 509, 168, 353]],
    ['symmetric_l3l4', 'hash_threshold', 1000, 0, [645, 284, 384, 645]],
    ['symmetric_l3l4', 'hrw', 60, 0, [50, 49, 36, 50]],
    ['symmetric_l3l4', 'iter_hash', 100, 128, [39, 27, 35, 39]],
    ['symmetric_l3l4+udp', 'modulo_n', 1000, 0, [353, 311, 168, 353]],
    ['symmetric_l3l4+udp', 'hash_threshold', 1000, 0, [645, 317, 384, 645]],
    ['symmetric_l3l4+udp', 'hrw', 60, 0, [50, 11, 36, 50]],
    ['symmetric_l3l4+udp', 'iter_hash', 100, 128, [39, 88, 35, 39]],
    ['nw_src', 'modulo_n', 1000, 0, [520, 591, 50, 520]],
    ['nw_src', 'hash_threshold', 1000, 0, [769, 994, 0, 769]],
    ['nw_src', 'hrw', 60, 0, [14, 56, 58, 14]],
    ['nw_src', 'iter_hash', 100, 128, [65, 24, 70, 65]],
    ['nw_dst', 'modulo_n', 1000, 0, [523, 313, 50, 523]],
    ['nw_dst', 'hash_threshold', 1000, 0, [465, 122, 0, 465]],
    ['nw_dst', 'hrw', 60, 0, [11, 25, 58, 11]],
    ['nw_dst', 'iter_hash', 100, 128, [25, 74, 70, 25]],
    ['symmetric_l3', 'modulo_n', 1000, 0, [173, 144, 65, 173]],
    ['symmetric_l3', 'hash_threshold', 1000, 0, [491, 825, 838, 491]],
    ['symmetric_l3', 'hrw', 60, 0, [46, 43, 59, 46]],
    ['symmetric_l3', 'iter_hash', 100, 128, [72, 92, 93, 72]],
  ] as const)('by %s and %s of %i links', (fields, algorithm, links, arg, expected) => {
    const at = bridge();
    expect(PACKETS.map((packet) => multipathLink(flowOf(packet, at), { kind: 'multipath', fields, basis: 50, algorithm, links, arg, dst }))).toEqual(expected);
  });

  it.each([
    ['nw_proto', 'hrw'],
    ['eth_src', 'dice'],
  ])('by %s and %s is not known', (fields, algorithm) => {
    expect(multipathLink(flowOf(PACKETS[0] ?? '', bridge()), { kind: 'multipath', fields, basis: 0, algorithm, links: 4, arg: 0, dst })).toBeUndefined();
  });

  it('with one link needs no dice', () => {
    for (const algorithm of ['modulo_n', 'hash_threshold', 'hrw', 'iter_hash']) expect(multipathLink(flowOf(PACKETS[0] ?? '', bridge()), { kind: 'multipath', fields: 'eth_src', basis: 0, algorithm, links: 1, arg: 0, dst })).toBe(0);
  });
});
