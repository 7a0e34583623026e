import type { BucketChoice, OvsSwitch, SwitchState } from '../openflow/context.ts';
import { newSwitchState } from '../openflow/context.ts';
import type { OpenFlowBucket } from '../../world/openflow.ts';
import { formatIp4 } from '../../packet/address.ts';
import { isPorted, ipOf, l4Of, type Packet } from '../../packet/packet.ts';
import type { Host } from '../../world/world.ts';
import { isUp } from '../../world/lookup.ts';
import { linkOf, type Sim } from '../sim.ts';
import type { Run } from './datapath.ts';

interface Kept {
  readonly state: SwitchState;
  /** Which bucket a flow was given: its hash is the same each time. */
  readonly picked: Map<string, number>;
}

const switches = new WeakMap<Sim, Map<Host, Kept>>();

function keptOf(sim: Sim, host: Host): Kept {
  const known = switches.get(sim) ?? new Map<Host, Kept>();
  switches.set(sim, known);
  const kept = known.get(host) ?? { state: newSwitchState(), picked: new Map() };
  known.set(host, kept);
  return kept;
}

/** What makes two packets one flow for the hash of a group. */
function tupleOf(packet: Packet): string {
  if (packet[0]?.type !== 'ipv4') return '';
  const { src, dst, proto } = ipOf(packet);
  const l4 = l4Of(packet);
  return `${proto} ${src} ${dst} ${isPorted(l4) ? `${l4.sport} ${l4.dport}` : ''}`;
}

/** Where a bucket sends a connection, if that is what it does. */
function targetOf(bucket: OpenFlowBucket | undefined): string {
  const nat = bucket?.actions.flatMap((a) => (a.kind === 'ct' && a.nat?.kind === 'dst' && a.nat.ips ? [a.nat] : []))[0];
  if (!nat?.ips) return '';
  return ` ${formatIp4(nat.ips.from)}${nat.ports ? `:${nat.ports.from}` : ''}`;
}

/** The machine's Open vSwitch, with what it has learned while this trace ran; which bucket of a group is taken is chance. */
export function switchOf({ sim, ns, skb }: Run): OvsSwitch {
  const { host } = ns;
  const { state, picked } = keptOf(sim, host);
  const bridges = host.ovs ?? [];
  const choose = ({ bridge, group, buckets }: BucketChoice): number => {
    const key = `${bridge} ${group} ${tupleOf(skb.packet)}`;
    const known = picked.get(key);
    if (known !== undefined && buckets.some((b) => b.index === known)) return known;
    const listed = bridges.find((b) => b.name === bridge)?.groups?.find((g) => g.id === group);
    const all = buckets.reduce((sum, b) => sum + b.weight, 0);
    const options = buckets.map((b) => `group:${group} bucket:${b.index}${targetOf(listed?.buckets[b.index])}`);
    const taken = buckets.length > 1 ? sim.choose({ at: host.name, kind: 'ovs-group', options, odds: buckets.map((b) => (all > 0 ? b.weight / all : 1 / buckets.length)), splits: true }) : 0;
    const index = buckets[taken]?.index ?? 0;
    picked.set(key, index);
    return index;
  };
  // What a bucket that watches a port asks: netdev_get_carrier() of a device; tunnels and patch ports are always up.
  const alive = (_: string, port: string): boolean => {
    const link = linkOf(ns, port);
    return !link || (isUp(link) && !link.flags.includes('NO-CARRIER'));
  };
  return { bridges, state, choose, isUp: alive, learns: true };
}
