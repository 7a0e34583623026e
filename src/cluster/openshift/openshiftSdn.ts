import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { Component } from '../component.ts';
import type { ClusterModel } from '../model.ts';
import { claimsOf } from './egress.ts';
import { programNode, programPod } from './firewall.ts';
import { readSdn } from './objects.ts';
import { wireNode } from './wiring.ts';

/** OpenShift SDN 4.10: the host's half. */
export function openshiftSdnOf(cluster: ClusterModel, found: DiagnosticList): Component | undefined {
  const sdn = readSdn(cluster, found);
  if (!sdn) return undefined;
  return {
    name: 'openshift-sdn',
    wire: (context) => wireNode(context, sdn, claimsOf(sdn, context.node)),
    program: ({ node, host }) => {
      programNode(host.own.firewall, sdn, cluster, claimsOf(sdn, node));
      for (const pod of cluster.pods) if (pod.node === node.name && pod.netns !== null) programPod(host.netns(pod.netns).firewall, pod.because);
    },
  };
}
