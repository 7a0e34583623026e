import type { Bundle } from '../../src/dumps/bundle.ts';
import { machineText, type Spec } from './topology.ts';

/** A port of the bridge and the pod behind it. */
interface PortSpec {
  /** Words of the `bridge_slave` line that differ: `hairpin on isolated on state blocking`. */
  readonly port?: string;
  readonly mtu?: number;
  /** The port is down. */
  readonly down?: boolean;
  readonly pod?: Spec;
  readonly podMtu?: number;
  /** The pod knows no neighbour. */
  readonly asks?: boolean;
}

export interface LanSpec {
  readonly a?: PortSpec;
  readonly b?: PortSpec;
  readonly c?: PortSpec;
  readonly node?: Spec;
  /** Words of the bridge's own line: `vlan_filtering 1`. */
  readonly bridge?: string;
  readonly bridgeFlags?: string;
  /** The node knows no neighbour. */
  readonly asks?: boolean;
  /** The bridge has no address. */
  readonly bare?: boolean;
  /** The NIC of the node is a port, too, and the bridge has its address. */
  readonly uplink?: boolean;
  readonly forward?: boolean;
  readonly x?: Spec;
  /** `bridge vlan show`. */
  readonly vlans?: readonly string[];
}

export const LAN_MAC = {
  br: '02:00:00:00:09:fe',
  eth: '02:00:00:00:01:fe',
  x: '02:00:00:00:01:01',
  a: '02:00:00:00:09:01',
  b: '02:00:00:00:09:02',
  c: '02:00:00:00:09:03',
  va: '06:00:00:00:09:01',
  vb: '06:00:00:00:09:02',
  vc: '06:00:00:00:09:03',
} as const;

const UP = 'BROADCAST,MULTICAST,UP,LOWER_UP';
const DETAILS = 'promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 ';

const SWITCHES = ['state forwarding', 'priority 32', 'cost 2', 'hairpin off', 'guard off', 'learning on', 'flood on', 'proxy_arp off', 'proxy_arp_wifi off', 'mcast_flood on', 'bcast_flood on', 'neigh_suppress off', 'vlan_tunnel off', 'isolated off', 'locked off'];

/** The `bridge_slave` line of a port with some switches set otherwise. */
export function slaveText(words = ''): string {
  const given = new Map<string, string>();
  const parts = words.split(' ');
  for (let i = 0; i + 1 < parts.length; i += 2) given.set(parts[i] ?? '', parts[i + 1] ?? '');
  return `    bridge_slave ${SWITCHES.map((s) => { const [name = '', value = ''] = s.split(' '); return `${name} ${given.get(name) ?? value}`; }).join(' ')} `;
}

/** A device's VLANs as `bridge vlan show` prints them. */
export const vlanLines = (dev: string, ...vlans: readonly string[]): readonly string[] => vlans.map((v, i) => `${(i === 0 ? dev : '').padEnd(16)}  ${v}`);

const PODS = ['a', 'b', 'c'] as const;
type Pod = (typeof PODS)[number];

const portText = (pod: Pod, spec: PortSpec = {}): string => {
  const n = PODS.indexOf(pod);
  const flags = spec.down ? 'BROADCAST,MULTICAST' : UP;
  return [`${21 + n}: v${pod}@if${n + 2}: <${flags}> mtu ${spec.mtu ?? 1500} qdisc noqueue master br0 state UP group default qlen 1000`, `    link/ether ${LAN_MAC[`v${pod}`]} brd ff:ff:ff:ff:ff:ff link-netnsid ${n} ${DETAILS}`, '    veth ', slaveText(spec.port)].join('\n');
};

const podText = (pod: Pod, spec: PortSpec = {}): string => {
  const n = PODS.indexOf(pod);
  const others = PODS.filter((p) => p !== pod).map((p) => `10.9.0.${PODS.indexOf(p) + 1} dev eth0 lladdr ${LAN_MAC[p]} PERMANENT`);
  const own: Spec = {
    ...spec.pod,
    links: [
      [`${n + 2}: eth0@if${21 + n}: <${UP}> mtu ${spec.podMtu ?? 1500} qdisc noqueue state UP group default qlen 1000`, `    link/ether ${LAN_MAC[pod]} brd ff:ff:ff:ff:ff:ff link-netnsid 0 ${DETAILS}`, '    veth ', `    inet 10.9.0.${n + 1}/24 brd 10.9.0.255 scope global eth0`].join('\n'),
      ...(spec.pod?.links ?? []),
    ],
    routes: ['default via 10.9.0.254 dev eth0', `10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.${n + 1}`, ...(spec.pod?.routes ?? [])],
    neigh: [...(spec.asks ? [] : [`10.9.0.254 dev eth0 lladdr ${LAN_MAC.br} PERMANENT`, ...others]), ...(spec.pod?.neigh ?? [])],
  };
  return machineText({ nics: [], forward: false, neighbours: [] }, own);
};

