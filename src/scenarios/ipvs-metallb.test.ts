import { describe, expect, it } from 'vitest';
import { trace, traceAll } from '../engine/trace.ts';
import type { Trace } from '../engine/trace-types.ts';
import { formatIp4 } from '../packet/address.ts';
import { ipOf, l4Of, PROTO_ICMP, PROTO_TCP } from '../packet/packet.ts';
import { packetBytes } from '../packet/sizes.ts';
import { at, framesOf, ip, picking, rulesOf, sampleWorld, tcp } from '../testing/sample.ts';
import { netnsId } from '../world/lookup.ts';

const cluster = sampleWorld('cluster');
const local = sampleWorld('local');
const client = at('client');
const vip = tcp(client, '172.19.100.2', 80);

/** Who the endpoint sees as its client. */
const seenSource = (t: Trace): string => formatIp4(ipOf(t.outcomes[0]?.request.seen ?? []).src);
const place = (t: Trace): string => netnsId(t.outcomes[0]?.request.host ?? '', t.outcomes[0]?.request.netns ?? null);

describe('a client outside opens the load-balancer address', () => {
  it.each`
    world      | policy       | endpoint           | where                             | sees             | because
    ${cluster} | ${'Cluster'} | ${'10.233.98.39'}  | ${'cy01-ceph142/ng-test-rs-cwqr5'} | ${'10.10.1.142'} | ${'cali* has no address, so the first global one in device order'}
    ${cluster} | ${'Cluster'} | ${'10.233.125.24'} | ${'cy01-ceph143/ng-test-rs-kllg4'} | ${'10.233.98.0'} | ${'MASQUERADE takes the address of tunl0'}
    ${cluster} | ${'Cluster'} | ${'10.233.110.33'} | ${'cy01-ceph141/ng-test-rs-djnj7'} | ${'10.233.98.0'} | ${'MASQUERADE takes the address of tunl0'}
  `('under $policy the pod $endpoint logs $sees: $because', ({ world, endpoint, where, sees }) => {
    const t = picking(world, vip, endpoint);
    expect(place(t)).toBe(where);
    expect(seenSource(t)).toBe(sees);
    expect(t.outcomes[0]?.client).toBe('answer');
    expect(rulesOf(t, 'cy01-ceph142').filter((r) => r.includes(' nat '))).toEqual([
      'PREROUTING nat PREROUTING 1 KUBE-SERVICES',
      'PREROUTING nat KUBE-SERVICES 1 KUBE-LOAD-BALANCER',
      'PREROUTING nat KUBE-LOAD-BALANCER 2 KUBE-MARK-MASQ',
      'PREROUTING nat KUBE-MARK-MASQ 1 MARK',
      'PREROUTING nat KUBE-SERVICES 3 KUBE-NODE-PORT',
      'PREROUTING nat KUBE-SERVICES 5 ACCEPT',
      'POSTROUTING nat POSTROUTING 1 KUBE-POSTROUTING',
      'POSTROUTING nat KUBE-POSTROUTING 3 MARK',
      'POSTROUTING nat KUBE-POSTROUTING 4 MASQUERADE',
      // The outer packet of the tunnel is a connection of its own; its mark was cleared with the inner one's.
      ...(endpoint === '10.233.98.39' ? [] : ['OUTPUT nat OUTPUT 1 KUBE-SERVICES', 'POSTROUTING nat POSTROUTING 1 KUBE-POSTROUTING', 'POSTROUTING nat KUBE-POSTROUTING 2 RETURN']),
    ]);
  });

  it('under Local the pod on the node logs the client itself, for nothing marks the packet', () => {
    const t = trace(local, vip);
    expect(place(t)).toBe('cy01-ceph142/ng-test-rs-cwqr5');
    expect(seenSource(t)).toBe('10.10.6.91');
    expect(t.outcomes[0]?.client).toBe('answer');
    expect(rulesOf(t, 'cy01-ceph142')).toContain('PREROUTING nat KUBE-LOAD-BALANCER 1 RETURN');
    expect(rulesOf(t, 'cy01-ceph142').some((r) => r.includes('MARK'))).toBe(false);
    expect(traceAll(local, vip).branches).toHaveLength(1);
  });

  it('under Local without real servers the client is refused by ICMP 3/3 from the address, and no entry stays', () => {
    const world = sampleWorld('local', (path, text) => (path.startsWith('cy01-ceph142') ? text.replace(/^-a -t 172\.19\.100\.2:80 .*\n/gm, '').replace(/^(TCP {2}172\.19\.100\.2:80 rr\n) {2}->.*\n/gm, '$1') : text));
    const t = trace(world, vip);
    expect(t.outcomes[0]?.request).toMatchObject({ verdict: 'rejected', host: 'cy01-ceph142', error: { kind: 'icmp', icmptype: 3, code: 3, from: ip('172.19.100.2') } });
    expect(t.outcomes[0]?.client).toBe('refused');
    expect(t.conntrack.filter((e) => e.host === 'cy01-ceph142')).toEqual([]);
  });

  it('picks each real server with the same odds, in descending order of address', () => {
    const { branches } = traceAll(cluster, vip);
    expect(branches.map((b) => b.probability)).toEqual([1 / 3, 1 / 3, 1 / 3]);
    expect(trace(cluster, vip).choices[0]).toMatchObject({ key: 'cy01-ceph142/ipvs-rr', options: ['10.233.125.24:80', '10.233.110.33:80', '10.233.98.39:80'] });
  });

  it('answers three connections in turn from kllg4, djnj7 and cwqr5', () => {
    const t = trace(cluster, { ...vip, count: 3 });
    expect(t.outcomes.map((o) => o.request.netns)).toEqual(['ng-test-rs-kllg4', 'ng-test-rs-djnj7', 'ng-test-rs-cwqr5']);
    expect(t.outcomes.map((o) => o.client)).toEqual(['answer', 'answer', 'answer']);
    expect(t.choices.filter((c) => c.splits)).toHaveLength(1);
  });

  it('shows on each device what a capture there shows, request and reply', () => {
    const t = picking(cluster, vip, '10.233.125.24');
    expect(framesOf(t)).toEqual([
      'client eth0 out 10.10.6.91>172.19.100.2 ttl 64 74',
      'l3 eth6 in 10.10.6.91>172.19.100.2 ttl 64 74',
      'l3 eth2 out 10.10.6.91>172.19.100.2 ttl 63 74',
      'cy01-ceph142 ens4 in 10.10.6.91>172.19.100.2 ttl 63 74',
      'cy01-ceph142 tunl0 out 10.233.98.0>10.233.125.24 ttl 62 60',
      'cy01-ceph142 ens5 out 10.10.4.142>10.10.4.143 ttl 62 | 10.233.98.0>10.233.125.24 ttl 62 94',
      'cy01-ceph143 ens5 in 10.10.4.142>10.10.4.143 ttl 62 | 10.233.98.0>10.233.125.24 ttl 62 94',
      'cy01-ceph143 tunl0 in 10.233.98.0>10.233.125.24 ttl 62 60',
      'cy01-ceph143 calie30cf82378a out 10.233.98.0>10.233.125.24 ttl 61 74',
      'cy01-ceph143/ng-test-rs-kllg4 eth0 in 10.233.98.0>10.233.125.24 ttl 61 74',
    ]);
    expect(framesOf(t, 'reply')).toEqual([
      'cy01-ceph143/ng-test-rs-kllg4 eth0 out 10.233.125.24>10.233.98.0 ttl 64 74',
      'cy01-ceph143 calie30cf82378a in 10.233.125.24>10.233.98.0 ttl 64 74',
      'cy01-ceph143 tunl0 out 10.233.125.24>10.233.98.0 ttl 63 60',
      'cy01-ceph143 ens5 out 10.10.4.143>10.10.4.142 ttl 63 | 10.233.125.24>10.233.98.0 ttl 63 94',
      'cy01-ceph142 ens5 in 10.10.4.143>10.10.4.142 ttl 63 | 10.233.125.24>10.233.98.0 ttl 63 94',
      'cy01-ceph142 tunl0 in 10.233.125.24>10.233.98.0 ttl 63 60',
      'cy01-ceph142 ens4 out 172.19.100.2>10.10.6.91 ttl 62 74',
      'l3 eth2 in 172.19.100.2>10.10.6.91 ttl 62 74',
      'l3 eth6 out 172.19.100.2>10.10.6.91 ttl 61 74',
      'client eth0 in 172.19.100.2>10.10.6.91 ttl 61 74',
    ]);
    const mss = (role: string) => t.steps.find((s) => s.kind === 'send' && s.role === role)?.packet.find((h) => h.type === 'tcp')?.mss;
    expect([mss('request'), mss('reply')]).toEqual([1460, 1410]);
  });

  it('passes the hooks in the kernel’s order: INPUT, IPVS, OUTPUT without nat, POSTROUTING with the input device', () => {
    const t = picking(cluster, vip, '10.233.125.24');
    const order = t.steps.flatMap((s) =>
      s.host === 'cy01-ceph142' && s.role === 'request' && (s.kind === 'table' || s.kind === 'ipvs') ? [s.kind === 'ipvs' ? 'ipvs' : `${s.hook} ${s.table} ${s.in ?? '-'} ${s.out ?? '-'}`] : [],
    );
    expect(order).toEqual([
      'PREROUTING raw ens4 -',
      'PREROUTING mangle ens4 -',
      'PREROUTING nat ens4 -',
      'INPUT mangle ens4 -',
      'INPUT filter ens4 -',
      'ipvs',
      'OUTPUT raw - tunl0',
      'OUTPUT mangle - tunl0',
      'OUTPUT filter - tunl0',
      'POSTROUTING mangle ens4 tunl0',
      'POSTROUTING nat ens4 tunl0',
      'OUTPUT raw - ens5',
      'OUTPUT mangle - ens5',
      'OUTPUT nat - ens5',
      'OUTPUT filter - ens5',
      'POSTROUTING mangle tunl0 ens5',
      'POSTROUTING nat tunl0 ens5',
    ]);
  });

  it('leaves one entry on the node that took the packet: original to the address, reply from the pod to the masquerade address', () => {
    const t = picking(cluster, vip, '10.233.125.24');
    const entries = t.conntrack.filter((e) => e.host === 'cy01-ceph142' && e.entry.proto === PROTO_TCP).map((e) => e.entry);
    expect(entries).toHaveLength(1);
    expect(entries[0]?.orig).toEqual({ src: { ip: ip('10.10.6.91'), port: 41068 }, dst: { ip: ip('172.19.100.2'), port: 80 } });
    expect(entries[0]?.reply.src).toEqual({ ip: ip('10.233.125.24'), port: 80 });
    expect(entries[0]?.reply.dst.ip).toBe(ip('10.233.98.0'));
    expect(entries[0]?.reply.dst.port).not.toBe(41068);
    expect(t.ipvs).toEqual([{ host: 'cy01-ceph142', netns: null, entry: { proto: 6, state: 'SYN_RECV', source: '10.10.6.91:41068', virtual: '172.19.100.2:80', destination: '10.233.125.24:80' } }]);
  });

  it('puts both rewrites back on the reply without walking nat: conntrack in PREROUTING, IPVS at the end of FORWARD', () => {
    const t = picking(cluster, vip, '10.233.125.24');
    const reply = t.steps.filter((s) => s.host === 'cy01-ceph142' && s.role === 'reply' && s.packet.filter((h) => h.type === 'ipv4').length === 1);
    const kube = reply.filter((s) => s.kind === 'table' && s.table === 'nat');
    expect(kube).toEqual([]);
    const story = reply.flatMap((s) => (s.kind === 'nat' || s.kind === 'ipvs' ? [`${s.kind} ${formatIp4(ipOf(s.packet).src)}>${formatIp4(ipOf(s.packet).dst)}`] : []));
    expect(story).toEqual(['nat 10.233.125.24>10.10.6.91', 'ipvs 172.19.100.2>10.10.6.91']);
    expect(rulesOf(t, 'cy01-ceph142', 'reply')).toContain('FORWARD filter KUBE-FORWARD 2 ACCEPT');
  });
});

