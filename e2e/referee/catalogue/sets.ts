import type { RefereeCase } from '../case.ts';
import { CALL, from, lan, LAN_MAC, udp as bridged } from '../bridgeTopology.ts';
import { cToS, line, MAC } from '../topology.ts';

const udp = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'udp', dport: 53, ...more });
const ping = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'icmp', sport: undefined, dport: undefined, ...more });

/** The router drops what a rule with this match takes; behind it stands a rule that always matches, so that a miss shows, too. */
const dropping = (ipset: readonly string[], ...matches: readonly string[]) =>
  line({ r: { ipset, tables: { filter: [...matches.map((m) => `-A FORWARD -s 10.1.0.0/24 ${m} -j DROP`), '-A FORWARD -j ACCEPT'] } } });

const set = (type: string, members: readonly string[]): readonly string[] => [`create S ${type}`, ...members.map((m) => `add S ${m}`)];

const types: readonly RefereeCase[] = [
  { name: 'bitmap:ip holds addresses of its range', covers: ['set:bitmap:ip', 'match:set'], files: dropping(set('bitmap:ip range 10.2.0.0-10.2.0.255', ['10.2.0.1']), '-m set --match-set S dst'), probes: [cToS(), cToS({ dst: '10.2.0.254' })] },
  { name: 'an address outside the range of a bitmap:ip is no member', covers: ['set:bitmap:ip'], files: dropping(set('bitmap:ip range 10.2.0.0-10.2.0.255', ['10.2.0.1']), '-m set --match-set S src'), probes: [cToS()] },
  { name: 'bitmap:ip with a netmask holds networks', covers: ['set:bitmap:ip'], files: dropping(set('bitmap:ip range 10.2.0.0-10.2.255.255 netmask 24', ['10.2.0.0']), '-m set --match-set S dst'), probes: [udp()] },
  { name: 'bitmap:ip,mac wants both address and MAC', covers: ['set:bitmap:ip,mac'], files: dropping(set('bitmap:ip,mac range 10.1.0.0-10.1.0.255', [`10.1.0.1,${MAC.c}`]), '-m set --match-set S src,src'), probes: [udp()] },
  { name: 'bitmap:ip,mac does not take another MAC', covers: ['set:bitmap:ip,mac'], files: dropping(set('bitmap:ip,mac range 10.1.0.0-10.1.0.255', [`10.1.0.1,${MAC.s}`]), '-m set --match-set S src,src'), probes: [udp()] },
  { name: 'bitmap:ip,mac learns the MAC that it lacks', covers: ['set:bitmap:ip,mac'], files: dropping(set('bitmap:ip,mac range 10.1.0.0-10.1.0.255', ['10.1.0.1']), '-m set --match-set S src,dst -m udp -p udp --dport 1', '-m set --match-set S src,src'), probes: [udp()] },
  { name: 'bitmap:port takes ports of TCP and UDP alone', covers: ['set:bitmap:port'], files: dropping(set('bitmap:port range 0-1000', ['53', '80']), '-m set --match-set S dst'), probes: [cToS(), udp(), ping(), udp({ dport: 54 }), udp({ dport: 5353 })] },
  { name: 'hash:ip', covers: ['set:hash:ip'], files: dropping(set('hash:ip family inet hashsize 1024 maxelem 65536', ['10.2.0.1']), '-m set --match-set S dst'), probes: [cToS(), cToS({ dst: '10.2.0.254' })] },
  { name: 'hash:ip with a netmask', covers: ['set:hash:ip'], files: dropping(set('hash:ip family inet hashsize 1024 maxelem 65536 netmask 24', ['10.2.0.0']), '-m set --match-set S dst', '-m set --match-set S src'), probes: [udp()] },
  { name: 'hash:ip with more directions than dimensions', covers: ['set:hash:ip'], files: dropping(set('hash:ip family inet hashsize 1024 maxelem 65536', ['10.2.0.1']), '-m set --match-set S dst,src,src'), probes: [udp()] },
  { name: 'hash:net: the longest prefix decides, and may be an exception', covers: ['set:hash:net', 'set:nomatch'], files: dropping(set('hash:net family inet hashsize 1024 maxelem 65536', ['10.0.0.0/8', '10.2.0.0/24 nomatch', '10.2.0.254']), '-m set --match-set S dst'), probes: [udp(), udp({ dst: '10.2.0.254' }), udp({ dst: '10.1.0.254' })] },
  { name: 'hash:net: an exception is a match for --return-nomatch, and a member none', covers: ['set:hash:net', 'set:nomatch'], files: dropping(set('hash:net family inet hashsize 1024 maxelem 65536', ['10.0.0.0/8', '10.2.0.0/24 nomatch']), '-m set --match-set S src --return-nomatch', '-m set --match-set S dst --return-nomatch'), probes: [udp()] },
  { name: 'hash:ip,port: protocols and ICMP types stand in the place of ports', covers: ['set:hash:ip,port'], files: dropping(set('hash:ip,port family inet hashsize 1024 maxelem 65536', ['10.2.0.1,tcp:80', '10.2.0.1,udp:53', '10.2.0.1,icmp:echo-request', '10.2.0.1,200:0']), '-m set --match-set S dst,dst'), probes: [cToS(), udp(), udp({ dport: 80 }), ping(), cToS({ proto: 200, sport: undefined, dport: undefined, size: 20, reply: false })] },
  { name: 'hash:ip,port with too few directions matches nothing', covers: ['set:hash:ip,port'], files: dropping(set('hash:ip,port family inet hashsize 1024 maxelem 65536', ['10.2.0.1,tcp:80']), '-m set --match-set S dst', '-m set ! --match-set S dst'), probes: [cToS()] },
  { name: 'hash:ip,port does not find later fragments', covers: ['set:hash:ip,port'], files: dropping(set('hash:ip,port family inet hashsize 1024 maxelem 65536', ['10.2.0.1,udp:53']), '-m set ! --match-set S dst,dst'), probes: [udp({ size: 2000, df: false })] },
  { name: 'hash:ip,port,ip', covers: ['set:hash:ip,port,ip'], files: dropping(set('hash:ip,port,ip family inet hashsize 1024 maxelem 65536', ['10.2.0.1,tcp:80,10.1.0.1', '10.2.0.1,udp:53,10.1.0.2']), '-m set --match-set S dst,dst,src'), probes: [cToS(), udp()] },
  { name: 'hash:ip,port,net: the longest prefix decides', covers: ['set:hash:ip,port,net', 'set:nomatch'], files: dropping(set('hash:ip,port,net family inet hashsize 1024 maxelem 65536', ['10.2.0.1,tcp:80,10.1.0.0/16', '10.2.0.1,udp:53,10.1.0.0/16', '10.2.0.1,udp:53,10.1.0.0/24 nomatch']), '-m set --match-set S dst,dst,src'), probes: [cToS(), udp()] },
  { name: 'hash:net,port', covers: ['set:hash:net,port'], files: dropping(set('hash:net,port family inet hashsize 1024 maxelem 65536', ['10.2.0.0/24,tcp:80', '10.2.0.0/16,udp:53', '10.2.0.0/30,udp:53 nomatch']), '-m set --match-set S dst,dst'), probes: [cToS(), udp(), udp({ dst: '10.2.0.254' })] },
  { name: 'hash:net,iface: source directions mean the device of arrival', covers: ['set:hash:net,iface'], files: dropping(set('hash:net,iface family inet hashsize 1024 maxelem 65536', ['10.1.0.0/24,eth0', '10.2.0.0/24,eth0']), '-m set --match-set S dst,dst', '-m set --match-set S src,src'), probes: [udp()] },
  { name: 'hash:net,iface: destination directions mean the device of departure', covers: ['set:hash:net,iface'], files: dropping(set('hash:net,iface family inet hashsize 1024 maxelem 65536', ['10.2.0.0/24,eth1']), '-m set --match-set S dst,dst'), probes: [udp()] },
  { name: 'hash:net,iface: a longer prefix of another device ends the search', covers: ['set:hash:net,iface'], files: dropping(set('hash:net,iface family inet hashsize 1024 maxelem 65536', ['10.1.0.0/24,eth1', '10.0.0.0/8,eth0']), '-m set --match-set S src,src'), probes: [udp()] },
  { name: 'hash:net,iface: wildcards and 0.0.0.0/0', covers: ['set:hash:net,iface'], files: dropping(set('hash:net,iface family inet hashsize 1024 maxelem 65536', ['10.2.0.0/24,eth wildcard', '0.0.0.0/0,eth0']), '-p udp -m set --match-set S dst,src', '-p tcp -m set --match-set S src,src'), probes: [udp(), cToS()] },
  { name: 'hash:net,iface: a member with physdev does not mean the device itself', covers: ['set:hash:net,iface'], files: dropping(set('hash:net,iface family inet hashsize 1024 maxelem 65536', ['10.1.0.0/24,physdev:eth0']), '-m set --match-set S src,src'), probes: [udp()] },
  { name: 'a member with a timeout counts while it lasts', covers: ['set:timeout'], files: dropping(set('hash:ip family inet hashsize 1024 maxelem 65536 timeout 600', ['10.2.0.1 timeout 500', '10.1.0.9 timeout 0']), '-m set --match-set S dst'), probes: [udp()] },
  { name: 'a set of IPv6 in a list matches no packet of IPv4', covers: ['set:family', 'set:list:set'], files: dropping(['create A hash:ip family inet6 hashsize 1024 maxelem 65536', 'add A fe80::1', 'create S list:set size 8', 'add S A'], '-m set --match-set S dst', '-m set ! --match-set S dst'), probes: [udp()] },
];

