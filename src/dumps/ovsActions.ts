import { type LearnAction, type OpenFlowAction, OFPP, type Subfield, type Words } from '../world/openflow.ts';
import { fieldNamed, FIELDS } from '../world/openflowFields.ts';
import { type KeyValue, keyValue, keyValues, splitTop } from './ovsKeyValue.ts';
import { parseCt } from './ovsCt.ts';
import { parseLearn } from './ovsLearn.ts';
import { type OvsNames, parsePort, parseTable } from './ovsNames.ts';
import { parseSubfield, widthOf } from './ovsSubfield.ts';
import { masked, parseValue } from './ovsValues.ts';
import { fitsWords, onesWords, parseNumber, parseWords, sameWords } from './ovsWords.ts';

/** Actions inside actions: more than any switch takes. */
const DEEPEST = 16;

/** An action by its name, or undefined when its argument is not understood. */
type Reader = (arg: KeyValue, names: OvsNames, depth: number) => OpenFlowAction | undefined;

const number = (text: string, max: number): number | undefined => {
  const value = parseNumber(text);
  return value === undefined || value > max ? undefined : value;
};

/** An action of one number. */
const counted =
  (max: number, make: (value: number) => OpenFlowAction): Reader =>
  ({ value }) => {
    const n = number(value, max);
    return n === undefined ? undefined : make(n);
  };

/** `mod_dl_src:…`. */
const mod =
  (field: string): Reader =>
  ({ key, value }) => {
    const spec = FIELDS.get(field);
    const read = spec && parseValue(spec, value);
    if (!read || read.mask) return undefined;
    // A wide tunnel key has an action of its own (format_SET_TUNNEL()).
    const name = key === 'set_tunnel' && (read.value[0] ?? 0) !== 0 ? 'set_tunnel64' : key.toLowerCase();
    return { kind: 'mod', name, field, value: read.value };
  };

/** `key` alone. */
const plain =
  (action: OpenFlowAction): Reader =>
  ({ value, tail }) =>
    value === '' && tail === '' ? action : undefined;

const nested =
  (kind: 'clone' | 'write_actions'): Reader =>
  ({ value }, names, depth) => ({ kind, actions: parseActions(value, names, depth + 1) });