describe('other ways into the same cluster', () => {
  const dbg = at('cy01-ceph142', 'dbg-pod142');
  const cwqr5 = at('cy01-ceph142', 'ng-test-rs-cwqr5');
  const node = at('cy01-ceph142');

  it.each`
    probe                                          | real               | sees               | because
    ${tcp(dbg, '10.233.36.144', 80)}               | ${'10.233.98.39'}  | ${'10.233.98.50'}  | ${'a pod reaches a cluster IP without SNAT'}
    ${tcp(dbg, '10.233.36.144', 80)}               | ${'10.233.125.24'} | ${'10.233.98.50'}  | ${'also on another node'}
    ${tcp(cwqr5, '10.233.36.144', 80)}             | ${'10.233.98.39'}  | ${'10.10.1.142'}   | ${'the hairpin is masqueraded by KUBE-LOOP-BACK'}
    ${tcp(dbg, '172.19.100.2', 80)}                | ${'10.233.125.24'} | ${'10.233.98.0'}   | ${'the load-balancer rule does not look at the source'}
    ${tcp(node, '10.233.36.144', 80)}              | ${'10.233.98.39'}  | ${'10.10.1.142'}   | ${'a node process is marked and masqueraded'}
    ${tcp(node, '10.233.36.144', 80)}              | ${'10.233.125.24'} | ${'10.233.98.0'}   | ${'by tunl0 to another node'}
    ${tcp(client, '10.10.2.142', 31778)}           | ${'10.233.98.39'}  | ${'10.10.1.142'}   | ${'a node port is marked by KUBE-NODE-PORT 2'}
    ${tcp(client, '10.10.2.142', 31778)}           | ${'10.233.110.33'} | ${'10.233.98.0'}   | ${'and leaves by tunl0 to another node'}
  `('$probe.dst $real sees $sees: $because', ({ probe, real, sees }) => {
    const t = picking(cluster, probe, real);
    expect(t.outcomes[0]?.request.verdict).toBe('delivered');
    expect(seenSource(t)).toBe(sees);
    expect(t.outcomes[0]?.client).toBe('answer');
  });

  it('masquerades the hairpin in KUBE-POSTROUTING 1, which keeps the port', () => {
    const t = picking(cluster, tcp(cwqr5, '10.233.36.144', 80), '10.233.98.39');
    expect(rulesOf(t, 'cy01-ceph142')).toContain('POSTROUTING nat KUBE-POSTROUTING 1 MASQUERADE');
    expect(l4Of(t.outcomes[0]?.request.seen ?? [])).toMatchObject({ sport: 41068 });
  });

  it('walks raw and mangle OUTPUT twice, nat and filter once, for a node process', () => {
    const t = picking(cluster, tcp(node, '10.233.36.144', 80), '10.233.98.39');
    const out = t.steps.flatMap((s) => (s.host === 'cy01-ceph142' && s.role === 'request' && s.kind === 'table' && s.hook === 'OUTPUT' ? [s.table] : []));
    expect(out).toEqual(['raw', 'mangle', 'nat', 'raw', 'mangle', 'filter']);
    expect(t.steps.some((s) => s.dev === 'lo' && (s.kind === 'transmit' || s.kind === 'receive'))).toBe(false);
  });

  it('goes pod to pod across nodes unchanged, TTL 64 to 62, and back', () => {
    const t = trace(cluster, tcp(dbg, '10.233.125.24', 80));
    expect(seenSource(t)).toBe('10.233.98.50');
    expect(ipOf(t.outcomes[0]?.request.seen ?? []).ttl).toBe(62);
    expect(t.outcomes[0]).toMatchObject({ client: 'answer', natted: { src: false, dst: false } });
  });

  it('pings pod to pod: the request carries DF, the answer does not, inside and outside the tunnel', () => {
    const t = trace(cluster, { from: dbg, dst: ip('10.233.125.24'), proto: PROTO_ICMP });
    expect(t.outcomes[0]?.client).toBe('answer');
    const outer = (role: string) => t.steps.find((s) => s.role === role && s.kind === 'transmit' && s.dev === 'ens5')?.packet.filter((h) => h.type === 'ipv4').map((h) => [h.ttl, h.df]);
    expect(outer('request')).toEqual([[63, true], [63, true]]);
    expect(outer('reply')).toEqual([[63, false], [63, false]]);
    expect(packetBytes(t.steps.find((s) => s.kind === 'transmit' && s.dev === 'ens5')?.packet ?? [])).toBe(118);
  });

  it('reaches a host-network endpoint of a Local service on the node itself, with the client’s address', () => {
    const t = trace(cluster, tcp(client, '172.19.100.1', 80));
    expect(t.outcomes[0]?.request).toMatchObject({ verdict: 'delivered', host: 'cy01-ceph142', netns: null });
    expect(seenSource(t)).toBe('10.10.6.91');
    expect(formatIp4(ipOf(t.outcomes[0]?.request.seen ?? []).dst)).toBe('10.10.2.142');
    expect(t.outcomes[0]?.client).toBe('answer');
  });

  it('shows a node process that uses a Local address as that very address', () => {
    const t = trace(local, tcp(node, '172.19.100.2', 80));
    expect(seenSource(t)).toBe('172.19.100.2');
  });

  it('drops 127.0.0.1:NodePort in IPVS, before filter OUTPUT', () => {
    const t = trace(cluster, tcp(node, '127.0.0.1', 31778));
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'dropped', host: 'cy01-ceph142' }, client: 'timeout' });
    expect(t.steps.some((s) => s.kind === 'table' && s.hook === 'OUTPUT' && s.table === 'filter')).toBe(false);
    expect(t.ipvs[0]?.entry.state).toBe('SYN_RECV');
  });

  it('resets a port of the address that is no service, and answers a ping to it', () => {
    expect(trace(cluster, tcp(client, '172.19.100.2', 81)).outcomes[0]).toMatchObject({ client: 'refused', request: { error: { kind: 'reset', from: ip('172.19.100.2') } } });
    expect(trace(cluster, { from: client, dst: ip('172.19.100.2'), proto: PROTO_ICMP }).outcomes[0]?.client).toBe('answer');
  });
});

