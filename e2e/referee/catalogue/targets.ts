import type { RefereeCase } from '../case.ts';
import { cToS, line } from '../topology.ts';

const udp = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'udp', dport: 53, ...more });
const ping = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'icmp', sport: undefined, dport: undefined, ...more });

const rejects = ['icmp-net-unreachable', 'icmp-host-unreachable', 'icmp-proto-unreachable', 'icmp-port-unreachable', 'icmp-net-prohibited', 'icmp-host-prohibited', 'icmp-admin-prohibited'] as const;

/** A rule in mangle FORWARD of the router. */
const forward = (...rules: readonly string[]) => line({ r: { tables: { mangle: rules.map((r) => `-A FORWARD ${r}`) } } });

/** REJECT in all its forms. */
const rejecting: readonly RefereeCase[] = [
  ...rejects.map((kind): RefereeCase => ({
    name: `REJECT with ${kind} tells the sender`,
    covers: ['target:REJECT', `icmp:${kind.slice(5)}`],
    files: line({ r: { tables: { filter: [`-A FORWARD -j REJECT --reject-with ${kind}`] } } }),
    probes: [cToS(), udp(), ping()],
  })),
  {
    name: 'REJECT with tcp-reset in FORWARD answers in the name of the server, with TOS 0',
    covers: ['target:REJECT'],
    files: line({ r: { tables: { filter: ['-A FORWARD -p tcp -j REJECT --reject-with tcp-reset'] } } }),
    probes: [cToS(), cToS({ tos: 0x10 })],
  },
  {
    name: 'REJECT with tcp-reset belongs to the refused connection',
    covers: ['target:REJECT', 'ct:related'],
    files: line({ r: { tables: { filter: ['-A FORWARD -p tcp -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset', '-A OUTPUT -m conntrack --ctstate RELATED -j ACCEPT', '-A OUTPUT -j DROP'] } } }),
    probes: [cToS()],
  },
  {
    name: 'REJECT with tcp-reset behind DNAT comes from the address that was asked',
    covers: ['target:REJECT', 'target:DNAT'],
    files: line({ r: { tables: { nat: ['-A PREROUTING -d 10.9.9.9/32 -j DNAT --to-destination 10.2.0.1'], filter: ['-A FORWARD -p tcp -j REJECT --reject-with tcp-reset'] } } }),
    probes: [cToS({ dst: '10.9.9.9' })],
  },
  {
    name: 'REJECT in INPUT answers from the address that was asked',
    covers: ['target:REJECT'],
    files: line({ r: { tables: { filter: ['-A INPUT -p tcp -j REJECT --reject-with tcp-reset', '-A INPUT -p udp -j REJECT', '-A INPUT -j REJECT --reject-with icmp-admin-prohibited'] } } }),
    probes: [cToS({ dst: '10.2.0.254' }), udp({ dst: '10.2.0.254' }), ping({ dst: '10.1.0.254' })],
  },
  {
    name: 'REJECT in OUTPUT tells the local socket',
    covers: ['target:REJECT'],
    files: line({ c: { tables: { filter: ['-A OUTPUT -p tcp -j REJECT --reject-with tcp-reset', '-A OUTPUT -p udp -j REJECT', '-A OUTPUT -p icmp -m icmp --icmp-type 8 -j REJECT --reject-with icmp-host-prohibited'] } } }),
    probes: [cToS(), udp(), ping()],
  },
  {
    name: 'REJECT in OUTPUT says nothing about an echo reply of the kernel',
    covers: ['target:REJECT'],
    files: line({ s: { tables: { filter: ['-A OUTPUT -j REJECT'] } } }),
    probes: [ping(), udp()],
  },
  {
    name: 'REJECT does not answer an ICMP error',
    covers: ['target:REJECT'],
    files: line({ r: { tables: { filter: ['-A FORWARD -p icmp -j REJECT'] } }, s: { ss: [] } }),
    probes: [udp()],
  },
  {
    name: 'REJECT of a reset sends nothing',
    covers: ['target:REJECT'],
    files: line({ r: { tables: { filter: ['-A FORWARD -p tcp -m tcp --tcp-flags RST RST -j REJECT --reject-with tcp-reset'] } }, s: { ss: [] } }),
    probes: [cToS()],
  },
  {
    name: 'REJECT does not answer later fragments',
    covers: ['target:REJECT', 'match:fragment'],
    files: line({ r: { tables: { filter: ['-A FORWARD -f -j REJECT'] } } }),
    probes: [udp({ size: 2000, df: false })],
  },
];

