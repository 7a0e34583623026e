import { describe, expect, it } from 'vitest';
import { parseIptablesSave } from '../../dumps/iptablesSave.ts';
import { at, ip } from '../../testing/sample.ts';
import { pairWorld } from '../../testing/pair.ts';
import type { World } from '../../world/world.ts';
import type { Probe } from '../probe.ts';
import { trace } from '../trace.ts';

/** `PACKETWALK_FUZZ=1000000` asks for more. */
const RUNS = Number(process.env['PACKETWALK_FUZZ'] ?? 2_000);
/** A rule set of a few lines is walked in well under a millisecond; far more is a hang in the making. */
const SLOWEST_MS = 1_000;

/** mulberry32: the same inputs in every run. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const CHAINS = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING', 'A', 'B', 'C'];
/** Words of rules, whole or cut; a rule is any sequence of them. */
const WORDS = (
  '-s 10.0.0.1/32|-d 10.0.0.2/32|! -s 10.0.0.0/8|-i eth0|! -i eth+|-o eth0|-p tcp|-p udp|-p icmp|! -p tcp|-p 300|-f|-m tcp --dport 80|-m tcp --sport 1:65535|-m tcp --tcp-flags SYN,ACK SYN|-m tcp --tcp-option 2|' +
  '-m udp --dport 80|-m icmp --icmp-type 8|-m icmp --icmp-type 8/0|-m multiport --dports 80,443,1:2|-m multiport ! --ports 80|-m mark --mark 0x1/0x1|-m mark ! --mark 1|-m connmark --mark 2|-m conntrack --ctstate NEW|' +
  '-m conntrack --ctstate ESTABLISHED,RELATED --ctdir ORIGINAL|-m conntrack --ctstatus CONFIRMED|-m conntrack --ctorigsrc 10.0.0.1 --ctorigdstport 80|-m state --state NEW|-m addrtype --dst-type LOCAL|-m addrtype --src-type UNICAST --limit-iface-in|' +
  '-m set --match-set s src|-m set ! --match-set s dst,dst|-m comment --comment "a b"|-m limit --limit 1/sec --limit-burst 2|-m hashlimit --hashlimit-upto 1/sec --hashlimit-name h|-m connlimit --connlimit-above 1|' +
  '-m statistic --mode nth --every 2 --packet 0|-m statistic --mode random --probability 0.5|-m recent --name r --set|-m recent --name r --update --seconds 1|-m physdev --physdev-in eth0|-m pkttype --pkt-type unicast|-m mac --mac-source 02:00:00:00:00:01|' +
  '-m iprange --src-range 10.0.0.1-10.0.0.9|-m length --length 0:100|-m ttl --ttl-lt 65|-m dscp --dscp 0x00|-m tos --tos 0x00/0xff|-m ecn --ecn-ip-ect 0|-m tcpmss --mss 1:1460|-m owner --uid-owner 0|-m owner ! --socket-exists|-m rpfilter --loose|' +
  '-m socket|-m realm --realm 1|-m nfacct --nfacct-name x|-m ipvs --ipvs|-m u32 --u32 0=0|-m bpf|-m time --timestart 1:00|-m quota --quota 1|-j ACCEPT|-j DROP|-j RETURN|-j A|-j B|-g C|-j NOCHAIN|-j REJECT|-j REJECT --reject-with tcp-reset|' +
  '-j MARK --set-xmark 0x1/0x1|-j CONNMARK --save-mark|-j CONNMARK --restore-mark --nfmask 1 --ctmask 1|-j DNAT --to-destination 10.0.0.2:81|-j DNAT --to-destination 10.0.0.2-10.0.0.9:1-2 --random|-j SNAT --to-source 10.0.0.7|-j MASQUERADE --random-fully|' +
  '-j REDIRECT --to-ports 81|-j NETMAP --to 10.9.0.0/16|-j CT --notrack|-j CT --zone 1|-j NOTRACK|-j LOG --log-prefix x|-j NFLOG|-j TRACE|-j TTL --ttl-dec 1|-j TTL --ttl-set 1|-j DSCP --set-dscp 1|-j TOS --set-tos 1/1|-j ECN --ecn-tcp-remove|' +
  '-j TCPMSS --clamp-mss-to-pmtu|-j TCPMSS --set-mss 100|-j CHECKSUM --checksum-fill|-j CLASSIFY --set-class 1:1|-j SET --add-set s src|-j NFQUEUE --queue-num 1 --queue-bypass|-j QUEUE|-j TEE --gateway 1.1.1.1|-j TPROXY|--dport|-m|-j|!|""|"|\u{1F600}|4294967296|-1'
).split('|');

/** The text of one table with a few rules. */
function ruleSet(next: (n: number) => number): string {
  const table = ['raw', 'mangle', 'nat', 'filter', 'security', 'other'][next(24)] ?? (['mangle', 'nat', 'filter'] as const)[next(3)] ?? 'filter';
  const rules = Array.from({ length: 1 + next(6) }, () => {
    const words = Array.from({ length: 1 + next(5) }, () => WORDS[next(WORDS.length)] ?? '');
    const line = `-A ${CHAINS[next(CHAINS.length)] ?? 'A'} ${words.join(' ')}`;
    return next(12) === 0 ? line.slice(0, next(line.length + 1)) : line;
  });
  return [`*${table}`, ...CHAINS.map((c) => `:${c} ${c.length > 1 ? (next(9) === 0 ? 'DROP' : 'ACCEPT') : '-'} [0:0]`), ...rules, 'COMMIT'].join('\n');
}

const base = pairWorld('*filter\nCOMMIT', 'create s hash:ip,port family inet hashsize 1024 maxelem 65536\nadd s 10.0.0.1,tcp:80');

/** The world with these tables in both machines. */
function withTables(text: string): World {
  const { value } = parseIptablesSave({ input: 'f', firstLine: 1, lines: text.split('\n') });
  return { ...base, hosts: base.hosts.map((h) => ({ ...h, netns: h.netns.map((n) => ({ ...n, tables: value })) })) };
}

const probes: readonly Probe[] = [6, 17, 1, 132, 47].map((proto) => ({ from: at('a'), dst: ip('10.0.0.2'), proto, sport: 41_000, dport: 80 }));

describe('any rule set', () => {
  it('is walked to an end, quickly, and a packet that nobody can judge is never accepted in silence', { timeout: 60_000 + RUNS }, () => {
    const next = dice(7);
    const wrong: string[] = [];
    for (let i = 0; i < RUNS; i++) {
      const text = ruleSet(next);
      const world = withTables(text);
      const probe = probes[next(probes.length)] ?? probes[0];
      if (!probe) continue;
      const started = performance.now();
      const { outcomes, steps } = trace(world, probe);
      const taken = performance.now() - started;
      if (taken > SLOWEST_MS) wrong.push(`${Math.round(taken)} ms for:\n${text}`);
      const undecided = steps.find((s) => s.kind === 'unknown' && s.role === 'request');
      if (undecided && outcomes[0]?.request.verdict === 'delivered' && !steps.some((s) => s.kind === 'deliver' && s.id < undecided.id)) wrong.push(`delivered in spite of something unknown:\n${text}`);
    }
    expect(wrong).toEqual([]);
  });
});
