import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { Because } from '../because.ts';
import type { BridgeDraft } from '../draft/bridge.ts';
import { becauseOf, field, type KubeDocument, listOf, textOf } from '../objects/document.ts';
import { Fields } from '../objects/values.ts';
import { formatMatch } from './match.ts';
import type { SdnSpec } from './objects.ts';

/** An EgressNetworkPolicy: what the pods of a namespace may reach outside of the cluster. */
export interface EgressPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly EgressPolicyRule[];
  readonly because: Because;
}

interface EgressPolicyRule {
  readonly allow: boolean;
  /** Undefined: of IPv6, or a name whose addresses only the node's DNS knows. */
  readonly cidr: string | undefined;
}

export function readEgressPolicy(document: KubeDocument, found: DiagnosticList): EgressPolicy {
  const fields = new Fields(document, found);
  return {
    namespace: document.namespace ?? 'default',
    name: document.name,
    rules: listOf(fields.get('spec', 'egress')).map((rule, i) => {
      const dns = textOf(field(rule, 'to', 'dnsName'));
      const given = field(rule, 'to', 'cidrSelector');
      if (dns !== undefined && given === undefined) found.add('unmodelled', document.at('spec', 'egress', i, 'to', 'dnsName'), `dnsName ${dns}`);
      return { allow: field(rule, 'type') === 'Allow', cidr: fields.cidr(['spec', 'egress', i, 'to', 'cidrSelector'], given) };
    }),
    because: becauseOf({ ...document, namespace: document.namespace ?? 'default' }),
  };
}

/** Table 100 (UpdateEgressNetworkPolicyRules(), pkg/network/node/ovscontroller.go). The global VNID 0 has none. */
export function writeEgressPolicies(bridge: BridgeDraft, { egressPolicies, namespaces }: SdnSpec): void {
  const vnidOf = (policy: EgressPolicy): number => namespaces.get(policy.namespace)?.vnid ?? 0;
  for (const policy of egressPolicies) {
    const vnid = vnidOf(policy);
    if (vnid === 0) continue;
    const shared = [...namespaces.values()].filter((n) => n.vnid === vnid).length > 1;
    // Several that meet in one number leave no way to the outside.
    if (shared || egressPolicies.filter((p) => vnidOf(p) === vnid).length > 1) bridge.flow(100, 1, formatMatch({ reg0: vnid }), 'drop', policy.because);
    else writeRules(bridge, vnid, policy);
  }
}

function writeRules(bridge: BridgeDraft, vnid: number, { rules, because }: EgressPolicy): void {
  for (const [i, { allow, cidr }] of rules.entries()) {
    if (cidr === undefined) continue;
    // 0.0.0.0/32 is taken for a slip.
    const dst = cidr === '0.0.0.0/32' ? '0.0.0.0/0' : cidr;
    bridge.flow(100, rules.length - i, formatMatch({ proto: 'ip', reg0: vnid, dst }), allow ? 'goto_table:101' : 'drop', { ...because, part: `egress rule ${i + 1}` });
  }
}
