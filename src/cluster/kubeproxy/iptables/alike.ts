import type { WrittenRule } from '../../draft/firewall.ts';
import type { ClusterModel } from '../../model.ts';
import type { ServiceUnit } from '../units.ts';
import type { Plan } from './plan.ts';

/** What the first node that wrote its rules leaves to the others, which write most services alike. */
export interface Alike {
  /** So many endpoints that comments are left out; undefined until somebody counted. */
  large: boolean | undefined;
  readonly rules: Map<ServiceUnit, readonly WrittenRule[]>;
}

const KEPT = new WeakMap<ClusterModel, Map<string, Alike>>();

/** Shared by the nodes of a cluster whose kube-proxies have the same version and find pods and node ports in the same way. */
export function alikeOf(cluster: ClusterModel, { version, local, nodePorts }: Pick<Plan, 'version' | 'local' | 'nodePorts'>): Alike {
  const kept = KEPT.get(cluster) ?? new Map<string, Alike>();
  KEPT.set(cluster, kept);
  const key = JSON.stringify([version.minor, local, nodePorts.ips.length > 0]);
  const alike = kept.get(key) ?? { large: undefined, rules: new Map() };
  kept.set(key, alike);
  return alike;
}

/** Whether no rule of a service depends on the node: neither its endpoints nor who may come. */
export const isAlike = (unit: ServiceUnit): boolean => !unit.internalLocal && !unit.externalLocal && !unit.hints && unit.sourceRanges.length === 0;