/** What the sender of a packet hears when a rule drops it on its way out. */
const refusing: readonly RefereeCase[] = [
  { name: 'DROP in OUTPUT is told to a datagram’s sender, not to TCP', covers: ['target:DROP', 'hook:OUTPUT'], files: line({ c: { tables: { filter: ['-A OUTPUT -j DROP'] } } }), probes: [udp(), cToS(), ping()] },
  { name: 'DROP in POSTROUTING is told to a datagram’s sender, not to TCP', covers: ['target:DROP', 'hook:POSTROUTING'], files: line({ c: { tables: { mangle: ['-A POSTROUTING -j DROP'] } } }), probes: [udp(), cToS(), ping()] },
  { name: 'a policy DROP of OUTPUT is told to a datagram’s sender', covers: ['hook:policy'], files: line({ c: { tables: { filter: [':OUTPUT DROP [0:0]', '-A OUTPUT -p tcp -j ACCEPT'] } } }), probes: [udp(), cToS()] },
  {
    name: 'fwmark_reflect lends the mark of the refused packet to the reset and to the ICMP error',
    covers: ['target:REJECT', 'sysctl:fwmark_reflect'],
    files: line({
      r: {
        sysctls: ['net.ipv4.fwmark_reflect = 1'],
        tables: { mangle: ['-A PREROUTING -j MARK --set-xmark 0x9/0xffffffff', '-A OUTPUT -m mark --mark 0x9 -j MARK --set-xmark 0x19/0xffffffff'], filter: ['-A FORWARD -p tcp -j REJECT --reject-with tcp-reset', '-A FORWARD -p udp -j REJECT'] },
      },
    }),
    probes: [cToS(), udp()],
  },
];

/** Marks of packets and of connections. */
const marking: readonly RefereeCase[] = [
  {
    name: 'MARK sets, masks, ors and xors',
    covers: ['target:MARK'],
    files: forward('-j MARK --set-xmark 0xf0/0xffffffff', '-j MARK --set-xmark 0x3/0xff', '-j MARK --set-xmark 0x100/0x100', '-j MARK --set-xmark 0x1/0x0', '-m mark --mark 0x102 -j ACCEPT', '-j DROP'),
    probes: [cToS()],
  },
  {
    name: 'CONNMARK set is seen by the replies',
    covers: ['target:CONNMARK', 'match:connmark'],
    files: forward('-s 10.1.0.0/24 -j CONNMARK --set-xmark 0x7/0xffffffff', '-s 10.2.0.0/24 -m connmark --mark 0x7 -j ACCEPT', '-s 10.2.0.0/24 -j DROP'),
    probes: [cToS(), udp(), ping()],
  },
  {
    name: 'CONNMARK saves the mark and restores it on replies, through masks',
    covers: ['target:CONNMARK'],
    files: forward(
      '-s 10.1.0.0/24 -j MARK --set-xmark 0x1234/0xffffffff',
      '-s 10.1.0.0/24 -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff',
      '-s 10.2.0.0/24 -j MARK --set-xmark 0xf00/0xffffffff',
      '-s 10.2.0.0/24 -j CONNMARK --restore-mark --nfmask 0xf0 --ctmask 0x3f',
      '-s 10.2.0.0/24 -m mark --mark 0xf34 -j ACCEPT',
      '-s 10.2.0.0/24 -j MARK --set-xmark 0x0/0x0',
    ),
    probes: [cToS(), udp()],
  },
  {
    name: 'CONNMARK shifts what it saves and restores',
    covers: ['target:CONNMARK'],
    files: forward(
      '-s 10.1.0.0/24 -j MARK --set-xmark 0x12/0xffffffff',
      '-s 10.1.0.0/24 -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff --left-shift-mark 8',
      '-s 10.2.0.0/24 -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff --right-shift-mark 4',
      '-s 10.2.0.0/24 -m mark --mark 0x120 -j ACCEPT',
    ),
    probes: [udp()],
  },
  {
    name: 'CONNMARK with a shift of a set mark',
    covers: ['target:CONNMARK'],
    files: forward('-j CONNMARK --set-xmark 0x3/0xffffffff', '-j CONNMARK --set-xmark 0x4/0xff --left-shift-mark 4', '-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff', '-j MARK --set-xmark 0x0/0x0'),
    probes: [udp({ reply: false })],
  },
  {
    name: 'the error about a closed port has no connection before it is tracked, and the mark of its connection after',
    covers: ['match:connmark', 'ct:related', 'icmp:port-unreachable'],
    files: line({ s: { ss: [], tables: { raw: ['-A OUTPUT -m connmark ! --mark 0x2/0x2'], mangle: ['-A INPUT -j CONNMARK --set-xmark 0x4/0xffffffff', '-A OUTPUT -m connmark --mark 0x4 -j ACCEPT'], filter: ['-A OUTPUT -m conntrack --ctstate RELATED -j ACCEPT'] } } }),
    probes: [udp(), cToS()],
  },
  {
    name: 'CONNMARK leaves untracked packets alone',
    covers: ['target:CONNMARK', 'target:CT'],
    files: line({ r: { tables: { raw: ['-A PREROUTING -j CT --notrack'], mangle: ['-A FORWARD -j CONNMARK --set-xmark 0x7/0xffffffff', '-A FORWARD -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff', '-A FORWARD -m connmark --mark 0x7 -j DROP'] } } }),
    probes: [cToS()],
  },
  {
    name: 'a mark that CONNMARK restores in OUTPUT routes the packet anew',
    covers: ['target:CONNMARK', 'route:fwmark'],
    files: line({ s: { tables: { mangle: ['-A PREROUTING -j CONNMARK --set-xmark 0x5/0xffffffff', '-A OUTPUT -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff'] }, rules: ['100:	from all fwmark 0x5 lookup 77'], routes: ['blackhole default table 77'] } }),
    probes: [udp()],
  },
];

