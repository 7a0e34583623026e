import type { RefereeCase } from '../case.ts';
import { cToS, line, MAC } from '../topology.ts';
import { counting, forward, udp, ping } from './matchWorlds.ts';

/** Matches that ask where a packet came from or goes to, and what IPVS did with it. */
export const placeMatches: readonly RefereeCase[] = [
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
