import type { Step, Subsystem } from '../../engine/step.ts';
import type { Trace } from '../../engine/trace-types.ts';
import { formatIp4, hex } from '../../packet/address.ts';
import { isPorted } from '../../packet/packet.ts';
import type { Reading } from '../../text/reading-types.ts';
import { netnsId } from '../../world/lookup.ts';
import { outerBytes } from './shells.ts';

/** One change that a house made to a packet that has left it. */
export interface LedgerLine {
  readonly subsystem: Subsystem;
  readonly field: 'mark' | 'src' | 'dst' | 'sport' | 'dport' | 'outerOn' | 'outerOff';
  readonly from: string | undefined;
  readonly to: string;
}

const MAX_LINES = 5;

/**
 * What each house did to the packet up to a stop, by comparing the packet from step to step. A house that has begun with the reply shows that; a house
 * in which the packet is now shows nothing, the capsule is there. Keys are namespace ids.
 */
export function ledgersAt(trace: Trace, reading: Reading, index: number): ReadonlyMap<string, readonly LedgerLine[]> {
  const stop = reading.stops[index];
  if (!stop) return new Map();
  const here = trace.steps[stop.lead];
  const out = new Map<string, { readonly way: string; readonly lines: LedgerLine[] }>();
  let before: Step | undefined;
  for (const step of trace.steps.slice(0, stop.lead + 1)) {
    if (step.connection !== here?.connection || step.role === 'arp') continue;
    const way = step.role === 'reply' || step.role === 'error' ? 'back' : 'forth';
    const id = netnsId(step.host, step.netns);
    const sameHouse = before && before.packetId === step.packetId && netnsId(before.host, before.netns) === id;
    const lines = sameHouse && before ? changes(before, step) : [];
    before = step;
    if (lines.length === 0) continue;
    const known = out.get(id);
    if (known?.way === way) known.lines.push(...lines);
    else out.set(id, { way, lines: [...lines] });
  }
  return new Map([...out].map(([id, { lines }]) => [id, settled(lines).slice(0, MAX_LINES)]));
}

function changes(before: Step, after: Step): readonly LedgerLine[] {
  const out: LedgerLine[] = [];
  const was = before.packet.filter((h) => h.type === 'ipv4');
  const is = after.packet.filter((h) => h.type === 'ipv4');
  if (before.mark !== after.mark && after.mark !== 0) out.push({ subsystem: 'netfilter', field: 'mark', from: undefined, to: hex(after.mark) });
  if (was.length !== is.length && was.length > 0 && is.length > 0) {
    const on = is.length > was.length;
    out.push({ subsystem: 'tunnel', field: on ? 'outerOn' : 'outerOff', from: undefined, to: `${on ? '+' : '−'}${outerBytes((on ? after : before).packet, 0)} B` });
    return out;
  }
  const [a, b] = [was.at(-1), is.at(-1)];
  // A rule that translates is Netfilter's doing; the entry that repeats or undoes it is conntrack's.
  const subsystem: Subsystem = after.kind === 'nat' && after.by === 'rule' ? 'netfilter' : after.kind === 'nat' ? 'conntrack' : after.subsystem;
  if (a && b && a.dst !== b.dst) out.push({ subsystem, field: 'dst', from: formatIp4(a.dst), to: formatIp4(b.dst) });
  if (a && b && a.src !== b.src) out.push({ subsystem, field: 'src', from: formatIp4(a.src), to: formatIp4(b.src) });
  const [p, q] = [portsOf(before), portsOf(after)];
  if (p && q && p.dport !== q.dport) out.push({ subsystem, field: 'dport', from: String(p.dport), to: String(q.dport) });
  if (p && q && p.sport !== q.sport) out.push({ subsystem, field: 'sport', from: String(p.sport), to: String(q.sport) });
  return out;
}

const portsOf = (step: Step) => step.packet.find(isPorted);

/** Several marks in a row count as the last; what was changed twice goes from the first to the last value. */
function settled(lines: readonly LedgerLine[]): readonly LedgerLine[] {
  const out: LedgerLine[] = [];
  for (const line of lines) {
    const at = out.findIndex((o) => o.field === line.field && o.subsystem === line.subsystem && o.to === line.from);
    const known = out[at];
    if (known) out[at] = { ...line, from: known.from };
    else if (!out.some((o) => o.field === line.field && o.to === line.to && o.subsystem === line.subsystem)) out.push(line);
  }
  return out.filter((line) => line.from !== line.to);
}
