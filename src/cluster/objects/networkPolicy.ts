import type { Because } from '../because.ts';
import type { Protocol } from '../model.ts';

/** A Kubernetes NetworkPolicy (networking.k8s.io/v1). */
export interface NetworkPolicySpec {
  readonly namespace: string;
  readonly name: string;
  readonly podSelector: LabelSelector;
  readonly types: readonly ('Ingress' | 'Egress')[];
  readonly ingress: readonly PolicyRuleSpec[];
  readonly egress: readonly PolicyRuleSpec[];
  readonly because: Because;
}

export interface PolicyRuleSpec {
  /** None: everybody. */
  readonly peers: readonly PolicyPeer[];
  /** None: every port of every protocol. */
  readonly ports: readonly { readonly protocol: Protocol; readonly port: number | string | undefined; readonly endPort: number | undefined }[];
}

export type PolicyPeer =
  | { readonly kind: 'pods'; /** undefined: of the policy's own namespace */ readonly namespaces: LabelSelector | undefined; /** undefined: all */ readonly pods: LabelSelector | undefined }
  | { readonly kind: 'ipBlock'; /** undefined: of IPv6, so nobody of IPv4; a rule with this peer alone allows nothing */ readonly cidr: string | undefined; readonly except: readonly string[] };

/** Empty: everything. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly { readonly key: string; readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'; readonly values: readonly string[] }[];
}

/** Whether labels satisfy a selector (apimachinery, labels.Requirement.Matches). */
export const selects = (selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector.matchLabels).every(([key, value]) => labels[key] === value) &&
  selector.matchExpressions.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
    }
  });
