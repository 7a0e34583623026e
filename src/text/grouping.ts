import type { RuleStep, Step } from '../engine/step.ts';
import type { StopKind } from './reading-types.ts';

/** Steps that are told as one: `from` to `to`, in the words of `lead`. */
export interface Group {
  readonly from: number;
  readonly to: number;
  readonly lead: number;
  readonly kind: StopKind;
}

/** What kind of stop a step makes on its own. */
export function kindOf(step: Step): StopKind {
  switch (step.kind) {
    case 'send':
      return step.what === 'icmp-error' || step.what === 'reset' ? 'error' : 'send';
    case 'receive':
      return 'arrive';
    case 'bridge':
      return 'leave';
    case 'ovs':
    case 'openflow':
    case 'ovs-action':
      return 'switch';
    case 'transmit':
      return step.segment === undefined ? 'leave' : 'wire';
    case 'table':
    case 'rule':
    case 'skipped':
    case 'policy':
      return 'netfilter';
    case 'conntrack':
      return 'conntrack';
    case 'nat':
      return step.undo ? 'unnat' : 'nat';
    case 'fib':
    case 'rp-filter':
    case 'ttl':
    case 'redirect':
      return 'route';
    case 'mtu':
    case 'fragment':
    case 'reassemble':
    case 'pmtu':
      return 'mtu';
    case 'ipvs':
      return step.op === 'reply' ? 'unnat' : step.op === 'no-destination' ? 'refused' : 'ipvs';
    case 'encap':
      return 'encap';
    case 'decap':
      return 'decap';
    case 'neighbour':
    case 'arp':
      return 'neighbour';
    case 'deliver':
      return step.to === 'refused' || step.to === 'stray' ? 'refused' : 'deliver';
    case 'drop':
      return 'drop';
    case 'left':
      return 'left';
    case 'unknown':
      return 'unknown';
  }
}

/** One group a step: the level `rules`. */
export const singleGroups = (steps: readonly Step[]): readonly Group[] => steps.map((s) => ({ from: s.id, to: s.id, lead: s.id, kind: kindOf(s) }));

/** One group for each table at each hook, and for what else a kernel does in one go: the level `hooks`. */
export function hookGroups(steps: readonly Step[]): readonly Group[] {
  const groups: Group[] = [];
  let at = 0;
  while (at < steps.length) {
    const group = groupAt(steps, at);
    groups.push(group);
    at = group.to + 1;
  }
  return groups;
}

function groupAt(steps: readonly Step[], from: number): Group {
  const first = steps[from];
  if (!first) return { from, to: from, lead: from, kind: 'other' };
  if (first.role === 'arp') return arpGroup(steps, from);
  const mine = (s: Step | undefined): s is Step => s !== undefined && s.packetId === first.packetId && s.host === first.host && s.netns === first.netns;
  /** The last step of an unbroken run of these kinds behind `from`. */
  const run = (...kinds: readonly Step['kind'][]): number => {
    let to = from;
    for (let next = steps[to + 1]; mine(next) && kinds.includes(next.kind); next = steps[to + 1]) to = next.id;
    return to;
  };
  const alone: Group = { from, to: from, lead: from, kind: kindOf(first) };
  switch (first.kind) {
    case 'table':
      return tableGroup(steps, first.id);
    case 'openflow':
      return withDrop(steps, alone);
    case 'ovs-action':
      return ctGroup(steps, first.id);
    case 'fib':
      return { ...alone, to: run('rp-filter', 'ttl') };
    case 'mtu':
      return first.action === 'fragment' ? { ...alone, to: lastPiece(steps, from) } : withDrop(steps, alone);
    case 'rp-filter':
    case 'neighbour': {
      const next = steps[from + 1];
      if (mine(next) && next.kind === 'transmit') return { from, to: next.id, lead: next.id, kind: kindOf(next) };
      return withDrop(steps, alone);
    }
    case 'transmit': {
      // A tunnel device: what it does to the packet says more than that it got it.
      const to = run('pmtu', 'encap');
      return steps[to]?.kind === 'encap' ? { from, to, lead: to, kind: 'encap' } : alone;
    }
    case 'decap':
      return { ...alone, to: run('receive') };
    case 'ipvs': {
      const next = steps[from + 1];
      return first.op === 'no-destination' && mine(next) && next.kind === 'drop' ? { ...alone, to: next.id } : alone;
    }
    default:
      return alone;
  }
}

