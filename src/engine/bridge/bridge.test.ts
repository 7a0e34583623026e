import { describe, expect, it } from 'vitest';
import { at, ip, worldFrom } from '../../testing/sample.ts';
import type { Bundle } from '../../dumps/bundle.ts';
import type { World } from '../../world/world.ts';
import type { Probe } from '../probe.ts';
import { trace } from '../trace.ts';
import type { Trace } from '../trace-types.ts';

const UP = '<BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue';
const DETAILS = 'promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 ';
const MAC = { br: '02:00:00:00:09:fe', a: '02:00:00:00:09:01', b: '02:00:00:00:09:02' };

interface Options {
  readonly sysctls?: string;
  readonly tables?: string;
  /** `bridge_slave` words of va and vb. */
  readonly va?: string;
  readonly vb?: string;
  readonly bridge?: string;
  readonly more?: string;
  readonly noPods?: boolean;
}

const pod = (n: number, name: 'a' | 'b'): string => `$ ip -d addr
${n + 1}: eth0@if${20 + n}: ${UP} state UP group default qlen 1000
    link/ether ${MAC[name]} brd ff:ff:ff:ff:ff:ff link-netnsid 0 ${DETAILS}
    veth 
    inet 10.9.0.${n}/24 brd 10.9.0.255 scope global eth0
$ ip route
default via 10.9.0.254 dev eth0
10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.${n}
$ ip neigh
10.9.0.254 dev eth0 lladdr ${MAC.br} REACHABLE
10.9.0.${3 - n} dev eth0 lladdr ${MAC[name === 'a' ? 'b' : 'a']} REACHABLE
`;

/** The world of a node with cni0: two pods behind the bridge br0, 10.9.0.254. */
function filesOf({ sysctls = '', tables = '', va = '', vb = '', bridge = 'vlan_filtering 0', more = '', noPods = false }: Options): Bundle {
  const port = (n: number, name: string, words: string): string => `${20 + n}: ${name}@if${n + 1}: ${UP} master br0 state UP group default qlen 1000
    link/ether 06:00:00:00:09:0${n} brd ff:ff:ff:ff:ff:ff link-netnsid ${n} ${DETAILS}
    veth 
    bridge_slave ${words} state forwarding hairpin off learning on flood on isolated off `;
  const node = `$ ip -d addr
10: br0: ${UP} state UP group default qlen 1000
    link/ether ${MAC.br} brd ff:ff:ff:ff:ff:ff ${DETAILS}
    bridge forward_delay 1500 stp_state 0 ${bridge} 
    inet 10.9.0.254/24 brd 10.9.0.255 scope global br0
${port(1, 'va', va)}
${port(2, 'vb', vb)}
$ ip route
10.9.0.0/24 dev br0 proto kernel scope link src 10.9.0.254
$ ip neigh
10.9.0.1 dev br0 lladdr ${MAC.a} REACHABLE
10.9.0.2 dev br0 lladdr ${MAC.b} REACHABLE
$ sysctl -a
net.ipv4.ip_forward = 1
${sysctls}
${tables === '' ? '' : `$ iptables-save\n${tables}\n`}${more}`;
  return { 'n/n.txt': node, ...(noPods ? {} : { 'n/netns/a/a.txt': pod(1, 'a'), 'n/netns/b/b.txt': pod(2, 'b') }) };
}

const world = (options: Options): World => worldFrom(filesOf(options));

const CALL = 'net.bridge.bridge-nf-call-iptables = 1';
const SERVICE = '*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -d 10.96.0.1/32 -p tcp -j DNAT --to-destination 10.9.0.2:8080\nCOMMIT';
const tcp = (dst: string, more: Partial<Probe> = {}): Probe => ({ from: at('n', 'a'), dst: ip(dst), proto: 6, sport: 41_000, dport: 80, ...more });

