import type { RefereeCase } from '../case.ts';
import { cToS, line, MAC } from '../topology.ts';

/** Rules of one table of the router, in the order of the conditions: each counts what it matches, and nothing is dropped. */
const counting = (chain: string, conditions: readonly string[]): readonly string[] => conditions.map((c) => `-A ${chain} ${c}`);

const forward = (...conditions: readonly string[]) => line({ r: { tables: { filter: counting('FORWARD', conditions) } } });
const prerouting = (...conditions: readonly string[]) => line({ r: { tables: { mangle: counting('PREROUTING', conditions) } } });

const udp = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'udp', dport: 53, size: 10, ...more });
const ping = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'icmp', sport: undefined, dport: undefined, ...more });
const sctp = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'sctp', dport: 5000, ...more });

/** Matches that read the packet's headers. */
const headers: readonly RefereeCase[] = [
  {
    name: 'tcp flags are compared under their mask',
    covers: ['match:tcp-flags'],
    files: forward(
      '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN',
      '-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN',
      '-p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK',
      '-p tcp -m tcp --tcp-flags ACK NONE',
      '-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG SYN',
      '-p tcp -m tcp ! --tcp-flags RST RST',
    ),
    probes: [cToS(), cToS({ size: 10 }), udp()],
  },
  {
    name: 'a segment has the options that Linux gives it',
    covers: ['match:tcp-option'],
    files: forward(...[1, 2, 3, 4, 5, 8].flatMap((o) => [`-p tcp -m tcp --tcp-option ${o}`, `-p tcp -m tcp ! --tcp-option ${o}`])),
    probes: [cToS({ size: 10 })],
  },
  {
    name: 'a reset has no options',
    covers: ['match:tcp-option'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-p tcp -m tcp --tcp-option 8', '-p tcp -m tcp ! --tcp-option 8', '-p tcp -m tcpmss --mss 1:65535', '-p tcp -m tcpmss ! --mss 1:65535'].map((c) => `-s 10.2.0.1/32 ${c}`)) } }, s: { ss: [] } }),
    probes: [cToS()],
  },
  {
    name: 'ports are ranges with two ends, negated or not',
    covers: ['match:tcp', 'match:udp', 'match:sctp'],
    files: forward(
      ...['tcp', 'udp', 'sctp'].flatMap((p) => [`-p ${p} -m ${p} --dport 80`, `-p ${p} -m ${p} --dport 50:5000`, `-p ${p} -m ${p} ! --dport 53`, `-p ${p} -m ${p} --sport 41000:41000`, `-p ${p} -m ${p} ! --sport 0:1024`, `-p ${p} -m ${p} --sport 1:100 --dport 1:100`]),
    ),
    probes: [cToS(), udp(), sctp()],
  },
  {
    name: 'SCTP chunks: all, any, only',
    covers: ['match:sctp-chunks'],
    files: forward(
      '-p sctp -m sctp --chunk-types any DATA,INIT',
      '-p sctp -m sctp --chunk-types all DATA,INIT',
      '-p sctp -m sctp --chunk-types all INIT',
      '-p sctp -m sctp --chunk-types only INIT',
      '-p sctp -m sctp ! --chunk-types only INIT_ACK',
      '-p sctp -m sctp --chunk-types any INIT_ACK',
      '-p sctp -m sctp --chunk-types only ALL',
      '-p sctp -m sctp --chunk-types all ALL',
      '-p sctp -m sctp --chunk-types any NONE',
    ),
    probes: [sctp({ reply: false })],
  },
  {
    name: 'ICMP types and codes',
    covers: ['match:icmp'],
    files: forward('-p icmp -m icmp --icmp-type 8', '-p icmp -m icmp --icmp-type 8/0', '-p icmp -m icmp --icmp-type 8/1', '-p icmp -m icmp ! --icmp-type 8', '-p icmp -m icmp --icmp-type 0', '-p icmp -m icmp --icmp-type any', '-p icmp -m icmp --icmp-type 3', '-p icmp -m icmp --icmp-type 3/3', '-p icmp -m icmp ! --icmp-type 3/4'),
    probes: [ping(), udp()],
  },
  {
    name: 'ICMP errors have a type and a code of their own',
    covers: ['match:icmp', 'icmp:port-unreachable'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-p icmp -m icmp --icmp-type 3', '-p icmp -m icmp --icmp-type 3/3', '-p icmp -m icmp ! --icmp-type 3/4', '-p icmp -m icmp --icmp-type 8']) } }, s: { ss: [] } }),
    probes: [udp()],
  },
  {
    name: 'multiport: lists, ranges, either side, negation',
    covers: ['match:multiport'],
    files: forward(
      ...['tcp', 'udp', 'sctp'].flatMap((p) => [`-p ${p} -m multiport --dports 22,80,443`, `-p ${p} -m multiport ! --dports 22,80,443`, `-p ${p} -m multiport --dports 1:60,4999:5001`, `-p ${p} -m multiport --sports 41000`, `-p ${p} -m multiport --ports 53,40000:42000`, `-p ${p} -m multiport ! --ports 53`]),
    ),
    probes: [cToS(), udp(), sctp()],
  },
  {
    name: 'ttl: equal, other, less, greater, as it is after forwarding',
    covers: ['match:ttl'],
    files: forward('-m ttl --ttl-eq 9', '-m ttl ! --ttl-eq 9', '-m ttl --ttl-lt 9', '-m ttl --ttl-gt 9', '-m ttl --ttl-gt 8', '-m ttl --ttl-lt 10'),
    probes: [udp({ ttl: 10, reply: false }), udp({ ttl: 9, reply: false }), cToS()],
  },
  {
    name: 'ttl before forwarding',
    covers: ['match:ttl'],
    files: prerouting('-m ttl --ttl-eq 10', '-m ttl --ttl-lt 10'),
    probes: [udp({ ttl: 10, reply: false })],
  },
  {
    name: 'length counts the IP header',
    covers: ['match:length'],
    files: forward('-m length --length 38', '-m length --length 39', '-m length ! --length 38', '-m length --length 0:60', '-m length --length 60', '-m length --length 61:65535', '-m length --length 84'),
    probes: [udp(), cToS(), ping()],
  },
  {
    name: 'dscp is the upper six bits, tos the byte under a mask',
    covers: ['match:dscp', 'match:tos'],
    files: forward('-m dscp --dscp 0x2e', '-m dscp ! --dscp 0x2e', '-m dscp --dscp 0x00', '-m tos --tos 0xb8/0xff', '-m tos ! --tos 0x10/0x3f', '-m tos --tos 0x18/0x3f', '-m tos --tos 0x10/0x10', '-m tos --tos 0x00/0x00'),
    probes: [udp({ tos: 0xb8 }), udp({ tos: 0x10 }), udp()],
  },
  {
    name: 'ecn: the bits of the IP header',
    covers: ['match:ecn'],
    files: forward(...[0, 1, 2, 3].flatMap((n) => [`-m ecn --ecn-ip-ect ${n}`, `-m ecn ! --ecn-ip-ect ${n}`])),
    probes: [udp({ tos: 2 }), udp({ tos: 3 }), udp()],
  },
  {
    name: 'ecn: the flags of a segment',
    covers: ['match:ecn'],
    files: forward('-p tcp -m ecn --ecn-tcp-ece', '-p tcp -m ecn ! --ecn-tcp-ece', '-p tcp -m ecn --ecn-tcp-cwr', '-p tcp -m ecn ! --ecn-tcp-cwr ! --ecn-tcp-ece --ecn-ip-ect 0', '-p tcp -m ecn ! --ecn-tcp-cwr --ecn-ip-ect 1'),
    probes: [cToS({ size: 10 })],
  },
  {
    name: 'tcpmss reads the option of a SYN; a segment without it is other',
    covers: ['match:tcpmss'],
    files: forward('-p tcp -m tcpmss --mss 1460', '-p tcp -m tcpmss ! --mss 1460', '-p tcp -m tcpmss --mss 1400:1459', '-p tcp -m tcpmss ! --mss 1400:1459'),
    probes: [cToS({ size: 10 })],
  },
  {
    name: 'iprange includes both ends, and both sides must hold',
    covers: ['match:iprange'],
    files: forward(
      '-m iprange --src-range 10.1.0.1-10.1.0.1',
      '-m iprange --src-range 10.1.0.0-10.1.0.1 --dst-range 10.2.0.1-10.2.0.9',
      '-m iprange --src-range 10.1.0.2-10.1.0.9',
      '-m iprange ! --src-range 10.1.0.2-10.1.0.9',
      '-m iprange ! --src-range 10.1.0.2-10.1.0.9 ! --dst-range 10.2.0.1-10.2.0.1',
    ),
    probes: [cToS()],
  },
  {
    name: 'standard conditions: addresses, devices with a wildcard, protocols, negation',
    covers: ['match:src', 'match:dst', 'match:in', 'match:out', 'match:proto'],
    files: forward('-s 10.1.0.0/24', '! -s 10.1.0.0/24', '-d 10.2.0.1/32', '! -d 10.2.0.0/31', '-i eth0', '-i eth+', '! -i eth1', '-o eth1', '-o e+', '! -o eth+', '-i eth0 -o eth0', '-p tcp', '! -p tcp', '-p udp', '-s 10.1.0.1/32', '-i +'),
    probes: [cToS(), udp()],
  },
  {
    name: 'a hook without a device compares with no name',
    covers: ['match:in', 'match:out'],
    files: line({ r: { tables: { mangle: [':USER - [0:0]', '-A PREROUTING -j USER', '-A FORWARD -j USER', '-A POSTROUTING -j USER', '-A USER -i eth0', '-A USER -o eth1', '-A USER ! -i eth0', '-A USER ! -o eth1', '-A USER -i +', '-A USER -o +'] } } }),
    probes: [cToS()],
  },
  {
    name: 'fragments behind the first have no ports',
    covers: ['match:fragment', 'match:udp', 'match:multiport'],
    files: forward('-f', '! -f', '-p udp -m udp --dport 53', '-p udp -m udp ! --dport 99', '-p udp -m multiport --dports 53', '-p udp -m multiport ! --dports 99', '-m length --length 1500', '-m ttl --ttl-eq 63'),
    probes: [udp({ size: 2000, df: false, reply: false })],
  },
  {
    name: 'comments mean nothing',
    covers: ['match:comment'],
    files: forward('-m comment --comment "a \\"quoted\\" word"', '-m comment --comment plain -p tcp'),
    probes: [cToS()],
  },
];

/** Matches that ask where a packet came from or goes to. */
const places: readonly RefereeCase[] = [
  {
    name: 'pkttype is unicast on every hook of a forwarded packet',
    covers: ['match:pkttype'],
    files: line({ r: { tables: { mangle: ['PREROUTING', 'FORWARD', 'POSTROUTING'].flatMap((c) => counting(c, ['-m pkttype --pkt-type unicast', '-m pkttype ! --pkt-type unicast', '-m pkttype --pkt-type broadcast', '-m pkttype ! --pkt-type multicast'])) } } }),
    probes: [cToS()],
  },
  {
    name: 'pkttype of what a machine sends and receives itself',
    covers: ['match:pkttype'],
    files: line({ s: { tables: { mangle: ['INPUT', 'OUTPUT'].flatMap((c) => counting(c, ['-m pkttype --pkt-type unicast', '-m pkttype ! --pkt-type broadcast'])) } } }),
    probes: [cToS(), ping()],
  },
  {
    name: 'mac is the sender of the frame',
    covers: ['match:mac'],
    files: line({ r: { tables: { mangle: ['PREROUTING', 'FORWARD'].flatMap((c) => counting(c, [`-m mac --mac-source ${MAC.c}`, `-m mac ! --mac-source ${MAC.c}`, `-m mac --mac-source ${MAC.s}`])) } }, s: { tables: { filter: counting('INPUT', [`-m mac --mac-source ${MAC.r1}`, `-m mac ! --mac-source ${MAC.c}`]) } } }),
    probes: [cToS(), ping()],
  },
  {
    name: 'over lo there is no sender',
    covers: ['match:mac', 'match:pkttype'],
    files: line({ c: { tables: { mangle: counting('INPUT', ['-m mac --mac-source 00:00:00:00:00:00', '-m mac ! --mac-source 02:00:00:00:01:01', '-m pkttype --pkt-type unicast', '-i lo']) } } }),
    probes: [cToS({ dst: '10.1.0.1' })],
  },
  {
    name: 'physdev without a bridge matches only what is negated',
    covers: ['match:physdev'],
    files: forward('-m physdev --physdev-in eth0', '-m physdev ! --physdev-in eth0', '-m physdev --physdev-is-in', '-m physdev ! --physdev-is-bridged', '-m physdev ! --physdev-is-in ! --physdev-is-out', '-m physdev ! --physdev-out eth1 --physdev-is-in'),
    probes: [cToS()],
  },
  {
    name: 'addrtype asks the local table',
    covers: ['match:addrtype'],
    files: line({
      r: {
        tables: {
          mangle: [
            ...counting('PREROUTING', ['UNICAST', 'LOCAL', 'BROADCAST', 'MULTICAST', 'UNSPEC', 'BLACKHOLE', 'LOCAL,UNICAST'].flatMap((t) => [`-m addrtype --src-type ${t}`, `-m addrtype --dst-type ${t}`, `-m addrtype ! --dst-type ${t}`])),
            ...counting('PREROUTING', ['-m addrtype --src-type UNICAST --dst-type LOCAL', '-m addrtype ! --src-type LOCAL ! --dst-type LOCAL']),
          ],
        },
      },
    }),
    probes: [cToS(), cToS({ dst: '10.1.0.254' }), cToS({ dst: '10.2.0.254' })],
  },
  {
    name: 'addrtype of a blackhole is unicast',
    covers: ['match:addrtype'],
    files: line({ r: { routes: ['blackhole 10.9.0.0/24', 'unreachable 10.8.0.0/24'], tables: { mangle: counting('PREROUTING', ['UNICAST', 'BLACKHOLE', 'UNREACHABLE', 'PROHIBIT'].map((t) => `-m addrtype --dst-type ${t}`)) } } }),
    probes: [cToS({ dst: '10.9.0.1' }), cToS({ dst: '10.8.0.1' })],
  },
  {
    name: 'addrtype limited to a device',
    covers: ['match:addrtype-limit'],
    files: line({ r: { tables: { mangle: [...counting('PREROUTING', ['-m addrtype --dst-type LOCAL --limit-iface-in', '-m addrtype ! --dst-type LOCAL --limit-iface-in', '-m addrtype --src-type UNICAST --dst-type UNICAST --limit-iface-in']), ...counting('FORWARD', ['-m addrtype --dst-type UNICAST --limit-iface-out', '-m addrtype ! --src-type LOCAL --dst-type UNICAST --limit-iface-in'])] } } }),
    probes: [cToS(), cToS({ dst: '10.1.0.254' }), cToS({ dst: '10.2.0.254' })],
  },
  {
    name: 'addrtype in OUTPUT and POSTROUTING of the sender',
    covers: ['match:addrtype'],
    files: line({ c: { tables: { mangle: ['OUTPUT', 'POSTROUTING'].flatMap((c) => counting(c, ['-m addrtype --src-type LOCAL', '-m addrtype --dst-type LOCAL', '-m addrtype --src-type LOCAL --dst-type UNICAST', '-m addrtype --src-type LOCAL --limit-iface-out'])) } } }),
    probes: [cToS(), cToS({ dst: '127.0.0.1' })],
  },
  {
    name: 'owner: forwarded packets and the kernel’s own',
    covers: ['match:owner'],
    files: line({
      r: { tables: { mangle: counting('POSTROUTING', ['-m owner --uid-owner 0', '-m owner ! --uid-owner 0', '-m owner --socket-exists', '-m owner ! --socket-exists', '-m owner --gid-owner 0-100']) } },
      s: { ss: [], tables: { filter: counting('OUTPUT', ['-m owner --uid-owner 0', '-m owner ! --uid-owner 0', '-m owner --socket-exists', '-m owner ! --socket-exists']) } },
    }),
    probes: [cToS(), ping(), udp()],
  },
  {
    name: 'owner: a process has a socket',
    covers: ['match:owner'],
    files: line({ c: { tables: { filter: counting('OUTPUT', ['-m owner --socket-exists', '-m owner ! --socket-exists']) } }, s: { tables: { filter: counting('OUTPUT', ['-m owner --socket-exists', '-m owner ! --socket-exists']) } } }),
    probes: [cToS(), udp(), ping()],
  },
  {
    name: 'owner: what REJECT sends has no socket, an ICMP error has the kernel’s',
    covers: ['match:owner', 'target:REJECT'],
    files: line({
      s: {
        tables: {
          filter: ['-A INPUT -p tcp -j REJECT --reject-with tcp-reset', '-A INPUT -p udp -j REJECT --reject-with icmp-port-unreachable', ...counting('OUTPUT', ['-m owner --socket-exists', '-m owner ! --socket-exists', '-m owner ! --uid-owner 0'])],
        },
      },
    }),
    probes: [cToS(), udp()],
  },
  {
    name: 'rpfilter: the way back leads out of the device',
    covers: ['match:rpfilter'],
    files: line({ r: { tables: { raw: counting('PREROUTING', ['-m rpfilter', '-m rpfilter --invert', '-m rpfilter --loose', '-m rpfilter --accept-local', '-m rpfilter --validmark']) } } }),
    probes: [cToS(), ping()],
  },
  {
    name: 'rpfilter: a source that lives elsewhere',
    covers: ['match:rpfilter'],
    files: line({ c: { links: [], nic: { eth0: { addresses: ['10.1.0.1/24', '10.2.0.77/32', '10.9.0.1/32'] } } }, r: { routes: ['10.9.0.0/24 via 10.2.0.1 dev eth1'], noDefault: true, tables: { raw: counting('PREROUTING', ['-m rpfilter', '-m rpfilter --loose', '-m rpfilter --invert', '-m rpfilter --loose --invert']) } } }),
    probes: [udp({ src: '10.2.0.77', reply: false }), udp({ src: '10.9.0.1', reply: false })],
  },
  {
    name: 'rpfilter: no way back, a blackhole, and our own address',
    covers: ['match:rpfilter'],
    files: line({ c: { nic: { eth0: { addresses: ['10.1.0.1/24', '10.77.0.1/32', '10.78.0.1/32', '10.2.0.254/32'] } } }, r: { noDefault: true, routes: ['blackhole 10.78.0.0/24'], tables: { raw: counting('PREROUTING', ['-m rpfilter', '-m rpfilter --loose', '-m rpfilter --loose --accept-local', '-m rpfilter --accept-local', '-m rpfilter --invert']) } } }),
    probes: [udp({ src: '10.77.0.1', reply: false }), udp({ src: '10.78.0.1', reply: false }), udp({ src: '10.2.0.254', reply: false })],
  },
  {
    name: 'socket: a listener on every address counts only with nowildcard',
    covers: ['match:socket'],
    files: line({ s: { ss: ['tcp   LISTEN 0 128 0.0.0.0:80 0.0.0.0:*', 'tcp   LISTEN 0 128 10.2.0.1:81 0.0.0.0:*', 'udp   UNCONN 0 0 0.0.0.0:53 0.0.0.0:*'], tables: { mangle: counting('PREROUTING', ['-m socket', '-m socket --nowildcard']) } } }),
    probes: [cToS(), cToS({ dport: 81 }), cToS({ dport: 82 }), udp(), udp({ dport: 54 })],
  },
  {
    name: 'socket: the prober’s own, and none for what is forwarded',
    covers: ['match:socket'],
    files: line({ c: { tables: { mangle: counting('PREROUTING', ['-m socket', '-m socket --nowildcard', '-m socket --transparent']) } }, r: { ss: [], tables: { mangle: counting('PREROUTING', ['-m socket', '-m socket --nowildcard --transparent']) } } }),
    probes: [cToS()],
  },
  {
    name: 'realm is zero without realms',
    covers: ['match:realm'],
    files: forward('-m realm --realm 0x0', '-m realm ! --realm 0x0', '-m realm --realm 0x5', '-m realm ! --realm 0x5', '-m realm --realm 0x0/0x0'),
    probes: [cToS()],
  },
  {
    name: 'realm: those of the route, and of the way back as the source’s',
    covers: ['match:realm'],
    files: line({
      r: {
        routes: ['10.5.0.0/24 via 10.2.0.1 dev eth1 realm 5', '10.6.0.0/24 via 10.2.0.1 dev eth1 realms 3/6', '10.7.0.0/24 via 10.1.0.1 dev eth0 realm 7'],
        tables: { mangle: ['FORWARD', 'POSTROUTING', 'INPUT'].flatMap((c) => counting(c, ['-m realm --realm 0x5', '-m realm --realm 0x5/0xffff', '-m realm ! --realm 0x6/0xffff', '-m realm --realm 0x30006', '-m realm --realm 0x70000/0xffff0000', '-m realm --realm 0x70005', '-m realm --realm 0x0'])) },
      },
      c: { nic: { eth0: { addresses: ['10.1.0.1/24', '10.7.0.1/32'] } } },
    }),
    probes: ['10.5.0.1', '10.6.0.1', '10.2.0.1', '10.1.0.254'].flatMap((dst) => [udp({ dst, reply: false }), udp({ dst, src: '10.7.0.1', reply: false })]),
  },
];

/** What IPVS did with the packet. */
const ofIpvs: readonly RefereeCase[] = [
  {
    name: 'ipvs: the connection of a packet on its way to a real server',
    covers: ['match:ipvs'],
    needs: ['ip_vs'],
    files: line({
      r: {
        ipvs: ['-A -t 10.1.0.254:80 -s rr', '-a -t 10.1.0.254:80 -r 10.2.0.1:8080 -m -w 1'],
        sysctls: ['net.ipv4.vs.conntrack = 1'],
        tables: {
          mangle: ['PREROUTING', 'FORWARD', 'OUTPUT', 'POSTROUTING'].flatMap((c) =>
            counting(c, ['-m ipvs --ipvs', '-m ipvs ! --ipvs', '-m ipvs --vaddr 10.1.0.254', '-m ipvs ! --vaddr 10.1.0.0/24', '-m ipvs --vproto 6 --vport 80', '-m ipvs --vport 8080', '-m ipvs --vdir ORIGINAL --vmethod MASQ', '-m ipvs --vdir REPLY', '-m ipvs --vmethod GATE', '-m ipvs ! --vmethod GATE', '-m ipvs --vportctl 21', '-m ipvs ! --vportctl 21']),
          ),
        },
      },
    }),
    probes: [cToS({ dst: '10.1.0.254' }), cToS()],
  },
];

/** Matches that count. */
const rates: readonly RefereeCase[] = [
  {
    name: 'limit: the burst, then none',
    covers: ['match:limit'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-s 10.1.0.1/32 -m limit --limit 1/min --limit-burst 2', '-s 10.1.0.1/32 -m limit --limit 1/hour --limit-burst 1']) } } }),
    probes: [udp({ count: 4 })],
  },
  {
    name: 'limit is asked only when what stands before it holds',
    covers: ['match:limit'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-p udp -m limit --limit 1/min --limit-burst 1 -m udp --dport 99', '-p udp -m udp --dport 99 -m limit --limit 1/min --limit-burst 1', '-p udp -m limit --limit 1/min --limit-burst 1 -m udp --dport 53']) } } }),
    probes: [udp({ count: 2, reply: false })],
  },
  {
    name: 'hashlimit: a bucket for each key',
    covers: ['match:hashlimit'],
    files: line({
      r: {
        tables: {
          filter: counting('FORWARD', [
            '-m hashlimit --hashlimit-upto 1/min --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name a',
            '-m hashlimit --hashlimit-above 1/min --hashlimit-burst 1 --hashlimit-mode srcip,srcport --hashlimit-name b',
            '-m hashlimit --hashlimit-upto 1/min --hashlimit-burst 2 --hashlimit-mode dstip,dstport --hashlimit-name c',
            '-m hashlimit --hashlimit-upto 1/min --hashlimit-burst 3 --hashlimit-name d',
            '-m hashlimit --hashlimit-upto 1/min --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name e --hashlimit-srcmask 0',
          ]),
        },
      },
    }),
    probes: [udp({ count: 3 }), ping({ count: 2 })],
  },
  {
    name: 'hashlimit: rules of one name share their buckets',
    covers: ['match:hashlimit'],
    files: line({ r: { tables: { filter: counting('FORWARD', Array.from({ length: 3 }, () => '-s 10.1.0.1/32 -m hashlimit --hashlimit-upto 1/min --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name x')) } } }),
    probes: [udp({ count: 2 })],
  },
  {
    name: 'hashlimit: bytes',
    covers: ['match:hashlimit'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-s 10.1.0.1/32 -m hashlimit --hashlimit-upto 512kb/s --hashlimit-mode srcip --hashlimit-name y', '-s 10.1.0.1/32 -m hashlimit --hashlimit-above 512kb/s --hashlimit-mode srcip --hashlimit-name z']) } } }),
    probes: [udp({ count: 2 }), udp({ size: 1400 })],
  },
  {
    name: 'connlimit counts the connections of an address',
    covers: ['match:connlimit'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m connlimit --connlimit-above 2 --connlimit-mask 32 --connlimit-saddr', '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m connlimit --connlimit-upto 1 --connlimit-mask 24 --connlimit-daddr']) } } }),
    probes: [cToS({ count: 4 })],
  },
  {
    name: 'connlimit forgets what was refused',
    covers: ['match:connlimit'],
    files: line({ r: { tables: { filter: ['-A FORWARD -p udp -m connlimit --connlimit-above 1 --connlimit-mask 0 --connlimit-saddr -j DROP', '-A FORWARD -p udp -m udp --sport 41001 -j DROP'] } } }),
    probes: [udp({ count: 4, reply: false })],
  },
  {
    name: 'statistic nth counts the packets that reach it',
    covers: ['match:statistic-nth'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-s 10.1.0.1/32 -m statistic --mode nth --every 2 --packet 0', '-s 10.1.0.1/32 -m statistic --mode nth --every 3 --packet 2', '-s 10.1.0.1/32 -m statistic --mode nth ! --every 3 --packet 1', '-m statistic --mode nth --every 1 --packet 0']) } } }),
    probes: [udp({ count: 6, reply: false })],
  },
  {
    name: 'statistic random with odds of zero and one',
    covers: ['match:statistic-random'],
    files: forward('-m statistic --mode random --probability 0.00000000000', '-m statistic --mode random --probability 1.00000000000', '-m statistic --mode random ! --probability 0.00000000000'),
    probes: [cToS()],
  },
  {
    name: 'statistic random is one of two ways',
    covers: ['match:statistic-random'],
    files: line({ r: { tables: { filter: ['-A FORWARD -p udp -m statistic --mode random --probability 0.50000000000 -j ACCEPT', '-A FORWARD -p udp -j DROP'] } } }),
    probes: [udp({ reply: false })],
  },
  {
    name: 'recent: set, check, update, remove',
    covers: ['match:recent'],
    files: line({
      r: {
        tables: {
          filter: counting('FORWARD', [
            '-p udp -m recent --rcheck --name l --mask 255.255.255.255 --rsource',
            '-p udp -m recent ! --rcheck --name l --mask 255.255.255.255 --rsource',
            '-p udp -m recent --set --name l --mask 255.255.255.255 --rsource',
            '-p udp -m recent --update --seconds 60 --hitcount 3 --name l --mask 255.255.255.255 --rsource',
            '-p udp -m recent --rcheck --seconds 60 --hitcount 2 --name l --mask 255.255.255.255 --rdest',
            '-p udp -m udp --dport 54 -m recent --remove --name l --mask 255.255.255.255 --rsource',
          ]),
        },
      },
    }),
    probes: [udp({ count: 3, reply: false }), udp({ count: 3 }), udp({ dport: 54, count: 2 })],
  },
  {
    name: 'recent: networks by a mask',
    covers: ['match:recent'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-p udp -m recent --rcheck --name n --mask 255.0.0.0 --rdest', '-p udp -m recent --set --name n --mask 255.0.0.0 --rsource']) } } }),
    probes: [udp()],
  },
  {
    name: 'recent: the TTL must be the same',
    covers: ['match:recent'],
    files: line({ r: { tables: { mangle: ['-A PREROUTING -p udp -m recent --set --name t --mask 255.255.255.255 --rsource', '-A FORWARD -p udp -m recent --rcheck --rttl --name t --mask 255.255.255.255 --rsource', '-A POSTROUTING -p udp -m recent --rcheck --rttl --name t --mask 255.255.255.255 --rsource'] } } }),
    probes: [udp({ reply: false })],
  },
  {
    name: 'recent: the port knock',
    covers: ['match:recent'],
    files: line({ r: { tables: { filter: ['-A FORWARD -p tcp -m tcp --dport 80 -m recent --rcheck --seconds 30 --name knock --mask 255.255.255.255 --rsource -j ACCEPT', '-A FORWARD -p udp -m udp --dport 7000 -m recent --set --name knock --mask 255.255.255.255 --rsource -j DROP', '-A FORWARD -p tcp -m tcp --dport 80 -j DROP'] } } }),
    probes: [cToS(), udp({ dport: 7000, reply: false })],
  },
  {
    name: 'quota: until it is used up',
    covers: ['match:quota'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-s 10.1.0.1/32 -m quota --quota 80', '-s 10.1.0.1/32 -m quota ! --quota 38', '-s 10.1.0.1/32 -m quota --quota 37']) } } }),
    probes: [udp({ count: 3, reply: false })],
  },
  {
    name: 'marks: of the packet and of the connection',
    covers: ['match:mark', 'match:connmark', 'match:state'],
    files: line({ r: { tables: { mangle: ['-A PREROUTING -j MARK --set-xmark 0x12/0xff', '-A FORWARD -m mark --mark 0x12', '-A FORWARD -m mark --mark 0x2/0xf', '-A FORWARD -m mark ! --mark 0x12/0x10', '-A FORWARD -m connmark --mark 0x0', '-A FORWARD -m connmark ! --mark 0x0/0x1', '-A FORWARD -m state --state NEW', '-A FORWARD -m state ! --state NEW,RELATED'] } } }),
    probes: [cToS(), udp()],
  },
];

export const matches: readonly RefereeCase[] = [...headers, ...places, ...ofIpvs, ...rates];
