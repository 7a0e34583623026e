import { formatIp4, inPrefix, type Ip4, maskOf, parseIp4 } from '../../packet/address.ts';
import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { Because } from '../because.ts';
import type { ClusterModel } from '../model.ts';
import { becauseOf, field, listOf, textOf } from '../objects/document.ts';
import { calicoObjects } from './settings.ts';

/** When packets between nodes are wrapped. */
export type Encapsulation = 'Always' | 'CrossSubnet' | 'Never';

export interface Net {
  readonly ip: Ip4;
  readonly prefixLen: number;
}

/** An IPPool: addresses for pods, and how they cross the network. */
export interface Pool extends Net {
  readonly name: string;
  readonly blockSize: number;
  readonly ipip: Encapsulation;
  readonly vxlan: Encapsulation;
  readonly natOutgoing: boolean;
  readonly disabled: boolean;
  readonly exported: boolean;
  readonly because: Because;
}

/** `10.0.0.0/26` with the host bits cleared; a lone address is a /32. Undefined when it is no IPv4 network. */
export function parseNet(text: string | undefined): Net | undefined {
  const [address = '', length = '32', more] = (text ?? '').split('/');
  const ip = parseIp4(address);
  const prefixLen = /^\d{1,2}$/.test(length) ? Number(length) : 33;
  return ip === undefined || prefixLen > 32 || more !== undefined ? undefined : { ip: (ip & maskOf(prefixLen)) >>> 0, prefixLen };
}

export const formatNet = ({ ip, prefixLen }: Net): string => `${formatIp4(ip)}/${prefixLen}`;

export const holds = (net: Net, ip: Ip4): boolean => inPrefix(ip, net.ip, net.prefixLen);

const modeOf = (value: unknown): Encapsulation => (value === 'Always' || value === 'CrossSubnet' ? value : 'Never');

/** The IPv4 pools, in the order of the input. */
export function poolsOf(cluster: ClusterModel, found: DiagnosticList): readonly Pool[] {
  return calicoObjects(cluster, 'IPPool').flatMap((document): readonly Pool[] => {
    const spec = field(document.value, 'spec');
    const cidr = textOf(field(spec, 'cidr'));
    if (cidr?.includes(':')) return [];
    const net = parseNet(cidr);
    if (!net) {
      found.add('bad-object', document.at('spec', 'cidr'), `IPPool ${document.name}`);
      return [];
    }
    const blockSize = field(spec, 'blockSize');
    return [
      {
        ...net,
        name: document.name,
        // A pool smaller than a block is one block (the API takes sizes from 20 to 32).
        blockSize: Math.max(net.prefixLen, typeof blockSize === 'number' && blockSize >= 20 && blockSize <= 32 ? blockSize : 26),
        ipip: modeOf(field(spec, 'ipipMode')),
        vxlan: modeOf(field(spec, 'vxlanMode')),
        natOutgoing: field(spec, 'natOutgoing') === true,
        disabled: field(spec, 'disabled') === true,
        exported: field(spec, 'disableBGPExport') !== true,
        because: becauseOf(document),
      },
    ];
  });
}

export const poolFor = (pools: readonly Pool[], ip: Ip4): Pool | undefined => pools.find((p) => holds(p, ip));

/** Networks of services that BGP announces: packets to an address of theirs that no service has must not loop (BGPConfiguration). */
export function serviceNets(cluster: ClusterModel): readonly { readonly net: string; readonly because: Because }[] {
  const document = calicoObjects(cluster, 'BGPConfiguration').find((d) => d.name === 'default');
  if (!document) return [];
  return ['serviceClusterIPs', 'serviceExternalIPs', 'serviceLoadBalancerIPs'].flatMap((name) =>
    listOf(field(document.value, 'spec', name)).flatMap((entry, i) => {
      const net = parseNet(textOf(field(entry, 'cidr')));
      return net ? [{ net: formatNet(net), because: { ...becauseOf(document, name), source: document.at('spec', name, i) } }] : [];
    }),
  );
}
