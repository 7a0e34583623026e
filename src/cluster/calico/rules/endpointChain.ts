import { sha3_224 } from '@noble/hashes/sha3.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { Because } from '../../because.ts';
import { chainName } from '../names.ts';
import { type FelixPolicy, groupId, oldPolicyName, policyName } from '../policy/policy.ts';
import { action, type FelixChain, type FelixRule, match } from '../rule.ts';
import type { Features } from '../version.ts';
import { policiesFor, type RuleContext, type Tier, type Workload } from './node.ts';
import { denyAction, denyWord } from './policyChain.ts';

type Direction = 'ingress' | 'egress';

/** Chains of each direction: `cali-tw-` is asked for packets to a pod, `cali-fw-` for those from one. */
export const PREFIXES = {
  ingress: { endpoint: 'cali-tw-', policy: 'cali-pi-', profile: 'cali-pri-', group: 'cali-gi-', word: 'inbound' },
  egress: { endpoint: 'cali-fw-', policy: 'cali-po-', profile: 'cali-pro-', group: 'cali-go-', word: 'outbound' },
} as const;

/** Profiles of a pod: its namespace's, which allows everything, and its service account's, which says nothing. */
export const profilesOf = ({ pod }: Workload): readonly string[] => [`kns.${pod.namespace}`, ...(pod.serviceAccount === '' ? [] : [`ksa.${pod.namespace}.${pod.serviceAccount}`])];

const DENY_ENCAPSULATED = 'encapped packets originating in workloads';

/** The chain of one pod and direction (endpointIptablesChain(), felix/rules/endpoints.go). */
export function endpointChain(workload: Workload, direction: Direction, context: RuleContext): { readonly chain: FelixChain; readonly groups: readonly FelixChain[] } {
  const { settings, plan } = context;
  const { marks, features } = settings;
  const { because } = workload.pod;
  const prefix = PREFIXES[direction];
  const deny = denyAction(settings);
  const word = denyWord(settings);
  const rules: FelixRule[] = [];
  const add = (rule: FelixRule): void => void rules.push({ because, ...rule });
  const known = [match.ctstate('RELATED,ESTABLISHED')];
  if (settings.allow.filter === 'RETURN') add({ match: known, action: action.setMark(marks.accept) });
  add({ match: known, action: settings.allow.filter === 'RETURN' ? action.return : action.accept });
  if (!settings.disableConntrackInvalid) add({ match: [match.ctstate('INVALID')], action: deny });
  add({ action: action.clearMark(marks.accept + (features.groups ? marks.pass : 0)) });
  if (direction === 'egress') {
    // A pod that wraps packets itself would come past its policies.
    add({ comments: [`${word} VXLAN ${DENY_ENCAPSULATED}`], match: [match.protocol(17), match.destinationPorts(String(settings.vxlanPort))], action: deny });
    add({ comments: [`${word} IPinIP ${DENY_ENCAPSULATED}`], match: [match.protocol(4)], action: deny });
  }
  const groups: FelixChain[] = [];
  for (const tier of context.tiers) {
    const policies = policiesFor(tier, workload.endpoint, direction);
    if (policies.length > 0) groups.push(...askTier(add, tier, policies, direction, context));
  }
  for (const profile of profilesOf(workload)) {
    add({ action: action.jump(chainName(prefix.profile, profile)), because: profile.startsWith('kns.') ? (plan.cluster.namespaces.find((n) => n.name === workload.pod.namespace)?.because ?? because) : because });
    add({ comments: ['Return if profile accepted'], match: [match.markSet(marks.accept)], action: action.return });
  }
  add({ comments: [`${word} if no profiles matched`], action: deny });
  return { chain: { name: chainName(prefix.endpoint, workload.dev), rules }, groups };
}

/** Jumps to the policies of a tier; what none of them took is refused at its end, unless the tier says `Pass`. */
function askTier(add: (rule: FelixRule) => void, tier: Tier, policies: readonly FelixPolicy[], direction: Direction, { settings }: RuleContext): readonly FelixChain[] {
  const { marks, features } = settings;
  const first = policies[0]?.because;
  if (!features.groups) add({ comments: ['Start of policies'], action: action.clearMark(marks.pass), because: first });
  if (features.tiers) add({ comments: [`Start of tier ${tier.name}`], action: action.clearMark(marks.pass), because: first });
  const made: FelixChain[] = [];
  for (const group of features.groups ? grouped(policies) : policies.map((p) => [p])) {
    const own = group[0]?.because;
    let chain = chainName(PREFIXES[direction].policy, group[0] ? policyName(group[0], features) : '');
    if (group.length > 1) {
      const groupChain = policyGroup(group, tier, direction, settings.marks, features);
      made.push(groupChain);
      chain = groupChain.name;
    }
    add({ match: [match.markClear(marks.pass)], action: action.jump(chain), because: own });
    add({ comments: ['Return if policy accepted'], match: [match.markSet(marks.accept)], action: action.return, because: own });
  }
  if (tier.end === 'pass') return made;
  const end = `${denyWord(settings)} if no policies passed packet`;
  add({ comments: [features.dropMark ? `End of tier ${tier.name}. ${end}` : end], match: [match.markClear(marks.pass)], action: denyAction(settings), because: policies.at(-1)?.because });
  return made;
}

/** Policies in a row that select the same pods (groupPolicies(), felix/dataplane/linux/endpoint_mgr.go). */
function grouped(policies: readonly FelixPolicy[]): readonly (readonly FelixPolicy[])[] {
  const groups: FelixPolicy[][] = [];
  for (const policy of policies) {
    if (groups.at(-1)?.[0]?.selectorText === policy.selectorText) groups.at(-1)?.push(policy);
    else groups.push([policy]);
  }
  return groups;
}

/** The chain of a group: it looks whether a policy has decided only behind every fifth (PolicyGroupToIptablesChains()). */
function policyGroup(policies: readonly FelixPolicy[], tier: Tier, direction: Direction, marks: RuleContext['settings']['marks'], features: Features): FelixChain {
  const prefix = PREFIXES[direction];
  const both = marks.pass + marks.accept;
  const rules = policies.flatMap((policy, i): readonly FelixRule[] => {
    const because: Because = policy.because;
    const fresh = i % 5 === 0;
    return [
      ...(fresh && i > 0 ? [{ comments: ['Return on verdict'], match: [match.markNotClear(both)], action: action.return, because }] : []),
      { match: fresh ? [] : [match.markClear(both)], action: action.jump(chainName(prefix.policy, policyName(policy, features))), because },
    ];
  });
  const names = policies.map((p) => (features.policyKinds ? `{Name: ${p.id.name}, Namespace: ${p.id.namespace ?? ''}, Kind: ${p.id.kind}}` : oldPolicyName(p)));
  const lines = [...(features.policyKinds ? [] : [tier.name]), policies[0]?.selectorText ?? '', prefix.word, String(policies.length), ...names];
  return { name: prefix.group + groupId(sha3_224(utf8ToBytes(lines.map((l) => `${l}\n`).join('')))), rules };
}
