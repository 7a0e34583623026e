import type { AntreaAsk } from '../../engine/ovs/antrea.ts';
import type { OpenFlowStep, OvsActionStep, OvsStep, Step } from '../../engine/step.ts';
import { printActions } from '../../dumps/ovsActionsPrint.ts';
import { formatNat } from '../../dumps/ovsCt.ts';
import { printMatch } from '../../dumps/ovsMatchPrint.ts';
import { bridgeNames, formatTable, type OvsNames } from '../../dumps/ovsNames.ts';
import { formatValue } from '../../dumps/ovsValues.ts';
import type { Words } from '../../world/openflow.ts';
import { FIELDS } from '../../world/openflowFields.ts';
import { findHost } from '../../world/lookup.ts';
import type { Tale } from '../tale-types.ts';
import type { Telling } from '../telling.ts';
import { who } from './facts.ts';

/** What Antrea’s agent is asked for (src/engine/ovs/antrea.ts). */
const ANTREA: ReadonlySet<string> = new Set<AntreaAsk>(['service-reject', 'policy-reject', 'policy-log', 'dns-response']);

/** How a field's value is written in rules. */
export function fieldText(field: string, value: Words, names: OvsNames = {}): string {
  const spec = FIELDS.get(field);
  return spec ? formatValue(spec, value, undefined, names) : value.map((w) => `0x${w.toString(16)}`).join(' ');
}

/** The conditions of a rule as `dump-flows` prints them; '' when it has none. */
export const matchText = (step: OpenFlowStep, names: OvsNames = {}): string => printMatch(step.conditions.filter((c) => FIELDS.has(c.field)), names).join(',');

/** Where a look-up is: `table 30 priority 300 ip,nw_dst=10.128.0.1`. */
export function ruleText(step: OpenFlowStep, names: OvsNames = {}): string {
  const table = formatTable(step.table, names);
  if (!step.rule) return `table ${table}`;
  const match = matchText(step, names);
  return `table ${table}, priority ${step.rule.priority}${match === '' ? '' : `, ${match}`}`;
}

/** The names that the ports and the tables of a step's bridge have. */
export const namesAt = (ctx: Telling, host: string, name: string): OvsNames => bridgeNames(findHost(ctx.world, host)?.ovs?.find((b) => b.name === name));

/** The last look-up of a stay in a bridge: it decided. */
function lastLookUp(ctx: Telling, step: Step): OpenFlowStep | undefined {
  let found: OpenFlowStep | undefined;
  for (let i = step.id + 1; i < ctx.trace.steps.length; i++) {
    const s = ctx.trace.steps[i];
    if (s?.parent !== step.id) {
      if (s?.kind === 'ovs' || s?.parent === undefined) break;
      continue;
    }
    if (s.kind === 'openflow') found = s;
  }
  return found;
}

/** How many tables are asked in one stay. */
function lookUps(ctx: Telling, step: Step): number {
  let count = 0;
  for (let i = step.id + 1; i < ctx.trace.steps.length; i++) {
    const s = ctx.trace.steps[i];
    if (s?.kind === 'ovs' && s.parent === undefined) break;
    if (s?.kind === 'openflow' && s.parent === step.id) count++;
  }
  return count;
}

/** All passes of a packet's stay in a bridge: conntrack gives it back to where it was. */
function passesOf(ctx: Telling, step: OvsStep & Step): readonly (OvsStep & Step)[] {
  const passes = [step];
  for (let i = step.id + 1; i < ctx.trace.steps.length; i++) {
    const s = ctx.trace.steps[i];
    if (s?.packetId !== step.packetId) continue;
    if (s.kind === 'receive' || s.kind === 'send' || (s.kind === 'ovs' && s.how !== 'resume')) break;
    if (s.kind === 'ovs' && s.bridge === step.bridge) passes.push(s);
  }
  return passes;
}

export function ovsTale(ctx: Telling, step: OvsStep & Step): Tale {
  const passes = ctx.reading.detail === 'story' ? passesOf(ctx, step) : [step];
  const final = passes.at(-1) ?? step;
  const last = lastLookUp(ctx, final);
  const userspace = findHost(ctx.world, step.host)?.ovs?.find((b) => b.name === step.bridge)?.datapathType === 'netdev';
  return { kind: 'ovs', bridge: step.bridge, userspace, host: who(ctx, step), port: step.port, how: step.how, to: [...new Set(passes.flatMap((p) => p.to))], again: final.again, lookUps: passes.reduce((n, p) => n + lookUps(ctx, p), 0), rule: last && ruleText(last, namesAt(ctx, step.host, step.bridge)), missed: last !== undefined && last.rule === undefined };
}

export function openflowTale(ctx: Telling, step: OpenFlowStep & Step): Tale {
  const names = namesAt(ctx, step.host, step.bridge);
  const to = step.notes.flatMap((n) => (n.kind === 'output' ? [n.port] : n.kind === 'normal' ? n.to : []));
  const bucket = step.notes.flatMap((n) => (n.kind === 'bucket' ? [{ group: n.group, bucket: n.bucket }] : []))[0];
  return {
    kind: 'openflow',
    bridge: step.bridge,
    table: formatTable(step.table, names),
    rule: step.rule && ruleText(step, names),
    match: matchText(step, names),
    actions: step.rule ? printActions(step.rule.actions, names) : '',
    changes: step.changes.map((c) => ({ field: c.field, before: fieldText(c.field, c.before, names), after: fieldText(c.field, c.after, names) })),
    to,
    bucket,
    cookie: step.rule?.cookie,
  };
}

/** A bridge's rule has conntrack translate the packet. */
export function ovsNatTale(ctx: Telling, step: OvsActionStep & Step, side: 'src' | 'dst', { before, after }: { readonly before: string; readonly after: string }): Tale {
  const ct = step.action.kind === 'ct' ? step.action : undefined;
  const asked = ctx.trace.steps.slice(0, step.id).findLast((s) => s.kind === 'openflow' && s.bridge === step.bridge && s.packetId === step.packetId);
  return { kind: 'ovs-nat', bridge: step.bridge, side, before, after, nat: ct?.nat && formatNat(ct.nat), zone: ct?.zone ?? 0, rule: asked?.kind === 'openflow' ? ruleText(asked, namesAt(ctx, step.host, step.bridge)) : undefined };
}

export function ovsActionTale(ctx: Telling, step: OvsActionStep & Step): Tale {
  const { action, bridge } = step;
  switch (action.kind) {
    case 'ct':
      return { kind: 'ovs-ct', bridge, zone: action.zone, commit: action.commit, nat: action.nat && formatNat(action.nat), state: fieldText('ct_state', [action.state]), mark: action.mark === undefined ? undefined : fieldText('ct_mark', [action.mark]), label: action.label && fieldText('ct_label', action.label) };
    case 'check-pkt-len':
      return { kind: 'ovs-length', bridge, bytes: action.bytes, limit: action.limit, larger: action.larger };
    case 'controller':
      return { kind: 'ovs-controller', bridge, host: who(ctx, step), what: action.what, agent: ANTREA.has(action.what ?? '') ? 'antrea' : 'ovn', reason: action.reason };
    case 'ct-clear':
    case 'trunc':
    case 'meter':
    case 'sample':
      return { kind: 'ovs-other', bridge, what: action.kind === 'ct-clear' ? 'ct_clear' : action.kind === 'trunc' ? `truncate(${action.maxLen})` : action.kind === 'meter' ? `meter:${action.id}` : action.text };
  }
}
