import type { OvsBridge } from '../../world/openflow.ts';

/** Whose rules a bridge has, where they show it: registers mean what their author uses them for. */
export type Design = 'ovn' | 'openshift-sdn' | 'antrea';

const known = new WeakMap<OvsBridge, Design | 'other'>();

/** Tables that Antrea has had from its first release on (pkg/agent/openflow/pipeline.go). */
const ANTREA = ['Classifier', 'SpoofGuard', 'ConntrackZone', 'L3Forwarding'];

function recognise({ flows = [], tlvs, tableNames = {} }: OvsBridge): Design | 'other' {
  const named = Object.values(tableNames);
  if (ANTREA.every((name) => named.includes(name))) return 'antrea';
  // OpenShift SDN leaves the version of its rules in a note (pkg/network/node/ovscontroller.go, ruleVersion).
  if (flows.some((r) => r.table === 253 && r.actions.some((a) => a.kind === 'note'))) return 'openshift-sdn';
  // OVN's Geneve option (controller/physical.c, OVN_GENEVE_CLASS), or its logical datapath and ports in the places that it has for them (include/ovn/logical-fields.h).
  if (tlvs.some((t) => t.optClass === 0x102 && t.optType === 0x80)) return 'ovn';
  let metadata = 0;
  let ports = 0;
  for (const { match } of flows) {
    const fields = new Set(match.map((m) => m.field));
    if (!fields.has('metadata')) continue;
    metadata++;
    if (fields.has('reg14') || fields.has('reg15')) ports++;
  }
  return metadata * 2 > flows.length && ports > 0 ? 'ovn' : 'other';
}

/** Whose rules these are; undefined when they could be anybody's. */
export function designOf(bridge: OvsBridge | undefined): Design | undefined {
  if (!bridge) return undefined;
  const design = known.get(bridge) ?? recognise(bridge);
  known.set(bridge, design);
  return design === 'other' ? undefined : design;
}
