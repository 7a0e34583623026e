import type { Probe } from '../engine/probe.ts';
import { traceAll } from '../engine/trace.ts';
import type { Trace } from '../engine/trace-types.ts';
import { parseIp4 } from '../packet/address.ts';
import { PROTO_ICMP, PROTO_TCP, PROTO_UDP } from '../packet/packet.ts';
import type { World } from '../world/world.ts';
import { type Edit, sampleWorld } from './sample.ts';

/** One trace of the sample scenario under a name that tests and failures show. */
export interface Sample {
  readonly name: string;
  readonly world: World;
  readonly trace: Trace;
}

const from = (host: string, netns: string | null = null): Probe['from'] => ({ kind: 'netns', host, netns });
const ip = (text: string): number => parseIp4(text) ?? 0;
const tcp = (source: Probe['from'], dst: string, dport: number, more: Partial<Probe> = {}): Probe => ({ from: source, dst: ip(dst), proto: PROTO_TCP, dport, ...more });
const on142 = (change: (text: string) => string): Edit => (path, text) => (path.startsWith('cy01-ceph142/node') ? change(text) : text);

const client = from('client');
const dbg = from('cy01-ceph142', 'dbg-pod142');
const vip = tcp(client, '172.19.100.2', 80);
const farther = '10.233.125.24:80';

