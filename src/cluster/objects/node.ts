import { formatIp4, type Ip4, maskOf, parseIp4 } from '../../packet/address.ts';
import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { NicModel, NodeModel, Version } from '../model.ts';
import { becauseOf, field, type KubeDocument, labelsOf, listOf, textOf } from './document.ts';
import type { FabricSpec, InterfaceSpec } from './fabric.ts';
import { Fields, isInCidr, parseCidr } from './values.ts';

const DEFAULT_MTU = 1500;
const DEFAULT_PREFIX = 24;

/** `v1.19.7`, `6.1.0-56-amd64`; undefined when it does not begin with a version. */
export function versionOf(text: unknown): Version | undefined {
  const [, major, minor] = /^v?(\d{1,3})\.(\d{1,4})/.exec(textOf(text) ?? '') ?? [];
  return major === undefined || minor === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

/** The MAC address of a NIC whose maker nobody told: locally administered, from its address. */
export const macOfIp = (ip: Ip4): string => `02:42:${[24, 16, 8, 0].map((s) => ((ip >>> s) & 255).toString(16).padStart(2, '0')).join(':')}`;

/** A Node before pods' networks are handed out: `index` counts the nodes of the input. */
export function readNode(document: KubeDocument, index: number, fabric: FabricSpec, found: DiagnosticList): NodeModel {
  const fields = new Fields(document, found);
  const annotations = labelsOf(fields.get('metadata', 'annotations'));
  const addresses = listOf(fields.get('status', 'addresses')).flatMap((a, i) => (field(a, 'type') === 'InternalIP' ? (fields.ip(['status', 'addresses', i, 'address'], field(a, 'address')) ?? []) : []));
  const machine = fabric.nodes.find((m) => m.name === document.name);
  const given = machine?.interfaces.flatMap((nic) => nic.addresses).flatMap((a) => parseCidr(a)?.ip ?? []) ?? [];
  const internalIps = addresses.length > 0 ? addresses : given.length > 0 ? given.slice(0, 1) : [defaultIp(index)];
  const nics = (machine?.interfaces.length ?? 0) > 0 ? (machine?.interfaces ?? []).map(nicOf) : defaultNics(internalIps, parseCidr(annotations['projectcalico.org/IPv4Address'] ?? ''));
  const podCidrs = [fields.get('spec', 'podCIDR'), ...listOf(fields.get('spec', 'podCIDRs'))];
  return {
    name: document.name,
    labels: labelsOf(fields.get('metadata', 'labels')),
    annotations,
    internalIps,
    podCidr: podCidrs.map((c) => fields.cidr(['spec', 'podCIDR'], c)).find((c) => c !== undefined),
    kubeProxyVersion: versionOf(fields.get('status', 'nodeInfo', 'kubeProxyVersion')) ?? versionOf(fields.get('status', 'nodeInfo', 'kubeletVersion')),
    kubeletVersion: versionOf(fields.get('status', 'nodeInfo', 'kubeletVersion')) ?? versionOf(fields.get('status', 'nodeInfo', 'kubeProxyVersion')),
    kernelVersion: versionOf(fields.get('status', 'nodeInfo', 'kernelVersion')),
    nics,
    gateway: gatewayOf(nics, machine?.gateway, fabric),
    because: becauseOf(document),
  };
}

const defaultIp = (index: number): Ip4 => (((192 << 24) | (168 << 16) | (10 << 8)) + 11 + index) >>> 0;

const nicOf = (nic: InterfaceSpec, index: number): NicModel => ({
  dev: nic.dev,
  addresses: nic.addresses,
  mtu: nic.mtu ?? DEFAULT_MTU,
  mac: nic.mac ?? macOfIp(parseCidr(nic.addresses[0] ?? '')?.ip ?? index + 1),
});

/** A NIC for each InternalIP, and one for the address that Calico uses when it is another one. */
function defaultNics(ips: readonly Ip4[], calico: { readonly ip: Ip4; readonly prefixLen: number } | undefined): readonly NicModel[] {
  const all = calico && !ips.includes(calico.ip) ? [...ips, calico.ip] : ips;
  return all.map((ip, i) => {
    const prefixLen = ip === calico?.ip && calico.prefixLen < 32 ? calico.prefixLen : DEFAULT_PREFIX;
    return { dev: `eth${i}`, addresses: [`${formatIp4(ip)}/${prefixLen}`], mtu: DEFAULT_MTU, mac: macOfIp(ip) };
  });
}

/** The given gateway, else a router of the Fabric on one of the node's wires, else the first address of its first one. */
export function gatewayOf(nics: readonly NicModel[], given: string | undefined, fabric: FabricSpec): NodeModel['gateway'] {
  const nets = nics.flatMap((nic) => nic.addresses.flatMap((a) => (parseCidr(a) ? [{ dev: nic.dev, net: parseCidr(a) ?? { ip: 0, prefixLen: 32 } }] : [])));
  if (given !== undefined) {
    const dev = nets.find(({ net }) => isInCidr(parseIp4(given) ?? 0, net))?.dev ?? nics[0]?.dev;
    return dev === undefined ? undefined : { via: given, dev };
  }
  for (const { dev, net } of nets) {
    for (const router of fabric.routers) {
      const near = router.interfaces.flatMap((i) => i.addresses).flatMap((a) => parseCidr(a) ?? []).find((a) => isInCidr(a.ip, net));
      if (near) return { via: formatIp4(near.ip), dev };
    }
  }
  const [first] = nets;
  if (!first || first.net.prefixLen > 30) return undefined;
  const network = (first.net.ip & maskOf(first.net.prefixLen)) >>> 0;
  const own = first.net.ip === network + 1;
  return { via: formatIp4(own ? (network | ~maskOf(first.net.prefixLen)) - 1 >>> 0 : network + 1), dev: first.dev };
}
