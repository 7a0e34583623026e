import { isLoopback, parseIp4 } from '../../../packet/address.ts';
import type { NetnsDraft } from '../../draft/netns.ts';
import type { NodeModel } from '../../model.ts';
import { type Cidr, covers, parseCidr } from '../ranges.ts';
import type { ProxyVersion } from '../version.ts';
import { addressesBound, addressesElsewhere, textsOf, unique } from './dummy.ts';

/**
 * Addresses of a node on which its node ports get a virtual server each.
 *
 * Without nodePortAddresses these are all but those of kube-ipvs0 (NodeIPs(), later syncProxyRules()): up to 1.21 with 127.0.0.1. From
 * 1.23 to 1.27 an address that a service has bound to kube-ipvs0 is none of them even if another device has it, too.
 * With ranges every address in one of them counts, on whichever device, also on kube-ipvs0 (GetNodeAddresses(), GetNodeIPs()).
 */
export function nodePortIps(settings: readonly string[], node: NodeModel, netns: NetnsDraft, version: ProxyVersion): readonly string[] {
  const ranges = settings.flatMap((text) => rangesOf(text, node));
  const all = ranges.length === 0 || ranges.some((range) => range.prefixLen === 0);
  if (!all) {
    const everywhere = unique(netns.devices.flatMap((d) => textsOf(d.addresses)));
    return everywhere.filter((text) => ranges.some((range) => covers(range, ip(text))) && (!version.from(22) || !isLoopback(ip(text))));
  }
  const others = addressesElsewhere(netns).filter((text) => !isLoopback(ip(text)));
  if (!version.from(22)) return unique([...netns.devices.filter((d) => d.kind === 'loopback').flatMap((d) => textsOf(d.addresses)), ...addressesElsewhere(netns)]);
  if (version.from(28) || !version.from(23)) return others;
  const bound = new Set(textsOf(addressesBound(netns)));
  return others.filter((text) => !bound.has(text));
}

const ip = (text: string): number => parseIp4(text) ?? 0;

/** `primary` is the node's own first address. */
function rangesOf(text: string, node: NodeModel): readonly Cidr[] {
  if (text === 'primary') return node.internalIps.slice(0, 1).map((net) => ({ net, prefixLen: 32 }));
  const range = parseCidr(text);
  return range ? [range] : [];
}
