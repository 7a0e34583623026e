import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readTrace } from '../../text/reading.ts';
import { headline } from '../../text/headline.ts';
import { withBridges } from '../../testing/ovs.ts';
import { at, ip, worldFrom } from '../../testing/sample.ts';
import { traceLines } from '../../text/lines.ts';
import { trace } from '../trace.ts';

/* Any rules at all: a walk ends, covers its steps, and never throws. */

const UP = '<BROADCAST,MULTICAST,UP,LOWER_UP>';
const machine = (n: number): string => `$ ip -d addr show
2: eth0: ${UP} mtu 1500 qdisc mq master ovs-system state UP group default qlen 1000
    link/ether 02:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff promiscuity 0 
3: br0: ${UP} mtu 1500 qdisc noqueue state UNKNOWN group default qlen 1000
    link/ether 0a:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff promiscuity 1 
    openvswitch 
    inet 10.0.0.${n}/24 brd 10.0.0.255 scope global br0
4: veth0@if3: ${UP} mtu 1400 qdisc noqueue master ovs-system state UP group default qlen 1000
    link/ether aa:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 1 
    veth 
$ ip route show
10.0.0.0/24 dev br0 proto kernel scope link src 10.0.0.${n}
10.1.0.0/24 dev br0
`;
const pod = (n: number): string => `$ ip -d addr show
3: eth0@if4: ${UP} mtu 1400 qdisc noqueue state UP group default qlen 1000
    link/ether 0a:00:00:00:01:0${n} brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0 
    veth 
    inet 10.1.0.${n}/24 brd 10.1.0.255 scope global eth0
$ ip route show
10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.${n}
default via 10.1.0.254 dev eth0 onlink
`;
const files = Object.fromEntries([1, 2].flatMap((n) => [[`h${n}/node.txt`, machine(n)], [`h${n}/netns/p/pod.txt`, pod(n)]]));
const plain = worldFrom(files);

const port = fc.constantFrom('1', '2', '3', '4', '9', 'LOCAL', 'IN_PORT', 'NORMAL', 'FLOOD', 'ALL');
const table = fc.integer({ min: 0, max: 3 });
const nat = fc.constantFrom('', ',nat', ',nat(src=10.0.0.50)', ',nat(dst=10.1.0.2:8080)', ',nat(src=10.0.0.50-10.0.0.60:1000-1010)', ',nat(src)');
const action: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: port.map((p) => (/^\d/.test(p) ? `output:${p}` : p)), weight: 4 },
  { arbitrary: table.map((t) => `resubmit(,${t})`), weight: 3 },
  fc.tuple(table, nat, fc.boolean(), fc.integer({ min: 0, max: 2 })).map(([t, n, commit, zone]) => `ct(${commit || n.includes('(') ? 'commit,' : ''}table=${t},zone=${zone}${n})`),
  nat.map((n) => `ct(commit,zone=1${n})`),
  fc.constantFrom('ct_clear', 'dec_ttl', 'drop', 'strip_vlan', 'mod_vlan_vid:7', 'mod_dl_dst:0a:00:00:00:01:02', 'mod_nw_dst:10.0.0.2', 'mod_nw_src:10.0.0.1', 'mod_tp_dst:80', 'set_tunnel:5', 'group:1', 'group:2', 'clone(output:2)', 'check_pkt_larger(100)->NXM_NX_REG0[0]', 'load:0x1->NXM_NX_REG1[]', 'move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]', 'output:NXM_NX_REG1[]', 'learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])', 'controller(userdata=00.00.00.16.00.00.00.00.ff.ff.00.10.00.00.23.20.00.0e.ff.f8.01.00.00.00)', 'CONTROLLER:65535', 'controller(userdata=00.00.00.06.00.00.00.00.00.01.de.10.00.00.00.64,pause)', 'controller(userdata=00.00.00.02.00.00.00.00.00.01.de.10.00.00.00.63.0a.01.00.0a.33.04.00.00.0e.10,pause)', 'controller(userdata=00.00.00.0d.00.00.00.00.03.e8,pause)', 'load:0x4000->NXM_NX_REG0[0..15],controller(reason=no_match,id=3,userdata=04)', 'load:0x24->NXM_NX_REG0[20..31],controller(userdata=01.02)', 'set_field:192.0.2.9->tun_dst', 'load:0->NXM_OF_ICMP_TYPE[]', 'multipath(eth_src,50,modulo_n,1,0,NXM_NX_REG0[])', 'bogus'),
);
const match = fc.constantFrom('', 'ip', 'arp', 'tcp', 'icmp', 'in_port=1', 'in_port=2', 'in_port=LOCAL', 'ip,nw_dst=10.1.0.0/24', 'ct_state=+trk+est,ip', 'ct_state=-trk,ip', 'reg0=0x1', 'tcp,tp_dst=80', 'dl_vlan=7', 'tun_id=5', 'ip,nw_frag=yes');
const rule = fc.tuple(table, fc.constantFrom(0, 10, 100), match, fc.array(action, { minLength: 1, maxLength: 4 })).map(([t, p, m, a]) => `table=${t},priority=${p}${m === '' ? '' : `,${m}`} actions=${a.includes('drop') ? 'drop' : a.join(',')}`);
const flows = fc.array(rule, { minLength: 1, maxLength: 10 }).map((r) => r.join('\n'));
const probe = fc.record({ dst: fc.constantFrom('10.0.0.2', '10.1.0.2', '10.1.0.254', '192.0.2.7'), proto: fc.constantFrom(1, 6, 17), size: fc.constantFrom(0, 90, 2000), inPod: fc.boolean() });

it('ends whatever the rules are', { timeout: 60_000 }, () =>
  fc.assert(
    fc.property(flows, flows, probe, (a, b, { dst, proto, size, inPod }) => {
      const bridge = (text: string, other: string) => ({
        name: 'br0',
        ports: [{ name: 'eth0', ofport: 1 }, { name: 'veth0', ofport: 2 }, { name: 't0', ofport: 3, type: 'geneve' as const, tunnel: { remoteIp: ip(other) } }, { name: 'to-br1', ofport: 4, type: 'patch' as const, peer: 'to-br0' }],
        flows: text,
        groups: 'group_id=1,type=select,bucket=weight:1,actions=output:1,bucket=weight:3,actions=output:2\ngroup_id=2,type=all,bucket=actions=output:1,bucket=actions=output:3\n',
      });
      const inner = { name: 'br1', ports: [{ name: 'to-br0', ofport: 1, type: 'patch' as const, peer: 'to-br1' }], flows: 'actions=IN_PORT\n' };
      const world = withBridges(plain, { h1: [bridge(a, '10.0.0.2'), inner], h2: [bridge(b, '10.0.0.1'), inner] });
      const t = trace(world, { from: at('h1', inPod ? 'p' : null), dst: ip(dst), proto, dport: 80, size });
      for (const detail of ['story', 'hooks'] as const) {
        const reading = readTrace(t, world, detail);
        // Every step belongs to one stop.
        expect(reading.stops.reduce((n, s) => n + s.to - s.from + 1, 0)).toBe(t.steps.length);
        for (const stop of reading.stops) headline({ trace: t, world, reading, lang: 'en' }, stop);
      }
      expect(traceLines(t).length).toBe(t.steps.length);
      expect(t.steps.every((s) => s.parent === undefined || s.parent < s.id)).toBe(true);
      expect(t.outcomes).toHaveLength(1);
    }),
    { numRuns: 120, seed: 20, endOnFailure: false },
  ));
