import { formatIp4, isLoopback, parseIp4 } from '../../packet/address.ts';
import type { HostDraft } from '../draft/host.ts';
import type { NodeModel } from '../model.ts';
import { type Cidr, covers, parseCidr } from './ranges.ts';

const LOOPBACK = 0x7f000000;

/** Where node ports answer (NodePortAddresses, pkg/proxy/util/nodeport_addresses.go). */
export interface NodePortAddresses {
  /** Every local address, without looking at which there are. */
  readonly all: boolean;
  /** Addresses of the node that count, in the order of its devices; with `all` every one. */
  readonly ips: readonly string[];
  readonly loopback: boolean;
}

export function nodePortAddressesOf(settings: readonly string[], node: NodeModel, host: HostDraft): NodePortAddresses {
  const ranges = settings.flatMap((text) => (text === 'primary' ? node.internalIps.slice(0, 1).map((net): Cidr => ({ net, prefixLen: 32 })) : (parseCidr(text) ?? [])));
  const all = ranges.length === 0 || ranges.some((r) => r.prefixLen === 0);
  const addresses = host.own.devices.flatMap((d) => (d.addresses ?? []).flatMap((a) => parseIp4(a.address.split('/')[0] ?? '') ?? []));
  const ips = addresses.filter((ip) => all || ranges.some((r) => covers(r, ip)));
  return {
    all,
    ips: [...new Set(ips)].map(formatIp4),
    // ContainsIPv4Loopback(): a range within 127.0.0.0/8, or one that holds its start.
    loopback: all || ranges.some((r) => isLoopback(r.net) || covers(r, LOOPBACK)),
  };
}
