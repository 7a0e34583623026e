import type { DpAction, DpTunnel } from '../engine/openflow/types.ts';
import { formatIp4 } from '../packet/address.ts';
import type { CtNat, OvsBridge, Words } from '../world/openflow.ts';
import { FIELDS } from '../world/openflowFields.ts';
import { tunnelDevice } from '../world/ovs.ts';
import { formatIp6, hexDigits, hexWords, isZeroWords, onesWords, sameWords } from '../dumps/ovsWords.ts';
import { formatMacWords } from '../dumps/ovsValues.ts';

/*
 * Actions of the datapath as `ofproto/trace --names` and `dpctl/dump-flows --names` print them (format_odp_actions() of lib/odp-util.c).
 */

/** The device of the datapath that a port sends by. */
export function datapathPort(bridges: readonly OvsBridge[], bridge: string, name: string): string {
  const port = bridges.find((b) => b.name === bridge)?.ports.find((p) => p.name === name);
  return (port && tunnelDevice(port)) ?? name;
}

export type PortName = (bridge: string, port: string) => string;

/** A list of actions; `drop` when there is none. */
export const printDpActions = (actions: readonly DpAction[], portName: PortName): string => (actions.length === 0 ? 'drop' : actions.map((a) => printDpAction(a, portName)).join(','));

function printDpAction(action: DpAction, portName: PortName): string {
  switch (action.kind) {
    case 'output':
      return portName(action.bridge, action.port);
    case 'set-tunnel':
      return `set(${printTunnel(action.tunnel)})`;
    case 'set':
      return `set(${printSet(action)})`;
    case 'push-vlan':
      return `push_vlan(${action.tpid === 0x8100 ? '' : `tpid=0x${action.tpid.toString(16).padStart(4, '0')},`}vid=${action.tci & 0xfff},pcp=${action.tci >>> 13})`;
    case 'pop-vlan':
      return 'pop_vlan';
    case 'ct':
      return printCt(action);
    case 'ct-clear':
      return 'ct_clear';
    case 'recirc':
      return `recirc(0x${action.id.toString(16)})`;
    case 'hash':
      return `hash(${action.symmetric ? 'sym_l4' : 'l4'}(${action.basis}))`;
    case 'controller':
      return printController(action);
    case 'clone':
      return `clone(${printDpActions(action.actions, portName)})`;
    case 'check-pkt-len':
      return `check_pkt_len(size=${action.bytes},gt(${printDpActions(action.greater, portName)}),le(${printDpActions(action.lessEqual, portName)}))`;
    case 'trunc':
      return `trunc(${action.maxLen})`;
    case 'meter':
      return `meter(${action.id})`;
    case 'sample':
      return `sample(${action.text})`;
  }
}

/** enum ofp_packet_in_reason, by the words that rules have. */
const REASONS: readonly string[] = ['no_match', 'action', 'invalid_ttl', 'action_set', 'group', 'packet_out', 'explicit_miss', 'implicit_miss'];

/** format_odp_userspace_action(), of a datapath whose packets nobody asked for. */
function printController({ action, cookie, resume }: Extract<DpAction, { kind: 'controller' }>): string {
  const words = [
    `reason=${Math.max(0, REASONS.indexOf(action.reason))}`,
    'dont_send=0',
    `continuation=${action.pause ? 1 : 0}`,
    `recirc_id=${resume ?? 0}`,
    `rule_cookie=${cookie === '0' ? '0' : `0x${cookie}`}`,
    `controller_id=${action.id}`,
    `max_len=${action.maxLen}`,
  ];
  return `userspace(pid=0,controller(${words.join(',')}))`;
}

/** ds_put_hex(): without zeros in front, and 0 without 0x. */
function printHex(hex: string): string {
  const digits = hex.replace(/^0+/, '');
  return digits === '' ? '0' : `0x${digits}`;
}

/** format_odp_tun_attr(). */
function printTunnel(t: DpTunnel): string {
  const parts = [
    ...(t.key || !isZeroWords(t.id) ? [`tun_id=0x${hexDigits(t.id)}`] : []),
    ...(t.src === 0 ? [] : [`src=${formatIp4(t.src)}`]),
    `dst=${formatIp4(t.dst)}`,
    ...(t.tos === 0 ? [] : [`tos=0x${t.tos.toString(16)}`]),
    `ttl=${t.ttl}`,
    ...(t.dstPort === 0 ? [] : [`tp_dst=${t.dstPort}`]),
    ...(t.options.length === 0 ? [] : [`geneve(${t.options.map((o) => `{class=0x${o.optClass.toString(16)},type=0x${o.optType.toString(16)},len=${o.hex.length / 2},${printHex(o.hex)}}`).join('')})`]),
  ];
  const flags = [...(t.df ? ['df'] : []), ...(t.csum ? ['csum'] : []), ...(t.key ? ['key'] : [])];
  return `tunnel(${[...parts, ...(flags.length === 0 ? [] : [`flags(${flags.join('|')})`])].join(',')})`;
}

