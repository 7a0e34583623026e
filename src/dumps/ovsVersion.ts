import type { OpenFlowAction, OpenFlowGroup, OpenFlowRule, Subfield } from '../world/openflow.ts';
import { FIELDS } from '../world/openflowFields.ts';
import { fromBig, toBig } from './ovsWords.ts';

/** What `-O` asks for: ovs-ofctl's own default is OpenFlow 1.0. */
export type OpenFlowVersion = '1.0' | '1.1' | '1.2' | '1.3' | '1.4' | '1.5';

/** `-O OpenFlow13`; a list of them takes the first. undefined: no version that there is. */
export function versionOf(option: string | undefined): OpenFlowVersion | undefined {
  if (option === undefined) return '1.0';
  return (['1.0', '1.1', '1.2', '1.3', '1.4', '1.5'] as const).find((v) => option.split(',')[0]?.toLowerCase() === `openflow${v.replace('.', '')}`);
}

/** In headings of replies; OpenFlow 1.0 goes without saying. */
export const versionMark = (version: OpenFlowVersion): string => (version === '1.0' ? '' : ` (OF${version})`);

/** OpenFlow 1.3 and later tell them. */
const FLAG = /^(?:send_flow_rem|check_overlap|reset_counts|no_packet_counts|no_byte_counts)$/;

/** A rule as a switch tells it in that version: what one version cannot say, it says in another way. Ages are told in 1.0 and 1.5 alone. */
export function ruleIn(rule: OpenFlowRule, version: OpenFlowVersion): OpenFlowRule {
  const aged = version === '1.0' || version === '1.5';
  const flagged = version >= '1.3';
  const stats = rule.stats?.filter((w) => (aged || !/^(?:idle|hard)_age=/.test(w)) && (flagged || !FLAG.test(w)) && (version >= '1.4' || !w.startsWith('importance=')));
  const tagged = rule.match.some((c) => c.field === 'vlan_tci' && ((c.value[0] ?? 0) & 0x1000) !== 0);
  return { ...rule, actions: actionsIn(rule.actions, version, tagged), ...(stats ? { stats } : {}) };
}

/** A group in that version: buckets have numbers, and groups a selection method, in 1.0 and 1.5 alone. */
export function groupIn(group: OpenFlowGroup, version: OpenFlowVersion): OpenFlowGroup {
  const named = version === '1.0' || version === '1.5';
  const buckets = group.buckets.map((b, i) => ({ ...b, id: named ? (b.id ?? i) : undefined, actions: actionsIn(b.actions, version) }));
  if (named) return { ...group, buckets };
  const { selectionParam: _param, fields: _fields, ...plain } = group;
  return { ...plain, selectionMethod: undefined, buckets };
}

/** `tagged`: the rule's packets have a VLAN tag. */
const actionsIn = (actions: readonly OpenFlowAction[], version: OpenFlowVersion, tagged = false): readonly OpenFlowAction[] => actions.flatMap((a) => actionIn(a, version, tagged));

/** In front of what sets a tag's fields, where there may be none. */
const pushed = (tagged: boolean): readonly OpenFlowAction[] => (tagged ? [] : [{ kind: 'push_vlan', ethertype: 0x8100 }]);

/** encode_*(), lib/ofp-actions.c. */
function actionIn(action: OpenFlowAction, version: OpenFlowVersion, tagged: boolean): readonly OpenFlowAction[] {
  const old = version === '1.0' || version === '1.1';
  switch (action.kind) {
    case 'clone':
      return [{ ...action, actions: actionsIn(action.actions, version) }];
    case 'write_actions':
      return version === '1.0' ? [] : [{ ...action, actions: actionsIn(action.actions, version) }];
    case 'ct':
      return [{ ...action, exec: actionsIn(action.exec, version) }];
    case 'goto_table':
      return version === '1.0' ? [{ kind: 'resubmit', port: undefined, table: action.table, ct: false }] : [action];
    case 'clear_actions':
    case 'write_metadata':
      return version === '1.0' ? [] : [action];
    // Meters came with OpenFlow 1.3.
    case 'meter':
      return version < '1.3' ? [] : [action];
    case 'strip_vlan':
      return [version === '1.0' ? { kind: 'strip_vlan' } : { kind: 'strip_vlan', name: 'pop_vlan' }];
    // Setting a tag's fields makes the tag, in OpenFlow 1.0.
    case 'push_vlan':
      return version === '1.0' ? [] : [action];
    case 'mod_vlan_vid':
      return old ? [action] : [...pushed(tagged), { kind: 'set_field', field: 'vlan_vid', value: [action.vid | 0x1000], mask: undefined }];
    case 'mod_vlan_pcp':
      return old ? [action] : [...pushed(tagged), { kind: 'set_field', field: 'vlan_pcp', value: [action.pcp], mask: undefined }];
    case 'load':
      return version === '1.5' ? [asSetField(action)] : [action];
    case 'mod':
      if (action.field === 'nw_ttl') return version === '1.0' ? [asLoad({ kind: 'set_field', field: 'nw_ttl', value: action.value, mask: undefined })] : [action];
      return old ? [action] : [modAsSetField(action)];
    case 'set_field':
      return old ? legacy(action) : version !== '1.5' && action.mask ? [asLoad(action)] : [action];
    case 'enqueue':
      return version === '1.0' ? [action] : [{ kind: 'set_queue', queue: action.queue }, { kind: 'output', port: action.port }, { kind: 'pop_queue' }];
    default:
      return [action];
  }
}

