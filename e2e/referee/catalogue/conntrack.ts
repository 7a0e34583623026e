import type { ProbeJson } from '../../../src/cli/probeJson.ts';
import type { RefereeCase } from '../case.ts';
import { cToS, line, type Spec } from '../topology.ts';

/** Connection tracking: states, zones, given entries, what the conntrack match sees. */

const udp = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'udp', dport: 53, size: 10, ...more });
const ping = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'icmp', sport: 77, dport: undefined, ...more });
/** A TCP connection of s to c. */
const back = (more: Readonly<Record<string, unknown>> = {}) => ({ from: { host: 's' }, dst: '10.1.0.1', proto: 'tcp' as const, sport: 41_000, dport: 80, ...more });

/** One rule for each condition in mangle FORWARD of r: what is counted tells which of them hold, for requests and replies. */
const conditions = (...texts: readonly string[]): Spec => ({ tables: { mangle: texts.map((t) => `-A FORWARD ${t} -j MARK --set-xmark 0x0/0x0`) } });

const tcpEntry = (state: string, flags = '[ASSURED] ', timeout = 400) => `tcp      6 ${timeout} ${state} src=10.1.0.1 dst=10.2.0.1 sport=41000 dport=80 src=10.2.0.1 dst=10.1.0.1 sport=80 dport=41000 ${flags}mark=5 use=1`;
const udpEntry = (unreplied: string, assured = '') => `udp      17 100 src=10.1.0.1 dst=10.2.0.1 sport=41000 dport=53 ${unreplied}src=10.2.0.1 dst=10.1.0.1 sport=53 dport=41000 ${assured}mark=7 use=1`;
/** Acknowledgements of data are nothing that a probe asks about: they stay at home. */
const NO_ACKS: Spec = { tables: { filter: ['-A OUTPUT -p tcp -m tcp --tcp-flags SYN,ACK ACK -j DROP'] } };
const STATES = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED', 'SNAT', 'DNAT'].map((s) => `-m conntrack --ctstate ${s}`);

/** What r is asked has another zone for its answers, and r's own answers have none. */
const REPLIES_APART: Spec = { tables: { raw: ['-A PREROUTING -j CT --zone-reply 1'], nat: [] } };
/** Of s, to the router's address on the other side. */
const fromS = (more: Readonly<Record<string, unknown>>) => ({ from: { host: 's' }, dst: '10.1.0.254', sport: 41_005, dport: 443, ...more }) as ProbeJson;

