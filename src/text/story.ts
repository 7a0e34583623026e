import type { FibStep, Step } from '../engine/step.ts';
import { findHost } from '../world/lookup.ts';
import type { World } from '../world/world.ts';
import type { Group } from './grouping.ts';

/** Hook-level groups in a row in one namespace; `start` and `end` (exclusive) are positions in the list of groups. */
interface Visit {
  readonly start: number;
  readonly end: number;
}

/**
 * The story: of the hook-level groups, those that change something, choose, or end the way are told; the others go with a neighbour.
 * Which are told depends on what happens around them, never on names.
 */
export function storyGroups(steps: readonly Step[], world: World, groups: readonly Group[]): readonly Group[] {
  const visits = visitsOf(steps, groups);
  const told = visits.flatMap((visit) => toldIn(steps, world, groups, visit));
  return attach(steps, groups, visits, joinUndone(steps, groups, told));
}

const leadOf = (steps: readonly Step[], group: Group | undefined): Step | undefined => (group ? steps[group.lead] : undefined);

function visitsOf(steps: readonly Step[], groups: readonly Group[]): readonly Visit[] {
  const visits: Visit[] = [];
  let start = 0;
  for (let i = 1; i <= groups.length; i++) {
    const a = leadOf(steps, groups[i - 1]);
    const b = leadOf(steps, groups[i]);
    if (b && a && a.host === b.host && a.netns === b.netns) continue;
    visits.push({ start, end: i });
    start = i;
  }
  return visits;
}

/** Positions of the groups of a visit that the story tells. Read backwards, for much depends on what comes next. */
function toldIn(steps: readonly Step[], world: World, groups: readonly Group[], visit: Visit): readonly number[] {
  const rewritten = firstRewrite(steps, groups, visit);
  const told: number[] = [];
  for (let i = visit.end - 1; i >= visit.start; i--) {
    const group = groups[i];
    const lead = leadOf(steps, group);
    const next = told[0] === undefined ? undefined : groups[told[0]];
    if (group && lead && tells(steps, groups, i, group, lead, next, rewritten)) told.unshift(i);
  }
  return isPlainHop(steps, world, groups, visit, told) ? [] : oncePerDatagram(steps, groups, told);
}

/** Where the packet's destination was first rewritten in this visit; after that the source is a question of interest. */
function firstRewrite(steps: readonly Step[], groups: readonly Group[], visit: Visit): number {
  for (let i = visit.start; i < visit.end; i++) {
    const group = groups[i];
    const lead = leadOf(steps, group);
    if (group?.kind === 'ipvs' || (group?.kind === 'nat' && lead?.kind === 'rule' && (lead.hook === 'PREROUTING' || lead.hook === 'OUTPUT'))) return i;
  }
  return visit.end;
}

function tells(steps: readonly Step[], groups: readonly Group[], i: number, group: Group, lead: Step, next: Group | undefined, rewritten: number): boolean {
  // Further connections, and what follows a handshake, go the way that was told already: only their ends and their troubles are.
  const again = lead.connection > 0 || lead.role === 'data';
  switch (group.kind) {
    case 'drop':
      // The drop behind a REJECT that was told comes after its error has left.
      return !(lead.kind === 'drop' && (lead.reason === 'rule' || lead.reason === 'policy' || (lead.copy === true && isPassedOn(steps, lead))));
    case 'unknown':
    case 'left':
    case 'refused':
    case 'error':
    case 'mtu':
      return lead.kind !== 'reassemble' && lead.kind !== 'pmtu';
    case 'send':
      return lead.role !== 'data' || !steps.slice(0, lead.id).some((s) => s.kind === 'send' && s.role === 'data' && s.connection === lead.connection);
    case 'deliver':
      return lead.role !== 'data' || !steps.slice(lead.id + 1).some((s) => s.kind === 'deliver' && s.role === 'data' && s.connection === lead.connection);
    case 'ipvs':
      return lead.role !== 'data' && lead.role !== 'error';
    case 'nat':
    case 'unnat':
      return !again;
    case 'encap':
    case 'decap':
      return !again && lead.role !== 'error';
    case 'wire':
      return !again && lead.role !== 'error' && isNested(lead);
    case 'netfilter':
      return !again && lead.role === 'request' && tableTells(steps, group, lead, i > rewritten);
    case 'route':
      return !again && lead.role === 'request' && lead.kind === 'fib' && routeTells(lead, next, steps);
    case 'arrive':
      return !again && lead.role === 'request' && overWire(steps, groups, i) && next !== undefined && !['decap', 'encap', 'deliver'].includes(next.kind) && leadOf(steps, next)?.kind !== 'deliver';
    case 'switch':
      // Once a bridge, however often connection tracking gives the packet back.
      return lead.kind === 'ovs' && !again && lead.role === 'request' && lead.how !== 'resume';
    case 'leave':
      return lead.kind === 'bridge' && !again && lead.role === 'request' && !isNested(lead);
    default:
      return false;
  }
}

