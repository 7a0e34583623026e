import { PROTO_ICMP } from '../../packet/packet.ts';
import type { CtListedTuple, CtListing } from '../../world/conntrack.ts';
import type { Netns } from '../../world/world.ts';
import type { CtEntryView } from '../step.ts';
import { isSctpState } from './sctp.ts';
import { type CtEntry, type CtTable, type Direction, type Given, newCtTable, newEntry, sourceKey, viewEntry, type Zone } from './table.ts';
import { isTcpState } from './tcp.ts';
import { icmpKey, invertTuple, type Tuple, tupleKey } from './tuple.ts';

const tupleFrom = (proto: number, t: CtListedTuple): Tuple =>
  proto === PROTO_ICMP && t.icmp
    ? { proto, src: t.src, sport: t.icmp.id, dst: t.dst, dport: icmpKey(t.icmp.type, t.icmp.code) }
    : { proto, src: t.src, sport: t.sport ?? 0, dst: t.dst, dport: t.dport ?? 0 };

function zoneFrom({ zone, orig, reply }: CtListing): Zone {
  if (orig.zone !== undefined) return { id: orig.zone, dir: 'original' };
  return reply.zone === undefined ? { id: zone, dir: 'both' } : { id: reply.zone, dir: 'reply' };
}

/** The entry that a line of `conntrack -L` stands for. What the line does not say is as it is in a connection that has lived for a while. */
function entryFrom(id: number, listing: CtListing, netns: Netns): CtEntry {
  const orig = tupleFrom(listing.proto, listing.orig);
  const reply = tupleFrom(listing.proto, listing.reply);
  const turned = invertTuple(reply);
  const fresh = newEntry(id, zoneFrom(listing), orig, reply);
  // IPVS changes the reply's source without NAT: the bits of the status tell, but no listing shows them (ip_vs_update_conntrack()).
  const byIpvs = netns.ipvs.some((v) => v.key.kind === 'address' && v.key.ip === orig.dst && v.key.port === orig.dport);
  const natActive = netns.tables?.some((t) => t.name === 'nat') === true;
  if (fresh.tcp && isTcpState(listing.state)) {
    fresh.tcp.state = listing.state;
    fresh.tcp.lastFlags = listing.state === 'SYN_SENT' ? 'syn' : 'ack';
    fresh.tcp.closing = listing.state === 'TIME_WAIT';
    fresh.tcp.lastDir = listing.state === 'SYN_SENT' ? 'original' : 'reply';
  }
  return {
    ...fresh,
    confirmed: true,
    seenReply: listing.seenReply,
    assured: listing.assured,
    srcNat: turned.src !== orig.src || turned.sport !== orig.sport,
    dstNat: !byIpvs && (turned.dst !== orig.dst || (listing.proto !== PROTO_ICMP && turned.dport !== orig.dport)),
    srcDone: natActive,
    dstDone: natActive,
    sctp: isSctpState(listing.state) && fresh.sctp !== undefined ? listing.state : fresh.sctp,
    lasting: true,
    mark: listing.mark,
    ...(listing.label ? { label: listing.label } : {}),
    source: listing.source,
  };
}

/** Read once: many traces start from the same dump. */
const known = new WeakMap<Netns, Given>();

function givenOf(netns: Netns, listings: readonly CtListing[]): Given {
  const byTuple = new Map<string, { readonly index: number; readonly dir: Direction }[]>();
  const bySource = new Map<string, number[]>();
  const views: (CtEntryView | undefined)[] = [];
  const make = (index: number): CtEntry => entryFrom(-1 - index, listings[index] ?? never(index), netns);
  const add = <T>(map: Map<string, T[]>, key: string, value: T): void => {
    const list = map.get(key);
    if (list) list.push(value);
    else map.set(key, [value]);
  };
  for (const [index, { proto, orig, reply }] of listings.entries()) {
    const tuple = tupleFrom(proto, orig);
    add(byTuple, tupleKey(tuple), { index, dir: 'original' });
    add(byTuple, tupleKey(tupleFrom(proto, reply)), { index, dir: 'reply' });
    add(bySource, sourceKey(tuple), index);
  }
  return { size: listings.length, byTuple, bySource, make, view: (i) => (views[i] ??= viewEntry(make(i))) };
}

const never = (index: number): never => {
  throw new RangeError(`no given entry ${index}`);
};

/** The table of a namespace before the first packet: what its dump lists. */
export function givenTable(netns: Netns): CtTable {
  if (!netns.conntrack || netns.conntrack.length === 0) return newCtTable();
  const given = known.get(netns) ?? givenOf(netns, netns.conntrack);
  known.set(netns, given);
  return newCtTable(given);
}
