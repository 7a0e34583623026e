import { formatIp4 } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import type { BridgeDraft } from '../draft/bridge.ts';
import type { ClusterModel, PodModel } from '../model.ts';
import { type LabelSelector, type NetworkPolicySpec, type PolicyPeer, type PolicyRuleSpec, selects } from '../objects/networkPolicy.ts';
import { formatMatch, type PolicyMatch } from './match.ts';
import type { NetNamespace } from './netNamespaces.ts';
import type { SdnSpec } from './objects.ts';
import { networksOf, portsOf } from './ranges.ts';

/*
 * Mode networkpolicy (pkg/network/node/networkpolicy.go, release 4.10): egress rules in table 27, ingress rules in table 80, for the
 * namespaces that have pods on this node.
 */

/** With this many rules a policy is left out (skipIfTooManyFlows()). */
const TOO_MANY = 10_000;

/** Pods of the node's own network count for the peers of a policy as number 0, like those of namespace `default`. */
const HOST_NETWORK_NAMESPACE = 'openshift-host-network';

type Direction = 'ingress' | 'egress';

/** What differs between the two directions: `ours` are the pods that the policy selects, `theirs` its peers. */
const SIDES = {
  ingress: { table: 80, reg: 'reg1', ours: 'dst', theirs: 'src', pass: 'output:NXM_NX_REG2[]' },
  egress: { table: 27, reg: 'reg0', ours: 'src', theirs: 'dst', pass: 'goto_table:30' },
} as const;

/** Rules that stand whatever policies there are (Start()). */
export function writePolicyStart(bridge: BridgeDraft, { cidrs, serviceNetwork, because }: SdnSpec): void {
  bridge.flow(27, 300, `ip,nw_dst=${serviceNetwork}`, 'goto_table:30', because);
  bridge.flow(80, 200, 'ct_state=+rpl,ip', 'output:NXM_NX_REG2[]', because);
  bridge.flow(27, 200, 'ct_state=+rpl,ip', 'goto_table:30', because);
  for (const src of cidrs) for (const dst of cidrs) bridge.flow(30, 100, `ct_state=-rpl,ip,nw_src=${src},nw_dst=${dst}`, 'ct(commit,table=31)', because);
}

/** The policies of one namespace (generateNamespaceFlows()). */
export function writeNamespacePolicies(bridge: BridgeDraft, sdn: SdnSpec, cluster: ClusterModel, namespace: NetNamespace): void {
  const policies = cluster.policies.filter((p) => p.namespace === namespace.name).map((p) => parsed(p, sdn, cluster, namespace));
  for (const direction of ['ingress', 'egress'] as const) writeDirection(bridge, namespace, direction, policies.flatMap((p) => p[direction] ?? []));
}

interface ParsedSide {
  readonly policy: NetworkPolicySpec;
  /** Undefined: every pod of the namespace. */
  readonly selected: readonly string[] | undefined;
  readonly matches: readonly { readonly match: PolicyMatch; readonly because: Because }[];
}

function writeDirection(bridge: BridgeDraft, { vnid, because }: NetNamespace, direction: Direction, sides: readonly ParsedSide[]): void {
  const { table, reg, ours, pass } = SIDES[direction];
  for (const { matches } of sides) for (const { match, because: rule } of matches) bridge.flow(table, 150, formatMatch({ ...match, [reg]: vnid }), pass, rule);
  if (sides.some((s) => s.selected === undefined)) return; // the drop of priority 0 is what is left
  for (const { policy, selected } of sides) for (const ip of selected ?? []) bridge.flow(table, 100, formatMatch({ proto: 'ip', [reg]: vnid, [ours]: ip }), 'drop', policy.because);
  bridge.flow(table, 50, formatMatch({ [reg]: vnid }), pass, because);
}

