import type { CtEntryView, IpvsConnView } from '../../engine/step.ts';
import type { Trace } from '../../engine/trace-types.ts';
import type { Stop } from '../../text/reading-types.ts';
import { netnsId } from '../../world/lookup.ts';

export interface StateEntry<T> {
  readonly host: string;
  readonly netns: string | null;
  readonly entry: T;
  /** Made or changed at this stop. */
  readonly fresh: boolean;
}

/** What the walk has left behind in the kernels so far. */
export interface StateView {
  readonly conntrack: readonly StateEntry<CtEntryView>[];
  readonly ipvs: readonly StateEntry<IpvsConnView>[];
}

/**
 * Folds the steps up to and including a stop. Entries of the stop's own namespace come first, each kind otherwise in the order in
 * which they were made.
 */
export function stateAt(trace: Trace, stop: Stop): StateView {
  const conntrack = new Map<string, StateEntry<CtEntryView>>();
  const ipvs = new Map<string, StateEntry<IpvsConnView>>();
  for (const step of trace.steps.slice(0, stop.to + 1)) {
    const { host, netns } = step;
    const here = step.id >= stop.from;
    if ((step.kind === 'conntrack' || step.kind === 'nat') && step.entry) {
      const key = `${netnsId(host, netns)} ${step.entry.id}`;
      if (step.kind === 'conntrack' && step.op === 'removed') conntrack.delete(key);
      else put(conntrack, key, { host, netns, entry: step.entry, fresh: here });
    }
    if (step.kind === 'ipvs' && step.conn) {
      const { proto, source, virtual } = step.conn;
      put(ipvs, `${netnsId(host, netns)} ${proto} ${source} ${virtual}`, { host, netns, entry: step.conn, fresh: here });
    }
  }
  const own = (e: StateEntry<unknown>) => e.host === stop.host && e.netns === stop.netns;
  const sorted = <T>(entries: Map<string, StateEntry<T>>) => [...entries.values()].toSorted((a, b) => Number(own(b)) - Number(own(a)));
  return { conntrack: sorted(conntrack), ipvs: sorted(ipvs) };
}

/** An entry seen again without a change is not news. */
function put<T>(entries: Map<string, StateEntry<T>>, key: string, next: StateEntry<T>): void {
  const was = entries.get(key);
  const changed = !was || JSON.stringify(was.entry) !== JSON.stringify(next.entry);
  entries.set(key, { ...next, fresh: (next.fresh && changed) || (was !== undefined && was.fresh) });
}
