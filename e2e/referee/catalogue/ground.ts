import type { RefereeCase } from '../case.ts';
import { cToS, line } from '../topology.ts';

/** What random worlds brought to light. */
export const ground: readonly RefereeCase[] = [
  {
    name: 'pieces of a datagram ask for their neighbour once',
    covers: ['arp:request', 'ip:fragment'],
    files: line({}),
    probes: [{ from: { host: 's' }, dst: '10.2.0.9', proto: 'udp', sport: 41_000, dport: 80, size: 3000 }],
  },
  {
    name: 'the kernel cannot tell itself of an echo reply that it rejects',
    covers: ['target:REJECT', 'icmp:error'],
    files: line({ s: { tables: { filter: ['-A OUTPUT -p icmp -j REJECT --reject-with icmp-host-prohibited'] } } }),
    probes: [cToS({ proto: 'icmp', sport: undefined, dport: undefined })],
  },
  {
    name: 'an error about a datagram that a local rule rejects comes back over lo, and sendto() fails at once',
    covers: ['target:REJECT', 'socket:eperm'],
    files: line({ c: { tables: { filter: ['-A OUTPUT -p udp -j REJECT --reject-with icmp-port-unreachable', '-A OUTPUT -p icmp -m icmp --icmp-type 8 -j DROP'] } } }),
    probes: [cToS({ proto: 'udp', dport: 53 }), cToS({ proto: 'icmp', sport: undefined, dport: undefined })],
  },
  {
    name: 'an error about a connection translated in INPUT is routed anew',
    covers: ['target:NETMAP', 'nat:icmp-error'],
    files: line({ r: { ss: [], tables: { nat: ['-A INPUT -j NETMAP --to 10.2.0.254/32'] } } }),
    probes: [{ from: { host: 's' }, dst: '10.2.0.254', proto: 'udp', sport: 41_000, dport: 80 }],
  },
  {
    name: 'an SCTP INIT ACK of an association that the zone does not know is INVALID',
    covers: ['ct:sctp', 'ct:zone'],
    files: line({ r: { tables: { raw: ['-A PREROUTING -i eth1 -j CT --zone 2'], filter: ['-A FORWARD -m conntrack --ctstate INVALID -j ACCEPT'] } } }),
    probes: [cToS({ proto: 'sctp' })],
  },
];
