import { parseFlow } from '../dumps/ovsFlow.ts';
import { parseRule } from '../dumps/ovsFlows.ts';
import { parseGroup } from '../dumps/ovsGroups.ts';
import { portNames } from '../dumps/ovsNames.ts';
import { ofproto, type OfprotoAnswer, type OfprotoOptions } from '../engine/openflow/ofproto.ts';
import type { Flow } from '../engine/openflow/types.ts';
import { printDpActions } from '../text/dpActions.ts';
import type { OpenFlowGroup, OpenFlowRule, OvsBridge, OvsPort } from '../world/openflow.ts';

/*
 * Bridges of Open vSwitch for tests, written as ovs-ofctl takes them.
 */

/** A port of a bridge: `p1` is a device of number 1. */
export const port = (name: string, ofport: number, more: Partial<OvsPort> = {}): OvsPort => ({
  name,
  ofport,
  type: 'system',
  typeText: '',
  peer: undefined,
  tunnel: undefined,
  tag: undefined,
  trunks: undefined,
  vlanMode: undefined,
  mac: undefined,
  source: undefined,
  ...more,
});

export const patch = (name: string, ofport: number, peer: string): OvsPort => port(name, ofport, { type: 'patch', typeText: 'patch', peer });

/** A line of add-flow; an unreadable one is a mistake of the test. */
export function rule(line: string): OpenFlowRule {
  const read = parseRule(line);
  if (!read) throw new Error(`no rule: ${line}`);
  return read;
}

function group(line: string): OpenFlowGroup {
  const read = parseGroup(line);
  if (!read) throw new Error(`no group: ${line}`);
  return read;
}

/** p1 to p4 and the bridge's own port. */
export const FOUR: readonly OvsPort[] = [1, 2, 3, 4].map((n) => port(`p${n}`, n));

interface BedBridge extends Partial<Omit<OvsBridge, 'flows' | 'groups'>> {
  readonly flows?: readonly string[];
  readonly groups?: readonly string[];
}

/** A bridge; of the datapath in user space, where a queue's number is the packet's priority. */
export const bridge = ({ flows = [], groups = [], ...more }: BedBridge = {}): OvsBridge => ({
  name: 'br0',
  failMode: 'secure',
  datapathType: 'netdev',
  ports: FOUR,
  tlvs: [],
  frags: 'normal',
  macs: [],
  source: undefined,
  ...more,
  flows: flows.map(rule),
  groups: groups.map(group),
});

/** A packet as ofproto/trace takes it. */
export function flowOf(text: string, at: OvsBridge): Flow {
  const read = parseFlow(text, portNames(at.ports));
  if ('error' in read) throw new Error(`${read.error}: ${read.text}`);
  return read.flow;
}

/** Follows a packet that comes in by the first bridge. */
export const follow = (bridges: readonly [OvsBridge, ...OvsBridge[]], flow: string, options: Partial<OfprotoOptions> = {}): OfprotoAnswer =>
  ofproto(bridges, bridges[0], flowOf(flow, bridges[0]), { ctNext: [], choices: {}, size: undefined, ...options });

/** What the datapath is told in each pass, with ports by their names. */
export const actionsOf = (answer: OfprotoAnswer): readonly string[] => answer.passes.map((p) => printDpActions(p.translation.actions, (_, name) => name));

/** The look-ups of all passes: `table/priority`, `table/-` for a miss, with the bridge in front where it is not br0. */
export const visitsOf = (answer: OfprotoAnswer): readonly string[] => answer.passes.flatMap((p) => p.visits.map((v) => `${v.bridge === 'br0' ? '' : `${v.bridge}:`}${v.table}/${v.rule?.priority ?? '-'}`));