/** Behind the bridge that made this copy somebody else got on with the packet, or took it. */
function isPassedOn(steps: readonly Step[], drop: Step): boolean {
  const flood = steps.slice(0, drop.id).findLast((s) => s.kind === 'bridge' && s.op === 'flood' && s.connection === drop.connection);
  return steps.slice(flood?.id ?? 0).some((s) => (s.kind === 'deliver' || (s.kind === 'fib' && flood !== undefined)) && s.role === drop.role && s.connection === drop.connection);
}

/** More than one IP header: a tunnel's outer packet. */
const isNested = (step: Step): boolean => step.packet.filter((h) => h.type === 'ipv4').length > 1;

/** A mark that stays, a decision about the destination that a rule made, and a source that could have changed but did not. */
function tableTells(steps: readonly Step[], group: Group, lead: Step, afterRewrite: boolean): boolean {
  const table = steps[group.from];
  if (table?.kind !== 'table' || lead.kind !== 'rule') return false;
  if (lead.verdict === 'CT' || lead.verdict === 'NOTRACK') return true;
  if (table.table !== 'nat' && table.table !== 'mangle') return false;
  const first = steps[group.from + 1];
  if (first && 'markBefore' in first && first.markBefore !== table.mark) return true;
  if (table.table !== 'nat' || isNested(lead)) return false;
  if (table.hook === 'POSTROUTING') return afterRewrite;
  // A RETURN leads a table only if another rule accepted the packet after it.
  return (lead.verdict === 'ACCEPT' || lead.verdict === 'RETURN') && (table.hook === 'PREROUTING' || table.hook === 'OUTPUT');
}

function routeTells(fib: FibStep, next: Group | undefined, steps: readonly Step[]): boolean {
  if (fib.purpose === 'input') return fib.result === 'forward' || (fib.result === 'local' && leadOf(steps, next)?.kind === 'ipvs');
  return (fib.purpose === 'ipvs' || fib.purpose === 'reroute') && fib.result === 'forward';
}

/** The step before is a transmission onto a shared wire. */
function overWire(steps: readonly Step[], groups: readonly Group[], i: number): boolean {
  const before = leadOf(steps, groups[i - 1]);
  return before?.kind === 'transmit' && before.segment !== undefined && before.role !== 'arp';
}

/** In by a wire, out by a wire, and nothing but a route between: a router's hop, told with the arrival that follows. A node's is of interest. */
function isPlainHop(steps: readonly Step[], world: World, groups: readonly Group[], visit: Visit, told: readonly number[]): boolean {
  return (
    findHost(world, leadOf(steps, groups[visit.start])?.host ?? '')?.role !== 'node' &&
    overWire(steps, groups, visit.start) &&
    groups[visit.start]?.kind === 'arrive' &&
    groups[visit.end - 1]?.kind === 'wire' &&
    visit.end < groups.length &&
    told.every((i) => ['arrive', 'route', 'wire'].includes(groups[i]?.kind ?? ''))
  );
}