/** Types that many kernels lack. */
const rare: readonly RefereeCase[] = [
  { name: 'hash:mac', covers: ['set:hash:mac'], needs: ['ip_set_hash_mac'], files: dropping(set('hash:mac hashsize 1024 maxelem 65536', [MAC.c]), '-m set --match-set S dst', '-m set --match-set S src'), probes: [udp()] },
  { name: 'hash:ip,mac', covers: ['set:hash:ip,mac'], needs: ['ip_set_hash_ipmac'], files: dropping(set('hash:ip,mac family inet hashsize 1024 maxelem 65536', [`10.1.0.1,${MAC.c}`]), '-m set --match-set S src,dst', '-m set --match-set S src,src'), probes: [udp()] },
  { name: 'hash:ip,mark', covers: ['set:hash:ip,mark'], needs: ['ip_set_hash_ipmark'], files: line({ r: { ipset: set('hash:ip,mark family inet markmask 0x000000ff hashsize 1024 maxelem 65536', ['10.2.0.1,0x00000012']), tables: { mangle: ['-A PREROUTING -p udp -j MARK --set-xmark 0x112/0xffffffff'], filter: ['-A FORWARD -m set --match-set S dst,src -j DROP', '-A FORWARD -j ACCEPT'] } } }), probes: [udp(), cToS()] },
  { name: 'hash:net,net: the first prefix is more important than the second', covers: ['set:hash:net,net', 'set:nomatch'], needs: ['ip_set_hash_netnet'], files: dropping(set('hash:net,net family inet hashsize 1024 maxelem 65536', ['10.1.0.0/24,10.0.0.0/8 nomatch', '10.0.0.0/8,10.2.0.1', '10.0.0.0/8,10.2.0.0/24']), '-m set --match-set S src,dst', '-m set --match-set S dst,src'), probes: [udp()] },
  { name: 'hash:net,port,net', covers: ['set:hash:net,port,net'], needs: ['ip_set_hash_netportnet'], files: dropping(set('hash:net,port,net family inet hashsize 1024 maxelem 65536', ['10.1.0.0/24,udp:53,10.2.0.0/24', '10.1.0.1,tcp:80,10.2.0.0/24 nomatch']), '-m set --match-set S src,dst,dst'), probes: [udp(), cToS()] },
];