/** ofpact names, lib/ofp-actions.c. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['output', ({ key, value, text }, names) => parseOutput(value, text.startsWith(`${key}(`), names)],
  ['drop', plain({ kind: 'drop' })],
  ['controller', parseController],
  ['enqueue', parseEnqueue],
  ['set_queue', counted(0xffffffff, (queue) => ({ kind: 'set_queue', queue }))],
  ['pop_queue', plain({ kind: 'pop_queue' })],
  ['group', counted(0xffffffff, (id) => ({ kind: 'group', id }))],
  ['resubmit', parseResubmit],
  ['goto_table', ({ value }, names) => withTable(value, names, (table) => ({ kind: 'goto_table', table }))],
  ['write_actions', nested('write_actions')],
  ['clone', nested('clone')],
  ['clear_actions', plain({ kind: 'clear_actions' })],
  ['write_metadata', parseWriteMetadata],
  ['meter', counted(0xffffffff, (id) => ({ kind: 'meter', id }))],
  ['load', parseLoad],
  ['set_field', parseSetField],
  ['move', parseMove],
  ['push', ({ value }) => withSubfield(value, (src) => ({ kind: 'push', src }))],
  ['pop', ({ value }) => withSubfield(value, (dst) => ({ kind: 'pop', dst }))],
  ['mod_dl_src', mod('dl_src')],
  ['mod_dl_dst', mod('dl_dst')],
  ['mod_nw_src', mod('nw_src')],
  ['mod_nw_dst', mod('nw_dst')],
  ['mod_nw_tos', mod('nw_tos')],
  ['mod_nw_ecn', mod('nw_ecn')],
  ['mod_nw_ttl', mod('nw_ttl')],
  ['mod_tp_src', mod('tp_src')],
  ['mod_tp_dst', mod('tp_dst')],
  ['set_tunnel', mod('tun_id')],
  ['set_tunnel64', mod('tun_id')],
  ['set_vlan_vid', mod('dl_vlan')],
  ['set_vlan_pcp', mod('dl_vlan_pcp')],
  ['mod_vlan_vid', counted(0xfff, (vid) => ({ kind: 'mod_vlan_vid', vid }))],
  ['mod_vlan_pcp', counted(7, (pcp) => ({ kind: 'mod_vlan_pcp', pcp }))],
  ['strip_vlan', plain({ kind: 'strip_vlan' })],
  ['pop_vlan', plain({ kind: 'strip_vlan', name: 'pop_vlan' })],
  ['push_vlan', counted(0xffff, (ethertype) => ({ kind: 'push_vlan', ethertype }))],
  ['dec_ttl', parseDecTtl],
  ['ct', (arg, names, depth) => parseCt(arg.value, names, (text) => parseActions(text, names, depth + 1))],
  ['ct_clear', plain({ kind: 'ct_clear' })],
  ['conjunction', parseConjunction],
  ['learn', ({ value }, names): LearnAction | undefined => parseLearn(value, names)],
  ['check_pkt_larger', parseCheckPktLarger],
  ['multipath', parseMultipath],
  ['bundle', parseBundle],
  ['bundle_load', parseBundle],
  ['sample', parseSample],
  ['note', ({ value }) => (/^(?:[0-9a-f]{2}(?:\.[0-9a-f]{2})*)?$/i.test(value) ? { kind: 'note', hex: value } : undefined)],
  ['fin_timeout', ({ value }) => ({ kind: 'fin_timeout', text: value })],
  ['exit', plain({ kind: 'exit' })],
]);

/** A list of actions as behind `actions=`. What is not understood stays as it is, as `unknown`. */
export function parseActions(text: string, names: OvsNames = {}, depth = 0): readonly OpenFlowAction[] {
  if (depth > DEEPEST) return [{ kind: 'unknown', text }];
  return splitTop(text)
    .filter((part) => part.trim() !== '')
    .map((part) => parseAction(part, names, depth));
}

/** One action. */
export function parseAction(part: string, names: OvsNames, depth = 0): OpenFlowAction {
  const arg = keyValue(part);
  const read = READERS.get(arg.key) ?? READERS.get(arg.key.toLowerCase());
  if (read) return read(arg, names, depth) ?? { kind: 'unknown', text: arg.text };
  // A port's number or name alone is an output.
  const port = arg.value === '' && arg.tail === '' ? parsePort(arg.text, names) : undefined;
  return port === undefined ? { kind: 'unknown', text: arg.text } : toPort(port);
}

const TO_CONTROLLER = { kind: 'controller', maxLen: 0xffff, id: 0, reason: 'action', userdata: undefined, pause: false, meterId: undefined } as const;

const toPort = (port: number): OpenFlowAction => (port === OFPP.CONTROLLER ? TO_CONTROLLER : { kind: 'output', port });

function withTable(text: string, names: OvsNames, make: (table: number) => OpenFlowAction): OpenFlowAction | undefined {
  const table = parseTable(text, names);
  return table === undefined ? undefined : make(table);
}

function withSubfield(text: string, make: (subfield: Subfield) => OpenFlowAction): OpenFlowAction | undefined {
  const subfield = parseSubfield(text);
  return subfield && make(subfield);
}

function parseOutput(value: string, bracketed: boolean, names: OvsNames): OpenFlowAction | undefined {
  if (bracketed) {
    const args = new Map(keyValues(value).map((kv) => [kv.key, kv.value]));
    const maxLen = number(args.get('max_len') ?? '', 0xffffffff);
    const to = args.get('port') ?? '';
    const port = parsePort(to, names);
    if (maxLen === undefined || args.size !== 2) return undefined;
    if (port !== undefined) return { kind: 'output', port, maxLen };
    return withSubfield(to, (src) => ({ kind: 'output-field', src, maxLen }));
  }
  const port = parsePort(value, names);
  if (port !== undefined) return toPort(port);
  return withSubfield(value, (src) => ({ kind: 'output-field', src }));
}