/** Pieces of one datagram do the same one after the other: once is enough. */
function oncePerDatagram(steps: readonly Step[], groups: readonly Group[], told: readonly number[]): readonly number[] {
  const seen = new Map<string, number>();
  return told.filter((i) => {
    const group = groups[i];
    const lead = leadOf(steps, group);
    if (!group || !lead || !['arrive', 'route', 'wire', 'encap', 'decap', 'mtu'].includes(group.kind)) return true;
    const key = `${group.kind} ${lead.dev} ${lead.role} ${lead.connection}`;
    const first = seen.get(key);
    seen.set(key, first ?? lead.packetId);
    return first === undefined || first === lead.packetId;
  });
}

/** A told group, and the last position that must stay with it. */
interface Told {
  readonly at: number;
  readonly until: number;
}

/** What is put back by several hands in a row on one machine is one event. */
function joinUndone(steps: readonly Step[], groups: readonly Group[], told: readonly number[]): readonly Told[] {
  const joined: Told[] = [];
  for (const at of told) {
    const last = joined.at(-1);
    const a = last && groups[last.at];
    const b = groups[at];
    const x = leadOf(steps, a);
    const y = leadOf(steps, b);
    const same = a?.kind === 'unnat' && b?.kind === 'unnat' && x?.packetId === y?.packetId && x?.host === y?.host && x?.netns === y?.netns;
    if (last && same) joined[joined.length - 1] = { at: last.at, until: at };
    else joined.push({ at, until: at });
  }
  return joined;
}

/** Gives every group that is not told to the told one before or after it. */
function attach(steps: readonly Step[], groups: readonly Group[], visits: readonly Visit[], told: readonly Told[]): readonly Group[] {
  const last = groups.length - 1;
  const all = groups[last];
  if (!all) return [];
  if (told.length === 0) return [{ from: 0, to: all.to, lead: groups[0]?.lead ?? 0, kind: groups[0]?.kind ?? 'other' }];
  const visitEnd = new Map(visits.flatMap((v) => groups.slice(v.start, v.end).map((_, k) => [v.start + k, v.end] as const)));
  let start = 0;
  return told.flatMap(({ at, until }, k) => {
    const group = groups[at];
    const next = told[k + 1];
    const end = next ? boundary(steps, groups, group, until, next.at, visitEnd.get(until) ?? 0) : last + 1;
    const first = groups[start];
    const final = groups[end - 1];
    start = end;
    return group && first && final ? [{ from: first.from, to: final.to, lead: group.lead, kind: group.kind }] : [];
  });
}

/** Where, between two told groups, the second one's share begins. */
function boundary(steps: readonly Step[], groups: readonly Group[], group: Group | undefined, until: number, next: number, visitEnd: number): number {
  const lead = leadOf(steps, group);
  let end = until + 1;
  if (visitEnd <= next) {
    while (end < visitEnd && groups[end]?.kind !== 'drop') end++;
    return end;
  }
  while (end < next && belongs(steps, lead, groups[end])) end++;
  return end;
}

/** Whether a silent group goes with the told one before it, in the same visit. */
function belongs(steps: readonly Step[], lead: Step | undefined, group: Group | undefined): boolean {
  const step = leadOf(steps, group);
  if (!lead || !group || !step) return false;
  const first = steps[group.from];
  if (lead.kind === 'transmit' || lead.kind === 'encap') return group.kind !== 'drop';
  if (lead.kind === 'fib' && lead.purpose !== 'input') return first?.kind === 'table' && first.hook === 'OUTPUT';
  if (lead.kind === 'send') return group.kind === 'route';
  if (lead.kind === 'ovs') return group.kind === 'switch' || group.kind === 'leave' || group.kind === 'neighbour';
  return group.kind === 'wire' || group.kind === 'leave' || group.kind === 'neighbour' || (step.kind === 'conntrack' && step.op === 'confirm');
}
