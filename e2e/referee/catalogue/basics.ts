import type { RefereeCase } from '../case.ts';
import { cToS, line } from '../topology.ts';

/** The way of a packet without anything in it. */
export const basics: readonly RefereeCase[] = [
  { name: 'a router without rules forwards and lowers the TTL', covers: ['hook:order', 'ip:ttl'], files: line({}), probes: [cToS(), cToS({ proto: 'udp', dport: 53 }), cToS({ proto: 'icmp', sport: undefined, dport: undefined })] },
  {
    name: 'every table is asked at every hook in the order of priorities',
    covers: ['hook:order'],
    files: line({ r: { tables: { raw: [], mangle: [], nat: ['-A POSTROUTING -j ACCEPT'], filter: ['-A FORWARD -m conntrack --ctstate NEW -j ACCEPT'] } } }),
    probes: [cToS()],
  },
  { name: 'a closed port answers with a reset', covers: ['socket:refused'], files: line({ s: { ss: [] } }), probes: [cToS(), cToS({ proto: 'udp', dport: 53 })] },
];
