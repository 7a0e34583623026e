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
  {
    name: 'a chain reached by goto returns to where its caller came from',
    covers: ['target:goto', 'hook:order'],
    files: line({ r: { tables: { filter: [':A - [0:0]', ':B - [0:0]', '-A FORWARD -j A', '-A FORWARD -m comment --comment back -j ACCEPT', '-A A -g B', '-A A -m comment --comment skipped -j DROP', '-A B -p udp -m comment --comment early -j RETURN', '-A B -m comment --comment nothing'] } } }),
    probes: [cToS(), cToS({ proto: 'udp', dport: 53 })],
  },
  {
    name: 'goto from a base chain ends at its policy',
    covers: ['target:goto', 'policy:DROP'],
    files: line({ r: { tables: { filter: [':FORWARD DROP [0:0]', ':B - [0:0]', '-A FORWARD -g B', '-A FORWARD -m comment --comment skipped -j ACCEPT', '-A B -m mark --mark 0x7 -j ACCEPT'] } } }),
    probes: [cToS()],
  },
  {
    name: 'connmark finds no mark where a CT rule has left its template',
    covers: ['match:connmark', 'target:CT', 'target:CONNMARK'],
    files: line({ r: { tables: { raw: ['-A PREROUTING -j MARK --set-xmark 0x5/0xffffffff', '-A PREROUTING -j CT --zone 2', '-A PREROUTING -m connmark ! --mark 0x2', '-A PREROUTING -m connmark --mark 0x0 -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff'] } } }),
    probes: [cToS()],
  },
  { name: 'a reset has no ECN bits of what it refuses', covers: ['socket:refused', 'target:TOS'], files: line({ s: { ss: [], tables: { mangle: ['-A PREROUTING -j TOS --set-tos 0x13/0xff'] } } }), probes: [cToS()] },
  { name: 'a closed port answers with a reset', covers: ['socket:refused'], files: line({ s: { ss: [] } }), probes: [cToS(), cToS({ proto: 'udp', dport: 53 })] },
];
