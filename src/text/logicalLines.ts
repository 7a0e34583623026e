import type { LogicalWay } from '../engine/ovn/logicalPath.ts';
import { hopText } from './logicalText.ts';

/**
 * Ways through OVN's logical network as short text, a line for each switch and router, under one that says whose way it is:
 * `router ovn_cluster_router at worker1: in by rtos-worker1, out by rtoj-ovn_cluster_router; TTL 64 → 63`.
 */
export function logicalLines(ways: readonly LogicalWay[]): readonly string[] {
  const many = ways.some((w) => w.connection > 0);
  return ways.flatMap(({ role, connection, hops }) => [
    `logical ${role}${many ? ` of connection ${connection + 1}` : ''}`,
    ...hops.map((hop) => {
      const { title, ports, effects, end } = hopText(hop, 'en');
      const what = [ports, ...effects, end ?? ''].filter((t) => t !== '').join('; ');
      return `  ${title} at ${hop.host}${hop.continued ? ', continued' : ''}${what === '' ? '' : `: ${what}`}`;
    }),
  ]);
}
