import { describe, expect, it } from 'vitest';
import { parseBundle } from './bundle.ts';
import { dumpText } from './print.ts';

// ip, bridge 6.1.0; link details shortened.
const LINKS = `$ ip -d link
2: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000
    link/ether 32:cc:07:12:7b:29 brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 
    bridge forward_delay 1500 hello_time 200 max_age 2000 ageing_time 30000 stp_state 1 priority 32768 vlan_filtering 1 vlan_protocol 802.1Q bridge_id 8000.32:cc:7:12:7b:29 nf_call_iptables 1 nf_call_ip6tables 0 addrgenmode eui64 
4: v0@v1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master br0 state UP mode DEFAULT group default qlen 1000
    link/ether 32:cc:07:12:7b:29 brd ff:ff:ff:ff:ff:ff promiscuity 1  allmulti 1 minmtu 68 maxmtu 65535 
    veth 
    bridge_slave state blocking priority 32 cost 2 hairpin on guard off root_block off fastleave off learning off flood on port_id 0x8001 port_no 0x1 proxy_arp off proxy_arp_wifi off mcast_flood on bcast_flood off neigh_suppress off vlan_tunnel off isolated on locked off addrgenmode eui64 
6: tap0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noop master br0 state UP mode DEFAULT group default qlen 1000
    link/ether f6:9d:0e:a2:13:89 brd ff:ff:ff:ff:ff:ff promiscuity 1  allmulti 1 minmtu 68 maxmtu 65521 
    tun type tap pi off vnet_hdr off persist on 
7: eth0.10@eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 0 maxmtu 65535 
    vlan protocol 802.1Q id 10 <REORDER_HDR> addrgenmode eui64 
8: mv0@eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 
    macvlan mode private bcqueuelen 1000 usedbcqueuelen 1000 
`;
const VLANS = `port              vlan-id  
br0               1 PVID Egress Untagged
v0                10 PVID Egress Untagged
                  20-29
`;
const PORTS = `6: tap0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state learning priority 32 cost 2 
    hairpin off guard off root_block off fastleave off learning on flood off mcast_flood on bcast_flood on mcast_router 1 mcast_to_unicast off neigh_suppress off vlan_tunnel off isolated off locked on 
`;

const { world, diagnostics } = parseBundle({ 'h/x.txt': `${LINKS}\n$ bridge vlan show\n${VLANS}\n$ bridge -d link\n${PORTS}` });
const links = new Map(world.hosts[0]?.netns[0]?.links.map((l) => [l.name, l]));

describe('bridges, their ports and what stands on other devices', () => {
  it.each([
    ['br0', { kind: 'bridge', bridge: { vlanFiltering: true, vlanProtocol: '802.1Q', stp: true, callIptables: true }, vlans: [{ vid: 1, to: 1, pvid: true, untagged: true }] }],
    ['v0', { kind: 'veth', port: { state: 'blocking', hairpin: true, learning: false, bcastFlood: false, isolated: true, number: 1 } }],
    ['v0', { vlans: [{ vid: 10, to: 10, pvid: true, untagged: true }, { vid: 20, to: 29, pvid: false, untagged: false }] }],
    ['tap0', { kind: 'tap', port: { state: 'learning', flood: false, locked: true }, vlans: [] }],
    ['eth0.10', { kind: 'vlan', vlan: { id: 10, protocol: '802.1Q' }, peer: 'eth0' }],
    ['mv0', { kind: 'macvlan', macvlan: 'private' }],
  ])('%s is %j', (name, link) => expect(links.get(name)).toMatchObject(link));

  it('are understood', () => expect(diagnostics.filter((d) => d.code === 'unknown-line' || d.code === 'unknown-section')).toEqual([]));

  it.each([
    ['ip -d link show', LINKS.slice(LINKS.indexOf('\n') + 1)],
    ['bridge vlan show', VLANS],
    ['bridge -d link show', PORTS.replace(/^/, '')],
  ])('are printed again by %s', (command, text) => expect(dumpText(world, 'h', null, command)?.replace(/\n$/, '')).toContain(text.replace(/\n$/, '')));
});