type Load = Extract<OpenFlowAction, { kind: 'load' }>;
type SetField = Extract<OpenFlowAction, { kind: 'set_field' }>;
type Mod = Extract<OpenFlowAction, { kind: 'mod' }>;

function asSetField({ value, dst }: Load): OpenFlowAction {
  const spec = FIELDS.get(dst.field);
  const words = spec?.words ?? value.length;
  const whole = dst.from === 0 && dst.to === (spec?.bits ?? 0) - 1;
  const mask = whole ? undefined : fromBig(((1n << BigInt(dst.to - dst.from + 1)) - 1n) << BigInt(dst.from), words);
  return { kind: 'set_field', field: dst.field, value: fromBig(toBig(value) << BigInt(dst.from), words), mask };
}

/** The field that `mod_…` and `set_tunnel` set; `mod_tp_src` sets another one for each protocol, so that stays. */
const MOD_FIELDS: ReadonlySet<string> = new Set(['dl_src', 'dl_dst', 'nw_src', 'nw_dst', 'nw_ecn', 'tun_id']);

function modAsSetField(mod: Mod): OpenFlowAction {
  if (mod.field === 'nw_tos') return { kind: 'set_field', field: 'ip_dscp', value: [(mod.value[0] ?? 0) >>> 2], mask: undefined };
  return MOD_FIELDS.has(mod.field) ? { kind: 'set_field', field: mod.field, value: mod.value, mask: undefined } : mod;
}

/** set_field_to_legacy_openflow(). */
const LEGACY: Readonly<Record<string, string>> = { dl_src: 'mod_dl_src', dl_dst: 'mod_dl_dst', nw_src: 'mod_nw_src', nw_dst: 'mod_nw_dst' };
const LEGACY_PORTS: Readonly<Record<string, string>> = { tcp_src: 'mod_tp_src', udp_src: 'mod_tp_src', tcp_dst: 'mod_tp_dst', udp_dst: 'mod_tp_dst' };

function legacy(set: SetField): readonly OpenFlowAction[] {
  const name = LEGACY[set.field];
  if (name !== undefined && !set.mask) return [{ kind: 'mod', name, field: set.field, value: set.value }];
  const port = LEGACY_PORTS[set.field];
  if (port !== undefined && !set.mask) return [{ kind: 'mod', name: port, field: port.slice(4), value: set.value }];
  if (set.field === 'vlan_vid' && !set.mask) return [{ kind: 'mod_vlan_vid', vid: (set.value[0] ?? 0) & 0xfff }];
  if (set.field === 'vlan_pcp' && !set.mask) return [{ kind: 'mod_vlan_pcp', pcp: set.value[0] ?? 0 }];
  if (set.field === 'ip_dscp' && !set.mask) return [{ kind: 'mod', name: 'mod_nw_tos', field: 'nw_tos', value: [((set.value[0] ?? 0) << 2) & 0xfc] }];
  return set.mask ? [asLoad(set)] : wholeAsLoads(set);
}

/** A load for every 64 bits, the lowest first. */
function wholeAsLoads(set: SetField): readonly OpenFlowAction[] {
  const spec = FIELDS.get(set.field);
  if (!spec || spec.bits <= 64 || /^tun_metadata/.test(set.field)) return [asLoad(set)];
  const loads: OpenFlowAction[] = [];
  for (let from = 0; from < spec.bits; from += 64) {
    const to = Math.min(from + 63, spec.bits - 1);
    loads.push({ kind: 'load', value: fromBig((toBig(set.value) >> BigInt(from)) & ((1n << BigInt(to - from + 1)) - 1n), spec.words), dst: { field: set.field, from, to } });
  }
  return loads;
}

/** One load of the bits of the mask. Bits in several pieces, and more than 64 of them, stay a set_field (NXAST_REG_LOAD2). */
function asLoad(set: SetField): OpenFlowAction {
  const spec = FIELDS.get(set.field);
  if (!spec || /^tun_metadata/.test(set.field)) return set;
  const mask = set.mask ? toBig(set.mask) : (1n << BigInt(spec.bits)) - 1n;
  const from = mask.toString(2).length - mask.toString(2).replace(/0+$/, '').length;
  const bits = mask >> BigInt(from);
  const width = bits.toString(2).length;
  if (mask === 0n || bits !== (1n << BigInt(width)) - 1n || width > 64) return set;
  const dst: Subfield = { field: set.field, from, to: from + width - 1 };
  return { kind: 'load', value: fromBig(toBig(set.value) >> BigInt(from), spec.words), dst };
}
