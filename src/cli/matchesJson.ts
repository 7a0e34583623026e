import * as v from 'valibot';

/* The shapes of world/matches.ts in a World as JSON, and of the matches whose members vary. */

const text = v.string();
const flag = v.boolean();
const maybe = <T extends v.GenericSchema>(schema: T) => v.optional(schema);
const whole = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(max));
const byte = whole(0xff);
const port = whole(0xffff);
const u32 = whole(0xffffffff);
const bits = whole(32);
const positive = v.pipe(v.number(), v.minValue(0));
const range = v.object({ from: port, to: port });
const negate = { negate: flag };
const common = { text };
const not = <T extends v.ObjectEntries>(entries: T) => maybe(v.object({ ...entries, ...negate }));
const side = v.picklist(['src', 'dst']);

export const extensionMatch = v.variant('kind', [
  v.object({
    kind: v.literal('sctp-chunks'),
    how: v.picklist(['all', 'any', 'only']),
    chunks: v.union([v.picklist(['ALL', 'NONE']), v.array(v.object({ type: byte, flags: maybe(text) }))]),
    ...negate,
  }),
  v.object({ kind: v.literal('ttl'), op: v.picklist(['eq', 'ne', 'lt', 'gt']), ttl: byte, ...common }),
  v.object({ kind: v.literal('length'), bytes: range, ...negate, ...common }),
  v.object({ kind: v.literal('dscp'), dscp: byte, ...negate, ...common }),
  v.object({ kind: v.literal('tos'), value: byte, mask: byte, ...negate, ...common }),
  v.object({ kind: v.literal('ecn'), ect: not({ value: byte }), ece: maybe(flag), cwr: maybe(flag), ...common }),
  v.object({ kind: v.literal('tcpmss'), mss: range, ...negate, ...common }),
  v.object({ kind: v.literal('iprange'), src: not({ from: u32, to: u32 }), dst: not({ from: u32, to: u32 }), ...common }),
  v.object({ kind: v.literal('realm'), value: u32, mask: u32, ...negate, ...common }),
  v.object({ kind: v.literal('pkttype'), type: v.picklist(['unicast', 'broadcast', 'multicast']), ...negate, ...common }),
  v.object({ kind: v.literal('mac'), mac: text, ...negate, ...common }),
  v.object({ kind: v.literal('physdev'), in: not({ dev: text }), out: not({ dev: text }), isIn: maybe(flag), isOut: maybe(flag), isBridged: maybe(flag), ...common }),
  v.object({ kind: v.literal('owner'), uid: not({ from: u32, to: u32 }), gid: not({ from: u32, to: u32 }), exists: maybe(flag), ...common }),
  v.object({ kind: v.literal('rpfilter'), loose: flag, validmark: flag, acceptLocal: flag, invert: flag, ...common }),
  v.object({ kind: v.literal('socket'), transparent: flag, nowildcard: flag, restoreMark: flag, ...common }),
  v.object({
    kind: v.literal('ipvs'),
    ipvs: maybe(flag),
    proto: not({ proto: byte }),
    vaddr: not({ net: v.object({ ip: u32, prefixLen: bits }) }),
    vport: not({ port }),
    vportctl: not({ port }),
    dir: not({ dir: v.picklist(['ORIGINAL', 'REPLY']) }),
    method: not({ method: v.picklist(['GATE', 'IPIP', 'MASQ']) }),
    ...common,
  }),
  v.object({ kind: v.literal('limit'), everySec: positive, burst: u32, ...common }),
  v.object({
    kind: v.literal('hashlimit'),
    above: flag,
    rate: v.union([v.object({ everySec: positive }), v.object({ bytesPerSec: positive })]),
    burst: positive,
    by: v.array(v.picklist(['srcip', 'srcport', 'dstip', 'dstport'])),
    srcMask: bits,
    dstMask: bits,
    name: text,
    ...common,
  }),
  v.object({ kind: v.literal('connlimit'), limit: u32, above: flag, mask: bits, side, ...common }),
  v.object({ kind: v.literal('statistic-nth'), every: v.pipe(u32, v.minValue(1)), packet: u32, ...negate, ...common }),
  v.object({ kind: v.literal('recent'), op: v.picklist(['set', 'rcheck', 'update', 'remove']), seconds: u32, hitcount: u32, rttl: flag, name: text, mask: u32, side, ...negate, ...common }),
  v.object({ kind: v.literal('nfacct'), name: text, ...common }),
  v.object({ kind: v.literal('quota'), bytes: positive, ...negate, ...common }),
]);
