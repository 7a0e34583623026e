import type { OpenFlowAction, Words } from '../../world/openflow.ts';
import { type FieldSpec, fieldNamed } from '../../world/openflowFields.ts';

/*
 * Actions as they stand in an OpenFlow message (openflow-1.3.h, openflow-1.5.h; struct nx_action_* of lib/ofp-actions.c): what OVN's rules
 * give its controller to carry out is written so in their userdata.
 */

/** Names of fields by class and number of their OXM or NXM header (include/openvswitch/meta-flow.h). */
const OPENFLOW_BASIC: Readonly<Record<number, string>> = {
  0: 'OXM_OF_IN_PORT', 2: 'OXM_OF_METADATA', 3: 'OXM_OF_ETH_DST', 4: 'OXM_OF_ETH_SRC', 5: 'OXM_OF_ETH_TYPE', 6: 'OXM_OF_VLAN_VID', 7: 'OXM_OF_VLAN_PCP', 8: 'OXM_OF_IP_DSCP', 9: 'OXM_OF_IP_ECN', 10: 'OXM_OF_IP_PROTO',
  11: 'OXM_OF_IPV4_SRC', 12: 'OXM_OF_IPV4_DST', 13: 'OXM_OF_TCP_SRC', 14: 'OXM_OF_TCP_DST', 15: 'OXM_OF_UDP_SRC', 16: 'OXM_OF_UDP_DST', 17: 'OXM_OF_SCTP_SRC', 18: 'OXM_OF_SCTP_DST', 19: 'OXM_OF_ICMPV4_TYPE', 20: 'OXM_OF_ICMPV4_CODE',
  21: 'OXM_OF_ARP_OP', 22: 'OXM_OF_ARP_SPA', 23: 'OXM_OF_ARP_TPA', 24: 'OXM_OF_ARP_SHA', 25: 'OXM_OF_ARP_THA', 38: 'OXM_OF_TUNNEL_ID',
};
const NICIRA_0: Readonly<Record<number, string>> = { 1: 'NXM_OF_ETH_DST', 2: 'NXM_OF_ETH_SRC', 3: 'NXM_OF_ETH_TYPE', 4: 'NXM_OF_VLAN_TCI', 5: 'NXM_OF_IP_TOS', 6: 'NXM_OF_IP_PROTO', 7: 'NXM_OF_IP_SRC', 8: 'NXM_OF_IP_DST', 9: 'NXM_OF_TCP_SRC', 10: 'NXM_OF_TCP_DST', 11: 'NXM_OF_UDP_SRC', 12: 'NXM_OF_UDP_DST', 13: 'NXM_OF_ICMP_TYPE', 14: 'NXM_OF_ICMP_CODE', 15: 'NXM_OF_ARP_OP', 16: 'NXM_OF_ARP_SPA', 17: 'NXM_OF_ARP_TPA' };
const NICIRA_1: Readonly<Record<number, string>> = {
  ...Object.fromEntries(Array.from({ length: 16 }, (_, i) => [i, `NXM_NX_REG${i}`])),
  ...Object.fromEntries(Array.from({ length: 4 }, (_, i) => [111 + i, `NXM_NX_XXREG${i}`])),
  16: 'NXM_NX_TUN_ID', 17: 'NXM_NX_ARP_SHA', 18: 'NXM_NX_ARP_THA', 29: 'NXM_NX_IP_TTL', 33: 'NXM_NX_PKT_MARK', 106: 'NXM_NX_CT_ZONE', 107: 'NXM_NX_CT_MARK', 108: 'NXM_NX_CT_LABEL',
};

const CLASSES: ReadonlyMap<number, Readonly<Record<number, string>>> = new Map([
  [0x8000, OPENFLOW_BASIC],
  [0x0000, NICIRA_0],
  [0x0001, NICIRA_1],
  [0x8001, Object.fromEntries(Array.from({ length: 8 }, (_, i) => [i, `OXM_OF_PKT_REG${i}`]))],
]);