/**
 * A node with three pods behind the bridge br0 (10.9.0.254; ports va, vb, vc; pods a, b, c at 10.9.0.1, .2, .3), and a machine x
 * (10.1.0.1) beyond its NIC eth0 (10.1.0.254). The node forwards. Nothing is left to ARP unless a spec says so.
 */
export function lan(spec: LanSpec = {}): Bundle {
  const { uplink = false } = spec;
  const address = uplink ? '    inet 10.9.0.254/24 brd 10.9.0.255 scope global br0\n    inet 10.1.0.254/24 brd 10.1.0.255 scope global br0' : '    inet 10.9.0.254/24 brd 10.9.0.255 scope global br0';
  const bridge = [
    `20: br0: <${spec.bridgeFlags ?? UP}> mtu 1500 qdisc noqueue state UP group default qlen 1000`,
    `    link/ether ${LAN_MAC.br} brd ff:ff:ff:ff:ff:ff ${DETAILS}`,
    `    bridge forward_delay 1500 hello_time 200 max_age 2000 ageing_time 30000 stp_state 0 priority 32768 ${spec.bridge ?? 'vlan_filtering 0'} vlan_protocol 802.1Q nf_call_iptables ${spec.bridge?.includes('call') ? 1 : 0} `,
    ...(spec.bare ? [] : [address]),
  ].join('\n');
  const nodeDev = uplink ? 'br0' : 'eth0';
  const node: Spec = {
    ...spec.node,
    links: [bridge, ...PODS.map((p) => portText(p, spec[p])), ...(spec.node?.links ?? [])],
    routes: [...(spec.bare ? [] : ['10.9.0.0/24 dev br0 proto kernel scope link src 10.9.0.254']), ...(uplink ? ['10.1.0.0/24 dev br0 proto kernel scope link src 10.1.0.254'] : []), ...(spec.node?.routes ?? [])],
    neigh: [...(spec.asks ? [] : [...PODS.map((p, i) => `10.9.0.${i + 1} dev br0 lladdr ${LAN_MAC[p]} PERMANENT`), `10.1.0.1 dev ${nodeDev} lladdr ${LAN_MAC.x} PERMANENT`]), ...(spec.node?.neigh ?? [])],
    more: [...(spec.vlans ? ['$ bridge vlan show', 'port              vlan-id  ', ...spec.vlans, ''] : []), ...(spec.node?.more ?? [])],
  };
  return {
    'n/n.txt': machineText({ nics: [{ name: 'eth0', mac: LAN_MAC.eth, addresses: uplink ? [] : ['10.1.0.254/24'], ...(uplink ? { master: 'br0' } : {}) }], forward: spec.forward ?? true, neighbours: [] }, node),
    ...Object.fromEntries(PODS.map((p) => [`n/netns/${p}/p.txt`, podText(p, spec[p])])),
    'x/x.txt': machineText({ nics: [{ name: 'eth0', mac: LAN_MAC.x, addresses: ['10.1.0.1/24'] }], forward: false, gateway: { ip: '10.1.0.254', dev: 'eth0' }, neighbours: [{ ip: '10.1.0.254', dev: 'eth0', mac: uplink ? LAN_MAC.br : LAN_MAC.eth }] }, spec.x),
  };
}

export const CALL = ['net.bridge.bridge-nf-call-iptables = 1'];

type More = Readonly<Record<string, unknown>>;
/** A TCP connection of a pod of `lan()`. */
export const from = (pod: Pod, dst: string, more: More = {}) => ({ from: { host: 'n', netns: pod as string | null }, dst, proto: 'tcp' as const, sport: 41_000, dport: 80, ...more });
export const ping = (pod: Pod, dst: string, more: More = {}) => ({ from: { host: 'n', netns: pod as string | null }, dst, proto: 'icmp' as const, ...more });
export const udp = (pod: Pod, dst: string, more: More = {}) => ({ from: { host: 'n', netns: pod as string | null }, dst, proto: 'udp' as const, sport: 41_000, dport: 53, ...more });
