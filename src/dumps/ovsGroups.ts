import type { OpenFlowBucket, OpenFlowGroup } from '../world/openflow.ts';
import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { parseActions } from './ovsActions.ts';
import { printActions } from './ovsActionsPrint.ts';
import { isHeading } from './ovsFlows.ts';
import { keyValue, keyValues, splitTop } from './ovsKeyValue.ts';
import { formatPort, type OvsNames, parsePort } from './ovsNames.ts';
import { parseNumber } from './ovsWords.ts';

const TYPES: Readonly<Record<string, OpenFlowGroup['type']>> = { all: 'all', select: 'select', indirect: 'indirect', ff: 'fast_failover', fast_failover: 'fast_failover' };

/** One line of `dump-groups`, and what `add-group` takes; undefined when it is no group. */
export function parseGroup(line: string, names: OvsNames = {}, source?: SourceRef): OpenFlowGroup | undefined {
  const [head = '', ...bucketTexts] = line.split(/(?:^|,)\s*buckets?=/);
  let id: number | undefined;
  let type: OpenFlowGroup['type'] | undefined;
  let selectionMethod: string | undefined;
  let selectionParam: number | undefined;
  let fields: string | undefined;
  for (const { key, value, text } of keyValues(head)) {
    if (key === 'group_id') id = parseNumber(value);
    else if (key === 'type') type = TYPES[value];
    else if (key === 'selection_method') selectionMethod = value;
    else if (key === 'selection_method_param') selectionParam = parseNumber(value);
    else if (key === 'fields') fields = text;
    else return undefined;
  }
  if (id === undefined || id > 0xffffffff || type === undefined) return undefined;
  const buckets: OpenFlowBucket[] = [];
  for (const text of bucketTexts) {
    const bucket = parseBucket(text, names);
    if (!bucket) return undefined;
    buckets.push(bucket);
  }
  return { id, type, selectionMethod, ...(selectionParam === undefined ? {} : { selectionParam }), ...(fields === undefined ? {} : { fields }), buckets, source };
}

/** `bucket_id:0,weight:100,watch_port:3,actions=…` (parse_bucket_str(), lib/ofp-group.c). */
function parseBucket(text: string, names: OvsNames): OpenFlowBucket | undefined {
  let bucket: OpenFlowBucket = { id: undefined, weight: 1, watchPort: undefined, watchGroup: undefined, actions: [] };
  const actions: string[] = [];
  for (const part of splitTop(text)) {
    const { key, value, text: whole } = keyValue(part);
    const number = parseNumber(value);
    if (actions.length > 0) actions.push(whole);
    else if (key === 'bucket_id' && number !== undefined) bucket = { ...bucket, id: number };
    else if (key === 'weight' && number !== undefined) bucket = { ...bucket, weight: number };
    else if (key === 'watch_group' && number !== undefined) bucket = { ...bucket, watchGroup: number };
    else if (key === 'watch_port') {
      const watchPort = parsePort(value, names);
      if (watchPort === undefined) return undefined;
      bucket = { ...bucket, watchPort };
    } else actions.push(key === 'actions' || key === 'action' ? whole.slice(key.length + 1) : whole);
  }
  return { ...bucket, actions: parseActions(actions.join(','), names) };
}

/** The groups of a dump, in its order. Never throws on any text. */
export function readDumpGroups({ input, firstLine, lines }: Lines, names: OvsNames = {}): Parsed<readonly OpenFlowGroup[]> {
  const found = new DiagnosticList();
  const groups: OpenFlowGroup[] = [];
  for (const [i, line] of lines.entries()) {
    if (isHeading(line)) continue;
    const source: SourceRef = { input, line: firstLine + i };
    const group = parseGroup(line.trim(), names, source);
    if (group) groups.push(group);
    else found.add('unknown-line', source, line);
  }
  return { value: groups, diagnostics: found.items };
}

/** A group as ovs-ofctl prints it, without the space in front (ofp_print_group(), lib/ofp-group.c). */
export function printGroup(group: OpenFlowGroup, names: OvsNames = {}): string {
  return [
    `group_id=${group.id}`,
    `type=${group.type === 'fast_failover' ? 'ff' : group.type}`,
    ...(group.selectionMethod === undefined ? [] : [`selection_method=${group.selectionMethod}`]),
    ...(group.selectionParam === undefined ? [] : [`selection_method_param=${group.selectionParam}`]),
    ...(group.fields === undefined ? [] : [group.fields]),
    ...group.buckets.map((b) => printBucket(b, names)),
  ].join(',');
}

function printBucket(bucket: OpenFlowBucket, names: OvsNames): string {
  return `bucket=${[
    ...(bucket.id === undefined ? [] : [`bucket_id:${bucket.id}`]),
    ...(bucket.weight === 1 ? [] : [`weight:${bucket.weight}`]),
    ...(bucket.watchPort === undefined ? [] : [`watch_port:${formatPort(bucket.watchPort, names)}`]),
    ...(bucket.watchGroup === undefined ? [] : [`watch_group:${bucket.watchGroup}`]),
    `actions=${printActions(bucket.actions, names)}`,
  ].join(',')}`;
}
