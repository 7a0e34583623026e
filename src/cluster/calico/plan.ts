import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { ClusterModel } from '../model.ts';
import { type BgpTopology, bgpTopology } from './bgp.ts';
import { type Ipam, ipamOf } from './ipam.ts';
import { type CalicoNode, calicoNodes } from './nodes.ts';
import { type Pool, poolsOf } from './pools.ts';
import { type Settings, settingsOf, versionOf } from './settings.ts';

/** What Calico knows of the whole cluster: the same for every node. */
export interface Plan {
  readonly cluster: ClusterModel;
  readonly pools: readonly Pool[];
  readonly nodes: readonly CalicoNode[];
  readonly ipam: Ipam;
  readonly bgp: BgpTopology;
  /** Settings of a node. */
  readonly settings: (node: string) => Settings;
  /** Tunnels in use: as FelixConfiguration says, else as the pools need them (felix/calc, encapsulation_calculator.go). */
  readonly ipip: boolean;
  readonly vxlan: boolean;
}

export function planOf(cluster: ClusterModel, found: DiagnosticList): Plan {
  const pools = poolsOf(cluster, found);
  const version = versionOf(cluster);
  const cache = new Map<string, Settings>();
  const settings = (node: string): Settings => {
    const known = cache.get(node) ?? settingsOf(cluster, node, version);
    cache.set(node, known);
    return known;
  };
  const common = settings('');
  const ipip = common.ipipEnabled ?? pools.some((p) => p.ipip !== 'Never');
  const vxlan = common.vxlanEnabled ?? pools.some((p) => p.vxlan !== 'Never');
  const nodes = calicoNodes(cluster);
  return { cluster, pools, nodes, ipam: ipamOf(cluster, pools, { ipip, vxlan }), bgp: bgpTopology(cluster, nodes), settings, ipip, vxlan };
}
