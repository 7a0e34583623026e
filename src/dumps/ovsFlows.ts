import type { FieldMatch, OpenFlowAction, OpenFlowRule } from '../world/openflow.ts';
import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { parseActions } from './ovsActions.ts';
import { printActions } from './ovsActionsPrint.ts';
import { splitTop } from './ovsKeyValue.ts';
import { ofIcmp6, parseCondition } from './ovsMatch.ts';
import { printMatch } from './ovsMatchPrint.ts';
import { formatTable, type OvsNames, parseTable } from './ovsNames.ts';
import { parseNumber } from './ovsWords.ts';

/** OFP_DEFAULT_PRIORITY: never printed. */
const DEFAULT_PRIORITY = 32_768;

/** Counters, timeouts and flags of a rule, kept as they are: ofputil_flow_stats_format() and ofputil_flow_mod_flags_format(), lib/ofp-flow.c. */
const STATS: ReadonlySet<string> = new Set(['duration', 'n_packets', 'n_bytes', 'n_offload_packets', 'n_offload_bytes', 'idle_timeout', 'hard_timeout', 'importance', 'idle_age', 'hard_age', 'send_flow_rem', 'check_overlap', 'reset_counts', 'no_packet_counts', 'no_byte_counts', 'no_readonly_table', 'allow_hidden_fields', 'out_port', 'out_group']);

/** Those of them that ovs-ofctl prints with a blank behind, and no comma. */
const FLAGS: ReadonlySet<string> = new Set(['send_flow_rem', 'check_overlap', 'reset_counts', 'no_packet_counts', 'no_byte_counts', 'no_readonly_table', 'allow_hidden_fields']);

/** What was read before: rules of one dump share most of their conditions and actions. */
interface Memory {
  readonly conditions: Map<string, readonly FieldMatch[] | undefined>;
  readonly actions: Map<string, readonly OpenFlowAction[]>;
}

const freshMemory = (): Memory => ({ conditions: new Map(), actions: new Map() });

/** Where `actions=` begins, at the start of the line or behind a space or comma; -1 when it does not. */
function actionsAt(line: string): number {
  let at = line.indexOf('actions=');
  while (at > 0 && line.charCodeAt(at - 1) !== 32 && line.charCodeAt(at - 1) !== 44) at = line.indexOf('actions=', at + 1);
  return at;
}

/**
 * One line of `ovs-ofctl dump-flows` or `ovs-appctl bridge/dump-flows`, and what `add-flow` takes; undefined when it is no rule. An action
 * that is not understood is `unknown`, a condition keeps its `text`.
 */
export function parseRule(line: string, names: OvsNames = {}, source?: SourceRef, memory: Memory = freshMemory()): OpenFlowRule | undefined {
  const at = actionsAt(line);
  if (at < 0) return undefined;
  let table = 0;
  let priority = DEFAULT_PRIORITY;
  let cookie = '0';
  const stats: string[] = [];
  const match: FieldMatch[] = [];
  for (const part of splitTop(line.slice(0, at))) {
    let word = part.trim();
    for (let blank = word.indexOf(' '); blank > 0 && FLAGS.has(word.slice(0, blank)); blank = word.indexOf(' ')) {
      stats.push(word.slice(0, blank));
      word = word.slice(blank + 1);
    }
    if (word === '') continue;
    const equals = word.indexOf('=');
    const key = equals < 0 ? word : word.slice(0, equals);
    if (STATS.has(key)) {
      stats.push(word);
      continue;
    }
    const value = equals < 0 ? '' : word.slice(equals + 1);
    if (key === 'table' || key === 'table_id') {
      const number = parseTable(value, names);
      if (number === undefined) return undefined;
      table = number;
    } else if (key === 'priority') {
      const number = parseNumber(value);
      if (number === undefined || number > 0xffff) return undefined;
      priority = number;
    } else if (key === 'cookie') {
      if (!/^(?:0x)?[0-9a-f]{1,16}$/i.test(value)) return undefined;
      cookie = value.toLowerCase().replace(/^0x/, '').replace(/^0+(?=.)/, '');
    } else {
      let conditions = memory.conditions.get(word);
      if (conditions === undefined) {
        conditions = parseCondition(word, names);
        memory.conditions.set(word, conditions);
      }
      if (conditions === undefined) return undefined;
      match.push(...conditions);
    }
  }
  const text = line.slice(at + 8);
  let actions = memory.actions.get(text);
  if (actions === undefined) {
    actions = parseActions(text.trim(), names);
    memory.actions.set(text, actions);
  }
  return { table, priority, cookie, match: ofIcmp6(match), actions, ...(stats.length === 0 ? {} : { stats }), source };
}

