import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { Component, NodeContext } from '../component.ts';
import type { ClusterModel } from '../model.ts';
import { programIptables, wireIptables } from './iptables/iptables.ts';
import { programIpvs, wireIpvs } from './ipvs/ipvs.ts';
import { programKubelet } from './kubelet.ts';
import { reportSkipped } from './units.ts';
import { programUserspace, wireNftables } from './unmodelled.ts';
import { reportVersions } from './version.ts';

/** kube-proxy of every node, behind the kubelet's own rules; what it writes hangs on its mode and on its version there. */
export function kubeProxyOf(cluster: ClusterModel, found: DiagnosticList): Component | undefined {
  if (cluster.nodes.length === 0) return undefined;
  reportSkipped(cluster, found);
  reportVersions(cluster, found);
  const { modelled, wire, program } = MODES[cluster.kubeProxy.mode];
  if (!modelled) reportMode(cluster, found);
  return {
    name: 'kube-proxy',
    ...(wire && { wire }),
    program: (context) => {
      programKubelet(context);
      program?.(context);
    },
  };
}

interface Mode {
  readonly modelled: boolean;
  readonly wire?: (context: NodeContext) => void;
  readonly program?: (context: NodeContext) => void;
}

const MODES: Readonly<Record<ClusterModel['kubeProxy']['mode'], Mode>> = {
  iptables: { modelled: true, wire: wireIptables, program: programIptables },
  ipvs: { modelled: true, wire: wireIpvs, program: programIpvs },
  nftables: { modelled: false, wire: wireNftables },
  userspace: { modelled: false, program: programUserspace },
};

function reportMode(cluster: ClusterModel, found: DiagnosticList): void {
  const document = cluster.documents.find((d) => d.kind === 'KubeProxyConfiguration');
  const { mode } = cluster.kubeProxy;
  found.add(mode === 'userspace' ? 'userspace-mode' : 'unmodelled', document?.at('mode') ?? { input: '', line: 0 }, `kube-proxy --proxy-mode=${mode}`);
}