/** Queues, logs, and targets that do nothing to the packet. */
const passing: readonly RefereeCase[] = [
  { name: 'NFQUEUE to which nobody listens drops', covers: ['target:NFQUEUE'], files: forward('-p tcp -j NFQUEUE --queue-num 3', '-j ACCEPT'), probes: [cToS(), udp()] },
  {
    name: 'a program is told of a later rule or policy that drops what a queue let by, not of the queue',
    covers: ['target:NFQUEUE'],
    files: line({ c: { tables: { mangle: [':POSTROUTING DROP [0:0]', '-A OUTPUT -p udp -m udp --dport 53 -j NFQUEUE --queue-num 9 --queue-bypass', '-A OUTPUT -p udp -m udp --dport 54 -j NFQUEUE --queue-num 9', '-A OUTPUT -p udp -m udp --dport 55 -j NFQUEUE --queue-num 9 --queue-bypass'], filter: ['-A OUTPUT -p udp -m udp --dport 55 -j DROP'] } } }),
    probes: [udp(), udp({ dport: 54 }), udp({ dport: 55 })],
  },
  {
    name: 'NFQUEUE with bypass goes on to the next table',
    covers: ['target:NFQUEUE'],
    files: line({ r: { tables: { mangle: ['-A FORWARD -j NFQUEUE --queue-balance 1:4 --queue-bypass', '-A FORWARD -j DROP'], filter: ['-A FORWARD -p udp -j DROP'] } } }),
    probes: [cToS(), udp()],
  },
  { name: 'QUEUE drops when nobody listens', covers: ['target:QUEUE'], files: line({ r: { tables: { filter: ['-A FORWARD -p udp -j QUEUE', '-A FORWARD -j ACCEPT'] } } }), probes: [cToS(), udp()] },
  {
    name: 'LOG, NFLOG, CLASSIFY, CHECKSUM and rules without a target go on to the next rule',
    covers: ['target:LOG', 'target:NFLOG', 'target:CLASSIFY', 'target:CHECKSUM'],
    files: line({
      r: {
        tables: {
          mangle: ['-A POSTROUTING -j CLASSIFY --set-class 0001:0010', '-A POSTROUTING -p udp -j CHECKSUM --checksum-fill', '-A POSTROUTING -j MARK --set-xmark 0x1/0x1'],
          filter: ['-A FORWARD -j LOG --log-prefix "a b" --log-level 7', '-A FORWARD -j NFLOG --nflog-group 5', '-A FORWARD -p tcp', '-A FORWARD -p tcp -j ACCEPT', '-A FORWARD -j DROP'],
        },
      },
    }),
    probes: [cToS(), udp()],
  },
  { name: 'CHECKSUM fills in what is right already', covers: ['target:CHECKSUM'], files: line({ r: { tables: { mangle: ['-A POSTROUTING -p udp -j CHECKSUM --checksum-fill', '-A POSTROUTING -j MARK --set-xmark 0x1/0x1'] } } }), probes: [udp()] },
  { name: 'TRACE does nothing to the packet', covers: ['target:TRACE'], files: line({ r: { tables: { raw: ['-A PREROUTING -p udp -j TRACE', '-A PREROUTING -p tcp -j DROP'] } } }), probes: [cToS(), udp()] },
];

