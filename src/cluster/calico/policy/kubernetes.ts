import type { ClusterModel } from '../../model.ts';
import type { LabelSelector, NetworkPolicySpec, PolicyPeer, PolicyRuleSpec } from '../../objects/networkPolicy.ts';
import { parseSelector } from '../selector.ts';
import { type ApiEntity, toEntity } from './entity.ts';
import type { FelixPolicy, PolicyRule, Port } from './policy.ts';

/** Where every Kubernetes policy stands among Calico's. */
const ORDER = 1000;

/** A label selector in Calico's language (k8sSelectorToCalico(), libcalico-go lib/backend/k8s/conversion): pods are always those of Kubernetes. */
function selectorText(selector: LabelSelector | undefined, of: 'pods' | 'namespaces'): string {
  const terms = of === 'pods' ? ["projectcalico.org/orchestrator == 'k8s'"] : [];
  if (!selector) return terms.join(' && ');
  const labels = Object.entries(selector.matchLabels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (of === 'namespaces' && labels.length === 0 && selector.matchExpressions.length === 0) return 'all()';
  terms.push(...labels.map(([key, value]) => `${key} == '${value}'`));
  for (const { key, operator, values } of selector.matchExpressions) {
    const list = values.join("', '");
    terms.push({ In: `${key} in { '${list}' }`, NotIn: `${key} not in { '${list}' }`, Exists: `has(${key})`, DoesNotExist: `! has(${key})` }[operator]);
  }
  return terms.join(' && ');
}

const peerOf = (peer: PolicyPeer | undefined): ApiEntity => {
  if (!peer) return {};
  if (peer.kind === 'ipBlock') return { nets: [peer.cidr ?? ''], notNets: peer.except };
  return { selector: selectorText(peer.pods, 'pods'), ...(peer.namespaces ? { namespaceSelector: selectorText(peer.namespaces, 'namespaces') } : {}) };
};

/** Adjacent and repeated numbers as ranges, behind the names (SimplifyPorts()). */
function simplified(ports: readonly Port[]): readonly Port[] {
  const ranges = ports.filter((p) => 'first' in p).toSorted((a, b) => a.first - b.first);
  const single = ranges.length === 1 && ranges[0]?.first === ranges[0]?.last;
  if (ports.length <= 1 || ranges.length === 0 || single) return ports;
  const merged: { first: number; last: number }[] = [];
  for (const { first, last } of ranges) {
    const open = merged.at(-1);
    if (open && first <= open.last + 1) open.last = Math.max(open.last, last);
    else merged.push({ first, last });
  }
  return [...ports.filter((p) => 'name' in p), ...merged];
}

/** Ports by protocol, protocols by name; no entry: every packet. */
function portsOf(rule: PolicyRuleSpec): readonly { readonly protocol: string | undefined; readonly ports: readonly Port[] }[] {
  if (rule.ports.length === 0) return [{ protocol: undefined, ports: [] }];
  const byProtocol = new Map<string, Port[] | 'all'>();
  for (const { protocol, port, endPort } of rule.ports) {
    const known = byProtocol.get(protocol);
    if (port === undefined || known === 'all') byProtocol.set(protocol, 'all');
    else byProtocol.set(protocol, [...(known ?? []), typeof port === 'number' ? { first: port, last: endPort ?? port } : { name: port }]);
  }
  return [...byProtocol].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([protocol, ports]) => ({ protocol: protocol.toLowerCase(), ports: ports === 'all' ? [] : simplified(ports) }));
}

/** One rule for each protocol and peer (k8sRuleToCalico()). */
function rulesOf(cluster: ClusterModel, policy: NetworkPolicySpec, direction: 'ingress' | 'egress'): readonly PolicyRule[] {
  const document = cluster.documents.find((d) => d.kind === 'NetworkPolicy' && d.apiVersion.startsWith('networking.k8s.io/') && d.name === policy.name && d.namespace === policy.namespace);
  return policy[direction].flatMap((rule, i) => {
    const because = { ...policy.because, part: `${direction} rule ${i + 1}`, ...(document ? { source: document.at('spec', direction, i) } : {}) };
    const peers: readonly (PolicyPeer | undefined)[] = rule.peers.length > 0 ? rule.peers : [undefined];
    return portsOf(rule).flatMap(({ protocol, ports }) =>
      peers.flatMap((peer): readonly PolicyRule[] => {
        const [source, destination] = direction === 'ingress'
          ? [toEntity(peerOf(peer), policy.namespace), toEntity({ ports }, undefined)]
          : [toEntity({}, undefined), toEntity({ ...peerOf(peer), ports }, policy.namespace)];
        return source && destination ? [{ action: 'allow', protocol, source, destination, annotations: [], because }] : [];
      }),
    );
  });
}

/** Kubernetes' NetworkPolicies as Felix gets them. */
export function kubernetesPolicies(cluster: ClusterModel): readonly FelixPolicy[] {
  return cluster.policies.flatMap((policy): readonly FelixPolicy[] => {
    const own = selectorText(policy.podSelector, 'pods');
    const selector = parseSelector(`(${own}) && projectcalico.org/namespace == '${policy.namespace}'`);
    if (!selector) return [];
    return [
      {
        id: { kind: 'KubernetesNetworkPolicy', namespace: policy.namespace, name: policy.name },
        tier: 'default',
        order: ORDER,
        governs: { ingress: policy.types.includes('Ingress'), egress: policy.types.includes('Egress') },
        selector,
        selectorText: selector.text,
        ingress: rulesOf(cluster, policy, 'ingress'),
        egress: rulesOf(cluster, policy, 'egress'),
        because: policy.because,
      },
    ];
  });
}
