import * as v from 'valibot';
import { FIELDS } from '../world/openflowFields.ts';
import type { DatapathFlow } from '../world/datapathFlow.ts';
import type { OpenFlowAction, OvsBridge, Subfield } from '../world/openflow.ts';

/*
 * The shape of Open vSwitch's bridges in the JSON of a World, for worldJson.ts. A field that does not exist, and a number with another
 * count of words than its field's, would lead the engine astray and are refused here.
 */

const maybe = <T extends v.GenericSchema>(schema: T) => v.optional(schema);

const whole = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(max));
const u8 = whole(0xff);
const u16 = whole(0xffff);
const u32 = whole(0xffffffff);
const text = v.string();
const texts = v.array(text);
const flag = v.boolean();
const source = maybe(v.object({ input: text, line: whole(0xffffffff) }));
const extra = maybe(v.record(text, text));
const words = v.pipe(v.array(u32), v.maxLength(4));
const mac = v.pipe(text, v.regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/));

const isField = (name: string): boolean => FIELDS.has(name);
const wordsOf = (name: string): number => FIELDS.get(name)?.words ?? -1;
const field = v.pipe(text, v.check(isField, 'a field of OpenFlow'));

const subfield = v.pipe(
  v.object({ field, from: u8, to: u8 }),
  v.check((s: Subfield) => s.from <= s.to && s.to < (FIELDS.get(s.field)?.bits ?? 0), 'bits that the field has'),
);

const fitting = (f: string, value: readonly number[], mask: readonly number[] | undefined): boolean => value.length === wordsOf(f) && (mask === undefined || mask.length === wordsOf(f));

const match = v.pipe(
  v.object({ field: text, value: words, mask: maybe(words), text: maybe(text) }),
  v.check((c) => (c.text === undefined ? fitting(c.field, c.value, c.mask) : c.value.length === 0), 'a condition on a field of OpenFlow'),
);

const range = v.object({ from: u32, to: u32 });
const nat = v.object({ kind: v.picklist(['nat', 'src', 'dst']), ips: maybe(range), ip6: maybe(text), ports: maybe(v.object({ from: u16, to: u16 })), flags: v.array(v.picklist(['persistent', 'hash', 'random'])) });

const immediate = v.object({ value: words });
const learnSource = v.union([subfield, immediate]);
const learnSpec = v.variant('kind', [
  v.object({ kind: v.literal('match'), dst: subfield, src: learnSource }),
  v.object({ kind: v.literal('load'), dst: subfield, src: learnSource }),
  v.object({ kind: v.literal('output'), src: subfield }),
]);

const named = <K extends string>(...kinds: readonly [K, ...K[]]) => v.object({ kind: v.picklist(kinds) });

const actions = v.array(v.lazy((): v.GenericSchema<unknown, OpenFlowAction> => action));

const action: v.GenericSchema<unknown, OpenFlowAction> = v.pipe(
  v.variant('kind', [
    v.object({ kind: v.literal('output'), port: u16, maxLen: maybe(u32) }),
    v.object({ kind: v.literal('output-field'), src: subfield, maxLen: maybe(u32) }),
    v.object({ kind: v.literal('enqueue'), port: u16, queue: u32 }),
    v.object({ kind: v.literal('set_queue'), queue: u32 }),
    v.object({ kind: v.literal('controller'), maxLen: u16, id: u32, reason: text, userdata: maybe(text), pause: flag, meterId: maybe(u32) }),
    v.object({ kind: v.literal('group'), id: u32 }),
    v.object({ kind: v.literal('resubmit'), port: maybe(u16), table: maybe(u8), ct: flag }),
    v.object({ kind: v.literal('goto_table'), table: u8 }),
    v.object({ kind: v.picklist(['write_actions', 'clone']), actions }),
    v.object({ kind: v.literal('write_metadata'), value: words, mask: maybe(words) }),
    v.object({ kind: v.literal('meter'), id: u32 }),
    v.object({ kind: v.literal('load'), value: words, dst: subfield }),
    v.object({ kind: v.literal('set_field'), field, value: words, mask: maybe(words) }),
    v.object({ kind: v.literal('move'), src: subfield, dst: subfield }),
    v.object({ kind: v.literal('push'), src: subfield }),
    v.object({ kind: v.literal('pop'), dst: subfield }),
    v.object({ kind: v.literal('mod'), name: text, field, value: words }),
    v.object({ kind: v.literal('mod_vlan_vid'), vid: whole(0xfff) }),
    v.object({ kind: v.literal('mod_vlan_pcp'), pcp: whole(7) }),
    v.object({ kind: v.literal('strip_vlan'), name: maybe(v.literal('pop_vlan')) }),
    v.object({ kind: v.literal('push_vlan'), ethertype: u16 }),
    v.object({ kind: v.literal('dec_ttl'), controllers: v.array(u16), brackets: maybe(v.literal(true)) }),
    v.object({ kind: v.literal('ct'), commit: flag, force: flag, table: maybe(u8), zone: v.union([u16, subfield]), nat: maybe(nat), exec: actions, alg: maybe(text) }),
    v.object({ kind: v.literal('conjunction'), id: u32, clause: v.pipe(u8, v.minValue(1)), clauses: v.pipe(whole(64), v.minValue(2)) }),
    v.object({ kind: v.literal('learn'), table: u8, priority: u16, cookie: text, idleTimeout: u16, hardTimeout: u16, flags: texts, limit: maybe(u32), resultDst: maybe(subfield), specs: v.array(learnSpec) }),
    v.object({ kind: v.literal('check_pkt_larger'), bytes: u16, dst: subfield }),
    v.object({ kind: v.literal('multipath'), fields: text, basis: u16, algorithm: text, links: whole(65_536), arg: u32, dst: subfield }),
    v.object({ kind: v.literal('bundle'), fields: text, basis: u16, algorithm: text, ports: v.array(u16), dst: maybe(subfield) }),
    v.object({ kind: v.literal('sample'), probability: u16, text }),
    v.object({ kind: v.literal('note'), hex: text }),
    v.object({ kind: v.picklist(['fin_timeout', 'unknown']), text }),
    named('pop_queue', 'clear_actions', 'ct_clear', 'exit', 'drop'),
  ]),
  v.check((a) => isSound(a as OpenFlowAction), 'numbers as wide as their field'),
) as unknown as v.GenericSchema<unknown, OpenFlowAction>;

