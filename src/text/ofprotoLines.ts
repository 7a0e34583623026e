import type { OfprotoAnswer, OfprotoPass } from '../engine/openflow/ofproto.ts';
import type { Flow, Visit, VisitNote } from '../engine/openflow/types.ts';
import { printAction } from '../dumps/ovsActionsPrint.ts';
import { formatFlow } from '../dumps/ovsFlow.ts';
import { printMatch } from '../dumps/ovsMatchPrint.ts';
import { bridgeNames, formatTable, type OvsNames } from '../dumps/ovsNames.ts';
import type { OpenFlowRule, OvsBridge } from '../world/openflow.ts';
import { CT_STATE, FIELDS } from '../world/openflowFields.ts';
import { datapathPort, printDpActions } from './dpActions.ts';

/*
 * A walk through OpenFlow tables in the layout of `ovs-appctl ofproto/trace --names` (ofproto/ofproto-dpif-trace.c).
 */

const STATE_NAMES = Object.entries(CT_STATE);

/** Bits of ct_state as `trk|new`. */
export const printCtState = (state: number): string => STATE_NAMES.filter(([, bit]) => (state & bit) !== 0).map(([name]) => name).join('|');

/** `trk,est` as bits; undefined when a word is none of the states. */
export function parseCtState(text: string): number | undefined {
  let state = 0;
  for (const word of text.split(/[,|]/)) {
    const bit = STATE_NAMES.find(([name]) => name === word.trim())?.[1];
    if (bit === undefined) return undefined;
    state |= bit;
  }
  return state;
}

const OFPP_UNSET = 0xfff7;

/** A flow without what only the translator puts there. */
export function printFlow(flow: Flow, names: OvsNames): string {
  const shown = flow.slice();
  const at = FIELDS.get('actset_output')?.word ?? 0;
  if (shown[at] === OFPP_UNSET) shown[at] = 0;
  return formatFlow(shown, names);
}

/** The rule that a look-up found, as the switch shows it. */
export const printRuleHead = (rule: OpenFlowRule, names: OvsNames): string => [...printMatch(rule.match, names), ` priority ${rule.priority}`, ...(rule.cookie === '0' ? [] : [` cookie 0x${rule.cookie}`])].join(',').trimStart();

/** The bridge by its name, for the names of its ports and tables: tables that a dump has by name alone have no number but our own. */
const namesOf = (bridges: readonly OvsBridge[], bridge: string): OvsNames => bridgeNames(bridges.find((b) => b.name === bridge));

function noteLine(note: VisitNote): string | undefined {
  switch (note.kind) {
    case 'bucket':
      return `-> using bucket ${note.bucket} of group ${note.group}`;
    case 'no-group':
      return `>> output to nonexistent group ${note.group}`;
    case 'no-bucket':
      return '-> no live bucket';
    case 'refused':
      return note.why === 'in-port' ? '>> skipping output to input port' : `>> no output to port ${note.port}: ${note.why}`;
    case 'normal':
      return note.by === 'learned' ? '-> forwarding to learned port' : note.by === 'flood' ? '-> no learned MAC for destination, flooding' : '>> dropping';
    case 'conjunction':
      return `-> conjunction ${note.id} of ${note.clauses.length} dimensions`;
    case 'ttl-exceeded':
      return '>> decrement TTL exception';
    case 'stack-empty':
      return '>> stack underflow';
    case 'ignored':
      return `>> unmet prerequisites for ${note.field}, ignored`;
    case 'learned':
      return `-> learned a rule of table ${note.rule.table}`;
    case 'limit':
      return `>> over the limit: ${note.what}`;
    case 'unknown':
      return `>> unknown ${note.what}: ${note.name}`;
    case 'output':
      return undefined;
  }
}

/** The look-ups of a pass, each behind the action that led to it. */
function visitLines(bridges: readonly OvsBridge[], pass: OfprotoPass): readonly string[] {
  const { visits } = pass;
  const inside = new Map<Visit | undefined, Visit[]>();
  for (const visit of visits) {
    const parent = visit.parent === undefined ? undefined : pass.translation.visits[visit.parent];
    inside.set(parent, [...(inside.get(parent) ?? []), visit]);
  }
  const lines: string[] = [];
  const put = (indent: number, text: string): void => void lines.push(`${' '.repeat(indent)}${text}`);
  const show = (visit: Visit, indent: number): void => {
    const names = namesOf(bridges, visit.bridge);
    const head = `${formatTable(visit.table, names).padStart(2)}. `;
    const children = inside.get(visit) ?? [];
    const actions = visit.left ?? visit.rule?.actions ?? [];
    if (visit.left) put(indent, 'thaw');
    else put(indent, visit.rule ? `${head}${printRuleHead(visit.rule, names)}` : `${head}No match.`);
    if (actions.length === 0) put(indent + 4, 'drop');
    actions.forEach((action, i) => {
      put(indent + 4, printAction(action, names));
      for (const child of children.filter((c) => c.action === i)) descend(child, indent, i === actions.length - 1);
    });
    for (const child of children.filter((c) => c.action === undefined || c.action >= actions.length)) descend(child, indent, false);
    for (const note of visit.notes) {
      const text = noteLine(note);
      if (text !== undefined) put(indent + 5, text);
    }
  };
  // The last action's table stands where this one does, as the switch prints it.
  const descend = (child: Visit, indent: number, last: boolean): void => {
    if (child.how === 'patch') {
      lines.push('');
      for (const text of bridgeHead(child.bridge)) put(indent + 4, text);
    }
    show(child, child.how === 'patch' ? indent + 8 : last ? indent : indent + 4);
  };
  for (const visit of inside.get(undefined) ?? []) {
    lines.push(...bridgeHead(visit.bridge));
    show(visit, 0);
  }
  return lines;
}

const bridgeHead = (bridge: string): readonly string[] => [`bridge("${bridge}")`, '-'.repeat(bridge.length + 10)];

const RULE = '='.repeat(79);

/** The whole walk. `bridge`: where the packet came in. */
export function ofprotoLines(bridges: readonly OvsBridge[], bridge: string, answer: OfprotoAnswer): readonly string[] {
  const names = namesOf(bridges, bridge);
  return answer.passes.flatMap((pass) => {
    const { resumed, translation } = pass;
    const how = resumed === undefined ? [] : ['', RULE, `recirc(0x${resumed.id.toString(16)}) - resume conntrack with ct_state=${printCtState(resumed.ctState)}`, RULE, ''];
    const initial = printFlow(pass.flow, names);
    const final = printFlow(translation.flow, names);
    return [
      ...how,
      `Flow: ${initial}`,
      '',
      ...visitLines(bridges, pass),
      '',
      `Final flow: ${initial === final ? 'unchanged' : final}`,
      `Datapath actions: ${printDpActions(translation.actions, (b, port) => datapathPort(bridges, b, port))}`,
      ...(translation.error === undefined ? [] : [`Translation failed (${translation.error}), packet is dropped.`]),
    ];
  });
}