/** Headers rewritten on the way. */
const rewriting: readonly RefereeCase[] = [
  { name: 'TTL is set', covers: ['target:TTL'], files: forward('-j TTL --ttl-set 7'), probes: [cToS(), ping()] },
  { name: 'TTL is raised, to 255 at most', covers: ['target:TTL'], files: forward('-s 10.1.0.0/24 -j TTL --ttl-inc 3', '-s 10.2.0.0/24 -j TTL --ttl-inc 200'), probes: [udp()] },
  { name: 'TTL that is lowered to 1 before routing expires here', covers: ['target:TTL', 'icmp:time-exceeded'], files: line({ r: { tables: { mangle: ['-A PREROUTING -s 10.1.0.0/24 -j TTL --ttl-dec 63'] } } }), probes: [udp(), cToS({ ttl: 66 })] },
  { name: 'TTL that is lowered in POSTROUTING is not looked at again', covers: ['target:TTL'], files: line({ r: { tables: { mangle: ['-A POSTROUTING -s 10.1.0.0/24 -j TTL --ttl-dec 200'] } } }), probes: [udp(), cToS()] },
  { name: 'TTL raised before routing hides the router', covers: ['target:TTL'], files: line({ r: { tables: { mangle: ['-A PREROUTING -j TTL --ttl-inc 1'] } } }), probes: [udp({ ttl: 1 }), udp({ ttl: 64 })] },
  { name: 'DSCP keeps the ECN bits', covers: ['target:DSCP'], files: forward('-j DSCP --set-dscp 0x2e'), probes: [udp({ tos: 0x03 }), cToS({ tos: 0x10 }), ping()] },
  { name: 'TOS replaces, masks and flips bits', covers: ['target:TOS'], files: forward('-p udp -j TOS --set-tos 0x10/0x3f', '-p tcp -j TOS --set-tos 0x08/0xff', '-p icmp -j TOS --set-tos 0x14/0x00'), probes: [udp({ tos: 0xe4 }), cToS({ tos: 0x10 }), ping({ tos: 0x44 })] },
  {
    name: 'TOS set in OUTPUT routes the packet anew',
    covers: ['target:TOS', 'route:tos'],
    files: line({ c: { tables: { mangle: ['-A OUTPUT -p udp -j TOS --set-tos 0x10/0xff'] }, rules: ['100:	from all tos 0x10 lookup 77'], routes: ['unreachable default table 77'] } }),
    probes: [udp(), cToS()],
  },
  { name: 'ECN bits are taken out of TCP, and set in IP', covers: ['target:ECN'], files: line({ r: { tables: { mangle: ['-A FORWARD -p tcp -j ECN --ecn-tcp-remove'] } } }), probes: [cToS()] },
  { name: 'TCPMSS lowers the MSS of SYNs in both directions', covers: ['target:TCPMSS'], files: forward('-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1200'), probes: [cToS()] },
  { name: 'TCPMSS never raises the MSS', covers: ['target:TCPMSS'], files: forward('-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 5000'), probes: [cToS()] },
  {
    name: 'TCPMSS clamps to the smaller MTU of the two ways',
    covers: ['target:TCPMSS'],
    files: line({ r: { nic: { eth1: { mtu: 1300 } }, tables: { mangle: ['-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu'] } }, s: { nic: { eth0: { mtu: 1300 } } } }),
    probes: [cToS()],
  },
  {
    name: 'TCPMSS clamps to the MTU of the route back',
    covers: ['target:TCPMSS', 'route:mtu'],
    files: line({ r: { routes: ['10.1.0.1 dev eth0 scope link mtu 1234'], tables: { mangle: ['-A POSTROUTING -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu'] } } }),
    probes: [cToS()],
  },
];

/** Every target that is no NAT. */
export const targets: readonly RefereeCase[] = [...rejecting, ...refusing, ...marking, ...passing, ...rewriting];
