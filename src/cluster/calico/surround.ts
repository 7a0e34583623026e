import type { FabricContext } from '../component.ts';
import { formatIp4, parseIp4 } from '../../packet/address.ts';
import type { MachineSpec } from '../objects/fabric.ts';
import { textOf, field } from '../objects/document.ts';
import type { Plan } from './plan.ts';
import type { Pool } from './pools.ts';
import { destination, resolver } from './routes.ts';
import { calicoObjects } from './settings.ts';

const addressesOf = (router: MachineSpec): readonly string[] => router.interfaces.flatMap((i) => i.addresses.map((a) => a.split('/')[0] ?? ''));

/**
 * Routers that speak BGP (`bgp: true` in the Fabric) learn from the nodes where their blocks are: a router that a BGPPeer names from the
 * nodes that this peer is for; one that none names from all nodes, but only blocks of pools without any tunnel, which nobody could reach
 * over it otherwise.
 */
export function teachRouters({ cluster, host, found }: FabricContext, plan: Plan): void {
  const routers = cluster.fabric.routers.filter((r) => r.bgp);
  const own = new Set(plan.nodes.map((n) => formatIp4(n.ip)));
  for (const document of calicoObjects(cluster, 'BGPPeer')) {
    const address = textOf(field(document.value, 'spec', 'peerIP'))?.replace(/:\d+$/, '');
    if (address !== undefined && parseIp4(address) !== undefined && !own.has(address) && !routers.some((r) => addressesOf(r).includes(address))) found.add('bgp-peer-silent', document.at('spec', 'peerIP'), address);
  }
  const remotes = [...plan.ipam.blocks, ...plan.ipam.borrowed.map((b) => ({ ...b, prefixLen: 32 }))];
  for (const router of routers) {
    const peers = new Set(addressesOf(router).flatMap((a) => plan.bgp.peersOf(a)));
    const { own: netns } = host(router.name);
    const resolve = resolver(netns);
    for (const remote of remotes) {
      const owner = plan.nodes.find((n) => n.name === remote.node);
      if (!owner || !remote.pool.exported || !(peers.size > 0 ? peers.has(owner.name) : isPlain(remote.pool))) continue;
      const next = resolve(owner.ip);
      if (next) netns.route(`${destination(remote)} via ${next.via} dev ${next.dev} proto bgp metric 20`, { ...remote.pool.because, part: `BGP of ${owner.name}` });
    }
  }
}

const isPlain = (pool: Pool): boolean => pool.ipip === 'Never' && pool.vxlan === 'Never';
