import type { FelixTable } from '../chains.ts';
import { chainName, setName } from '../names.ts';
import { ANYBODY, policyName, policyTitle, type PolicyRule } from '../policy/policy.ts';
import { action, type FelixAction, type FelixChain, type FelixRule, match } from '../rule.ts';
import { dispatchChains, endpointMarkChains } from './dispatch.ts';
import { endpointChain, PREFIXES, profilesOf } from './endpointChain.ts';
import type { RuleContext } from './node.ts';
import { denyAction, denyWord, policyRules } from './policyChain.ts';
import { cidrBlockChain, jumpTo } from './rawMangleNat.ts';

const HOST_ACCEPTED = 'Host endpoint policy accepted packet.';
const ACCEPTED = 'Policy explicitly accepted packet.';

const allowed = ({ settings }: RuleContext): FelixAction => (settings.allow.filter === 'RETURN' ? action.return : action.accept);

function forward({ settings: { marks, features } }: RuleContext): readonly FelixRule[] {
  return [
    { action: action.clearMark(marks.all - marks.accept) },
    { match: [match.markClear(marks.accept)], action: action.jump('cali-from-hep-forward') },
    { match: [match.inInterface('cali+')], action: action.jump('cali-from-wl-dispatch') },
    { match: [match.outInterface('cali+')], action: action.jump('cali-to-wl-dispatch') },
    { action: action.jump('cali-to-hep-forward') },
    ...(features.cidrBlock ? [{ action: action.jump('cali-cidr-block') }] : []),
  ];
}

/** Packets of tunnels: only from nodes of the cluster, and only to this one. */
function tunnelInput({ plan, settings, ...context }: RuleContext): readonly FelixRule[] {
  const { what, allowed: hosts } = settings.features.vxlanHosts;
  const local = match.destinationType('LOCAL');
  const vxlan = [match.protocol(17), match.destinationPorts(String(settings.vxlanPort))];
  const accept = allowed({ plan, settings, ...context });
  return [
    ...(plan.ipip
      ? [
          { comments: ['Allow IPIP packets from Calico hosts'], match: [match.protocol(4), match.set(setName('all-hosts-net'), 'src'), local], action: accept },
          { comments: [`${denyWord(settings)} IPIP packets from non-Calico hosts`], match: [match.protocol(4)], action: denyAction(settings) },
        ]
      : []),
    ...(plan.vxlan
      ? [
          { comments: [`Allow ${what} from ${hosts} hosts`], match: [...vxlan, match.set(setName('all-vxlan-net'), 'src'), local], action: accept },
          { comments: [`Drop ${what} from non-${hosts} hosts`], match: [...vxlan, local], action: action.drop },
        ]
      : []),
  ];
}

function input(context: RuleContext): readonly FelixRule[] {
  const { marks } = context.settings;
  const accepted = [match.markSet(marks.accept)];
  return [
    ...tunnelInput(context),
    ...(context.ipvs ? [{ action: action.clearMark(marks.endpoint) }, { action: action.jump('cali-forward-check') }, { match: [match.markNotClear(marks.endpoint)], action: action.return }] : []),
    { match: [match.inInterface('cali+')], action: action.goTo('cali-wl-to-host') },
    { match: accepted, action: allowed(context) },
    { action: action.clearMark(marks.all) },
    { action: action.jump('cali-from-host-endpoint') },
    { comments: [HOST_ACCEPTED], match: accepted, action: allowed(context) },
  ];
}

function output(context: RuleContext): readonly FelixRule[] {
  const { plan, settings, ipvs } = context;
  const { marks, features } = settings;
  const accepted = [match.markSet(marks.accept)];
  const local = match.sourceType('LOCAL');
  return [
    { match: accepted, action: allowed(context) },
    ...(ipvs ? [{ match: [match.markNotClear(marks.endpoint)], action: action.goTo('cali-forward-endpoint-mark') }] : []),
    { match: [match.outInterface('cali+')], action: action.return },
    ...(plan.ipip ? [{ comments: ['Allow IPIP packets to other Calico hosts'], match: [match.protocol(4), match.set(setName('all-hosts-net'), 'dst'), local], action: allowed(context) }] : []),
    ...(plan.vxlan
      ? [{ comments: [`Allow ${features.vxlanHosts.what} to other ${features.vxlanHosts.allowed} hosts`], match: [match.protocol(17), match.destinationPorts(String(settings.vxlanPort)), local, match.set(setName('all-vxlan-net'), 'dst')], action: allowed(context) }]
      : []),
    { action: action.clearMark(marks.all) },
    { match: features.manglePostrouting ? [match.ctstate('DNAT', true)] : [], action: action.jump('cali-to-host-endpoint') },
    { comments: [HOST_ACCEPTED], match: accepted, action: allowed(context) },
  ];
}

