import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { Protocol } from '../model.ts';
import { becauseOf, field, type KubeDocument, labelsOf, listOf, textOf, textsOf } from './document.ts';
import type { LabelSelector, NetworkPolicySpec, PolicyPeer, PolicyRuleSpec } from './networkPolicy.ts';
import { Fields } from './values.ts';

export const selectorOf = (value: unknown): LabelSelector => ({
  matchLabels: labelsOf(field(value, 'matchLabels')),
  matchExpressions: listOf(field(value, 'matchExpressions')).flatMap((e) => {
    const key = textOf(field(e, 'key'));
    const operator = (['In', 'NotIn', 'Exists', 'DoesNotExist'] as const).find((o) => o === field(e, 'operator'));
    return key === undefined || operator === undefined ? [] : [{ key, operator, values: textsOf(field(e, 'values')) }];
  }),
});

export function readNetworkPolicy(document: KubeDocument, found: DiagnosticList): NetworkPolicySpec {
  const fields = new Fields(document, found);
  const egress = fields.get('spec', 'egress');
  const types = textsOf(fields.get('spec', 'policyTypes')).filter((t): t is 'Ingress' | 'Egress' => t === 'Ingress' || t === 'Egress');
  return {
    namespace: document.namespace ?? 'default',
    name: document.name,
    podSelector: selectorOf(fields.get('spec', 'podSelector')),
    // The API server's default: Ingress always, Egress when there are such rules.
    types: types.length > 0 ? types : Array.isArray(egress) && egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'],
    ingress: rulesOf(fields, 'ingress', 'from'),
    egress: rulesOf(fields, 'egress', 'to'),
    because: becauseOf({ ...document, namespace: document.namespace ?? 'default' }),
  };
}

const rulesOf = (fields: Fields, list: 'ingress' | 'egress', side: 'from' | 'to'): readonly PolicyRuleSpec[] =>
  listOf(fields.get('spec', list)).map((rule, r) => ({
    peers: listOf(field(rule, side)).flatMap((peer, p) => peerOf(fields, ['spec', list, r, side, p], peer)),
    ports: listOf(field(rule, 'ports')).map((port, p) => {
      const value = field(port, 'port');
      const protocol = field(port, 'protocol');
      const at = ['spec', list, r, 'ports', p] as const;
      return {
        protocol: protocol === 'UDP' || protocol === 'SCTP' ? protocol : ('TCP' satisfies Protocol),
        port: typeof value === 'string' ? value : fields.int([...at, 'port'], value, 1, 65_535),
        endPort: fields.int([...at, 'endPort'], field(port, 'endPort'), 1, 65_535),
      };
    }),
  }));

function peerOf(fields: Fields, path: readonly (string | number)[], peer: unknown): readonly PolicyPeer[] {
  const block = field(peer, 'ipBlock');
  if (block !== undefined) {
    const cidr = fields.cidr([...path, 'ipBlock', 'cidr'], field(block, 'cidr'));
    const except = listOf(field(block, 'except')).flatMap((e, i) => fields.cidr([...path, 'ipBlock', 'except', i], e) ?? []);
    return [{ kind: 'ipBlock', cidr, except }];
  }
  const namespaces = field(peer, 'namespaceSelector');
  const pods = field(peer, 'podSelector');
  return [{ kind: 'pods', namespaces: namespaces === undefined ? undefined : selectorOf(namespaces), pods: pods === undefined ? undefined : selectorOf(pods) }];
}