const listed = ['create A hash:ip family inet hashsize 1024 maxelem 65536', 'add A 10.9.9.9', 'create B hash:ip,port family inet hashsize 1024 maxelem 65536', 'add B 10.2.0.1,udp:53', 'create S list:set size 8', 'add S A', 'add S B'];

/** What rules do with sets beyond asking them. */
const uses: readonly RefereeCase[] = [
  { name: 'list:set asks its sets in turn, each as far as the directions go', covers: ['set:list:set'], files: dropping(listed, '-m set --match-set S dst', '-m set --match-set S dst,dst'), probes: [udp(), cToS()] },
  { name: 'counters count the packet before they are compared', covers: ['set:counters'], files: dropping(set('hash:ip family inet hashsize 1024 maxelem 65536 counters', ['10.2.0.1 packets 4 bytes 400']), '-m set --match-set S dst ! --update-counters --packets-gt 4', '-m set --match-set S dst --packets-eq 5 --bytes-gt 400'), probes: [udp()] },
  { name: 'counters let packets through until there are enough', covers: ['set:counters'], files: dropping(set('hash:net family inet hashsize 1024 maxelem 65536 counters', ['10.2.0.0/24 packets 0 bytes 0']), '-m set --match-set S dst --packets-gt 2'), probes: [udp({ count: 4, size: 10 })] },
  { name: 'SET adds an address for the packets that come later', covers: ['target:SET'], files: line({ r: { ipset: ['create S hash:ip family inet hashsize 1024 maxelem 65536'], tables: { filter: ['-A FORWARD -m set --match-set S src -j DROP', '-A FORWARD -p udp -j SET --add-set S src'] } } }), probes: [udp({ count: 2, reply: false }), cToS()] },
  { name: 'SET adds networks as long as the longest in the set', covers: ['target:SET', 'set:hash:net'], files: line({ r: { ipset: set('hash:net family inet hashsize 1024 maxelem 65536', ['192.168.0.0/24', '172.16.0.0/12']), tables: { filter: ['-A FORWARD -j SET --add-set S src', '-A FORWARD -d 10.1.0.0/24 -m set --match-set S dst -j DROP'] } } }), probes: [udp()] },
  { name: 'SET deletes an element', covers: ['target:SET', 'set:hash:ip,port'], files: line({ r: { ipset: set('hash:ip,port family inet hashsize 1024 maxelem 65536', ['10.2.0.1,udp:53']), tables: { filter: ['-A FORWARD -j SET --del-set S dst,dst', '-A FORWARD -m set --match-set S dst,dst -j DROP'] } } }), probes: [udp()] },
  { name: 'SET does not turn an exception into a member, unless it may overwrite', covers: ['target:SET', 'set:nomatch'], files: line({ r: { ipset: set('hash:net family inet hashsize 1024 maxelem 65536', ['10.1.0.1 nomatch']), tables: { mangle: ['-A FORWARD -j SET --add-set S src', '-A FORWARD -m set --match-set S src -j DROP'], filter: ['-A FORWARD -j SET --add-set S src --exist', '-A FORWARD -m set --match-set S src -j DROP'] } } }), probes: [udp()] },
  { name: 'SET does not add to a full set', covers: ['target:SET'], files: line({ r: { ipset: ['create S bitmap:port range 60-70', 'create T bitmap:ip range 10.3.0.0-10.3.0.255'], tables: { filter: ['-A FORWARD -j SET --add-set S dst --del-set T src', '-A FORWARD -j SET --add-set T src', '-A FORWARD -m set --match-set S dst -j DROP', '-A FORWARD -m set --match-set T src -j DROP'] } } }), probes: [udp(), udp({ dport: 65 })] },
  { name: 'SET takes the mark of a member', covers: ['target:SET', 'set:skbinfo'], files: line({ r: { ipset: set('hash:ip family inet hashsize 1024 maxelem 65536 skbinfo', ['10.2.0.1 skbmark 0x12/0xff', '10.1.0.1 skbmark 0x34']), tables: { mangle: ['-A FORWARD -j MARK --set-xmark 0xf00/0xffffffff', '-A FORWARD -j SET --map-set S dst --map-mark', '-A FORWARD -j MARK --set-xmark 0x0/0x0'] } } }), probes: [udp()] },
  { name: 'SET remembers what comes in by a device', covers: ['target:SET', 'set:hash:net,iface'], files: line({ r: { ipset: ['create S hash:net,iface family inet hashsize 1024 maxelem 65536'], tables: { mangle: ['-A PREROUTING -s 10.1.0.0/24 -j SET --add-set S src,src', '-A PREROUTING -m set --match-set S src,src -j MARK --set-xmark 0x1/0x1', '-A POSTROUTING -m set --match-set S dst,dst -j MARK --set-xmark 0x2/0x2'] } } }), probes: [udp()] },
];

