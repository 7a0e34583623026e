import { lan, LAN_MAC } from '../bridgeTopology.ts';
import type { Bundle } from '../../../src/dumps/bundle.ts';
import type { Spec } from '../topology.ts';

const device = (index: number, mac: string, mode: string, address: string): string =>
  [`${index}: m0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000`, `    link/ether ${mac} brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 `, `    macvlan mode ${mode} bcqueuelen 1000 usedbcqueuelen 1000 `, `    inet ${address} brd 10.1.0.255 scope global m0`].join('\n');

/** MACs of the pods' macvlans. */
export const MACVLAN_MAC = { a: '0a:00:00:00:01:11', b: '0a:00:00:00:01:12' } as const;

interface Specs {
  readonly node?: Spec;
  readonly a?: Spec;
  readonly b?: Spec;
  readonly x?: Spec;
}

const merged = (own: Spec, more: Spec = {}): Spec => ({ ...more, ...own, routes: [...(own.routes ?? []), ...(more.routes ?? [])], neigh: [...(own.neigh ?? []), ...(more.neigh ?? [])] });

/** `lan()` with a macvlan m0 on the node's eth0 in pod a (10.1.0.11, of this mode) and in pod b (10.1.0.12, of that mode). */
export function macvlans(mode: string, other = mode, specs: Specs = {}): Bundle {
  const neighbours = [`10.1.0.1 dev m0 lladdr ${LAN_MAC.x} PERMANENT`, `10.1.0.254 dev m0 lladdr ${LAN_MAC.eth} PERMANENT`];
  const pod = (n: 1 | 2, spec: Spec | undefined): { readonly pod: Spec } => {
    const [mac, own, peer, peerMac] = n === 1 ? [MACVLAN_MAC.a, '10.1.0.11', '10.1.0.12', MACVLAN_MAC.b] : [MACVLAN_MAC.b, '10.1.0.12', '10.1.0.11', MACVLAN_MAC.a];
    return { pod: merged({ links: [device(30 + n, mac, n === 1 ? mode : other, `${own}/24`)], routes: [`10.1.0.0/24 dev m0 proto kernel scope link src ${own}`], neigh: [...neighbours, `${peer} dev m0 lladdr ${peerMac} PERMANENT`] }, spec) };
  };
  const [toA, toB] = [`10.1.0.11 dev eth0 lladdr ${MACVLAN_MAC.a} PERMANENT`, `10.1.0.12 dev eth0 lladdr ${MACVLAN_MAC.b} PERMANENT`];
  return lan({ a: pod(1, specs.a), b: pod(2, specs.b), node: merged({ neigh: [toA, toB] }, specs.node), x: merged({ neigh: [toA, toB] }, specs.x) });
}
