import type { RefereeCase } from '../case.ts';
import { cToS, line } from '../topology.ts';

/** Network address translation: which address, which port, and what it does to replies and errors. */

const udp = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'udp', dport: 53, size: 10, ...more });
const ping = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'icmp', sport: 77, dport: undefined, ...more });
const nat = (...lines: readonly string[]) => ({ tables: { nat: lines } });
/** s owns these, too; r routes them to it. */
const atS = (...ips: readonly string[]) => ({ nic: { eth0: { addresses: ['10.2.0.1/24', ...ips.map((ip) => `${ip}/32`)] } } });
/** 10.3.0.16 to 10.3.0.31. */
const RANGE = Array.from({ length: 16 }, (_, i) => `10.3.0.${16 + i}`);
const toS = (...nets: readonly string[]) => nets.map((n) => `${n} via 10.2.0.1 dev eth1`);
/** An entry of somebody else that has the reply tuple of a connection of c:41000 to s, seen with r's address. */
const taken = (proto: 'tcp' | 'udp', port: number, dport: number) =>
  proto === 'udp'
    ? `udp      17 100 src=10.1.0.9 dst=10.2.0.1 sport=${port} dport=${dport} src=10.2.0.1 dst=10.2.0.254 sport=${dport} dport=${port} mark=0 use=1`
    : `tcp      6 400 ESTABLISHED src=10.1.0.9 dst=10.2.0.1 sport=${port} dport=${dport} src=10.2.0.1 dst=10.2.0.254 sport=${dport} dport=${port} [ASSURED] mark=0 use=1`;

