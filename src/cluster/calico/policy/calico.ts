import type { DiagnosticList } from '../../../dumps/diagnostic.ts';
import type { Because } from '../../because.ts';
import type { ClusterModel } from '../../model.ts';
import { becauseOf, field, type KubeDocument, labelsOf, listOf, textOf, textsOf } from '../../objects/document.ts';
import { parseSelector, prefixLabels } from '../selector.ts';
import { calicoObjects } from '../settings.ts';
import { type ApiEntity, toEntity } from './entity.ts';
import type { FelixPolicy, Icmp, PolicyRule, Port, Protocol } from './policy.ts';

/** `80`, `"8000:8080"` or `"http"`. */
function portOf(value: unknown): Port | undefined {
  const text = String(value);
  const range = /^(\d+)(?::(\d+))?$/.exec(text);
  if (range) return { first: Number(range[1]), last: Number(range[2] ?? range[1]) };
  return typeof value === 'string' && value !== '' ? { name: value } : undefined;
}

const portsOf = (value: unknown): readonly Port[] => listOf(value).map(portOf).filter((p) => p !== undefined);

function apiEntity(value: unknown, namespace: string | undefined): ApiEntity {
  const accounts = field(value, 'serviceAccounts');
  const service = textOf(field(value, 'services', 'name'));
  return {
    selector: textOf(field(value, 'selector')),
    namespaceSelector: textOf(field(value, 'namespaceSelector')),
    notSelector: textOf(field(value, 'notSelector')),
    serviceAccounts: accounts === undefined ? undefined : { names: textsOf(field(accounts, 'names')), selector: textOf(field(accounts, 'selector')) },
    nets: textsOf(field(value, 'nets')),
    notNets: textsOf(field(value, 'notNets')),
    ports: portsOf(field(value, 'ports')),
    notPorts: portsOf(field(value, 'notPorts')),
    service: service && `${textOf(field(value, 'services', 'namespace')) ?? namespace ?? ''}/${service}`,
  };
}

/** Names are told in any case (`TCP`); Felix writes them in lower case. */
const protocolOf = (value: unknown): Protocol | undefined => (typeof value === 'number' ? value : /^\d+$/.test(textOf(value) ?? '') ? Number(value) : textOf(value)?.toLowerCase());

function icmpOf(value: unknown): Icmp | undefined {
  const [type, code] = [field(value, 'type'), field(value, 'code')];
  return typeof type === 'number' ? { type, code: typeof code === 'number' ? code : undefined } : undefined;
}

const ACTIONS: Readonly<Record<string, PolicyRule['action']>> = { allow: 'allow', deny: 'deny', pass: 'pass', log: 'log' };

function ruleOf(value: unknown, namespace: string | undefined, because: Because): PolicyRule | undefined {
  const action = ACTIONS[(textOf(field(value, 'action')) ?? '').toLowerCase()];
  const source = toEntity(apiEntity(field(value, 'source'), namespace), namespace);
  const destination = toEntity(apiEntity(field(value, 'destination'), namespace), namespace);
  if (!action || !source || !destination || field(value, 'ipVersion') === 6) return undefined;
  return {
    action, source, destination, because,
    protocol: protocolOf(field(value, 'protocol')),
    notProtocol: protocolOf(field(value, 'notProtocol')),
    icmp: icmpOf(field(value, 'icmp')),
    notIcmp: icmpOf(field(value, 'notICMP')),
    annotations: Object.entries(labelsOf(field(value, 'metadata', 'annotations'))).map(([k, v]) => `${k}=${v}`).toSorted(),
  };
}

/** Whether a rule left out is one that only IPv6 has use for: not worth a word. */
const onlyIpv6 = (value: unknown): boolean =>
  field(value, 'ipVersion') === 6 || ['source', 'destination'].some((side) => ['nets', 'notNets'].some((list) => textsOf(field(value, side, list)).some((net) => net.includes(':'))));

