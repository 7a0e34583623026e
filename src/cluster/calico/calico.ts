import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { Component } from '../component.ts';
import type { ClusterModel } from '../model.ts';
import { field } from '../objects/document.ts';
import { planOf } from './plan.ts';
import { calicoPolicies } from './policy/calico.ts';
import { endpointsOf } from './policy/endpoints.ts';
import { kubernetesPolicies } from './policy/kubernetes.ts';
import { policyWorldOf, type PolicyWorld, programNode } from './program.ts';
import { isCalico } from './settings.ts';
import { teachRouters } from './surround.ts';
import { findUnmodelled, markDataplane, markHostEndpoints } from './unmodelled.ts';
import { wireNode } from './wire.ts';

/** Whether Calico runs in the cluster: there is an object of its own, or a Node has its annotations. */
const isThere = (cluster: ClusterModel): boolean => cluster.documents.some(isCalico) || cluster.nodes.some((n) => Object.keys(n.annotations).some((key) => key.startsWith('projectcalico.org/')));

/**
 * Calico with its iptables dataplane: Felix, BIRD and the CNI plugin. Undefined where it does not run.
 *
 * Reads (crd.projectcalico.org or projectcalico.org): IPPool, FelixConfiguration (`default`, `node.NAME`), BGPConfiguration, BGPPeer,
 * IPAMBlock, BlockAffinity, ClusterInformation, Tier, NetworkPolicy, GlobalNetworkPolicy, NetworkSet, GlobalNetworkSet; Nodes'
 * annotations; Kubernetes' NetworkPolicies; and, where they are given, the DaemonSet calico-node, the ConfigMap calico-config, the
 * operator's Installation and ServiceAccounts.
 */
export function calicoOf(cluster: ClusterModel, found: DiagnosticList): Component | undefined {
  if (!isThere(cluster)) return undefined;
  // Canal: Flannel has the network and Calico only the policies. Pods are left to Flannel, and the policies are said to be missing.
  const flannel = cluster.documents.find((d) => d.kind === 'ConfigMap' && field(d.value, 'data', 'net-conf.json') !== undefined);
  if (flannel) {
    found.add('unmodelled', flannel.at('data', 'net-conf.json'), 'Canal (Calico beside Flannel)');
    return undefined;
  }
  const plan = planOf(cluster, found);
  // Read at once, so that what is wrong with them is found at once; whom they select is worked out when the first node is asked for.
  const policies = [...kubernetesPolicies(cluster), ...calicoPolicies(cluster, found)];
  const unmodelled = findUnmodelled(cluster, found);
  let world: PolicyWorld | undefined;
  return {
    name: 'calico',
    wire: (context) => wireNode(context, plan),
    surround: (context) => teachRouters(context, plan),
    program: (context) => {
      if (unmodelled.dataplane) return markDataplane(context.host, unmodelled.dataplane);
      world ??= policyWorldOf(policies, endpointsOf(cluster));
      programNode(context, plan, world);
      markHostEndpoints(context.host, context.node, unmodelled.hostEndpoints);
    },
  };
}
