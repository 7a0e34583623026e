import { type Ip4, maskOf, parseIp4 } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import type { ClusterModel, NodeModel } from '../model.ts';
import { becauseOf, field, type KubeDocument, listOf, textOf } from '../objects/document.ts';
import { formatNet, holds, type Net, parseNet, type Pool, poolFor } from './pools.ts';
import { calicoObjects } from './settings.ts';

/** Addresses that one node hands out: routes lead the whole block to it. */
export interface Block extends Net {
  readonly pool: Pool;
  readonly node: string;
  readonly because: Because;
}

/** An address out of another node's block: a route of its own leads to it. */
export interface Borrowed {
  readonly ip: Ip4;
  readonly pool: Pool;
  readonly node: string;
  readonly because: Because;
}

export interface TunnelAddress {
  readonly ip: Ip4;
  readonly because: Because;
}

export interface Ipam {
  readonly blocks: readonly Block[];
  readonly borrowed: readonly Borrowed[];
  /** Of tunl0 and of vxlan.calico, by node. */
  readonly ipip: ReadonlyMap<string, TunnelAddress>;
  readonly vxlan: ReadonlyMap<string, TunnelAddress>;
}

const ANNOTATIONS = { ipip: 'projectcalico.org/IPv4IPIPTunnelAddr', vxlan: 'projectcalico.org/IPv4VXLANTunnelAddr' } as const;

const blockAt = (pool: Pool, ip: Ip4): Net => ({ ip: (ip & maskOf(pool.blockSize)) >>> 0, prefixLen: pool.blockSize });

/** Blocks that IPAMBlock objects or, where there are none, BlockAffinity objects tell. */
function givenBlocks(cluster: ClusterModel, pools: readonly Pool[]): Block[] {
  const read = (document: KubeDocument, node: string | undefined): readonly Block[] => {
    const net = parseNet(textOf(field(document.value, 'spec', 'cidr')));
    const pool = net && poolFor(pools, net.ip);
    return net && pool && node !== undefined && field(document.value, 'spec', 'deleted') !== true && field(document.value, 'spec', 'deleted') !== 'true'
      ? [{ ...net, pool, node, because: becauseOf(document) }]
      : [];
  };
  const blocks = calicoObjects(cluster, 'IPAMBlock').flatMap((d) => read(d, /^host:(.*)$/.exec(textOf(field(d.value, 'spec', 'affinity')) ?? '')?.[1]));
  if (blocks.length > 0) return blocks;
  return calicoObjects(cluster, 'BlockAffinity').flatMap((d) => (field(d.value, 'spec', 'state') === 'pendingDeletion' ? [] : read(d, textOf(field(d.value, 'spec', 'node')))));
}

/** Who uses which address, as IPAMBlocks note it: handles of tunnels are `ipip-tunnel-addr-NODE` and `vxlan-tunnel-addr-NODE`. */
function handles(cluster: ClusterModel): readonly { readonly handle: string; readonly ip: Ip4; readonly because: Because }[] {
  return calicoObjects(cluster, 'IPAMBlock').flatMap((document) => {
    const net = parseNet(textOf(field(document.value, 'spec', 'cidr')));
    const attributes = listOf(field(document.value, 'spec', 'attributes'));
    if (!net) return [];
    return listOf(field(document.value, 'spec', 'allocations')).flatMap((index, ordinal) => {
      const handle = typeof index === 'number' ? textOf(field(attributes[index], 'handle_id')) : undefined;
      return handle === undefined ? [] : [{ handle, ip: net.ip + ordinal, because: { ...becauseOf(document, 'allocations'), source: document.at('spec', 'allocations', ordinal) } }];
    });
  });
}

/**
 * What Calico's IPAM has given out. Blocks come from IPAMBlock or BlockAffinity objects; for addresses outside of those, and without such
 * objects, a pod's (or tunnel's) address tells its block, which belongs to the node that uses most of it. A tunnel address is the Node's
 * annotation, an IPAMBlock's allocation, or the first free address of the node's first block, as on a fresh cluster (libcalico-go
 * lib/ipam; calico/node, allocateip). A node without any block takes the next free one of the first pool.
 */
