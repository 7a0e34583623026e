import type { DiagnosticList } from '../dumps/diagnostic.ts';
import type { HostDraft } from './draft/host.ts';
import type { ClusterModel, NodeModel } from './model.ts';

/** A node while its programs set it up. */
export interface NodeContext {
  readonly cluster: ClusterModel;
  readonly node: NodeModel;
  readonly host: HostDraft;
  /** What the user should know about the objects: each with file and line. */
  readonly found: DiagnosticList;
}

/** The whole cluster, when the machines around the nodes are set up. */
export interface FabricContext {
  readonly cluster: ClusterModel;
  readonly found: DiagnosticList;
  /** A machine by name, made when it is not there. */
  readonly host: (name: string) => HostDraft;
}

/** A program of the cluster that changes machines: kube-proxy, kubelet, a network plugin, MetalLB's speakers, Neutron's agent. */
export interface Component {
  readonly name: string;
  /** Devices, addresses, routes, neighbours, FDB entries and sysctls of one node and of its pods. Runs for every node: cheap. */
  readonly wire?: (context: NodeContext) => void;
  /** iptables, ipsets, IPVS of one node (and of its pods). Runs when a walk or a reader first asks for them, and only for that node. */
  readonly program?: (context: NodeContext) => void;
  /** Routers, switches and compute hosts around the nodes. Runs once, behind every `wire`. */
  readonly surround?: (context: FabricContext) => void;
}