export const nats: readonly RefereeCase[] = [
  { name: 'DNAT to an address and a port', covers: ['nat:DNAT', 'target:DNAT'], files: line({ r: nat('-A PREROUTING -d 10.1.0.254/32 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.2.0.1:80') }), probes: [cToS({ dst: '10.1.0.254', dport: 8080 })] },
  { name: 'DNAT to an address keeps the port, and the id of a ping', covers: ['nat:DNAT', 'target:DNAT'], files: line({ r: nat('-A PREROUTING -d 10.1.0.254/32 -j DNAT --to-destination 10.2.0.1') }), probes: [cToS({ dst: '10.1.0.254' }), udp({ dst: '10.1.0.254' }), ping({ dst: '10.1.0.254' })] },
  { name: 'DNAT of the port alone', covers: ['nat:DNAT', 'target:DNAT'], files: line({ r: nat('-A PREROUTING -p udp -j DNAT --to-destination :5353') }), probes: [udp()] },
  { name: 'DNAT to a range of addresses hashes both ends', covers: ['nat:DNAT', 'nat:range'], files: line({ r: { ...nat('-A PREROUTING -d 10.9.9.9/32 -j DNAT --to-destination 10.3.0.16-10.3.0.31'), routes: toS('10.3.0.0/24') }, s: atS(...RANGE) }), probes: [udp({ dst: '10.9.9.9' }), cToS({ dst: '10.9.9.9' })] },
  { name: 'DNAT to a range with --persistent hashes the source alone', covers: ['nat:DNAT', 'nat:persistent'], files: line({ r: { ...nat('-A PREROUTING -d 10.9.9.0/24 -j DNAT --to-destination 10.3.0.16-10.3.0.31 --persistent'), routes: toS('10.3.0.0/24') }, s: atS(...RANGE) }), probes: [udp({ dst: '10.9.9.9' }), udp({ dst: '10.9.9.10' })] },
  { name: 'DNAT to a range of ports keeps one that is in it', covers: ['nat:DNAT', 'nat:ports'], files: line({ r: nat('-A PREROUTING -p udp -j DNAT --to-destination 10.2.0.1:50-60') }), probes: [udp()] },
  { name: 'a shifted range of ports keeps the distance', covers: ['nat:DNAT', 'nat:shift'], files: line({ r: nat('-A PREROUTING -d 10.1.0.254/32 -p tcp -j DNAT --to-destination 10.2.0.1:5000-5010/8000') }), probes: [cToS({ dst: '10.1.0.254', dport: 8003 }), cToS({ dst: '10.1.0.254', dport: 8013 })] },
  { name: 'DNAT --random draws a port', covers: ['nat:DNAT', 'nat:random'], files: line({ r: nat('-A PREROUTING -d 10.1.0.254/32 -p udp -j DNAT --to-destination 10.2.0.1:5000-5015 --random') }), probes: [udp({ dst: '10.1.0.254' })] },
  { name: 'DNAT in OUTPUT leads elsewhere', covers: ['nat:DNAT', 'nat:OUTPUT'], files: line({ c: nat('-A OUTPUT -d 10.9.9.9/32 -j DNAT --to-destination 10.2.0.1') }), probes: [cToS({ dst: '10.9.9.9' }), udp({ dst: '10.9.9.9' })] },
  { name: 'a closed port behind DNAT: the error speaks of the address that was asked', covers: ['nat:DNAT', 'nat:icmp-error'], files: line({ r: nat('-A PREROUTING -d 10.1.0.254/32 -j DNAT --to-destination 10.2.0.1'), s: { ss: [] } }), probes: [udp({ dst: '10.1.0.254' }), cToS({ dst: '10.1.0.254' })] },
  { name: 'a closed port behind SNAT and DNAT at once', covers: ['nat:SNAT', 'nat:DNAT', 'nat:icmp-error'], files: line({ r: nat('-A PREROUTING -d 10.1.0.254/32 -j DNAT --to-destination 10.2.0.1', '-A POSTROUTING -o eth1 -j MASQUERADE'), s: { ss: [] } }), probes: [udp({ dst: '10.1.0.254' })] },
  { name: 'SNAT to an address keeps the port', covers: ['nat:SNAT', 'target:SNAT'], files: line({ r: nat('-A POSTROUTING -o eth1 -j SNAT --to-source 10.2.0.254') }), probes: [cToS(), udp(), ping()] },
  { name: 'SNAT to a range of addresses', covers: ['nat:SNAT', 'nat:range'], files: line({ r: nat('-A POSTROUTING -o eth1 -j SNAT --to-source 10.2.0.200-10.2.0.207'), s: { neigh: Array.from({ length: 8 }, (_, i) => `10.2.0.${200 + i} dev eth0 lladdr 02:00:00:00:02:fe PERMANENT`) } }), probes: [udp(), cToS()] },
  { name: 'SNAT to a range of ports draws one', covers: ['nat:SNAT', 'nat:ports'], files: line({ r: nat('-A POSTROUTING -o eth1 -p udp -j SNAT --to-source 10.2.0.254:30000-30100') }), probes: [udp()] },
  { name: 'SNAT to ports with the own one among them', covers: ['nat:SNAT', 'nat:ports'], files: line({ r: nat('-A POSTROUTING -o eth1 -p udp -j SNAT --to-source 10.2.0.254:40000-42000') }), probes: [udp()] },
  { name: 'SNAT to one port', covers: ['nat:SNAT', 'nat:ports'], files: line({ r: nat('-A POSTROUTING -o eth1 -p tcp -j SNAT --to-source 10.2.0.254:7') }), probes: [cToS()] },
  { name: 'SNAT in INPUT: the socket sees it', covers: ['nat:SNAT', 'nat:INPUT'], files: line({ s: nat('-A INPUT -p udp -j SNAT --to-source 10.7.7.7') }), probes: [udp()] },
  { name: 'MASQUERADE takes the address of the way out', covers: ['target:MASQUERADE', 'nat:MASQUERADE'], files: line({ r: nat('-A POSTROUTING -o eth1 -j MASQUERADE') }), probes: [cToS(), udp(), ping()] },
  { name: 'MASQUERADE --random-fully draws a port', covers: ['target:MASQUERADE', 'nat:random-fully'], files: line({ r: nat('-A POSTROUTING -o eth1 -j MASQUERADE --random-fully') }), probes: [cToS(), udp(), ping()] },
  { name: 'MASQUERADE --to-ports', covers: ['target:MASQUERADE', 'nat:ports'], files: line({ r: nat('-A POSTROUTING -o eth1 -p tcp -j MASQUERADE --to-ports 5000') }), probes: [cToS()] },
  { name: 'MASQUERADE keeps a low port among the low ones', covers: ['target:MASQUERADE', 'nat:port-class'], files: line({ r: nat('-A POSTROUTING -o eth1 -p udp -j MASQUERADE --random') }), probes: [udp({ sport: 100 }), udp({ sport: 700 })] },
  { name: 'REDIRECT goes to the first address of the device', covers: ['target:REDIRECT', 'nat:REDIRECT'], files: line({ r: nat('-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080') }), probes: [cToS()] },
  { name: 'REDIRECT in OUTPUT goes to 127.0.0.1', covers: ['target:REDIRECT', 'nat:OUTPUT'], files: line({ c: nat('-A OUTPUT -p udp -m udp --dport 53 -j REDIRECT --to-ports 5353') }), probes: [udp()] },
  { name: 'NETMAP of the destination keeps the host part', covers: ['target:NETMAP', 'nat:NETMAP'], files: line({ r: nat('-A PREROUTING -d 10.8.0.0/24 -j NETMAP --to 10.2.0.0/24') }), probes: [udp({ dst: '10.8.0.1' }), cToS({ dst: '10.8.0.1' })] },
  { name: 'NETMAP of the source keeps the host part', covers: ['target:NETMAP', 'nat:NETMAP'], files: line({ r: nat('-A POSTROUTING -o eth1 -j NETMAP --to 10.6.0.0/24'), s: { routes: ['10.6.0.0/24 via 10.2.0.254 dev eth0'] } }), probes: [udp(), ping()] },
  { name: 'a port that another connection has makes MASQUERADE draw another', covers: ['nat:clash', 'target:MASQUERADE', 'ct:given'], files: line({ r: { ...nat('-A POSTROUTING -o eth1 -j MASQUERADE'), conntrack: [taken('udp', 41_000, 53), taken('tcp', 41_000, 80)] } }), probes: [udp(), cToS()] },
  { name: 'a port of the range that another connection has is passed over', covers: ['nat:clash', 'ct:given'], files: line({ r: { ...nat('-A POSTROUTING -o eth1 -p udp -j SNAT --to-source 10.2.0.254:41000-41001'), conntrack: [taken('udp', 41_000, 53)] } }), probes: [udp()] },
  { name: 'the one port that the rule allows is taken: the packet is lost', covers: ['nat:clash', 'ct:clash', 'ct:given'], files: line({ r: { ...nat('-A POSTROUTING -o eth1 -p tcp -j SNAT --to-source 10.2.0.254:41000'), conntrack: [taken('tcp', 41_000, 80)] } }), probes: [cToS()] },
  {
    name: 'a null binding lets go of a port that a translated connection has',
    covers: ['nat:null-binding', 'ct:given'],
    files: line({ r: { ...nat('-A PREROUTING -p tcp -j DNAT --to-destination 10.2.0.1'), conntrack: ['udp      17 100 src=10.1.0.1 dst=10.9.9.9 sport=41000 dport=53 src=10.2.0.1 dst=10.1.0.1 sport=53 dport=41000 mark=0 use=1'] } }),
    probes: [udp()],
  },
  {
    name: 'a socket that was mapped before keeps its mapping',
    covers: ['nat:src-hash', 'ct:given'],
    files: line({ r: { ...nat('-A POSTROUTING -o eth1 -p udp -j SNAT --to-source 10.2.0.254:30000-30100'), conntrack: ['udp      17 100 src=10.1.0.1 dst=10.2.0.9 sport=41000 dport=53 src=10.2.0.9 dst=10.2.0.254 sport=53 dport=30042 mark=0 use=1'] } }),
    probes: [udp()],
  },
  { name: 'a reset of REJECT is asked about by nat POSTROUTING', covers: ['nat:attach', 'target:REJECT'], files: line({ r: { tables: { nat: ['-A POSTROUTING -o eth0 -j MASQUERADE'], filter: ['-A FORWARD -p tcp -j REJECT --reject-with tcp-reset', '-A FORWARD -j REJECT --reject-with icmp-host-prohibited'] } } }), probes: [cToS(), udp()] },
  { name: 'a hairpin needs both translations', covers: ['nat:hairpin', 'nat:DNAT'], files: line({ r: nat('-A PREROUTING -d 10.1.0.254/32 -p udp -j DNAT --to-destination 10.1.0.1', '-A POSTROUTING -s 10.1.0.1/32 -d 10.1.0.1/32 -j MASQUERADE') }), probes: [udp({ dst: '10.1.0.254' })] },
  { name: 'nat of both hooks in one walk, states SNAT and DNAT', covers: ['nat:DNAT', 'nat:SNAT', 'match:conntrack'], files: line({ r: { tables: { nat: ['-A PREROUTING -d 10.1.0.254/32 -j DNAT --to-destination 10.2.0.1', '-A POSTROUTING -o eth1 -j SNAT --to-source 10.2.0.254'], mangle: ['-A FORWARD -m conntrack --ctstate DNAT', '-A FORWARD -m conntrack --ctstate SNAT', '-A POSTROUTING -m conntrack ! --ctstate SNAT,DNAT'] } } }), probes: [udp({ dst: '10.1.0.254' })] },
  { name: 'the TTL that runs out behind DNAT', covers: ['nat:icmp-error', 'icmp:time-exceeded'], files: line({ r: nat('-A PREROUTING -d 10.1.0.254/32 -p udp -j DNAT --to-destination 10.2.0.1') }), probes: [udp({ dst: '10.1.0.254', ttl: 1 })] },
  { name: 'too large behind SNAT: the error finds its way back', covers: ['nat:icmp-error', 'icmp:frag-needed'], files: line({ r: { ...nat('-A POSTROUTING -o eth1 -j MASQUERADE'), nic: { eth1: { mtu: 1000 } } } }), probes: [udp({ size: 1300, df: true })] },
  { name: 'three connections of one rule each have their entry', covers: ['nat:MASQUERADE', 'ct:count'], files: line({ r: nat('-A POSTROUTING -o eth1 -j MASQUERADE') }), probes: [udp({ count: 3 })] },
  { name: 'nat rules are asked once a connection', covers: ['nat:once'], files: line({ r: nat('-A PREROUTING -p tcp -j LOG', '-A POSTROUTING -p tcp -j LOG') }), probes: [cToS({ size: 20 })] },
  { name: 'MASQUERADE of a packet that this machine itself sends', covers: ['target:MASQUERADE', 'nat:OUTPUT'], files: line({ c: nat('-A POSTROUTING -p udp -j MASQUERADE --to-ports 9000') }), probes: [udp()] },
  { name: 'a connection to itself over lo is tracked once', covers: ['ct:loopback'], files: line({ c: { tables: { nat: ['-A OUTPUT -p icmp -j ACCEPT', '-A POSTROUTING -j ACCEPT'], filter: ['-A INPUT -m conntrack --ctstate NEW', '-A INPUT -m conntrack --ctstate ESTABLISHED'] } } }), probes: [udp({ dst: '10.1.0.1' }), ping({ dst: '127.0.0.1' })] },
  { name: 'further addresses of s are reached by DNAT of a whole protocol', covers: ['nat:DNAT', 'match:conntrack'], files: line({ r: { ...nat('-A PREROUTING -p udp -m conntrack --ctstate NEW -j DNAT --to-destination 10.3.0.7'), routes: toS('10.3.0.7') }, s: atS('10.3.0.7') }), probes: [udp()] },
  {
    name: 'without a nat table nobody gives way: a connection whose answers are taken is lost',
    covers: ['ct:clash', 'ct:given'],
    files: line({
      r: {
        tables: { filter: ['-A FORWARD -m conntrack --ctstate NEW'] },
        conntrack: ['udp      17 100 src=10.1.0.1 dst=10.9.9.9 sport=41000 dport=53 src=10.2.0.1 dst=10.1.0.1 sport=53 dport=41000 mark=0 use=1', 'tcp      6 400 ESTABLISHED src=10.1.0.1 dst=10.9.9.9 sport=41000 dport=80 src=10.2.0.1 dst=10.1.0.1 sport=80 dport=41000 [ASSURED] mark=0 use=1'],
      },
    }),
    probes: [udp(), cToS()],
  },
  {
    name: 'without a nat table the NAT of a given entry is not done',
    covers: ['ct:given', 'nat:hooks'],
    files: line({ r: { tables: { filter: ['-A INPUT -m conntrack --ctstate ESTABLISHED'] }, conntrack: ['udp      17 100 src=10.1.0.1 dst=10.1.0.254 sport=41000 dport=53 src=10.2.0.1 dst=10.1.0.1 sport=53 dport=41000 mark=0 use=1'] } }),
    probes: [udp({ dst: '10.1.0.254' })],
  },
  {
    name: 'a given masquerade is undone for the other side',
    covers: ['ct:given', 'nat:MASQUERADE'],
    files: line({ r: { ...nat('-A PREROUTING -p udp -j REDIRECT --to-ports 9'), conntrack: ['udp      17 100 src=10.1.0.1 dst=10.2.0.1 sport=4100 dport=5353 src=10.2.0.1 dst=10.2.0.254 sport=5353 dport=30000 mark=0 use=1'] }, c: { ss: ['udp   UNCONN 0      0      0.0.0.0:4100      0.0.0.0:*'] } }),
    probes: [{ from: { host: 's' }, dst: '10.2.0.254', proto: 'udp', sport: 5353, dport: 30_000, size: 5 }],
  },
  {
    name: 'zones keep the ports of their connections apart',
    covers: ['nat:clash', 'ct:zone', 'ct:given'],
    files: line({ r: { tables: { raw: ['-A PREROUTING -j CT --zone 4'], nat: ['-A POSTROUTING -o eth1 -j MASQUERADE'] }, conntrack: [taken('udp', 41_000, 53)] } }),
    probes: [udp()],
  },
  { name: 'the addresses of one device and its own zone per direction, translated', covers: ['ct:zone-orig', 'nat:clash', 'ct:given'], files: line({ r: { tables: { raw: ['-A PREROUTING -i eth0 -j CT --zone-orig 4'], nat: ['-A POSTROUTING -o eth1 -j MASQUERADE'] }, conntrack: [taken('udp', 41_000, 53)] } }), probes: [udp()] },
  { name: 'MASQUERADE without an address of the way out takes another of this machine', covers: ['target:MASQUERADE'], files: line({ r: { ...nat('-A POSTROUTING -o eth1 -j MASQUERADE'), nic: { eth1: { addresses: [] } }, routes: ['10.2.0.0/24 dev eth1 scope link'] }, s: { routes: ['10.1.0.254 via 10.2.0.254 dev eth0'] } }), probes: [udp()] },
  { name: 'a reset through SNAT and DNAT ends the entry and is translated all the same', covers: ['ct:reset', 'nat:DNAT', 'nat:SNAT'], files: line({ r: nat('-A PREROUTING -d 10.1.0.254/32 -p tcp -j DNAT --to-destination 10.2.0.1', '-A POSTROUTING -o eth1 -j MASQUERADE'), s: { ss: [] } }), probes: [cToS({ dst: '10.1.0.254' })] },
  {
    name: 'a masqueraded connection whose packets turn to another device is forgotten, with the packet',
    covers: ['nat:oif-changed', 'target:MASQUERADE'],
    files: line({
      r: {
        tables: { mangle: ['-A PREROUTING -i eth0 -m conntrack --ctstate ESTABLISHED -j MARK --set-xmark 0x1/0xffffffff'], nat: ['-A POSTROUTING -j MASQUERADE'] },
        rules: ['100:\tfrom all fwmark 0x1 lookup 100'],
        routes: ['default via 10.1.0.1 dev eth0 table 100'],
        sysctls: ['net.ipv4.conf.all.send_redirects = 0', 'net.ipv4.conf.eth0.send_redirects = 0'],
      },
      // Acknowledgements of the data are the sockets' affair.
      s: { tables: { filter: ['-A OUTPUT -p tcp -m tcp --tcp-flags SYN,ACK ACK -j DROP'] } },
    }),
    probes: [cToS({ size: 20 }), cToS()],
  },
];