function parseController({ value }: KeyValue): OpenFlowAction | undefined {
  const length = number(value, 0xffff);
  if (length !== undefined) return { ...TO_CONTROLLER, maxLen: length };
  let action: Extract<OpenFlowAction, { kind: 'controller' }> = TO_CONTROLLER;
  for (const { key, value: v } of keyValues(value)) {
    const n = number(v, 0xffffffff);
    if (key === 'max_len' && n !== undefined) action = { ...action, maxLen: n };
    else if (key === 'id' && n !== undefined) action = { ...action, id: n };
    else if (key === 'reason') action = { ...action, reason: v };
    else if (key === 'userdata' && /^(?:[0-9a-f]{2}\.?)*$/i.test(v)) action = { ...action, userdata: (v.toLowerCase().match(/[0-9a-f]{2}/g) ?? []).join('.') };
    else if (key === 'pause') action = { ...action, pause: true };
    else if (key === 'meter_id' && n !== undefined) action = { ...action, meterId: n };
    else return undefined;
  }
  return action;
}

function parseEnqueue({ value }: KeyValue, names: OvsNames): OpenFlowAction | undefined {
  const [, to = '', queueText = ''] = /^([^:,]+)[:,]q?(\d+)$/.exec(value) ?? [];
  const port = parsePort(to, names);
  const queue = number(queueText, 0xffffffff);
  return port === undefined || queue === undefined ? undefined : { kind: 'enqueue', port, queue };
}

function parseResubmit({ value, text }: KeyValue, names: OvsNames): OpenFlowAction | undefined {
  const bracketed = text.includes('(');
  const [portText = '', tableText = '', ctText = '', ...rest] = bracketed ? value.split(',') : [value];
  const port = portText === '' ? undefined : parsePort(portText, names);
  const table = tableText === '' ? undefined : parseTable(tableText, names);
  if ((portText !== '' && port === undefined) || (tableText !== '' && table === undefined) || (ctText !== '' && ctText !== 'ct') || rest.length > 0) return undefined;
  // `resubmit:IN_PORT` and table 255 say nothing (format_RESUBMIT()).
  const own = port === OFPP.IN_PORT ? undefined : port;
  const to = table === 255 ? undefined : table;
  return own === undefined && to === undefined ? undefined : { kind: 'resubmit', port: own, table: to, ct: ctText === 'ct' };
}

function parseWriteMetadata({ value }: KeyValue): OpenFlowAction | undefined {
  const field = FIELDS.get('metadata');
  const read = field && parseValue(field, value);
  return read && { kind: 'write_metadata', value: read.value, mask: read.mask };
}

/** `VALUE->DESTINATION`. */
function arrow(text: string): readonly [string, string] | undefined {
  const at = text.indexOf('->');
  return at < 0 ? undefined : [text.slice(0, at), text.slice(at + 2)];
}

function parseLoad({ value }: KeyValue): OpenFlowAction | undefined {
  const [valueText, dstText] = arrow(value) ?? [];
  const dst = dstText === undefined ? undefined : parseSubfield(dstText);
  const words: Words | undefined = dst && parseWords(valueText ?? '', FIELDS.get(dst.field)?.words ?? 1);
  return dst && words && fitsWords(words, widthOf(dst)) ? { kind: 'load', value: words, dst } : undefined;
}

function parseSetField({ value }: KeyValue, names: OvsNames): OpenFlowAction | undefined {
  const at = value.lastIndexOf('->');
  const field = at < 0 ? undefined : fieldNamed(value.slice(at + 2));
  const read = field && parseValue(field, value.slice(0, at), names);
  if (!field || !read) return undefined;
  const ones = onesWords(field.bits, field.words);
  const mask = read.mask && masked(field, read.value, read.mask).mask;
  return { kind: 'set_field', field: field.name, value: read.value, mask: mask === undefined || sameWords(mask, ones) ? undefined : mask };
}