/** With IPVS a packet for a service comes through INPUT and leaves through OUTPUT: what is only passing is told apart in the one and policed in the other. */
function ipvsChains(context: RuleContext): readonly FelixChain[] {
  if (!context.ipvs) return [];
  const { marks, nodePortRanges } = context.settings;
  const here = setName('this-host');
  const ports = nodePortRanges.map(([first, last]) => (first === last ? String(first) : `${first}:${last}`)).join(',');
  const check: readonly FelixRule[] = [
    { match: [match.ctstate('RELATED,ESTABLISHED')], action: action.return },
    ...(['tcp', 'udp'] as const).map((protocol) => ({ comments: ['To kubernetes NodePort service'], match: [match.protocol(protocol), match.destinationPorts(ports), match.set(here, 'dst')], action: action.goTo('cali-set-endpoint-mark') })),
    { comments: ['To kubernetes service'], match: [match.set(here, 'dst', true)], action: action.jump('cali-set-endpoint-mark') },
  ];
  const passing: readonly FelixRule[] = [
    { match: [match.mark(marks.noEndpoint, marks.endpoint, true)], action: action.jump('cali-from-endpoint-mark') },
    { match: [match.outInterface('cali+')], action: action.jump('cali-to-wl-dispatch') },
    { action: action.jump('cali-to-hep-forward') },
    { action: action.clearMark(marks.endpoint) },
    { comments: [ACCEPTED], match: [match.markSet(marks.accept)], action: allowed(context) },
  ];
  return [{ name: 'cali-forward-check', rules: check }, { name: 'cali-forward-endpoint-mark', rules: passing }, ...endpointMarkChains(context)];
}

/** Chains of the policies that select a pod of this node, for both directions, and of its pods' profiles. */
function policyChains({ tiers, workloads, book, settings, plan }: RuleContext): readonly FelixChain[] {
  const active = tiers.flatMap((t) => t.policies).filter((p) => workloads.some((w) => p.selector.matches(w.endpoint.labels)));
  const { features } = settings;
  const chains = active.flatMap((policy) =>
    (['ingress', 'egress'] as const).map((direction): FelixChain => {
      const rules = policyRules(policy[direction], `${policyTitle(policy, features)} ${direction}`, book, settings).map((r) => ({ because: policy.because, ...r }));
      return { name: chainName(PREFIXES[direction].policy, policyName(policy, features)), rules };
    }),
  );
  const profiles = new Map(workloads.flatMap((w) => profilesOf(w).map((name) => [name, w] as const)));
  for (const [profile, { pod }] of profiles) {
    const space = profile.startsWith('kns.');
    const because = space ? (plan.cluster.namespaces.find((n) => n.name === pod.namespace)?.because ?? { kind: 'Namespace', namespace: undefined, name: pod.namespace }) : { kind: 'ServiceAccount', namespace: pod.namespace, name: pod.serviceAccount };
    // A namespace's profile allows everything, a service account's has no rule (libcalico-go lib/backend/k8s/conversion).
    const everything: readonly PolicyRule[] = space ? [{ action: 'allow', source: ANYBODY, destination: ANYBODY, annotations: [], because }] : [];
    for (const direction of ['ingress', 'egress'] as const) {
      chains.push({ name: chainName(PREFIXES[direction].profile, profile), rules: policyRules(everything, `Profile ${profile} ${direction}`, book, settings).map((r) => ({ because, ...r })) });
    }
  }
  return chains;
}

/** Table filter: who may speak to whom. */
export function filterTable(context: RuleContext): FelixTable {
  const { settings, because } = context;
  const endpoints = context.workloads.flatMap((w) => (['ingress', 'egress'] as const).map((direction) => endpointChain(w, direction, context)));
  const toHost = { ACCEPT: action.accept, DROP: denyAction(settings), RETURN: action.return }[settings.toHost.value];
  const fixed: readonly FelixChain[] = [
    { name: 'cali-FORWARD', rules: forward(context) },
    { name: 'cali-INPUT', rules: input(context) },
    { name: 'cali-OUTPUT', rules: output(context) },
    { name: 'cali-wl-to-host', rules: [{ action: action.jump('cali-from-wl-dispatch') }, { comments: ['Configured DefaultEndpointToHostAction'], action: toHost, because: settings.toHost.because }] },
    ...['cali-from-hep-forward', 'cali-to-hep-forward', 'cali-from-host-endpoint', 'cali-to-host-endpoint'].map((name) => ({ name, rules: [] })),
    ...ipvsChains(context),
  ].map(({ name, rules }) => ({ name, rules: rules.map((r) => ({ because, ...r })) }));
  const end: readonly FelixRule[] = [
    { comments: [ACCEPTED], match: [match.markSet(settings.marks.accept)], action: allowed(context), because },
    ...(settings.features.manglePostrouting ? [{ action: action.setMark(settings.marks.accept), because }] : []),
  ];
  return {
    name: 'filter',
    inserts: { INPUT: jumpTo('cali-INPUT', context), FORWARD: jumpTo('cali-FORWARD', context), OUTPUT: jumpTo('cali-OUTPUT', context) },
    appends: { FORWARD: end },
    chains: [...fixed, ...dispatchChains(context), ...endpoints.map((e) => e.chain), ...endpoints.flatMap((e) => e.groups), ...policyChains(context), cidrBlockChain(context)],
  };
}
