import { formatNet, parseNet } from '../pools.ts';
import { parseSelector, prefixLabels, type Selector } from '../selector.ts';
import type { Entity, Port } from './policy.ts';

/** One side of a rule as Calico's API has it; Kubernetes' peers are turned into it. */
export interface ApiEntity {
  readonly selector?: string | undefined;
  readonly namespaceSelector?: string | undefined;
  readonly notSelector?: string | undefined;
  readonly serviceAccounts?: { readonly names: readonly string[]; readonly selector: string | undefined } | undefined;
  readonly nets?: readonly string[];
  readonly notNets?: readonly string[];
  readonly ports?: readonly Port[];
  readonly notPorts?: readonly Port[];
  readonly service?: string | undefined;
}

const join = (...parts: readonly (string | undefined)[]): string | undefined => {
  const given = parts.filter((p) => p !== undefined);
  return given.length > 1 ? given.map((p) => `(${p})`).join(' && ') : given[0];
};

/** Service accounts as a selector (parseServiceAccounts(), syncersv1/updateprocessors/rules.go). */
function accountSelector({ names, selector }: NonNullable<ApiEntity['serviceAccounts']>): string | undefined {
  const byLabel = selector === undefined ? undefined : prefixLabels(selector, 'pcsa.');
  const byName = names.length === 0 ? undefined : parseSelector(`projectcalico.org/serviceaccount in { '${names.join("', '")}' }`)?.text;
  return join(byLabel, byName);
}

/**
 * Whom a side of a rule means, as one selector: a rule of a namespaced policy that selects at all selects inside that namespace, unless
 * it selects namespaces (getEndpointSelector()). A negated selector narrows a positive one (combineMatchesIfPossible(), felix/calc/rule_scanner.go).
 */
export function toEntity(api: ApiEntity, namespace: string | undefined): Entity | undefined {
  const nets = networks(api.nets ?? []);
  const notNets = networks(api.notNets ?? []);
  // A list of which nothing is left, because all of it was IPv6, makes the whole rule one for IPv6 (filterNets()).
  if (!nets || !notNets) return undefined;
  const inner = join(api.serviceAccounts && accountSelector(api.serviceAccounts), api.selector);
  const spaces = api.namespaceSelector === undefined
    ? namespace === undefined ? undefined : `projectcalico.org/namespace == '${namespace}'`
    : prefixLabels(api.namespaceSelector, 'pcns.').replaceAll('all()', 'has(projectcalico.org/namespace)').replaceAll('global()', '!has(projectcalico.org/namespace)');
  const chosen = inner !== undefined || api.notSelector !== undefined || api.namespaceSelector !== undefined;
  const positive = spaces !== undefined && chosen ? (inner === undefined ? spaces : `(${spaces}) && (${inner})`) : inner;
  const combined = positive !== undefined && api.notSelector !== undefined ? `(${positive}) && (!(${api.notSelector}))` : positive;
  const selector = read(combined);
  const notSelector = combined === undefined ? read(api.notSelector) : undefined;
  if ((combined !== undefined && !selector) || (combined === undefined && api.notSelector !== undefined && !notSelector)) return undefined;
  return { nets, notNets, selector, notSelector, ports: api.ports ?? [], notPorts: api.notPorts ?? [], service: api.service };
}

const read = (text: string | undefined): Selector | undefined => (text === undefined ? undefined : parseSelector(text));

function networks(texts: readonly string[]): readonly string[] | undefined {
  const nets = texts.flatMap((t) => {
    const net = parseNet(t);
    return net ? [formatNet(net)] : [];
  });
  return texts.length > 0 && nets.length === 0 ? undefined : nets;
}
