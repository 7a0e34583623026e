import { formatIp4 } from '../../packet/address.ts';
import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { ClusterModel, PodModel } from '../model.ts';
import { type BgpTopology, bgpTopology } from './bgp.ts';
import { type Ipam, ipamOf } from './ipam.ts';
import { type CalicoNode, calicoNodes } from './nodes.ts';
import { type Pool, poolFor, poolsOf } from './pools.ts';
import { calicoObjects, type Settings, settingsOf, versionOf } from './settings.ts';

/** What Calico knows of the whole cluster: the same for every node. */
export interface Plan {
  readonly cluster: ClusterModel;
  readonly pools: readonly Pool[];
  readonly nodes: readonly CalicoNode[];
  /** Those with a network of their own, by node. */
  readonly pods: ReadonlyMap<string, readonly PodModel[]>;
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
  const special = new Set(calicoObjects(cluster, 'FelixConfiguration').map((d) => d.name));
  const settings = (node: string): Settings => {
    const key = special.has(`node.${node}`) ? node : '';
    const known = cache.get(key) ?? settingsOf(cluster, key, version);
    cache.set(key, known);
    return known;
  };
  const common = settings('');
  const ipip = common.ipipEnabled ?? pools.some((p) => p.ipip !== 'Never');
  const vxlan = common.vxlanEnabled ?? pools.some((p) => p.vxlan !== 'Never');
  const nodes = calicoNodes(cluster);
  const pods = new Map<string, PodModel[]>();
  for (const pod of cluster.pods) {
    if (pod.hostNetwork || pod.ended || pod.netns === null) continue;
    if (pools.length > 0 && !poolFor(pools, pod.ip)) found.add('pod-outside-pools', pod.because.source ?? { input: '', line: 0 }, `${pod.namespace}/${pod.name} ${formatIp4(pod.ip)}`);
    const there = pods.get(pod.node);
    if (there) there.push(pod);
    else pods.set(pod.node, [pod]);
  }
  return { cluster, pools, nodes, pods, ipam: ipamOf(cluster, pools, { ipip, vxlan }), bgp: bgpTopology(cluster, nodes), settings, ipip, vxlan };
}
