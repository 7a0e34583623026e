import { CALL, from, lan, LAN_MAC, type LanSpec, ping, udp } from '../bridgeTopology.ts';
import type { RefereeCase } from '../case.ts';
import type { Spec } from '../topology.ts';
import { deviceText, overRouter, udp as cUdp, UNDER } from './tunnelWorlds.ts';

const made = (remote: string | undefined, local: string, flags = 'nolearning '): string => `vxlan id 7 ${remote === undefined ? '' : `remote ${remote} `}local ${local} srcport 0 0 dstport 4789 ${flags}ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx`;
const NODE = '10.1.0.254';
const X = '10.1.0.1';
const V = '06:00:00:00:09:09';
const FAR = '02:00:00:00:09:09';

/** The node's bridge has a VXLAN device for a port, and the machine x is the other end of it: 10.9.0.9. */
function stretched(o: { readonly remote?: string; readonly flags?: string; readonly mtu?: number; readonly farMtu?: number; readonly asks?: boolean; readonly node?: Spec; readonly x?: Spec; readonly a?: LanSpec['a'] } = {}) {
  const neigh = (asks: boolean | undefined): readonly string[] => (asks ? [] : [`10.9.0.9 dev eth0 lladdr ${FAR} PERMANENT`]);
  return lan({
    a: { ...o.a, pod: { ...o.a?.pod, neigh: [...neigh(o.a?.asks), ...(o.a?.pod?.neigh ?? [])] } },
    node: { ...o.node, links: [deviceText({ kind: made(o.remote ?? X, NODE, o.flags), mac: V, master: 'br0', index: 30, mtu: o.mtu ?? 1500 })] },
    x: {
      ...o.x,
      links: [deviceText({ kind: made(NODE, X), mac: FAR, addresses: ['10.9.0.9/24'], mtu: o.farMtu ?? 1450, index: 30 })],
      routes: ['10.9.0.0/24 dev t0 proto kernel scope link src 10.9.0.9'],
      neigh: [...(o.asks ? [] : [`10.9.0.1 dev t0 lladdr ${LAN_MAC.a} PERMANENT`]), ...(o.x?.neigh ?? [])],
    },
  });
}

const fromX = { from: { host: 'x' }, dst: '10.9.0.1', proto: 'udp' as const, sport: 41_000, dport: 53 };

