import { FIELDS, type FieldSpec, FLOW_WORDS } from '../world/openflowFields.ts';
import { splitTop } from './ovsKeyValue.ts';
import { parseCondition } from './ovsMatch.ts';
import { type Laid, lay, nothingLaid, printLaid } from './ovsMatchPrint.ts';
import type { OvsNames } from './ovsNames.ts';

/** The fields of one packet: FLOW_WORDS words, laid out by openflowFields.ts. */
type Flow = Uint32Array;

export type FlowReading = { readonly flow: Flow } | { readonly error: 'unknown-word' | 'masked'; readonly text: string };

/**
 * One packet as `ofproto/trace` takes it: `in_port=tun0,tcp,nw_src=10.1.0.5,tp_dst=80`. What is not said is zero. A condition with a mask
 * is no packet; TCP flags and connection states given by sign are those that are set.
 */
export function parseFlow(text: string, names: OvsNames = {}): FlowReading {
  const flow = new Uint32Array(FLOW_WORDS);
  const mask = new Uint32Array(FLOW_WORDS);
  for (const part of splitTop(text)) {
    const word = part.trim();
    if (word === '') continue;
    const conditions = parseCondition(word, names);
    if (!conditions || conditions.some((c) => c.text !== undefined)) return { error: 'unknown-word', text: word };
    for (const { field, value, mask: bits } of conditions) {
      const known = FIELDS.get(field);
      if (!known) return { error: 'unknown-word', text: word };
      if (bits && !MASKED_HERE.has(field)) return { error: 'masked', text: word };
      lay({ value: flow, mask }, known, value, bits);
    }
  }
  return { flow };
}

/** Fields whose condition has a mask though all of the field was meant. */
const MASKED_HERE: ReadonlySet<string> = new Set(['vlan_tci', 'nw_tos', 'tcp_flags', 'ct_state', 'nw_frag', 'tun_flags']);

/** What belongs to a packet of each Ethernet type and protocol is shown though it be zero (flow_wildcards_init_for_packet(), lib/flow.c). */
const ALWAYS: readonly string[] = ['vlan_tci', 'dl_src', 'dl_dst', 'dl_type'];
const IP: readonly string[] = ['nw_proto', 'nw_tos', 'nw_ttl', 'nw_frag'];
const BY_TYPE: ReadonlyMap<number, readonly string[]> = new Map([
  [0x0800, ['nw_src', 'nw_dst', ...IP]],
  [0x86dd, ['ipv6_src', 'ipv6_dst', 'ipv6_label', ...IP]],
  [0x0806, ['nw_src', 'nw_dst', 'nw_proto', 'arp_sha', 'arp_tha']],
  [0x8035, ['nw_src', 'nw_dst', 'nw_proto', 'arp_sha', 'arp_tha']],
]);
const ND: readonly string[] = ['nd_target', 'arp_sha', 'arp_tha'];
const WITH_PORTS: ReadonlySet<number> = new Set([1, 6, 17, 58, 132]);

/** Fields of the packet itself; the others are shown where they are not zero (flow_format(), lib/flow.c). */
const PACKET_FIELDS: ReadonlySet<string> = new Set([...ALWAYS, ...[...BY_TYPE.values()].flat(), 'tp_src', 'tp_dst', 'tcp_flags', ...ND]);

/** Fields that share the words of another one under a name of their own. */
const OVERLAYS: ReadonlySet<string> = overlays();

function overlays(): ReadonlySet<string> {
  const taken = new Set<number>();
  const found = new Set<string>();
  for (const field of FIELDS.values()) {
    if (taken.has(field.word)) found.add(field.name);
    for (let i = 0; i < field.words; i++) taken.add(field.word + i);
  }
  return found;
}

/** A packet as `ofproto/trace` prints it (flow_format(), lib/flow.c): `tcp,in_port=3,vlan_tci=0x0000,dl_src=…`. */
export function formatFlow(flow: Flow, names: OvsNames = {}): string {
  const laid: Laid = nothingLaid();
  laid.value.set(flow);
  const word = (name: string): number => flow[FIELDS.get(name)?.word ?? 0] ?? 0;
  const dlType = word('dl_type');
  const proto = word('nw_proto');
  const own = new Set([...ALWAYS, ...(BY_TYPE.get(dlType) ?? [])]);
  if ((dlType === 0x0800 || dlType === 0x86dd) && WITH_PORTS.has(proto) && (word('nw_frag') & 2) === 0) {
    own.add('tp_src').add('tp_dst');
    if (proto === 6) own.add('tcp_flags');
    // Neighbour solicitation and advertisement.
    if (proto === 58 && (word('tp_src') === 135 || word('tp_src') === 136)) for (const name of ND) own.add(name);
  }
  for (const field of FIELDS.values()) {
    if (OVERLAYS.has(field.name)) continue;
    if (own.has(field.name) || (!PACKET_FIELDS.has(field.name) && isSet(flow, field))) {
      for (let i = 0; i < field.words; i++) laid.mask[field.word + i] = i === 0 && field.bits % 32 !== 0 ? 2 ** (field.bits % 32) - 1 : 0xffffffff;
    }
  }
  return printLaid(laid, names).join(',');
}

function isSet(flow: Flow, field: FieldSpec): boolean {
  for (let i = 0; i < field.words; i++) if (flow[field.word + i] !== 0) return true;
  return false;
}
