import type { Because } from '../../because.ts';
import { base64url } from '../names.ts';
import type { Selector } from '../selector.ts';
import type { Features } from '../version.ts';

/** A policy as Felix has it, whatever kind of object it was. */
export interface FelixPolicy {
  readonly id: PolicyId;
  readonly tier: string;
  /** Undefined: behind all that have one. */
  readonly order: number | undefined;
  readonly governs: { readonly ingress: boolean; readonly egress: boolean };
  /** Whose packets it decides about. */
  readonly selector: Selector;
  /** As it was written, by which policies are grouped. */
  readonly selectorText: string;
  readonly ingress: readonly PolicyRule[];
  readonly egress: readonly PolicyRule[];
  readonly because: Because;
}

export interface PolicyId {
  readonly kind: 'NetworkPolicy' | 'GlobalNetworkPolicy' | 'KubernetesNetworkPolicy';
  readonly namespace: string | undefined;
  /** Without the prefixes `knp.` and that of its tier. */
  readonly name: string;
}

export interface PolicyRule {
  readonly action: 'allow' | 'deny' | 'pass' | 'log';
  readonly protocol?: Protocol | undefined;
  readonly notProtocol?: Protocol | undefined;
  readonly icmp?: Icmp | undefined;
  readonly notIcmp?: Icmp | undefined;
  readonly source: Entity;
  readonly destination: Entity;
  /** `key=value`, which become comments. */
  readonly annotations: readonly string[];
  readonly because: Because;
}

/** As written: `tcp`, or a number. */
export type Protocol = string | number;

export interface Icmp {
  readonly type: number;
  readonly code: number | undefined;
}

/** One side of a rule; every list that is not empty must hold. */
export interface Entity {
  readonly nets: readonly string[];
  readonly notNets: readonly string[];
  readonly selector: Selector | undefined;
  /** Only where there is no positive selector: else it is part of that. */
  readonly notSelector: Selector | undefined;
  readonly ports: readonly Port[];
  readonly notPorts: readonly Port[];
  /** `namespace/name` of a Service whose endpoints it means. */
  readonly service: string | undefined;
}

export type Port = { readonly first: number; readonly last: number } | { readonly name: string };

export const ANYBODY: Entity = { nets: [], notNets: [], selector: undefined, notSelector: undefined, ports: [], notPorts: [], service: undefined };

/** Felix's own name of a policy, of which chains are named. */
export function policyName({ id, tier }: Pick<FelixPolicy, 'id' | 'tier'>, features: Features): string {
  const space = id.namespace === undefined ? '' : `${id.namespace}/`;
  if (features.policyKinds) return `${{ NetworkPolicy: 'np', GlobalNetworkPolicy: 'gnp', KubernetesNetworkPolicy: 'knp' }[id.kind]}/${space}${id.name}`;
  return `${features.tiers ? `${tier}/` : ''}${oldPolicyName({ id, tier })}`;
}

/** How it was called before 3.32: with its tier in front of its own name. */
export function oldPolicyName({ id, tier }: Pick<FelixPolicy, 'id' | 'tier'>): string {
  const space = id.namespace === undefined ? '' : `${id.namespace}/`;
  return `${space}${id.kind === 'KubernetesNetworkPolicy' ? 'knp.default' : tier}.${id.name}`;
}

/** What the comment in its chains calls it. */
export const policyTitle = (policy: Pick<FelixPolicy, 'id' | 'tier'>, features: Features): string =>
  features.policyKinds ? `${policy.id.kind} ${policy.id.namespace === undefined ? '' : `${policy.id.namespace}/`}${policy.id.name}` : `Policy ${oldPolicyName(policy)}`;

/** Policies in the order in which Felix asks them: by order, then by name (felix/calc, policy_sorter.go). */
export const sortedPolicies = (policies: readonly FelixPolicy[], features: Features): readonly FelixPolicy[] =>
  policies.toSorted((a, b) => {
    const [x, y] = [a.order ?? Infinity, b.order ?? Infinity];
    if (x !== y) return x < y ? -1 : 1;
    return policyName(a, features) < policyName(b, features) ? -1 : 1;
  });

/** The id of a group of policies with one selector: 19 characters of a hash (PolicyGroup.UniqueID(), felix/rules/endpoints.go). */
export const groupId = (hash: Uint8Array): string => base64url(hash).slice(0, 28 - 'cali-gi-'.length);
