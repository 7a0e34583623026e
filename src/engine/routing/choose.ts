import { formatIp4 } from '../../packet/address.ts';
import type { Nexthop } from '../../world/world.ts';
import type { Ns, Sim } from '../sim.ts';
import type { FibHit } from './fib.ts';

const hopText = (hop: Nexthop): string => [hop.via === undefined ? undefined : `via ${formatIp4(hop.via)}`, hop.dev === undefined ? undefined : `dev ${hop.dev}`].filter((t) => t !== undefined).join(' ');

/** fib_select_path(): one next hop, or a choice between several in proportion to their weights (the kernel hashes the flow). */
export function chooseNexthop(sim: Sim, ns: Ns, hit: FibHit): Nexthop {
  if (hit.alternatives.length < 2) return hit.nexthop;
  const total = hit.alternatives.reduce((sum, h) => sum + h.weight, 0);
  const taken = sim.choose({ at: ns.id, kind: 'ecmp', options: hit.alternatives.map(hopText), odds: hit.alternatives.map((h) => h.weight / total), splits: true });
  return hit.alternatives[taken] ?? hit.nexthop;
}
