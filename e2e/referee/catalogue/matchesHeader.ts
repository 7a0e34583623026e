import type { RefereeCase } from '../case.ts';
import { cToS, line } from '../topology.ts';
import { counting, forward, prerouting, udp, ping, sctp } from './matchWorlds.ts';

/** Matches that read the packet's headers. */
export const headerMatches: readonly RefereeCase[] = [
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