type SetAction = Extract<DpAction, { kind: 'set' }>;

/** How a header's fields are called in datapath actions, and how their values are printed. */
const NAMES: Readonly<Record<string, string>> = {
  dl_src: 'src',
  dl_dst: 'dst',
  nw_src: 'src',
  nw_dst: 'dst',
  ipv6_src: 'src',
  ipv6_dst: 'dst',
  ipv6_label: 'label',
  nw_tos: 'tos',
  nw_ttl: 'ttl',
  tp_src: 'src',
  tp_dst: 'dst',
  icmp_type: 'type',
  icmp_code: 'code',
  arp_spa: 'sip',
  arp_tpa: 'tip',
  arp_op: 'op',
  arp_sha: 'sha',
  arp_tha: 'tha',
  nd_target: 'target',
  nd_sll: 'sll',
  nd_tll: 'tll',
};
const IP6_NAMES: Readonly<Record<string, string>> = { nw_tos: 'tclass', nw_ttl: 'hlimit' };

function printValue(field: string, value: Words): string {
  switch (FIELDS.get(field)?.format) {
    case 'mac':
      return formatMacWords(value);
    case 'ipv4':
      return formatIp4(value[0] ?? 0);
    case 'ipv6':
      return formatIp6(value);
    case 'hex':
      return hexWords(value);
    default:
      return field === 'nw_tos' ? hexWords(value) : String(value.at(-1) ?? 0);
  }
}

/** Masks are addresses for addresses, else hexadecimal. */
const printMask = (field: string, mask: Words): string => (['mac', 'ipv4', 'ipv6'].includes(FIELDS.get(field)?.format ?? '') ? printValue(field, mask) : hexWords(mask));

const isWhole = (field: string, mask: Words): boolean => sameWords(mask, onesWords(FIELDS.get(field)?.bits ?? 0, mask.length));

function printSet({ header, changes }: SetAction): string {
  const words = changes.map(({ field, value, mask }) => ({ name: (header === 'ipv6' ? IP6_NAMES[field] : undefined) ?? NAMES[field] ?? field, text: `${printValue(field, value)}${isWhole(field, mask) ? '' : `/${printMask(field, mask)}`}` }));
  const alone = header === 'skb_mark' || header === 'skb_priority';
  return `${header}(${words.map(({ name, text }) => (alone ? text : `${name}=${text}`)).join(',')})`;
}

/** format_odp_ct_nat(). */
function printNat(nat: CtNat): string {
  if (nat.kind === 'nat') return 'nat';
  const range = (from: string, to: string): string => (from === to ? from : `${from}-${to}`);
  const ips = nat.ips ? `=${range(formatIp4(nat.ips.from), formatIp4(nat.ips.to))}` : nat.ip6 === undefined ? '' : `=${nat.ip6}`;
  const ports = nat.ports && ips !== '' ? `:${range(String(nat.ports.from), String(nat.ports.to))}` : '';
  return `nat(${[`${nat.kind}${ips}${ports}`, ...nat.flags].join(',')})`;
}

/** format_odp_conntrack_action(). */
function printCt(ct: Extract<DpAction, { kind: 'ct' }>): string {
  const parts = [
    ...(ct.force ? ['force_commit'] : ct.commit ? ['commit'] : []),
    ...(ct.zone === 0 ? [] : [`zone=${ct.zone}`]),
    ...(ct.mark ? [`mark=${hexWords(ct.mark.value)}/${hexWords(ct.mark.mask)}`] : []),
    ...(ct.label ? [`label=${hexWords(ct.label.value)}/${hexWords(ct.label.mask)}`] : []),
    ...(ct.alg === undefined ? [] : [`helper=${ct.alg}`]),
    ...(ct.nat ? [printNat(ct.nat)] : []),
  ];
  return parts.length === 0 ? 'ct' : `ct(${parts.join(',')})`;
}
