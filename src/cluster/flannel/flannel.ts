import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { inPrefix } from '../../packet/address.ts';
import type { Component, NodeContext } from '../component.ts';
import type { ClusterModel, PodModel } from '../model.ts';
import { flannelConfigIn } from './config.ts';
import { type Lease, leasesOf } from './leases.ts';
import { programBridgeMasquerade, programFlanneld } from './rules.ts';
import { wireBackend, wirePods } from './wiring.ts';

const BR_NETFILTER = 'net.bridge.bridge-nf-call-iptables';

/** Flannel with its CNI plugin; undefined in a cluster without kube-flannel-cfg. */
export function flannelOf(cluster: ClusterModel, found: DiagnosticList): Component | undefined {
  const config = flannelConfigIn(cluster.documents, found);
  if (!config) return undefined;
  const leases = leasesOf(cluster, config, found);
  const podsOf = podsByNode(cluster, leases, found);
  return {
    name: 'flannel',
    wire: ({ host, node }: NodeContext) => {
      const mine = leases.get(node.name);
      if (!mine) return;
      wireBackend(host, config, mine, [...leases.values()].filter((l) => l !== mine), found);
      wirePods(host, config, mine, podsOf.get(node.name) ?? []);
      // What Flannel's documents and kubeadm demand of a node: br_netfilter loaded, and its switch on.
      if (host.own.sysctlOf(BR_NETFILTER) === undefined) host.own.sysctl(BR_NETFILTER, 1, config.because('br_netfilter'));
    },
    program: ({ host, node }: NodeContext) => {
      const mine = leases.get(node.name);
      if (!mine) return;
      programFlanneld(host.own.firewall, config, mine);
      programBridgeMasquerade(host.own.firewall, config, mine, podsOf.get(node.name) ?? []);
    },
  };
}

/** Pods with a network of their own, by node; one with an address that its node cannot have given is reported and left out. */
function podsByNode(cluster: ClusterModel, leases: ReadonlyMap<string, Lease>, found: DiagnosticList): ReadonlyMap<string, readonly PodModel[]> {
  const byNode = new Map<string, PodModel[]>();
  for (const pod of cluster.pods) {
    const lease = leases.get(pod.node);
    if (!lease || pod.hostNetwork || pod.ended) continue;
    if (!inPrefix(pod.ip, lease.subnet.ip, lease.subnet.prefixLen)) found.add('pod-outside-subnet', pod.because.source ?? { input: '', line: 0 }, `${pod.namespace}/${pod.name}`);
    else byNode.set(pod.node, [...(byNode.get(pod.node) ?? []), pod]);
  }
  return byNode;
}
