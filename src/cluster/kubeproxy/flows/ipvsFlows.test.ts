import { describe, expect, it } from 'vitest';
import type { Probe } from '../../../engine/probe.ts';
import type { Ending } from '../../../engine/trace-types.ts';
import { trace, traceAll } from '../../../engine/trace.ts';
import { formatIp4 } from '../../../packet/address.ts';
import { ipOf, PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../../../packet/packet.ts';
import { at, ip } from '../../../testing/sample.ts';
import type { World } from '../../../world/world.ts';
import { worldOf } from '../../world.ts';
import { READ_MINORS } from '../version.ts';
import { type FlowGroup, POLICY_FLOWS, type Sender } from './ipvsFlows.ts';
import { MORE_FLOWS } from './ipvsFlowsMore.ts';
import { ADDRESSES, NODE_OF, objectsOf } from './ipvsObjects.ts';

const NAMES = new Map(Object.entries(ADDRESSES).map(([name, address]) => [address, name]));
const PORTS: Readonly<Record<string, number>> = { clusterIP: 80, VIP: 80, externalIP: 80, nodePort: 30_080 };
const PROTOS = { TCP: PROTO_TCP, UDP: PROTO_UDP, SCTP: PROTO_SCTP } as const;

const from = (sender: Sender): Probe['from'] => (sender === 'n1' || sender === 'client' ? at(sender) : at(NODE_OF[sender] ?? '', sender));

/** `nodePort of n2`, `VIP:31999`, `clusterIP by ping`, `clusterIP x3`. */
function probeOf(sender: Sender, to: string, protocol: FlowGroup['protocol'] = 'TCP'): Probe {
  const [, name = '', port, place, ping, count] = /^(\w+)(?::(\d+))?(?: of (\w+))?( by ping)?(?: x(\d+))?$/.exec(to) ?? [];
  const dst = ip(ADDRESSES[name === 'nodePort' ? (place ?? 'n1') : name] ?? '');
  if (ping !== undefined) return { from: from(sender), dst, proto: PROTO_ICMP };
  return { from: from(sender), dst, proto: PROTOS[protocol], dport: port === undefined ? (PORTS[name] ?? 80) : Number(port), ...(count === undefined ? {} : { count: Number(count) }) };
}

/** Who took a packet that was delivered; the node by what was asked for. */
const taker = ({ host, netns }: Ending): string => netns ?? host;
const clientOf = ({ seen }: Ending): string => NAMES.get(formatIp4(ipOf(seen).src)) ?? formatIp4(ipOf(seen).src);

/** How a packet ended, in the words of the table. */
function ending(end: Ending, group: FlowGroup): readonly [taker: string, source: string] | string {
  if (end.verdict === 'delivered') return end.netns === null && !group.endpoints.includes('host') ? `${end.host} itself` : [taker(end), clientOf(end)];
  if (end.verdict === 'rejected' && end.error?.kind === 'icmp') return end.error.icmptype === 3 && end.error.code === 3 ? 'refused: port unreachable' : `refused: ${end.error.icmptype}/${end.error.code}`;
  return end.verdict;
}

/** All that may come of a probe: `e1 sees n1; e2 e3 see e1`. */
function outcome(world: World, group: FlowGroup, sender: Sender, to: string): string {
  const probe = probeOf(sender, to, group.protocol);
  if (probe.count !== undefined) {
    const takers = trace(world, probe).outcomes.map((o) => taker(o.request));
    return new Set(takers).size === 1 ? 'always the same' : takers.join(' ');
  }
  const endings = traceAll(world, probe).branches.flatMap((b) => b.trace.outcomes.slice(0, 1).map((o) => ending(o.request, group)));
  const plain = [...new Set(endings.filter((e) => typeof e === 'string'))];
  const bySource = new Map<string, Set<string>>();
  for (const e of endings) if (typeof e !== 'string') bySource.set(e[1], (bySource.get(e[1]) ?? new Set()).add(e[0]));
  return [...plain, ...[...bySource].map(([source, takers]) => `${[...takers].toSorted().join(' ')} ${takers.size === 1 ? 'sees' : 'see'} ${source}`).toSorted()].join('; ');
}

const minorsOf = (text: string): readonly number[] => {
  const [first = 0, last = 0] = text.split('-').map(Number);
  return READ_MINORS.filter((m) => m >= first && m <= last);
};

describe.each([...POLICY_FLOWS, ...MORE_FLOWS])('IPVS mode: $about', (group) => {
  const worlds = new Map<number, World>();
  const world = (minor: number): World => {
    const known = worlds.get(minor) ?? worldOf({ 'objects.yaml': objectsOf(group, minor) }).world;
    worlds.set(minor, known);
    return known;
  };

  it.each(group.rows)('%s: from %s to %s: %s (%s)', (versions, sender, to, then) => {
    const minors = minorsOf(versions);
    expect(minors.length).toBeGreaterThan(0);
    expect(minors.map((minor) => [minor, outcome(world(minor), group, sender, to)])).toEqual(minors.map((minor) => [minor, then]));
  });
});