/** What people ask of this scenario, and ways in which it can be broken. */
export function samples(): readonly Sample[] {
  const cluster = sampleWorld('cluster');
  const local = sampleWorld('local');
  const all = (name: string, world: World, probe: Probe): readonly Sample[] =>
    traceAll(world, probe).branches.map((b) => ({ name: [name, ...b.trace.choices.flatMap((c) => (c.splits ? [c.options[c.taken] ?? ''] : []))].join(' '), world, trace: b.trace }));
  const broken = (name: string, probe: Probe, edit: Edit, policy: 'cluster' | 'local' = 'cluster'): readonly Sample[] => all(name, sampleWorld(policy, edit), probe);
  const noMark = on142((text) => text.replace('-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ\n', ''));
  return [
    ...all('client to the address, Cluster', cluster, vip),
    ...all('client to the address, Local', local, vip),
    ...all('three connections', cluster, { ...vip, count: 3 }),
    ...all('with a payload', cluster, { ...vip, size: 4000 }),
    ...all('pod to the cluster IP', cluster, tcp(dbg, '10.233.36.144', 80)),
    ...all('hairpin', cluster, tcp(from('cy01-ceph142', 'ng-test-rs-cwqr5'), '10.233.36.144', 80)),
    ...all('node to the cluster IP', cluster, tcp(from('cy01-ceph142'), '10.233.36.144', 80)),
    ...all('node port', cluster, tcp(client, '10.10.2.142', 31778)),
    ...all('pod to pod', cluster, tcp(dbg, '10.233.125.24', 80)),
    ...all('pod to pod on one node', cluster, tcp(dbg, '10.233.98.39', 80)),
    ...all('ping pod to pod', cluster, { from: dbg, dst: ip('10.233.125.24'), proto: PROTO_ICMP }),
    ...all('ping that is too large', cluster, { from: dbg, dst: ip('10.233.125.24'), proto: PROTO_ICMP, size: 3000 }),
    ...all('ping that is too large, with DF', cluster, { from: dbg, dst: ip('10.233.125.24'), proto: PROTO_ICMP, size: 3000, df: true }),
    ...all('host network endpoint', cluster, tcp(client, '172.19.100.1', 80)),
    ...all('closed port', cluster, tcp(dbg, '10.233.125.24', 81)),
    ...all('closed UDP port', cluster, { from: dbg, dst: ip('10.233.125.24'), proto: PROTO_UDP, dport: 53 }),
    ...all('ttl 1', cluster, { ...vip, ttl: 1 }),
    ...all('ttl 2', cluster, { ...vip, ttl: 2 }),
    ...all('to nowhere', cluster, tcp(dbg, '8.8.8.8', 443)),
    ...all('to an address nobody has', cluster, tcp(dbg, '10.233.125.99', 80)),
    ...all('to a neighbour nobody is', cluster, tcp(client, '10.10.6.99', 80)),
    ...all('without a reply', cluster, { ...vip, reply: false }),
    ...all('IPv6', cluster, { ...vip, dst: 'fd00::1' }),
    ...all('outside client', cluster, { from: { kind: 'outside', ip: ip('203.0.113.7'), host: 'cy01-ceph142', dev: 'ens4' }, dst: ip('172.19.100.2'), proto: PROTO_TCP, dport: 80 }),
    ...broken('no real server', vip, on142((text) => text.replace(/^-a -t 172\.19\.100\.2:80 .*\n/gm, '').replace(/^(TCP {2}172\.19\.100\.2:80 rr\n)( {2}->.*\n)+/gm, '$1')), 'local'),
    ...broken('no mark', vip, noMark),
    ...broken('no route', vip, on142((text) => text.replace(/^10\.233\.125\.0\/24 .*\n/m, '').replace(/^default via.*\n/m, ''))),
    ...broken('dropped by a rule', vip, on142((text) => text.replace('-A KUBE-FIREWALL', '-A KUBE-FIREWALL -p tcp -j DROP\n-A KUBE-FIREWALL'))),
    ...broken('a rule that says why it drops', vip, on142((text) => text.replace('-A KUBE-FIREWALL', '-A KUBE-FIREWALL -p tcp -m comment --comment "Nobody comes in here." -j DROP\n-A KUBE-FIREWALL'))),
    ...broken('rejected by a rule', vip, on142((text) => text.replace('-A KUBE-FIREWALL', '-A KUBE-FIREWALL -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable\n-A KUBE-FIREWALL'))),
    ...broken('reset by a rule', vip, on142((text) => text.replace('-A KUBE-FIREWALL', '-A KUBE-FIREWALL -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset\n-A KUBE-FIREWALL'))),
    ...broken('forward policy drop', tcp(dbg, '10.233.125.24', 80), on142((text) => text.replace(':FORWARD ACCEPT', ':FORWARD DROP'))),
    ...broken('unknown match', vip, on142((text) => text.replace('-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ', '-A KUBE-LOAD-BALANCER -m u32 --u32 "0=0" -j DROP'))),
    ...broken('unknown target', vip, on142((text) => text.replace('-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ', '-A KUBE-LOAD-BALANCER -j TEE --gateway 10.0.0.1'))),
    ...broken('missing set', vip, on142((text) => text.replace('-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ', '-A KUBE-LOAD-BALANCER -m set --match-set GONE dst -j DROP'))),
    ...broken('unknown scheduler', vip, on142((text) => text.replaceAll('-A -t 172.19.100.2:80 -s rr', '-A -t 172.19.100.2:80 -s mh').replace('172.19.100.2:80 rr', '172.19.100.2:80 mh'))),
    ...broken('not forwarding', vip, (path, text) => (path.startsWith('l3/') ? text.replaceAll(/(net\.ipv4\.ip_forward|net\.ipv4\.conf\.\w+\.forwarding) = 1/g, '$1 = 0') : text)),
    ...broken('device down', vip, on142((text) => text.replaceAll(/(ens5: <[A-Z,_]*?)UP,LOWER_UP/g, '$1NO-CARRIER'))),
    ...broken('strict reverse path', vip, on142((text) => text.replaceAll(/(net\.ipv4\.conf\.\w+\.rp_filter) = \d/g, '$1 = 1').replace(/^default via .*\n/m, ''))),
  ];
}

/** The samples whose name begins so; throws when there is none. */
export function sampleNamed(start: string, among: readonly Sample[] = samples()): Sample {
  const found = among.find((s) => s.name.startsWith(start) && (start.includes(farther) || !among.some((o) => o.name === `${start} ${farther}`) || s.name.endsWith(farther)));
  if (!found) throw new Error(`no sample is called ${start}`);
  return found;
}