/** VXLAN devices as ports of bridges, and questions through them. */
export const vxlanBridge: readonly RefereeCase[] = [
  { name: 'a bridge floods into its VXLAN port what it does not know', covers: ['tunnel:vxlan-bridge', 'bridge:flood'], files: stretched(), probes: [udp('a', '10.9.0.9'), ping('a', '10.9.0.9'), from('a', '10.9.0.9'), fromX] },
  {
    name: 'a bridge that knows the far MAC sends into the VXLAN port alone',
    covers: ['tunnel:vxlan-bridge', 'bridge:fdb'],
    files: stretched({ node: { fdb: [`${FAR} dev t0 master br0 static`, `${FAR} dev t0 dst ${X} self permanent`, `${LAN_MAC.a} dev va master br0 static`] } }),
    probes: [udp('a', '10.9.0.9'), from('a', '10.9.0.9')],
  },
  { name: 'a question goes through the VXLAN port and is answered at the far end', covers: ['tunnel:vxlan-arp', 'arp:bridge'], files: stretched({ a: { asks: true } }), probes: [udp('a', '10.9.0.9')] },
  { name: 'the far end of a VXLAN asks, too', covers: ['tunnel:vxlan-arp'], files: stretched({ a: { asks: true }, asks: true }), probes: [udp('a', '10.9.0.9'), fromX] },
  { name: 'two VXLAN devices ask each other', covers: ['tunnel:vxlan-arp'], files: overRouter({ c: { kind: made(UNDER.s, UNDER.c) }, s: { kind: made(UNDER.c, UNDER.s) } }, { c: { neigh: [] }, s: { neigh: [] } }), probes: [cUdp()] },
  { name: 'a learning VXLAN device learns from a question', covers: ['tunnel:vxlan-arp', 'tunnel:vxlan-learning'], files: overRouter({ c: { kind: made(UNDER.s, UNDER.c, '') }, s: { kind: made(undefined, UNDER.s, '') } }, { c: { neigh: [] }, s: { neigh: [], fdb: [`02:00:00:00:99:99 dev t0 dst ${UNDER.c} self permanent`] } }), probes: [cUdp()] },
  { name: 'a question that no end of a VXLAN answers ends in host unreachable', covers: ['tunnel:vxlan-arp', 'icmp:host-unreachable'], files: overRouter({ c: { kind: made(UNDER.s, UNDER.c) }, s: { kind: made(UNDER.c, UNDER.s) } }, { c: { neigh: [] } }), probes: [cUdp({ dst: '10.9.0.77' })] },
  { name: 'a VXLAN device with proxy answers questions from the neighbours of the machine', covers: ['tunnel:vxlan-proxy'], files: stretched({ flags: 'nolearning proxy ', a: { asks: true }, node: { neigh: [`10.9.0.9 dev t0 lladdr ${FAR} PERMANENT`] } }), probes: [udp('a', '10.9.0.9')] },
  { name: 'a VXLAN device with proxy keeps questions that it cannot answer', covers: ['tunnel:vxlan-proxy'], files: stretched({ flags: 'nolearning proxy ', a: { asks: true } }), probes: [udp('a', '10.9.0.9')] },
  { name: 'a VXLAN port sends the answer to a frame that is too large in the name of its destination', covers: ['tunnel:vxlan-bridge-pmtu', 'icmp:frag-needed'], files: stretched({ node: { fdb: [`${FAR} dev t0 master br0 static`, `${LAN_MAC.a} dev va master br0 static`] } }), probes: [udp('a', '10.9.0.9', { size: 1472, df: true }), ping('a', '10.9.0.9', { size: 1472, df: true }), udp('a', '10.9.0.9', { size: 1422, df: true })] },
  { name: 'a frame without DF that is too large for the underlay goes out in pieces outside', covers: ['tunnel:vxlan-bridge-pmtu', 'ip:fragment'], files: stretched({ node: { fdb: [`${FAR} dev t0 master br0 static`, `${LAN_MAC.a} dev va master br0 static`] } }), probes: [udp('a', '10.9.0.9', { size: 1472, df: false })] },
  { name: 'a frame larger than the VXLAN port is lost', covers: ['tunnel:vxlan-bridge', 'bridge:mtu'], files: stretched({ mtu: 1450, node: { fdb: [`${FAR} dev t0 master br0 static`] } }), probes: [udp('a', '10.9.0.9', { size: 1472, df: true })] },
  { name: 'the bridge itself sends into its VXLAN port', covers: ['tunnel:vxlan-bridge', 'bridge:xmit'], files: stretched({ node: { neigh: [`10.9.0.9 dev br0 lladdr ${FAR} PERMANENT`] }, x: { neigh: [`10.9.0.254 dev t0 lladdr ${LAN_MAC.br} PERMANENT`] } }), probes: [{ ...fromX, from: { host: 'n' }, dst: '10.9.0.9' }, { ...fromX, from: { host: 'n' }, dst: '10.9.0.9', size: 1472 }] },
  {
    name: 'br_netfilter sees the frame inside a VXLAN port, and iptables the packet around it',
    covers: ['tunnel:vxlan-bridge', 'bridge:nf', 'hook:order'],
    files: stretched({ node: { sysctls: CALL, fdb: [`${FAR} dev t0 master br0 static`, `${LAN_MAC.a} dev va master br0 static`], tables: { mangle: ['-A FORWARD -m physdev --physdev-in va --physdev-out t0 -j MARK --set-xmark 0x7/0xffffffff', '-A OUTPUT -m mark --mark 0x7 -j ACCEPT', '-A POSTROUTING -m mark --mark 0x7 -j ACCEPT'], filter: ['-A FORWARD -m physdev --physdev-in t0 -j ACCEPT', '-A FORWARD -m physdev --physdev-in va -j ACCEPT'] } } }),
    probes: [udp('a', '10.9.0.9'), from('a', '10.9.0.9')],
  },
];