/** Where captures would have seen the packet: `dev in ttl`, `!` for a frame of another machine. */
const frames = (t: Trace, role = 'request'): readonly string[] =>
  t.steps.flatMap((s) => ((s.kind === 'receive' || s.kind === 'transmit') && s.role === role && s.netns === null ? [`${s.dev ?? ''} ${s.kind === 'receive' ? `in${s.otherhost ? '!' : ''}` : 'out'} ${s.packet.find((h) => h.type === 'ipv4')?.ttl ?? ''}`.trim()] : []));
const hooks = (t: Trace, role = 'request'): readonly string[] =>
  t.steps.flatMap((s) => (s.kind === 'policy' && s.role === role ? [[s.hook, s.table, s.in ?? '-', s.out ?? '-', s.physin ?? '-', s.physout ?? '-'].join(' ')] : []));
const drops = (t: Trace): readonly string[] => t.steps.flatMap((s) => (s.kind === 'drop' && s.netns === null ? [s.reason] : []));

describe('a bridge', () => {
  it('switches: TTL and addresses stay, the bridge device sees nothing, and it learns', () => {
    const t = trace(world({}), tcp('10.9.0.2'));
    expect(t.outcomes[0]?.client).toBe('answer');
    expect(frames(t)).toEqual(['va in! 64', 'vb out 64']);
    expect(t.steps.filter((s) => s.kind === 'bridge').map((s) => [s.op, s.from, s.to, s.by])).toEqual([
      ['flood', 'va', ['vb'], undefined],
      ['forward', 'vb', ['va'], 'learned'],
    ]);
  });

  it('takes what is for itself, and routes it', () => {
    const t = trace(world({}), tcp('10.9.0.254'));
    expect(frames(t)).toEqual(['va in! 64', 'br0 in 64']);
    expect(t.outcomes[0]?.request.verdict).toBe('delivered');
  });

  it.each([
    ['isolated on', 'isolated on', ['bridge-no-port']],
    ['state blocking', '', ['bridge-state']],
    ['', 'state disabled', ['bridge-no-port']],
    ['', 'flood off', ['bridge-no-port']],
    ['locked on', '', ['bridge-locked']],
  ])('with va %s and vb %s loses the frame: %s', (va, vb, reasons) => {
    const t = trace(world({ va, vb }), tcp('10.9.0.2', { proto: 17 }));
    expect(drops(t)).toEqual(reasons);
    expect(t.outcomes[0]?.request.verdict).toBe('dropped');
  });

  it('asks by ARP on all ports, and whoever has the address answers', () => {
    const quiet = world({});
    const pods = quiet.hosts.map((h) => ({ ...h, netns: h.netns.map((n) => (n.name === 'a' ? { ...n, neighbours: [] } : n)) }));
    const t = trace({ ...quiet, hosts: pods }, tcp('10.9.0.2'));
    expect(t.outcomes[0]?.client).toBe('answer');
    expect(frames(t, 'arp')).toEqual(['va in', 'vb out', 'br0 in', 'vb in!', 'va out']);
  });

  it('lets a pod without a dump take what is for it, once', () => {
    const named = { ...world({ noPods: true }), names: { pods: [{ namespace: 'd', name: 'b', node: 'n', ips: [ip('10.9.0.2')], hostNetwork: false, source: { input: 'x', line: 1 } }], services: [], nodes: [] } };
    const t = trace(named, { ...tcp('10.9.0.2'), from: at('n') });
    expect(t.steps.filter((s) => s.kind === 'left' && s.assumed !== undefined)).toHaveLength(1);
    expect(t.outcomes[0]?.client).toBe('answer');
  });

  it('asks for the VLANs when it filters and no listing tells them', () => {
    const t = trace(world({ bridge: 'vlan_filtering 1' }), tcp('10.9.0.2'));
    expect(t.steps.find((s) => s.kind === 'unknown')).toMatchObject({ what: 'dump', ask: 'bridge vlan show' });
  });

  it.each([
    ['va 10 PVID Egress Untagged, vb 10 PVID Egress Untagged', 'answer'],
    ['va 10 PVID Egress Untagged, vb 20 PVID Egress Untagged', 'timeout'],
    ['va 10 Egress Untagged, vb 10 PVID Egress Untagged', 'timeout'],
    ['va 1-20 PVID Egress Untagged, vb 10 PVID Egress Untagged', 'timeout'],
  ])('keeps VLANs apart: %s: %s', (vlans, client) => {
    const listing = vlans.split(', ').map((v) => v.replace(/ /, '                ')).join('\n');
    expect(trace(world({ bridge: 'vlan_filtering 1', more: `$ bridge vlan show\nport              vlan-id  \n${listing}\n` }), tcp('10.9.0.2')).outcomes[0]?.client).toBe(client);
  });
});

