import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { Component } from '../component.ts';
import type { ClusterModel } from '../model.ts';
import { programBridge } from './controller.ts';
import { claimsOf, egressOf } from './egress.ts';
import { programNode, programPod } from './firewall.ts';
import { readSdn } from './objects.ts';
import { checkReleases, tracksConnections } from './release.ts';
import { wireNode } from './wiring.ts';

/** OpenShift SDN 4.10 and newer: the host's half, and br0 with its rules. */
export function openshiftSdnOf(cluster: ClusterModel, found: DiagnosticList): Component | undefined {
  const sdn = readSdn(cluster, found);
  if (!sdn) return undefined;
  checkReleases(cluster, found);
  const egress = egressOf(sdn);
  return {
    name: 'openshift-sdn',
    wire: (context) => wireNode(context, sdn, claimsOf(egress, cluster, context.node)),
    program: (context) => {
      const { node, host } = context;
      programNode(host.own.firewall, sdn, tracksConnections(sdn, node), cluster, claimsOf(egress, cluster, node));
      programBridge(context, sdn, egress);
      for (const pod of cluster.pods) if (pod.node === node.name && pod.netns !== null) programPod(host.netns(pod.netns).firewall, pod.because);
    },
  };
}