describe('an edited dump changes the walk', () => {
  const withoutMark = sampleWorld('cluster', (_, text) => text.replace('-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ\n', ''));

  it('lets the pod on the node log the client when KUBE-LOAD-BALANCER no longer marks', () => {
    const t = picking(withoutMark, vip, '10.233.98.39');
    expect(seenSource(t)).toBe('10.10.6.91');
    expect(t.outcomes[0]?.client).toBe('answer');
  });

  it('sends the answer of a remote pod straight to the client, which resets it', () => {
    const t = picking(withoutMark, vip, '10.233.125.24');
    expect(seenSource(t)).toBe('10.10.6.91');
    expect(t.outcomes[0]?.reply).toMatchObject({ verdict: 'rejected', host: 'client' });
    expect(formatIp4(ipOf(t.outcomes[0]?.reply?.seen ?? []).src)).toBe('10.233.125.24');
    expect(t.outcomes[0]?.client).toBe('timeout');
    expect(t.steps.some((s) => s.kind === 'send' && s.what === 'reset' && s.host === 'client')).toBe(true);
  });

  it('does not masquerade without vs.conntrack, and the tunnel’s outer packet meets the mark', () => {
    const world = sampleWorld('cluster', (_, text) => text.replace('net.ipv4.vs.conntrack = 1', 'net.ipv4.vs.conntrack = 0'));
    const near = picking(world, vip, '10.233.98.39');
    expect(seenSource(near)).toBe('10.10.6.91');
    expect(near.outcomes[0]?.client).toBe('answer');
    const far = picking(world, vip, '10.233.125.24');
    expect(far.outcomes[0]?.reply?.verdict).toBe('rejected');
    expect(rulesOf(far, 'cy01-ceph142')).toContain('POSTROUTING nat KUBE-POSTROUTING 4 MASQUERADE');
  });

  it('never schedules a real server of weight 0', () => {
    const world = sampleWorld('cluster', (_, text) => text.replace('-a -t 172.19.100.2:80 -r 10.233.125.24:80 -m -w 1', '-a -t 172.19.100.2:80 -r 10.233.125.24:80 -m -w 0'));
    expect(trace(world, vip).choices.find((c) => c.kind === 'ipvs-rr')?.options).toEqual(['10.233.110.33:80', '10.233.98.39:80']);
  });

  it('drops at the node when the route to the pod’s block is gone', () => {
    const world = sampleWorld('cluster', (path, text) => (path.startsWith('cy01-ceph142/node') ? text.replace(/^10\.233\.125\.0\/24 .*\n/m, '').replace(/^default via.*\n/m, '') : text));
    const t = picking(world, vip, '10.233.125.24');
    expect(t.outcomes[0]?.request).toMatchObject({ verdict: 'dropped', host: 'cy01-ceph142' });
  });

  it.each`
    find                                            | replace                                                        | what           | name
    ${'-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ'}    | ${'-A KUBE-LOAD-BALANCER -m u32 --u32 "0=0" -j DROP'}          | ${'match'}     | ${'u32'}
    ${'-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ'}    | ${'-A KUBE-LOAD-BALANCER -j TEE --gateway 10.0.0.1'}           | ${'target'}    | ${'TEE'}
    ${'-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ'}    | ${'-A KUBE-LOAD-BALANCER -m set --match-set GONE dst -j DROP'} | ${'set'}       | ${'GONE'}
    ${'-A -t 172.19.100.2:80 -s rr'}                | ${'-A -t 172.19.100.2:80 -s mh'}                               | ${'scheduler'} | ${'mh'}
  `('ends in unknown, by name, at $name', ({ find, replace, what, name }) => {
    const world = sampleWorld('cluster', (path, text) => (path.startsWith('cy01-ceph142/node') ? text.replace(find, replace) : text));
    const t = trace(world, vip);
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'unknown', host: 'cy01-ceph142' }, client: 'unknown' });
    expect(t.steps.at(-1)).toMatchObject({ kind: 'unknown', what, name });
  });

  it('says that it does not walk IPv6', () => {
    expect(trace(cluster, { ...vip, dst: 'fd00::1' }).steps.at(-1)).toMatchObject({ kind: 'unknown', what: 'ipv6', name: 'fd00::1' });
  });
});

it('gives the same trace for the same input, byte for byte', () => {
  expect(JSON.stringify(trace(cluster, vip))).toBe(JSON.stringify(trace(cluster, vip)));
});
