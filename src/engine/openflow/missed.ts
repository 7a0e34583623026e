import type { FieldMatch, OpenFlowRule, OvsBridge, Words } from '../../world/openflow.ts';
import { FIELDS } from '../../world/openflowFields.ts';
import { hasTunMetadata, readField, tunMetadataIndex } from './fields.ts';
import type { Flow } from './types.ts';

/** A rule of a table that could have been taken instead, with the conditions that the packet does not meet. */
export interface MissedRule {
  readonly rule: OpenFlowRule;
  /** None: it only counts towards a conjunction that is not complete, or another rule of the same priority was taken. */
  readonly failed: readonly (FieldMatch & { readonly saw: Words })[];
}

/** Whether the packet meets one condition, and what it has; undefined where nobody can tell. */
function met(flow: Flow, match: FieldMatch): { readonly holds: boolean; readonly saw: Words } | undefined {
  const field = FIELDS.get(match.field);
  if (!field || match.text !== undefined) return undefined;
  const option = tunMetadataIndex(field);
  const saw = readField(flow, field);
  if (option !== undefined && !hasTunMetadata(flow, option)) return { holds: false, saw };
  return { holds: saw.every((w, i) => ((w ^ (match.value[i] ?? 0)) & (match.mask ? (match.mask[i] ?? 0) : 0xffffffff)) === 0), saw };
}

const sameRule = (a: OpenFlowRule, b: OpenFlowRule): boolean =>
  a === b || (a.source !== undefined && b.source !== undefined ? a.source.input === b.source.input && a.source.line === b.source.line : a.priority === b.priority && JSON.stringify(a.match) === JSON.stringify(b.match));

/**
 * The rules of a table that come before the one that was taken, or as early as it; all of them where none was. Those that failed by the
 * fewest conditions first, then those of higher priority. `flow`: the packet as the table saw it.
 */
export function missedRules(bridge: OvsBridge, table: number, flow: Flow, taken: OpenFlowRule | undefined): readonly MissedRule[] {
  const before = (bridge.flows ?? []).filter((r) => r.table === table && (taken === undefined || (r.priority >= taken.priority && !sameRule(r, taken))));
  const tried = before.map((rule): MissedRule => ({
    rule,
    failed: rule.match.flatMap((match) => {
      const result = met(flow, match);
      return result && !result.holds ? [{ ...match, saw: result.saw }] : [];
    }),
  }));
  return tried.toSorted((a, b) => a.failed.length - b.failed.length || b.rule.priority - a.rule.priority);
}