const EMPTY = '*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT';

describe('br_netfilter', () => {
  it('runs PREROUTING, FORWARD and POSTROUTING on bridged packets', () =>
    expect(hooks(trace(world({ sysctls: CALL, tables: EMPTY }), tcp('10.9.0.2')))).toEqual(['PREROUTING mangle br0 - va -', 'FORWARD mangle br0 br0 va vb', 'POSTROUTING mangle - br0 - vb']));

  it('runs PREROUTING once on what goes up, and the packet keeps its port', () =>
    expect(hooks(trace(world({ sysctls: CALL, tables: EMPTY }), tcp('10.9.0.254')))).toEqual(['PREROUTING mangle br0 - va -', 'INPUT mangle br0 - va -']));

  it('translates to a pod on the same bridge, and back: one hop on layer 2', () => {
    const t = trace(world({ sysctls: CALL, tables: SERVICE }), tcp('10.96.0.1'));
    expect(t.outcomes[0]).toMatchObject({ client: 'answer', natted: { dst: true } });
    expect(frames(t)).toEqual(['va in! 64', 'vb out 64']);
    const out = t.steps.find((s) => s.kind === 'transmit' && s.dev === 'vb');
    expect(out?.packet[0]).toMatchObject({ src: MAC.a, dst: MAC.b });
  });

  it('without it the service is routed and the answer goes past the node', () => {
    const t = trace(world({ tables: SERVICE }), tcp('10.96.0.1'));
    expect(frames(t)).toEqual(['va in! 64', 'br0 in 64', 'br0 out 63', 'vb out 63', 'va out 63']);
    expect(t.outcomes[0]?.client).toBe('timeout');
  });

  it.each([
    ['', 'dropped', ['bridge-hairpin']],
    ['hairpin on', 'delivered', []],
  ])('a pod that reaches itself with %j is %s', (va, verdict, reasons) => {
    const own = SERVICE.replace('10.9.0.2:8080', '10.9.0.1:8080').replace('COMMIT', '-A POSTROUTING -s 10.9.0.1/32 -d 10.9.0.1/32 -j MASQUERADE\nCOMMIT');
    const t = trace(world({ sysctls: CALL, tables: own, va }), tcp('10.96.0.1'));
    expect(t.outcomes[0]?.request.verdict).toBe(verdict);
    expect(drops(t)).toEqual(reasons);
  });
});

describe('a world with a bridge that lacks a line', () => {
  it('always ends, with a verdict', () => {
    const whole = filesOf({ sysctls: CALL, tables: SERVICE });
    for (const [path, content] of Object.entries(whole)) {
      const lines = (typeof content === 'string' ? content : '').split('\n');
      for (const i of lines.keys()) {
        const damaged = worldFrom({ ...whole, [path]: lines.toSpliced(i, 1).join('\n') });
        if (!damaged.hosts[0]?.netns.some((n) => n.name === 'a')) continue;
        for (const dst of ['10.96.0.1', '10.9.0.2', '10.9.0.255']) expect(trace(damaged, tcp(dst)).outcomes[0]?.request.verdict).toBeTypeOf('string');
      }
    }
  });
});
