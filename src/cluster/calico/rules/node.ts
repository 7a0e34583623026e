import type { Because } from '../../because.ts';
import type { PodModel } from '../../model.ts';
import type { Endpoint } from '../policy/endpoints.ts';
import type { FelixPolicy } from '../policy/policy.ts';
import type { Plan } from '../plan.ts';
import type { Settings } from '../settings.ts';
import type { SetBook } from './setBook.ts';

/** What the rules of a node are made of. */
export interface RuleContext {
  readonly plan: Plan;
  readonly settings: Settings;
  /** iptables and the kernel know `--random-fully` (iptables 1.6.2, Linux 3.14). */
  readonly randomFully: boolean;
  /** kube-proxy uses IPVS: packets for services pass INPUT and OUTPUT. */
  readonly ipvs: boolean;
  /** Whether the node has an address for each tunnel. */
  readonly tunnels: { readonly ipip: boolean; readonly vxlan: boolean };
  /** Its pods, by the name of the host's interface. */
  readonly workloads: readonly Workload[];
  readonly tiers: readonly Tier[];
  readonly book: SetBook;
  readonly because: Because;
}

export interface Workload {
  readonly dev: string;
  readonly pod: PodModel;
  readonly endpoint: Endpoint;
  /** Of Felix's endpoint marks, where IPVS needs them. */
  readonly mark: number;
}

/** Policies that are asked together: where none decides, the tier does. */
export interface Tier {
  readonly name: string;
  /** What becomes of a packet that none of its policies took. */
  readonly end: 'deny' | 'pass';
  /** In the order in which they are asked. */
  readonly policies: readonly FelixPolicy[];
}

/** Policies of a tier that decide about an endpoint in one direction. */
export const policiesFor = (tier: Tier, endpoint: Endpoint, direction: 'ingress' | 'egress'): readonly FelixPolicy[] => tier.policies.filter((p) => p.governs[direction] && p.selector.matches(endpoint.labels));