export function ipamOf(cluster: ClusterModel, pools: readonly Pool[], enabled: { readonly ipip: boolean; readonly vxlan: boolean }): Ipam {
  const pods = cluster.pods.filter((p) => !p.hostNetwork && !p.ended);
  const given = { ipip: annotated(cluster.nodes, 'ipip'), vxlan: annotated(cluster.nodes, 'vxlan') };
  for (const { handle, ip, because } of handles(cluster)) {
    const [, kind, node = ''] = /^(ipip|vxlan)-tunnel-addr-(.*)$/.exec(handle) ?? [];
    if ((kind === 'ipip' || kind === 'vxlan') && !given[kind].has(node)) given[kind].set(node, { ip, because });
  }
  const uses: readonly Use[] = [
    ...pods.map((p) => ({ ip: p.ip, node: p.node, because: p.because })),
    ...[...given.ipip, ...given.vxlan].map(([node, { ip, because }]) => ({ ip, node, because })),
  ];
  const blocks = givenBlocks(cluster, pools);
  const known = finder(blocks);
  blocks.push(...derivedBlocks(uses.filter((u) => !known(u.ip)), pools));
  const used = new Set(uses.map((u) => u.ip));
  const open = pools.filter((p) => !p.disabled);
  for (const kind of ['ipip', 'vxlan'] as const) {
    if (!enabled[kind]) continue;
    for (const node of cluster.nodes) {
      if (given[kind].has(node.name)) continue;
      const eligible = open.filter((p) => p[kind] !== 'Never');
      const block = blocks.filter((b) => b.node === node.name && eligible.includes(b.pool)).toSorted((a, b) => a.ip - b.ip)[0] ?? freshBlock(node, eligible, blocks);
      const ip = block && firstFree(block, used);
      if (!block || ip === undefined) continue;
      if (!blocks.includes(block)) blocks.push(block);
      used.add(ip);
      given[kind].set(node.name, { ip, because: { ...node.because, part: `tunnel address in ${formatNet(block)}` } });
    }
  }
  const blockFor = finder(blocks);
  const borrowed = uses.flatMap((u): readonly Borrowed[] => {
    const block = blockFor(u.ip);
    return block && block.node !== u.node ? [{ ip: u.ip, pool: block.pool, node: u.node, because: u.because }] : [];
  });
  return { blocks, borrowed, ipip: given.ipip, vxlan: given.vxlan };
}

/** Finds the block of an address without asking each. */
function finder(blocks: readonly Block[]): (ip: Ip4) => Block | undefined {
  const byNet = new Map(blocks.map((b) => [formatNet(b), b]));
  const lengths = [...new Set(blocks.map((b) => b.prefixLen))];
  return (ip) => {
    for (const prefixLen of lengths) {
      const block = byNet.get(formatNet({ ip: (ip & maskOf(prefixLen)) >>> 0, prefixLen }));
      if (block) return block;
    }
    return undefined;
  };
}

interface Use {
  readonly ip: Ip4;
  readonly node: string;
  readonly because: Because;
}

function annotated(nodes: readonly NodeModel[], kind: keyof typeof ANNOTATIONS): Map<string, TunnelAddress> {
  const addresses = new Map<string, TunnelAddress>();
  for (const node of nodes) {
    const ip = parseIp4(node.annotations[ANNOTATIONS[kind]] ?? '');
    if (ip !== undefined) addresses.set(node.name, { ip, because: { ...node.because, part: ANNOTATIONS[kind] } });
  }
  return addresses;
}

/** The blocks that addresses lie in; a block belongs to the node that uses most of it, the first of the input when several do. */
function derivedBlocks(uses: readonly Use[], pools: readonly Pool[]): readonly Block[] {
  const byBlock = new Map<string, { readonly net: Net; readonly pool: Pool; readonly uses: Use[] }>();
  for (const use of uses) {
    const pool = poolFor(pools, use.ip);
    if (!pool) continue;
    const net = blockAt(pool, use.ip);
    const known = byBlock.get(formatNet(net));
    if (known) known.uses.push(use);
    else byBlock.set(formatNet(net), { net, pool, uses: [use] });
  }
  return [...byBlock.values()].map(({ net, pool, uses: inside }) => {
    const count = (node: string): number => inside.filter((u) => u.node === node).length;
    const owner = inside.reduce((best, u) => (count(u.node) > count(best.node) ? u : best));
    return { ...net, pool, node: owner.node, because: owner.because };
  });
}

/** The next block of a pool that nobody has. (Calico starts at a place that a hash of the node's name gives.) */
function freshBlock(node: NodeModel, pools: readonly Pool[], blocks: readonly Block[]): Block | undefined {
  for (const pool of pools) {
    const size = 2 ** (32 - pool.blockSize);
    for (let ip = pool.ip; ip < pool.ip + 2 ** (32 - pool.prefixLen); ip += size) {
      if (!blocks.some((b) => holds(b, ip) || holds({ ip, prefixLen: pool.blockSize }, b.ip))) return { ip, prefixLen: pool.blockSize, pool, node: node.name, because: node.because };
    }
  }
  return undefined;
}

function firstFree(block: Block, used: ReadonlySet<Ip4>): Ip4 | undefined {
  for (let ip = block.ip; ip < block.ip + 2 ** (32 - block.prefixLen); ip++) if (!used.has(ip)) return ip;
  return undefined;
}
