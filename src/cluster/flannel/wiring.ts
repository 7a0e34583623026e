import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { parsePrefix } from '../../dumps/words.ts';
import { formatIp4, inPrefix, type Ip4 } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import { derivedHex, derivedMac } from '../derived.ts';
import type { HostDraft } from '../draft/host.ts';
import type { PodModel } from '../model.ts';
import type { FlannelConfig } from './config.ts';
import type { Lease } from './leases.ts';
import { prefixText } from './rules.ts';

/** Bytes that VXLAN adds (encapOverhead, pkg/backend/vxlan/vxlan_network.go). */
const VXLAN_OVERHEAD = 50;

/** MTU of the pods' network: FLANNEL_MTU in subnet.env. */
function podMtu({ backend, bridge }: FlannelConfig, { nic }: Lease): number {
  return bridge.mtu ?? (backend.kind === 'vxlan' ? (backend.mtu ?? nic.mtu) - VXLAN_OVERHEAD : nic.mtu);
}

/** The devices, routes, neighbours and FDB entries by which flanneld leads to the other nodes. */
export function wireBackend(host: HostDraft, config: FlannelConfig, mine: Lease, others: readonly Lease[], found: DiagnosticList): void {
  const { backend } = config;
  if (backend.kind === 'other') return;
  const { own } = host;
  if (backend.kind === 'host-gw') {
    for (const other of others) directRoute(host, mine, other, mine.nic.dev, found);
    return;
  }
  const dev = `flannel.${backend.vni}`;
  own.device({
    name: dev,
    kind: 'vxlan',
    mtu: podMtu({ ...config, bridge: { ...config.bridge, mtu: undefined } }, mine),
    mac: mine.vtepMac,
    // A /32, so that it makes no route (vxlanDevice.Configure(), pkg/backend/vxlan/device.go).
    addresses: [{ address: `${formatIp4(mine.subnet.ip)}/32` }],
    kindText: `vxlan id ${backend.vni} local ${formatIp4(mine.localIp)} dev ${mine.nic.dev} srcport 0 0 dstport ${backend.port} ${backend.learning ? '' : 'nolearning '}ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx`,
    because: config.because('Backend vxlan'),
  });
  for (const other of others) {
    if (backend.directRouting && onLink(mine, other.publicIp) !== undefined) {
      directRoute(host, mine, other, onLink(mine, other.publicIp) ?? mine.nic.dev, found);
      continue;
    }
    const because = leaseOf(other);
    const vtep = formatIp4(other.subnet.ip);
    own.route(`${prefixText(other.subnet)} via ${vtep} dev ${dev} onlink`, because);
    own.neighbour(`${vtep} dev ${dev} lladdr ${other.vtepMac} PERMANENT`, because);
    own.fdbEntry(`${other.vtepMac} dev ${dev} dst ${formatIp4(other.publicIp)} self permanent`, because);
  }
}

const leaseOf = (lease: Lease): Because => ({ ...lease.node.because, part: 'podCIDR' });

/** The kernel refuses a route over a next hop that is not on the link. */
function directRoute(host: HostDraft, mine: Lease, other: Lease, dev: string, found: DiagnosticList): void {
  const via = formatIp4(other.publicIp);
  if (onLink(mine, other.publicIp) !== dev) found.add('next-hop-off-link', other.node.because.source ?? { input: '', line: 0 }, `${mine.node.name}: ${prefixText(other.subnet)} via ${via} dev ${dev}`);
  else host.own.route(`${prefixText(other.subnet)} via ${via} dev ${dev}`, leaseOf(other));
}

/** The NIC on whose subnet the address lies. */
const onLink = ({ node }: Lease, ip: Ip4): string | undefined =>
  node.nics.find((nic) =>
    nic.addresses.some((a) => {
      const prefix = parsePrefix(a);
      return prefix !== undefined && prefix.prefixLen < 32 && inPrefix(ip, prefix.ip, prefix.prefixLen);
    }),
  )?.dev;

/** What the bridge plugin makes with the first pod of a node, and for each of them (plugins/main/bridge/bridge.go, cmdAdd()). */
export function wirePods(host: HostDraft, config: FlannelConfig, mine: Lease, pods: readonly PodModel[]): void {
  if (pods.length === 0) return;
  const { own } = host;
  const { bridge } = config;
  const mtu = podMtu(config, mine);
  const gateway = formatIp4(mine.subnet.ip + 1);
  const { prefixLen } = mine.subnet;
  const bridgeMac = derivedMac(host.name, bridge.name);
  own.device({
    name: bridge.name,
    kind: 'bridge',
    mtu,
    mac: bridgeMac,
    addresses: [{ address: `${gateway}/${prefixLen}` }],
    because: leaseOf(mine),
  });
  own.sysctl('net.ipv4.ip_forward', 1, config.because('cni-conf.json'));
  for (const pod of pods) {
    const dev = hostEnd(pod);
    own.device({ name: dev, kind: 'veth', mtu, mac: derivedMac(host.name, dev), master: bridge.name, portText: `hairpin ${bridge.hairpin ? 'on' : 'off'}`, peer: { netns: pod.netns, dev: 'eth0' }, because: pod.because });
    const podMac = derivedMac(pod.namespace, pod.name, 'eth0');
    const netns = host.netns(pod.netns);
    netns.device({ name: 'eth0', kind: 'veth', mtu, mac: podMac, addresses: [{ address: `${formatIp4(pod.ip)}/${prefixLen}` }], peer: { netns: null, dev }, because: pod.because });
    // Both sides know each other, and the bridge knows the pod's port; no packet has gone there yet, so that no header is cached.
    own.neighbour(`${formatIp4(pod.ip)} dev ${bridge.name} lladdr ${podMac} PERMANENT`, pod.because);
    own.fdbEntry(`${podMac} dev ${dev} master ${bridge.name}`, pod.because);
    netns.neighbour(`${gateway} dev eth0 lladdr ${bridgeMac} REACHABLE`, pod.because);
    if (bridge.isDefaultGateway) netns.route(`default via ${gateway} dev eth0`, pod.because);
    netns.route(`${prefixText(config.network)} via ${gateway} dev eth0`, pod.because);
  }
}

/** RandomVethName() (plugins pkg/ip/link_linux.go): `veth` and eight random hex digits. */
export const hostEnd = (pod: PodModel): string => `veth${derivedHex(8, pod.namespace, pod.name, 'eth0')}`;