export const conntrack: readonly RefereeCase[] = [
  { name: 'a connection is NEW, then ESTABLISHED in both directions', covers: ['match:conntrack', 'ct:tcp'], files: line({ r: conditions(...STATES) }), probes: [cToS(), cToS({ size: 20 })] },
  { name: 'UDP becomes ESTABLISHED with its first answer, and is not assured so soon', covers: ['match:conntrack', 'ct:udp'], files: line({ r: conditions(...STATES, '-m conntrack --ctstatus ASSURED') }), probes: [udp()] },
  { name: 'a ping is a connection by its id', covers: ['match:conntrack', 'ct:icmp'], files: line({ r: conditions(...STATES) }), probes: [ping()] },
  { name: 'a protocol without ports is a connection of two addresses', covers: ['ct:generic'], files: line({ r: conditions(...STATES) }), probes: [cToS({ proto: 99, sport: undefined, dport: undefined, size: 20 })] },
  { name: 'a reset that is the first answer ends the entry', covers: ['ct:tcp', 'ct:reset'], files: line({ r: conditions(...STATES), s: { ss: [] } }), probes: [cToS()] },
  { name: 'an ICMP error is RELATED to the connection that it quotes', covers: ['ct:related', 'icmp:port-unreachable'], files: line({ r: conditions(...STATES), s: { ss: [] } }), probes: [udp()] },
  {
    name: 'an ICMP error about what was never tracked is INVALID',
    covers: ['ct:invalid', 'ct:notrack'],
    files: line({ r: { tables: { raw: ['-A PREROUTING -s 10.1.0.1/32 -j CT --notrack'], mangle: STATES.map((t) => `-A FORWARD ${t} -j MARK --set-xmark 0x0/0x0`) } }, s: { ss: [] } }),
    probes: [udp()],
  },
  {
    name: 'without the request the answer to a SYN is INVALID',
    covers: ['ct:invalid', 'ct:tcp', 'ct:notrack'],
    files: line({ r: { tables: { raw: ['-A PREROUTING -i eth0 -j CT --notrack'], filter: ['-A FORWARD -m conntrack --ctstate INVALID -j ACCEPT', '-A FORWARD -m conntrack --ctstate UNTRACKED -j ACCEPT'] } } }),
    probes: [cToS(), ping()],
  },
  {
    name: 'data of an untracked opening is picked up as NEW',
    covers: ['ct:loose', 'ct:tcp'],
    files: line({ r: { tables: { raw: ['-A PREROUTING -p tcp -m tcp --tcp-flags SYN SYN -j CT --notrack'], mangle: STATES.map((t) => `-A FORWARD ${t} -j MARK --set-xmark 0x0/0x0`) } }, s: NO_ACKS }),
    probes: [cToS({ size: 20 })],
  },
  {
    name: 'nf_conntrack_tcp_loose 0 leaves the middle of a connection INVALID',
    covers: ['ct:loose', 'ct:tcp'],
    files: line({ r: { sysctls: ['net.netfilter.nf_conntrack_tcp_loose = 0'], tables: { raw: ['-A PREROUTING -p tcp -m tcp --tcp-flags SYN SYN -j CT --notrack'], mangle: STATES.map((t) => `-A FORWARD ${t} -j MARK --set-xmark 0x0/0x0`) } } }),
    probes: [cToS({ size: 20 })],
  },
  { name: 'what is dropped in FORWARD leaves no entry', covers: ['ct:confirm'], files: line({ r: { tables: { filter: ['-A FORWARD -m conntrack --ctstate NEW -j DROP'] } } }), probes: [cToS(), udp()] },
  { name: 'what is rejected in FORWARD leaves no entry', covers: ['ct:confirm', 'target:REJECT'], files: line({ r: { tables: { filter: ['-A FORWARD -p tcp -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset', '-A FORWARD -j REJECT --reject-with icmp-port-unreachable'] } } }), probes: [cToS(), udp()] },
  { name: 'an answer that INPUT drops was tracked all the same', covers: ['ct:confirm'], files: line({ r: {}, c: { tables: { filter: ['-A INPUT -m conntrack --ctstate ESTABLISHED -j DROP'] } } }), probes: [udp()] },
  { name: '-j NOTRACK alone starts no tracking', covers: ['target:NOTRACK', 'ct:hooks'], files: line({ r: { tables: { raw: ['-A PREROUTING -p udp -j NOTRACK'], nat: ['-A POSTROUTING -j ACCEPT'] } } }), probes: [cToS()] },
  { name: 'an empty nat table starts no tracking', covers: ['ct:hooks'], files: line({ r: { tables: { nat: ['-A POSTROUTING -j ACCEPT'] } } }), probes: [cToS()] },
  { name: 'one rule that never matches starts tracking, and nat is asked', covers: ['ct:hooks'], files: line({ r: { tables: { nat: ['-A POSTROUTING -j ACCEPT'], filter: ['-A INPUT -p igmp -m conntrack --ctstate NEW -j ACCEPT'] } } }), probes: [cToS()] },
  { name: 'a connmark rule starts tracking', covers: ['ct:hooks', 'match:connmark'], files: line({ r: { tables: { nat: [], mangle: ['-A FORWARD -m connmark --mark 0x1 -j ACCEPT'] } } }), probes: [cToS()] },
  { name: 'a packet taken out of tracking passes nat by', covers: ['target:CT', 'ct:notrack'], files: line({ r: { tables: { raw: ['-A PREROUTING -j CT --notrack'], nat: ['-A POSTROUTING -o eth1 -j MASQUERADE'] } } }), probes: [cToS(), udp()] },
  { name: 'NOTRACK after CT comes too late', covers: ['target:CT', 'target:NOTRACK', 'ct:template'], files: line({ r: { tables: { raw: ['-A PREROUTING -i eth0 -j CT --zone 3', '-A PREROUTING -j NOTRACK', '-A PREROUTING -j CT --zone 4'], filter: STATES.map((t) => `-A FORWARD ${t}`) } } }), probes: [udp({ reply: false })] },
  { name: 'a template counts as NEW in raw', covers: ['target:CT', 'match:conntrack', 'ct:template'], files: line({ r: { tables: { raw: ['-A PREROUTING -j CT --zone 3', ...STATES.map((t) => `-A PREROUTING ${t}`), '-A PREROUTING -m conntrack --ctstatus CONFIRMED', '-A PREROUTING -m conntrack --ctproto 6'] } } }), probes: [udp({ reply: false }), udp()] },
  { name: 'a zone of its own for each side: replies do not find the entry', covers: ['ct:zone', 'target:CT'], files: line({ r: { tables: { raw: ['-A PREROUTING -i eth0 -j CT --zone 1', '-A PREROUTING -i eth1 -j CT --zone 2'], mangle: STATES.map((t) => `-A FORWARD ${t}`) } } }), probes: [udp(), cToS()] },
  { name: 'one zone for both sides', covers: ['ct:zone', 'target:CT'], files: line({ r: { tables: { raw: ['-A PREROUTING -j CT --zone 9'], nat: ['-A POSTROUTING -o eth1 -j MASQUERADE'] } } }), probes: [udp(), cToS(), ping()] },
  { name: 'a zone of the original direction: replies come back through the common one', covers: ['ct:zone-orig', 'target:CT'], files: line({ r: { tables: { raw: ['-A PREROUTING -i eth0 -j CT --zone-orig 7'], nat: ['-A POSTROUTING -o eth1 -j MASQUERADE'] } } }), probes: [udp(), cToS()] },
  { name: 'a zone of the reply direction', covers: ['ct:zone-reply', 'target:CT'], files: line({ r: { tables: { raw: ['-A PREROUTING -j CT --zone-reply 8'], filter: STATES.map((t) => `-A FORWARD ${t}`) } } }), probes: [udp(), cToS()] },
  { name: 'a UDP answer of the machine itself, where the reply zone is another', covers: ['ct:zone-reply', 'ct:clash'], files: line({ r: REPLIES_APART }), probes: [fromS({ proto: 'udp' }), fromS({ proto: 'udp', size: 30 })] },
  { name: 'an answer of the machine itself does not find a connection whose reply zone is another, and is one of its own', covers: ['ct:zone-reply', 'ct:clash'], files: line({ r: REPLIES_APART }), probes: [fromS({ proto: 'tcp' }), fromS({ proto: 'icmp', dport: undefined, sport: 77 }), fromS({ proto: 200, dport: undefined, sport: undefined, size: 20 }), fromS({ proto: 'sctp' })] },
  { name: 'the mark names the zone', covers: ['ct:zone-mark', 'target:CT'], files: line({ c: { tables: { mangle: ['-A OUTPUT -j MARK --set-xmark 0x10005/0xffffffff'], raw: ['-A OUTPUT -j CT --zone mark'] } } }), probes: [udp({ mark: 0x2_0006 }), udp({ reply: false })] },
  { name: 'the zone of a mark set by mangle comes too late', covers: ['ct:zone-mark'], files: line({ r: { tables: { raw: ['-A PREROUTING -i eth0 -j MARK --set-xmark 0x3/0xffffffff', '-A PREROUTING -i eth1 -j MARK --set-xmark 0x3/0xffffffff', '-A PREROUTING -j CT --zone mark'], mangle: ['-A PREROUTING -j MARK --set-xmark 0x4/0xffffffff'] } } }), probes: [udp()] },
  { name: 'ctdir tells the directions apart', covers: ['match:conntrack'], files: line({ r: conditions('-m conntrack --ctdir ORIGINAL', '-m conntrack --ctdir REPLY', '-m conntrack --ctstate ESTABLISHED --ctdir ORIGINAL') }), probes: [cToS({ size: 20 }), udp()] },
  { name: 'ctproto and its negation', covers: ['match:conntrack'], files: line({ r: conditions('-m conntrack --ctproto 6', '-m conntrack ! --ctproto 6', '-m conntrack --ctproto 17', '-m conntrack --ctproto 1') }), probes: [cToS(), udp(), ping()] },
  { name: 'ctstatus: any of the bits is enough, NONE has none', covers: ['match:conntrack'], files: line({ r: conditions('-m conntrack --ctstatus NONE', '-m conntrack ! --ctstatus NONE', '-m conntrack --ctstatus CONFIRMED', '-m conntrack --ctstatus SEEN_REPLY,ASSURED', '-m conntrack ! --ctstatus SEEN_REPLY', '-m conntrack --ctstatus EXPECTED') }), probes: [udp(), cToS()] },
  {
    name: 'the conntrack match sees the addresses of both tuples',
    covers: ['match:conntrack', 'nat:DNAT'],
    files: line({
      r: {
        tables: {
          nat: ['-A PREROUTING -d 10.1.0.254/32 -p tcp -j DNAT --to-destination 10.2.0.1:80', '-A POSTROUTING -o eth1 -j MASQUERADE'],
          mangle: ['--ctorigsrc 10.1.0.0/24', '--ctorigdst 10.1.0.254', '--ctreplsrc 10.2.0.1', '--ctrepldst 10.2.0.254', '! --ctorigsrc 10.1.0.0/24', '--ctorigsrcport 41000', '--ctorigdstport 8000:8100', '--ctreplsrcport 80', '! --ctrepldstport 41000', '--ctstate DNAT --ctproto 6 --ctorigdstport 8080'].flatMap((t) => [`-A FORWARD -m conntrack ${t}`, `-A POSTROUTING -m conntrack ${t}`]),
        },
      },
    }),
    probes: [cToS({ dst: '10.1.0.254', dport: 8080 })],
  },
  { name: 'without a connection only the state is asked', covers: ['match:conntrack', 'ct:notrack'], files: line({ r: { tables: { raw: ['-A PREROUTING -j CT --notrack'], mangle: ['-m conntrack --ctstate UNTRACKED --ctproto 17', '-m conntrack --ctproto 6', '-m conntrack ! --ctproto 17', '-m conntrack --ctstate INVALID --ctproto 6', '-m conntrack ! --ctstate INVALID --ctdir REPLY'].map((t) => `-A FORWARD ${t}`) } } }), probes: [cToS()] },
  { name: 'several -m conntrack of one rule must all hold', covers: ['match:conntrack'], files: line({ r: conditions('-m conntrack --ctstate NEW -m conntrack --ctproto 6', '-m conntrack --ctstate NEW -m conntrack --ctproto 17') }), probes: [cToS()] },
  { name: '-m state is -m conntrack', covers: ['match:state'], files: line({ r: conditions('-m state --state NEW', '-m state ! --state NEW', '-m state --state RELATED,ESTABLISHED', '-m state --state UNTRACKED') }), probes: [cToS()] },
  { name: 'ESTABLISHED by a given entry: a SYN of it is let through', covers: ['ct:given', 'ct:tcp'], files: line({ r: { ...conditions(...STATES, '-m conntrack --ctstatus ASSURED', '-m connmark --mark 0x5'), conntrack: [tcpEntry('ESTABLISHED')] } }), probes: [cToS()] },
  { name: 'a given entry without replies leaves the next packet NEW', covers: ['ct:given', 'ct:tcp'], files: line({ r: { ...conditions(...STATES, '-m connmark --mark 0x5'), conntrack: [tcpEntry('SYN_SENT', '').replace('dport=80 src', 'dport=80 [UNREPLIED] src')] } }), probes: [cToS()] },
  { name: 'a given UDP stream is ESTABLISHED from the first packet on', covers: ['ct:given', 'ct:udp'], files: line({ r: { ...conditions(...STATES, '-m conntrack --ctstatus ASSURED', '-m connmark --mark 0x7'), conntrack: [udpEntry('')] } }), probes: [udp()] },
  { name: 'a probe in the reply direction of a given entry', covers: ['ct:given', 'ct:udp'], files: line({ r: { ...conditions(...STATES, '-m conntrack --ctdir REPLY'), conntrack: [udpEntry('[UNREPLIED] ')] } }), probes: [back({ proto: 'udp', sport: 53, dport: 41_000, size: 5 })] },
  { name: 'a SYN against the direction of a given connection is INVALID', covers: ['ct:given', 'ct:invalid', 'ct:tcp'], files: line({ r: { ...conditions(...STATES), conntrack: [tcpEntry('ESTABLISHED').replace(/sport=41000 dport=80 src/, 'sport=80 dport=41000 src').replace(/sport=80 dport=41000 \[/, 'sport=41000 dport=80 [')] } }), probes: [back()] },
  {
    name: 'the NAT of a given entry is done without asking the rules',
    covers: ['ct:given', 'nat:DNAT'],
    files: line({ r: { tables: { nat: ['-A PREROUTING -p udp -j REDIRECT --to-ports 9'] }, conntrack: ['udp      17 100 src=10.1.0.1 dst=10.1.0.254 sport=41000 dport=53 src=10.2.0.1 dst=10.2.0.254 sport=5353 dport=41000 mark=0 use=1'] } }),
    probes: [udp({ dst: '10.1.0.254' })],
  },
  { name: 'a given entry of another zone is not found', covers: ['ct:given', 'ct:zone'], files: line({ r: { tables: { raw: ['-A PREROUTING -i eth1 -j CT --zone 5'], mangle: STATES.map((t) => `-A FORWARD ${t}`) }, conntrack: [udpEntry('').replace('mark=7', 'mark=7 zone=5')] } }), probes: [udp({ reply: false })] },
  { name: 'a given entry is not asked where nothing tracks', covers: ['ct:given', 'ct:hooks'], files: line({ r: { tables: { filter: ['-A FORWARD -j ACCEPT'] }, conntrack: [udpEntry('')] } }), probes: [udp()] },
  { name: 'fragments are put together where connections are tracked, and cut again', covers: ['ct:defrag', 'hook:order'], files: line({ r: { ...conditions(...STATES), nic: { eth1: { mtu: 1000 } } }, s: { nic: { eth0: { mtu: 1000 } } } }), probes: [udp({ size: 2000, df: false }), ping({ size: 3000, df: false })] },
  { name: 'without tracking fragments go through one by one', covers: ['ct:defrag'], files: line({ r: { tables: { mangle: ['-A FORWARD -p udp', '-A FORWARD -f'] } } }), probes: [udp({ size: 2000, df: false })] },
  { name: 'SCTP is tracked by its ports', covers: ['ct:sctp'], needs: ['sctp'], files: line({ r: conditions(...STATES) }), probes: [cToS({ proto: 'sctp' })] },
];