/** A loss is told by the step that gives its reason. */
function withDrop(steps: readonly Step[], group: Group): Group {
  const next = steps[group.to + 1];
  return next?.kind === 'drop' && next.packetId === steps[group.from]?.packetId ? { ...group, to: next.id, lead: next.id, kind: 'drop' } : group;
}

/** A question on the link, every answer to it, and what was learned from it. */
function arpGroup(steps: readonly Step[], from: number): Group {
  let to = from;
  while (steps[to + 1]?.role === 'arp') to++;
  const closing = steps[to + 1];
  if (closing?.kind !== 'neighbour') return { from, to, lead: from, kind: 'neighbour' };
  return withDrop(steps, { from, to: closing.id, lead: closing.id, kind: 'neighbour' });
}

function lastPiece(steps: readonly Step[], from: number): number {
  let to = from;
  while (steps[to + 1]?.kind === 'fragment') to++;
  return to;
}

/** What a bridge's rule asked of connection tracking, told by the address that it changed, if it did. */
function ctGroup(steps: readonly Step[], id: number): Group {
  let to = id;
  while (steps[to + 1]?.parent === id && (steps[to + 1]?.kind === 'conntrack' || steps[to + 1]?.kind === 'nat')) to++;
  const changed = steps.slice(id, to + 1).findLast((s) => s.kind === 'nat');
  return withDrop(steps, changed ? { from: id, to, lead: changed.id, kind: kindOf(changed) } : { from: id, to, lead: id, kind: 'switch' });
}

/** A table with its rules; the drop that it decided belongs to it. */
function tableGroup(steps: readonly Step[], id: number): Group {
  const table = steps[id];
  let to = id;
  const inside = new Set([id]);
  for (let next = steps[to + 1]; next && next.packetId === table?.packetId && next.parent !== undefined && inside.has(next.parent); next = steps[to + 1]) {
    if (next.kind !== 'rule' && next.kind !== 'skipped' && next.kind !== 'policy' && next.kind !== 'nat' && next.kind !== 'unknown') break;
    inside.add(next.id);
    to = next.id;
  }
  const lead = decidingStep(steps, id, to);
  const decided = steps[lead];
  if (decided?.kind === 'unknown') return { from: id, to, lead, kind: 'unknown' };
  const after = steps[to + 1];
  if (decided?.kind === 'rule' && decided.verdict === 'REJECT') return { from: id, to, lead, kind: 'refused' };
  const dropped = after?.kind === 'drop' && after.packetId === table?.packetId;
  if (dropped) return { from: id, to: after.id, lead, kind: 'drop' };
  const changed = steps.slice(id, to + 1).some((s) => s.kind === 'nat' && s.parent === lead);
  return { from: id, to, lead, kind: changed ? 'nat' : 'netfilter' };
}

/** The step of a table that matters most: what nobody can tell, what ended the packet, changed an address, set a mark, or accepted it. */
function decidingStep(steps: readonly Step[], id: number, to: number): number {
  const inside = steps.slice(id + 1, to + 1);
  const find = (test: (s: Step) => boolean): number | undefined => inside.findLast(test)?.id;
  const hit = (test: (r: RuleStep) => boolean) => (s: Step): boolean => s.kind === 'rule' && s.matched === true && test(s);
  return (
    find((s) => s.kind === 'unknown') ??
    find(hit((r) => r.verdict === 'REJECT' || r.verdict === 'DROP')) ??
    inside.findLast((s) => s.kind === 'nat')?.parent ??
    find((s) => s.kind === 'policy' && s.policy === 'DROP') ??
    find((s) => s.kind === 'rule' && s.mark !== s.markBefore) ??
    find(hit((r) => r.verdict === 'CT' || r.verdict === 'NOTRACK')) ??
    earlyReturn(inside) ??
    find(hit((r) => r.verdict === 'ACCEPT')) ??
    find(hit((r) => r.verdict === 'RETURN')) ??
    id
  );
}

/**
 * A chain that let go of the packet for a reason before a later rule of nat accepted it: not what accepted it is of interest, but
 * what therefore did not happen.
 */
function earlyReturn(inside: readonly Step[]): number | undefined {
  const rules = inside.flatMap((s) => (s.kind === 'rule' && s.matched === true && s.table === 'nat' && s.hook !== 'POSTROUTING' && s.hook !== 'INPUT' ? [s] : []));
  if (rules.at(-1)?.verdict !== 'ACCEPT') return undefined;
  return rules.findLast((r) => r.verdict === 'RETURN' && r.conditions.length > 0 && r.stack.length > 1)?.id;
}
