import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { ClusterModel, NodeModel } from '../model.ts';
import type { SdnSpec } from './objects.ts';

/** The minor version of OpenShift 4, which is kubelet's less 13: 4.10 has 1.23. Without any it is that of the flows that are read here first. */
export const releaseOf = ({ kubeletVersion }: NodeModel): number => (kubeletVersion ? kubeletVersion.minor - 13 : OLDEST);

/** Before it tables 21, 30 and 31 were others (rule versions up to 12). */
const OLDEST = 10;

export function checkReleases({ nodes }: ClusterModel, found: DiagnosticList): void {
  const older = nodes.find((n) => releaseOf(n) < OLDEST);
  if (older) found.add('unmodelled', older.because.source ?? { input: '', line: 0 }, `OpenShift SDN 4.${releaseOf(older)}`);
}

/** Whether br0 tracks connections; since 4.13 in every mode. kube-proxy's mode userspace, which forbade it, is not compiled. */
export const tracksConnections = ({ mode }: Pick<SdnSpec, 'mode'>, node: NodeModel): boolean => mode !== 'subnet' || releaseOf(node) >= 13;