const u16 = (bytes: readonly number[], at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const u32 = (bytes: readonly number[], at: number): number => u16(bytes, at) * 0x10000 + u16(bytes, at + 2);

interface Header {
  readonly field: FieldSpec;
  readonly masked: boolean;
  readonly length: number;
}

function headerAt(bytes: readonly number[], at: number): Header | undefined {
  const third = bytes[at + 2] ?? 0;
  const field = fieldNamed(CLASSES.get(u16(bytes, at))?.[third >> 1] ?? '');
  return field && { field, masked: (third & 1) === 1, length: bytes[at + 3] ?? 0 };
}

/** A value of so many bytes as the words of a field. */
function wordsAt(bytes: readonly number[], at: number, length: number, count: number): Words {
  const padded = [...Array.from({ length: Math.max(0, 4 * count - length) }, () => 0), ...bytes.slice(at, at + length)].slice(-4 * count);
  return Array.from({ length: count }, (_, i) => u32(padded, 4 * i));
}

const [OFPAT_OUTPUT, OFPAT_SET_FIELD, OFPAT_COPY_FIELD, OFPAT_EXPERIMENTER] = [0, 25, 28, 0xffff];
const NICIRA = 0x2320;
const [NXAST_REG_MOVE, NXAST_REG_LOAD, NXAST_NOTE, NXAST_RESUBMIT_TABLE, NXAST_STACK_PUSH, NXAST_STACK_POP, NXAST_CONTROLLER2] = [6, 7, 8, 14, 27, 28, 37];

/** Bits `from` on, so many of them, of a field. */
const part = ({ field }: Header, from: number, bits: number) => ({ field: field.name, from, to: from + bits - 1 });

function nicira(bytes: readonly number[]): OpenFlowAction | undefined {
  const first = headerAt(bytes, 12);
  switch (u16(bytes, 8)) {
    case NXAST_RESUBMIT_TABLE:
      return { kind: 'resubmit', port: u16(bytes, 10) === 0xfff8 ? undefined : u16(bytes, 10), table: bytes[12] === 0xff ? undefined : bytes[12], ct: false };
    case NXAST_STACK_PUSH:
      return first && { kind: 'push', src: part(first, u16(bytes, 10), u16(bytes, 16)) };
    case NXAST_STACK_POP:
      return first && { kind: 'pop', dst: part(first, u16(bytes, 10), u16(bytes, 16)) };
    case NXAST_REG_LOAD: {
      const range = u16(bytes, 10);
      return first && { kind: 'load', value: wordsAt(bytes, 16, 8, first.field.words), dst: part(first, range >> 6, (range & 63) + 1) };
    }
    case NXAST_REG_MOVE: {
      const [src, dst] = [headerAt(bytes, 16), headerAt(bytes, 20)];
      return src && dst && { kind: 'move', src: part(src, u16(bytes, 12), u16(bytes, 10)), dst: part(dst, u16(bytes, 14), u16(bytes, 10)) };
    }
    case NXAST_NOTE:
      return { kind: 'note', hex: dotted(bytes.slice(10)) };
    case NXAST_CONTROLLER2:
      return controller(bytes.slice(16));
    default:
      return undefined;
  }
}

const dotted = (bytes: readonly number[]): string => bytes.map((b) => b.toString(16).padStart(2, '0')).join('.');

const [NXAC2PT_MAX_LEN, NXAC2PT_CONTROLLER_ID, NXAC2PT_USERDATA, NXAC2PT_PAUSE, NXAC2PT_METER_ID] = [0, 1, 3, 4, 5];

/** decode_NXAST_RAW_CONTROLLER2(): properties of eight bytes each, or more. */
function controller(bytes: readonly number[]): OpenFlowAction | undefined {
  let action: Extract<OpenFlowAction, { kind: 'controller' }> = { kind: 'controller', maxLen: 0xffff, id: 0, reason: 'action', userdata: undefined, pause: false, meterId: undefined };
  for (let at = 0; at < bytes.length; ) {
    const length = u16(bytes, at + 2);
    if (length < 4 || at + length > bytes.length) return undefined;
    const type = u16(bytes, at);
    if (type === NXAC2PT_MAX_LEN) action = { ...action, maxLen: u16(bytes, at + 4) };
    else if (type === NXAC2PT_CONTROLLER_ID) action = { ...action, id: u16(bytes, at + 4) };
    else if (type === NXAC2PT_USERDATA) action = { ...action, userdata: dotted(bytes.slice(at + 4, at + length)) };
    else if (type === NXAC2PT_PAUSE) action = { ...action, pause: true };
    else if (type === NXAC2PT_METER_ID) action = { ...action, meterId: u32(bytes, at + 4) };
    else return undefined;
    at += (length + 7) & ~7;
  }
  return action;
}

/** One bit of a field, as OVN's controller actions name it: a field's header and the number of the bit (nx_pull_header(), then be32). */
export function readBit(bytes: readonly number[], at: number): { readonly field: FieldSpec; readonly bit: number } | undefined {
  const header = headerAt(bytes, at);
  const bit = u32(bytes, at + 4);
  return header && bit < 32 * header.field.words ? { field: header.field, bit } : undefined;
}

function actionOf(bytes: readonly number[]): OpenFlowAction | undefined {
  switch (u16(bytes, 0)) {
    case OFPAT_OUTPUT: {
      const port = u32(bytes, 4);
      return { kind: 'output', port: port & 0xffff };
    }
    case OFPAT_SET_FIELD: {
      const header = headerAt(bytes, 4);
      if (!header) return undefined;
      const { field, masked, length } = header;
      const size = masked ? length / 2 : length;
      return { kind: 'set_field', field: field.name, value: wordsAt(bytes, 8, size, field.words), mask: masked ? wordsAt(bytes, 8 + size, size, field.words) : undefined };
    }
    case OFPAT_COPY_FIELD: {
      const [src, dst] = [headerAt(bytes, 12), headerAt(bytes, 16)];
      return src && dst && { kind: 'move', src: part(src, u16(bytes, 6), u16(bytes, 4)), dst: part(dst, u16(bytes, 8), u16(bytes, 4)) };
    }
    case OFPAT_EXPERIMENTER:
      return u32(bytes, 4) === NICIRA ? nicira(bytes) : undefined;
    default:
      return undefined;
  }
}

/** The actions of a message; undefined when one of them is none that we know, so that nobody can tell what they do together. */
export function readWireActions(bytes: readonly number[]): readonly OpenFlowAction[] | undefined {
  const actions: OpenFlowAction[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = u16(bytes, at + 2);
    const action = length >= 8 && at + length <= bytes.length ? actionOf(bytes.slice(at, at + length)) : undefined;
    if (!action) return undefined;
    actions.push(action);
    at += length;
  }
  return actions;
}