/** Sets in a machine that is a bridge, too. */
const bridging: readonly RefereeCase[] = [
  {
    name: 'hash:net,iface means the bridge and never its ports, even by physdev',
    covers: ['set:hash:net,iface', 'bridge:nf'],
    files: lan({ node: { sysctls: CALL, ipset: set('hash:net,iface family inet hashsize 1024 maxelem 65536', ['10.9.0.1,physdev:va', '10.9.0.2,br0', '10.9.0.3,va']), tables: { filter: ['-A FORWARD -m set --match-set S dst,src -j DROP', '-A FORWARD -m set --match-set S src,src -j DROP'] } } }),
    probes: [bridged('a', '10.9.0.2'), bridged('a', '10.9.0.3'), from('b', '10.9.0.3')],
  },
  {
    name: 'bitmap:ip,mac sees the MACs of a bridged frame',
    covers: ['set:bitmap:ip,mac', 'bridge:nf'],
    files: lan({ node: { sysctls: CALL, ipset: set('bitmap:ip,mac range 10.9.0.0-10.9.0.255', [`10.9.0.1,${LAN_MAC.a}`, `10.9.0.3,${LAN_MAC.c}`]), tables: { filter: ['-A FORWARD -m set --match-set S src,src -j DROP', '-A FORWARD -m set --match-set S dst,dst -j DROP'] } } }),
    probes: [bridged('a', '10.9.0.2'), bridged('b', '10.9.0.3'), bridged('b', '10.9.0.1', { reply: false }), bridged('a', '10.1.0.1')],
  },
  {
    name: 'a MAC is nothing that a packet made here has',
    covers: ['set:bitmap:ip,mac'],
    files: line({ s: { ipset: ['create S bitmap:ip,mac range 10.2.0.0-10.2.0.255', 'add S 10.2.0.1'], tables: { filter: ['-A OUTPUT -m set --match-set S src,src -j DROP', '-A INPUT -m set --match-set S dst,dst -j ACCEPT'] } } }),
    probes: [udp(), udp({ from: { host: 's' }, dst: '127.0.0.1' })],
  },
];

/** ipset in all its types. */
export const sets: readonly RefereeCase[] = [...types, ...rare, ...uses, ...bridging];