function parseMove({ value }: KeyValue): OpenFlowAction | undefined {
  const [srcText, dstText] = arrow(value) ?? [];
  const src = parseSubfield(srcText ?? '');
  const dst = parseSubfield(dstText ?? '');
  return src && dst && widthOf(src) === widthOf(dst) ? { kind: 'move', src, dst } : undefined;
}

function parseDecTtl({ value, text }: KeyValue): OpenFlowAction | undefined {
  const controllers = value.split(',').filter((id) => id.trim() !== '').map((id) => number(id.trim(), 0xffff));
  return controllers.every((id) => id !== undefined) ? { kind: 'dec_ttl', controllers, ...(controllers.length === 0 && text.endsWith('()') ? { brackets: true } : {}) } : undefined;
}

function parseConjunction({ value }: KeyValue): OpenFlowAction | undefined {
  const [, idText = '', clauseText, clausesText] = /^(\w+)\s*,\s*(\d+)\s*\/\s*(\d+)$/.exec(value) ?? [];
  const [id, clause, clauses] = [number(idText, 0xffffffff), Number(clauseText), Number(clausesText)];
  return id !== undefined && clauses >= 2 && clauses <= 64 && clause >= 1 && clause <= clauses ? { kind: 'conjunction', id, clause, clauses } : undefined;
}

function parseCheckPktLarger({ value, tail }: KeyValue): OpenFlowAction | undefined {
  const bytes = number(value, 0xffff);
  const dst = tail.startsWith('->') ? parseSubfield(tail.slice(2)) : undefined;
  return bytes !== undefined && dst?.from === dst?.to && dst ? { kind: 'check_pkt_larger', bytes, dst } : undefined;
}

/** multipath_parse__(), lib/multipath.c. */
function parseMultipath({ value }: KeyValue): OpenFlowAction | undefined {
  const [fields = '', basisText = '', algorithm = '', linksText = '', argText = '', dstText = '', ...rest] = value.split(/[, ]+/).filter((w) => w !== '');
  const [basis, links, arg] = [number(basisText, 0xffff), number(linksText, 65_536), number(argText, 0xffffffff)];
  const dst = parseSubfield(dstText);
  if (basis === undefined || links === undefined || links < 1 || arg === undefined || !dst || rest.length > 0) return undefined;
  return { kind: 'multipath', fields, basis, algorithm, links, arg, dst };
}

/** bundle_parse__(), lib/bundle.c: `members` were `slaves` in older releases. */
function parseBundle({ key, value }: KeyValue, names: OvsNames): OpenFlowAction | undefined {
  const at = value.search(/(?:members|slaves):/);
  if (at < 0) return undefined;
  const [fields = '', basisText = '', algorithm = '', type = '', dstText] = value.slice(0, at).split(/[, ]+/).filter((w) => w !== '');
  const basis = number(basisText, 0xffff);
  const dst = dstText === undefined ? undefined : parseSubfield(dstText);
  const ports = value.slice(value.indexOf(':', at) + 1).split(/[, [\]]+/).filter((w) => w !== '').map((p) => parsePort(p, names));
  const known = ports.filter((p): p is number => p !== undefined);
  if (basis === undefined || type !== 'ofport' || known.length !== ports.length || (key === 'bundle_load') !== (dst !== undefined)) return undefined;
  return { kind: 'bundle', fields, basis, algorithm, ports: known, dst };
}

function parseSample({ value }: KeyValue): OpenFlowAction | undefined {
  const probability = number(keyValues(value).find(({ key }) => key === 'probability')?.value ?? '', 0xffff);
  return probability === undefined ? undefined : { kind: 'sample', probability, text: value };
}