/** Values as wide as the field that takes them. */
function isSound(a: OpenFlowAction): boolean {
  switch (a.kind) {
    case 'load':
      return a.value.length === wordsOf(a.dst.field);
    case 'set_field':
      return fitting(a.field, a.value, a.mask);
    case 'mod':
      return fitting(a.field, a.value, undefined);
    case 'write_metadata':
      return fitting('metadata', a.value, a.mask);
    case 'move':
      return a.src.to - a.src.from === a.dst.to - a.dst.from;
    default:
      return true;
  }
}

const rule = v.object({ table: u8, priority: u16, cookie: v.pipe(text, v.regex(/^[0-9a-f]{1,16}$/)), match: v.array(match), actions, stats: maybe(texts), source });

const bucket = v.object({ id: maybe(u32), weight: u32, watchPort: maybe(u16), watchGroup: maybe(u32), actions });
const group = v.object({ id: u32, type: v.picklist(['all', 'select', 'indirect', 'fast_failover']), selectionMethod: maybe(text), selectionParam: maybe(v.number()), fields: maybe(text), buckets: v.array(bucket), source });

const ipOrFlow = v.union([u32, v.literal('flow')]);
const inherit = v.union([u8, v.literal('inherit')]);
const tunnel = v.object({ remoteIp: ipOrFlow, localIp: maybe(ipOrFlow), key: maybe(v.union([v.pipe(v.number(), v.minValue(0)), v.literal('flow')])), dstPort: u16, csum: flag, df: flag, ttl: maybe(inherit), tos: maybe(inherit) });
const vlan = whole(4095);

const port = v.object({
  name: text,
  ofport: maybe(u16),
  ofportAssumed: maybe(v.literal(true)),
  dpPort: maybe(u32),
  dpif: maybe(text),
  type: v.picklist(['system', 'internal', 'patch', 'vxlan', 'geneve', 'gre', 'tap', 'dpdk', 'dpdkvhostuser', 'dpdkvhostuserclient', 'unknown']),
  typeText: text,
  peer: maybe(text),
  tunnel: maybe(tunnel),
  tag: maybe(vlan),
  trunks: maybe(v.array(vlan)),
  vlanMode: maybe(v.picklist(['access', 'trunk', 'native-tagged', 'native-untagged', 'dot1q-tunnel'])),
  cvlans: maybe(v.array(vlan)),
  qinqEthertype: maybe(u16),
  mac: maybe(mac),
  attachedMac: maybe(mac),
  extra,
  source,
});

/** One bridge of `Host.ovs`. */
export const ovsBridge = v.object({
  name: text,
  failMode: v.picklist(['secure', 'standalone']),
  datapathType: text,
  datapath: maybe(text),
  ports: v.array(port),
  flows: maybe(v.array(rule)),
  groups: maybe(v.array(group)),
  tlvs: v.array(v.object({ optClass: u16, optType: u8, length: whole(124), index: whole(63), source })),
  frags: v.picklist(['normal', 'drop', 'reassemble', 'nx-match']),
  macs: v.array(v.object({ port: text, vlan, mac, age: maybe(text), source })),
  tableNames: maybe(v.record(text, text)),
  extra,
  source,
}) as unknown as v.GenericSchema<unknown, OvsBridge>;

/** A record of `Host.ovsRecords`. */
export const ovsRecord = v.object({ table: v.picklist(['interface', 'port', 'bridge']), columns: v.record(text, text), source });

const option = v.object({ optClass: u16, optType: u8, hex: v.pipe(text, v.regex(/^[0-9a-f]*$/i)), mask: v.pipe(text, v.regex(/^[0-9a-f]*$/i)) });
const seconds = v.pipe(v.number(), v.minValue(0));

/** One flow of `Host.datapathFlows`. */
export const datapathFlow = v.object({
  ufid: maybe(text),
  recirc: u32,
  inPort: maybe(text),
  match: v.array(match),
  options: maybe(v.array(option)),
  text,
  packets: whole(Number.MAX_SAFE_INTEGER),
  bytes: whole(Number.MAX_SAFE_INTEGER),
  usedSec: maybe(seconds),
  flags: maybe(text),
  offloaded: maybe(text),
  layer: maybe(text),
  actions: text,
  again: v.array(u32),
  byHash: maybe(v.literal(true)),
  extra: maybe(text),
  thread: maybe(text),
  source,
}) as unknown as v.GenericSchema<unknown, DatapathFlow>;