/** Headings of replies, which come again every few hundred rules, and what warnings the tools put between. */
const HEADING = /^(?:NXST_FLOW|OFPST_FLOW|NXST_[A-Z_]+|OFPST_[A-Z_]+|OFPT_[A-Z_]+) (?:reply|request)?.*$|^\d{4}-\d\d-\d\dT[\d:.]+Z?\|/;

/** The switch's own rules about misses (TBL_INTERNAL, ofproto/ofproto-dpif.h), which `bridge/dump-flows` shows. */
const HIDDEN = /^ ?(?:cookie=[^,]*, )?table_id=254,/;

/** Whether a line of a listing of rules says nothing about rules. */
export const isHeading = (line: string): boolean => {
  // Rules, and there are many, begin with a space or a small letter.
  const first = line.charCodeAt(0) === 32 ? line.charCodeAt(1) : line.charCodeAt(0);
  return first >= 97 && first <= 122 ? false : line.trim() === '' || HEADING.test(line);
};

/** The rules of a dump, in its order. Lines that are none of them are reported. Never throws on any text. */
export function readDumpFlows({ input, firstLine, lines }: Lines, names: OvsNames = {}): Parsed<readonly OpenFlowRule[]> {
  const found = new DiagnosticList();
  const memory = freshMemory();
  const rules: OpenFlowRule[] = [];
  for (const [i, line] of lines.entries()) {
    if (isHeading(line) || HIDDEN.test(line)) continue;
    const source: SourceRef = { input, line: firstLine + i };
    const rule = parseRule(line, names, source, memory);
    if (rule) rules.push(rule);
    else found.add('unknown-line', source, line);
  }
  return { value: rules, diagnostics: found.items };
}

export interface RulePrint {
  /** Print ports and tables by name. */
  readonly names?: OvsNames;
  /** `--no-stats` when false: no counters, no cookie 0, no table 0. */
  readonly stats?: boolean;
}

/** A rule as ovs-ofctl prints it, without the space in front (ofputil_flow_stats_format(), lib/ofp-flow.c). */
export function printRule(rule: OpenFlowRule, { names = {}, stats = true }: RulePrint = {}): string {
  const words = rule.stats ?? [];
  const counters = new Set(['duration', 'n_packets', 'n_bytes', 'idle_age', 'hard_age']);
  const shown = stats ? words : words.filter((w) => !counters.has(w.split('=')[0] ?? ''));
  const duration = shown.filter((w) => w.startsWith('duration='));
  const head = [
    ...(stats || rule.cookie !== '0' ? [`cookie=0x${rule.cookie}`] : []),
    ...duration,
    ...(stats || rule.table !== 0 || names.tableName?.(rule.table) !== undefined ? [`table=${formatTable(rule.table, names)}`] : []),
    ...shown.filter((w) => !w.startsWith('duration=')),
  ];
  const match = [...(rule.priority === DEFAULT_PRIORITY ? [] : [`priority=${rule.priority}`]), ...printMatch(rule.match, names)].join(',');
  return `${head.map((w) => (FLAGS.has(w) ? `${w} ` : `${w}, `)).join('')}${match === '' ? '' : `${match} `}actions=${printActions(rule.actions, names)}`;
}

/** A rule as `ovs-appctl bridge/dump-flows` prints it (flow_stats_ds(), ofproto/ofproto.c): without cookie and timeouts, ports by number. */
export function printBridgeRule(rule: OpenFlowRule): string {
  const stats = ['duration', 'n_packets', 'n_bytes'].flatMap((key) => rule.stats?.find((w) => w.startsWith(`${key}=`)) ?? []);
  const head = [...(rule.table === 0 ? [] : [`table_id=${rule.table}`]), ...stats];
  const match = [...(rule.priority === DEFAULT_PRIORITY ? [] : [`priority=${rule.priority}`]), ...printMatch(rule.match)].join(',');
  return `${head.map((w) => `${w}, `).join('')}${match},actions=${printActions(rule.actions)}`;
}