/** parseNetworkPolicy(). */
function parsed(policy: NetworkPolicySpec, sdn: SdnSpec, cluster: ClusterModel, namespace: NetNamespace): { readonly [D in Direction]: ParsedSide | undefined } {
  const selected = isEverything(policy.podSelector) ? undefined : addressesOf(cluster, policy.namespace, policy.podSelector);
  const side = (direction: Direction, rules: readonly PolicyRuleSpec[]): ParsedSide => ({
    policy,
    selected,
    matches: rules.flatMap((rule, i) => {
      const because = { ...policy.because, part: `${direction} rule ${i + 1}` };
      return matchesOf(rule, direction, selected, sdn, cluster, namespace).map((match) => ({ match, because }));
    }),
  });
  const ingress = policy.types.includes('Ingress') ? side('ingress', policy.ingress) : undefined;
  const egress = policy.types.includes('Egress') ? side('egress', policy.egress) : undefined;
  const tooMany = (ingress?.matches.length ?? 0) + (egress?.matches.length ?? 0) >= TOO_MANY;
  return { ingress: ingress && tooMany ? { ...ingress, matches: [] } : ingress, egress: egress && tooMany ? { ...egress, matches: [] } : egress };
}

/** Every selected pod with every peer with every port. */
function matchesOf(rule: PolicyRuleSpec, direction: Direction, selected: readonly string[] | undefined, sdn: SdnSpec, cluster: ClusterModel, namespace: NetNamespace): readonly PolicyMatch[] {
  const targets: readonly PolicyMatch[] = selected?.map((ip) => ({ proto: 'ip', [SIDES[direction].ours]: ip })) ?? [{}];
  const peers = rule.peers.length === 0 ? [{}] : rule.peers.flatMap((peer) => peerMatches(peer, direction, sdn, cluster, namespace));
  const ports = portMatches(rule);
  return targets.flatMap((target) => peers.flatMap((peer) => ports.map((port) => ({ ...target, ...peer, ...port }))));
}

/** parsePortFlows(). Ports by name are passed over; a range brings a rule for port 0 with it, which the program does not mean. */
function portMatches({ ports }: PolicyRuleSpec): readonly PolicyMatch[] {
  if (ports.length === 0) return [{}];
  return ports.flatMap(({ protocol, port, endPort }): readonly PolicyMatch[] => {
    const proto = ({ TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const)[protocol];
    if (port === undefined) return [{ proto }];
    if (typeof port === 'string') return [];
    return (endPort === undefined ? [String(port)] : [...portsOf(port, endPort), '0']).map((tpDst) => ({ proto, tpDst }));
  });
}

/** parsePeerFlows(): namespaces by their number where that is known, which it is not for the far end of egress; pods by address. */
function peerMatches(peer: PolicyPeer, direction: Direction, sdn: SdnSpec, cluster: ClusterModel, namespace: NetNamespace): readonly PolicyMatch[] {
  const { theirs } = SIDES[direction];
  const at = (addresses: readonly string[]): readonly PolicyMatch[] => addresses.map((address) => ({ proto: 'ip', [theirs]: address }));
  if (peer.kind === 'ipBlock') return peer.cidr === undefined ? [] : at(networksOf(peer.cidr, peer.except));
  if (peer.namespaces === undefined) {
    const pods = peer.pods ?? EVERYTHING;
    return direction === 'ingress' && isEverything(pods) ? [{ reg0: namespace.vnid }] : at(addressesOf(cluster, namespace.name, pods));
  }
  if (peer.pods === undefined && isEverything(peer.namespaces)) return [{}];
  const chosen = selectedNamespaces(peer.namespaces, sdn, cluster);
  if (peer.pods === undefined && direction === 'ingress') return chosen.map(({ name, vnid }) => ({ reg0: name === HOST_NETWORK_NAMESPACE ? 0 : vnid }));
  const pods = peer.pods ?? EVERYTHING;
  return chosen.flatMap(({ name }) => at(addressesOf(cluster, name, pods)));
}

const EVERYTHING: LabelSelector = { matchLabels: {}, matchExpressions: [] };

const isEverything = ({ matchLabels, matchExpressions }: LabelSelector): boolean => Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;

const selectedNamespaces = (selector: LabelSelector, { namespaces }: SdnSpec, cluster: ClusterModel): readonly NetNamespace[] =>
  cluster.namespaces.flatMap(({ name, labels }) => (selects(selector, labels) ? (namespaces.get(name) ?? []) : []));

/** Pods of the pods' network (selectPods()). */
const addressesOf = (cluster: ClusterModel, namespace: string, selector: LabelSelector): readonly string[] =>
  cluster.pods.flatMap((pod: PodModel) => (pod.namespace === namespace && !pod.hostNetwork && selects(selector, pod.labels) ? [formatIp4(pod.ip)] : []));
