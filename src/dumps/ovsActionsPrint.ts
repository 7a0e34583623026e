import type { CtAction, OpenFlowAction } from '../world/openflow.ts';
import { FIELDS } from '../world/openflowFields.ts';
import { formatNat } from './ovsCt.ts';
import { formatLearn } from './ovsLearn.ts';
import { formatPort, formatTable, isPlainPort, type OvsNames } from './ovsNames.ts';
import { formatFieldName, formatSubfield } from './ovsSubfield.ts';
import { formatValue } from './ovsValues.ts';
import { hexWords } from './ovsWords.ts';

/** What stands behind `actions=` (ofpacts_format(), lib/ofp-actions.c): an empty list is `drop`. */
export const printActions = (actions: readonly OpenFlowAction[], names: OvsNames = {}): string => (actions.length === 0 ? 'drop' : actions.map((a) => printAction(a, names)).join(','));

/** One action as ovs-ofctl 3.1 prints it. */
export function printAction(action: OpenFlowAction, names: OvsNames = {}): string {
  switch (action.kind) {
    case 'output':
      if (action.maxLen !== undefined) return `output(port=${formatPort(action.port, names)},max_len=${action.maxLen})`;
      return `${isPlainPort(action.port) ? 'output:' : ''}${formatPort(action.port, names)}`;
    case 'output-field':
      return action.maxLen === undefined ? `output:${formatSubfield(action.src)}` : `output(port=${formatSubfield(action.src)},max_len=${action.maxLen})`;
    case 'enqueue':
      return `enqueue:${formatPort(action.port, names)}:${action.queue}`;
    case 'set_queue':
      return `set_queue:${action.queue}`;
    case 'controller':
      return printController(action);
    case 'group':
      return `group:${action.id}`;
    case 'resubmit': {
      const port = action.port === undefined ? '' : formatPort(action.port, names);
      if (action.table === undefined && !action.ct) return `resubmit:${port}`;
      return `resubmit(${port},${action.table === undefined ? '' : formatTable(action.table, names)}${action.ct ? ',ct' : ''})`;
    }
    case 'goto_table':
      return `goto_table:${formatTable(action.table, names)}`;
    case 'write_actions':
    case 'clone':
      return `${action.kind}(${printActions(action.actions, names)})`;
    case 'write_metadata':
      return `write_metadata:${hexWords(action.value)}${action.mask ? `/${hexWords(action.mask)}` : ''}`;
    case 'meter':
      return `meter:${action.id}`;
    case 'load':
      return `load:${hexWords(action.value)}->${formatSubfield(action.dst)}`;
    case 'set_field': {
      const field = FIELDS.get(action.field);
      return `set_field:${field ? formatValue(field, action.value, action.mask, names) : hexWords(action.value)}->${formatFieldName(action.field)}`;
    }
    case 'move':
      return `move:${formatSubfield(action.src)}->${formatSubfield(action.dst)}`;
    case 'push':
      return `push:${formatSubfield(action.src)}`;
    case 'pop':
      return `pop:${formatSubfield(action.dst)}`;
    case 'mod': {
      const field = FIELDS.get(action.field);
      return `${action.name}:${field ? formatValue(field, action.value, undefined, names) : hexWords(action.value)}`;
    }
    case 'mod_vlan_vid':
      return `mod_vlan_vid:${action.vid}`;
    case 'mod_vlan_pcp':
      return `mod_vlan_pcp:${action.pcp}`;
    case 'strip_vlan':
      return action.name ?? 'strip_vlan';
    case 'push_vlan':
      return `push_vlan:0x${action.ethertype.toString(16)}`;
    case 'dec_ttl':
      return action.controllers.length === 0 && !action.brackets ? 'dec_ttl' : `dec_ttl(${action.controllers.join(',')})`;
    case 'ct':
      return printCt(action, names);
    case 'conjunction':
      return `conjunction(${action.id},${action.clause}/${action.clauses})`;
    case 'learn':
      return formatLearn(action, names);
    case 'check_pkt_larger':
      return `check_pkt_larger(${action.bytes})->${formatSubfield(action.dst)}`;
    case 'multipath':
      return `multipath(${action.fields},${action.basis},${action.algorithm},${action.links},${action.arg},${formatSubfield(action.dst)})`;
    case 'bundle': {
      const dst = action.dst ? `${formatSubfield(action.dst)},` : '';
      return `${action.dst ? 'bundle_load' : 'bundle'}(${action.fields},${action.basis},${action.algorithm},ofport,${dst}members:${action.ports.map((p) => formatPort(p, names)).join(',')})`;
    }
    case 'sample':
      return `sample(${action.text})`;
    case 'note':
      return `note:${action.hex}`;
    case 'fin_timeout':
      return `fin_timeout(${action.text})`;
    case 'unknown':
      return action.text;
    case 'pop_queue':
    case 'clear_actions':
    case 'ct_clear':
    case 'exit':
    case 'drop':
      return action.kind;
  }
}

/** format_CONTROLLER(): the short form where nothing but the length is said. */
function printController(action: Extract<OpenFlowAction, { kind: 'controller' }>): string {
  if (action.reason === 'action' && action.id === 0 && action.userdata === undefined && !action.pause && action.meterId === undefined) return `CONTROLLER:${action.maxLen}`;
  return `controller(${[
    ...(action.reason === 'action' ? [] : [`reason=${action.reason}`]),
    ...(action.maxLen === 0xffff ? [] : [`max_len=${action.maxLen}`]),
    ...(action.id === 0 ? [] : [`id=${action.id}`]),
    ...(action.userdata === undefined ? [] : [`userdata=${action.userdata}`]),
    ...(action.pause ? ['pause'] : []),
    ...(action.meterId === undefined ? [] : [`meter_id=${action.meterId}`]),
  ].join(',')})`;
}

/** format_CT(). */
function printCt(ct: CtAction, names: OvsNames): string {
  const zone = typeof ct.zone === 'number' ? (ct.zone === 0 ? [] : [`zone=${ct.zone}`]) : [`zone=${formatSubfield(ct.zone)}`];
  return `ct(${[
    ...(ct.commit ? ['commit'] : []),
    ...(ct.force ? ['force'] : []),
    ...(ct.table === undefined ? [] : [`table=${formatTable(ct.table, names)}`]),
    ...zone,
    ...(ct.nat ? [formatNat(ct.nat)] : []),
    ...(ct.exec.length === 0 ? [] : [`exec(${printActions(ct.exec, names)})`]),
    ...(ct.alg === undefined ? [] : [`alg=${ct.alg}`]),
  ].join(',')})`;
}