function rulesOf(document: KubeDocument, direction: 'ingress' | 'egress', namespace: string | undefined, found: DiagnosticList): readonly PolicyRule[] {
  return listOf(field(document.value, 'spec', direction)).flatMap((value, i) => {
    const part = `${direction} rule ${i + 1}`;
    const rule = ruleOf(value, namespace, { ...becauseOf(document, part), source: document.at('spec', direction, i) });
    if (!rule && !onlyIpv6(value)) found.add('bad-object', document.at('spec', direction, i), `${document.kind} ${document.name} ${part}`);
    return rule ? [rule] : [];
  });
}

/** Ingress unless only egress rules are there, both when both are (libcalico-go lib/clientv3, defaultPolicyTypesField()). */
function typesOf(document: KubeDocument): readonly string[] {
  const given = textsOf(field(document.value, 'spec', 'types'));
  if (given.length > 0) return given.map((t) => t.toLowerCase());
  const [ingress, egress] = ['ingress', 'egress'].map((d) => listOf(field(document.value, 'spec', d)).length > 0);
  if (egress !== true) return ['ingress'];
  return ingress === true ? ['ingress', 'egress'] : ['egress'];
}

/** Whom a policy is about (syncersv1/updateprocessors, networkpolicyprocessor.go and globalnetworkpolicyprocessor.go). */
function policySelector(document: KubeDocument): string {
  const text = (name: string): string | undefined => textOf(field(document.value, 'spec', name));
  let selector = text('selector') ?? '';
  const narrow = (other: string | undefined, prefix: string, all: string | undefined): void => {
    if (other === undefined) return;
    const prefixed = prefixLabels(other, prefix);
    selector = selector === '' ? prefixed : `(${selector}) && ${prefixed}`;
    if (all !== undefined) selector = selector.replaceAll('all()', all);
  };
  const inside = document.kind === 'NetworkPolicy' ? `projectcalico.org/namespace == '${document.namespace ?? 'default'}'` : undefined;
  if (inside !== undefined) selector = selector === '' ? inside : `(${selector}) && ${inside}`;
  else narrow(text('namespaceSelector'), 'pcns.', 'has(projectcalico.org/namespace)');
  narrow(text('serviceAccountSelector'), 'pcsa.', inside === undefined ? 'has(projectcalico.org/serviceaccount)' : undefined);
  return selector;
}

/** Calico's own policies. Those for host endpoints alone (doNotTrack, preDNAT) say nothing about pods. */
export function calicoPolicies(cluster: ClusterModel, found: DiagnosticList): readonly FelixPolicy[] {
  return [...calicoObjects(cluster, 'NetworkPolicy'), ...calicoObjects(cluster, 'GlobalNetworkPolicy')].flatMap((document): readonly FelixPolicy[] => {
    const spec = field(document.value, 'spec');
    if (field(spec, 'doNotTrack') === true || field(spec, 'preDNAT') === true) return [];
    const selector = parseSelector(policySelector(document));
    if (!selector) {
      found.add('bad-object', document.at('spec', 'selector'), `${document.kind} ${document.name}`);
      return [];
    }
    const namespace = document.kind === 'NetworkPolicy' ? (document.namespace ?? 'default') : undefined;
    const tier = textOf(field(spec, 'tier')) ?? 'default';
    const order = field(spec, 'order');
    const types = typesOf(document);
    return [
      {
        id: { kind: document.kind === 'NetworkPolicy' ? 'NetworkPolicy' : 'GlobalNetworkPolicy', namespace, name: document.name.startsWith(`${tier}.`) ? document.name.slice(tier.length + 1) : document.name },
        tier,
        order: typeof order === 'number' ? order : undefined,
        governs: { ingress: types.includes('ingress'), egress: types.includes('egress') },
        selector,
        selectorText: selector.text,
        ingress: rulesOf(document, 'ingress', namespace, found),
        egress: rulesOf(document, 'egress', namespace, found),
        because: becauseOf(document),
      },
    ];
  });
}
