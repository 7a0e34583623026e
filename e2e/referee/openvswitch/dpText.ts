import type { DpAction, DpTunnel } from '../../../src/engine/openflow/types.ts';
import { formatIp4 } from '../../../src/packet/address.ts';
import type { CtNat, OvsBridge, Words } from '../../../src/world/openflow.ts';

/*
 * The engine's datapath actions in the words of format_odp_actions() (lib/odp-util.c), for effects.ts to read. Values are plain numbers.
 */

const number = (words: Words): bigint => words.reduce((sum, w) => (sum << 32n) | BigInt(w), 0n);
const hex = (words: Words): string => `0x${number(words).toString(16)}`;

/** Names of the engine's fields in `set(…)`. */
const FIELD_NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  eth: { dl_src: 'src', dl_dst: 'dst' },
  ipv4: { nw_src: 'src', nw_dst: 'dst', nw_tos: 'tos', nw_ttl: 'ttl' },
  ipv6: { ipv6_src: 'src', ipv6_dst: 'dst', ipv6_label: 'label', nw_tos: 'tclass', nw_ttl: 'hlimit' },
  tcp: { tp_src: 'src', tp_dst: 'dst' },
  udp: { tp_src: 'src', tp_dst: 'dst' },
  sctp: { tp_src: 'src', tp_dst: 'dst' },
  icmp: { icmp_type: 'type', icmp_code: 'code' },
  arp: { arp_spa: 'sip', arp_tpa: 'tip', arp_op: 'op', arp_sha: 'sha', arp_tha: 'tha' },
  nd: { nd_target: 'target', nd_sll: 'sll', nd_tll: 'tll' },
};

const tunnelText = ({ id, src, dst, tos, ttl, dstPort, csum, df, key, options }: DpTunnel, type: string): string =>
  [
    ...(key ? [`tun_id=${hex(id)}`] : []),
    ...(src === 0 ? [] : [`src=${formatIp4(src)}`]),
    `dst=${formatIp4(dst)}`,
    ...(tos === 0 ? [] : [`tos=0x${tos.toString(16)}`]),
    `ttl=${ttl}`,
    ...(type === 'gre' ? [] : [`tp_dst=${dstPort}`]),
    ...(options.length === 0 ? [] : [`geneve(${options.map((o) => `{class=0x${o.optClass.toString(16)},type=0x${o.optType.toString(16)},len=${o.hex.length / 2},0x${BigInt(`0x${o.hex}`).toString(16)}}`).join('')})`]),
    `flags(${[...(df ? ['df'] : []), ...(csum ? ['csum'] : []), ...(key ? ['key'] : [])].join('|')})`,
  ].join(',');

function natText({ kind, ips, ip6, ports, flags }: CtNat): string {
  if (kind === 'nat') return 'nat';
  const addresses = ips ? `${formatIp4(ips.from)}${ips.to === ips.from ? '' : `-${formatIp4(ips.to)}`}` : (ip6 ?? '');
  const range = ports ? `:${ports.from}${ports.to === ports.from ? '' : `-${ports.to}`}` : '';
  const to = `${addresses}${range}`;
  return `nat(${[to === '' ? kind : `${kind}=${to}`, ...flags].join(',')})`;
}

/** Tunnel ports share a device of the datapath, which has the name of its kind. */
function deviceOf(bridges: readonly OvsBridge[], bridge: string, port: string): string {
  const known = bridges.find((b) => b.name === bridge)?.ports.find((p) => p.name === port);
  switch (known?.tunnel && known.type) {
    case 'vxlan':
      return `vxlan_sys_${known?.tunnel?.dstPort ?? 0}`;
    case 'geneve':
      return `genev_sys_${known?.tunnel?.dstPort ?? 0}`;
    case 'gre':
      return 'gre_sys';
    default:
      return port;
  }
}

const REASONS: Readonly<Record<string, number>> = { no_match: 0, action: 1, invalid_ttl: 2, action_set: 3, group: 4, packet_out: 5 };

function actionText(action: DpAction, bridges: readonly OvsBridge[], next: DpAction | undefined): string {
  switch (action.kind) {
    case 'output':
      return deviceOf(bridges, action.bridge, action.port);
    case 'set-tunnel': {
      const to = next?.kind === 'output' ? bridges.find((b) => b.name === next.bridge)?.ports.find((p) => p.name === next.port) : undefined;
      return `set(tunnel(${tunnelText(action.tunnel, to?.type ?? '')}))`;
    }
    case 'set': {
      const [change] = action.changes;
      if (action.header === 'skb_mark' || action.header === 'skb_priority') return change ? `set(${action.header}(${hex(change.value)}/${hex(change.mask)}))` : '';
      return `set(${action.header}(${action.changes.map((c) => `${FIELD_NAMES[action.header]?.[c.field] ?? `?${c.field}`}=${hex(c.value)}/${hex(c.mask)}`).join(',')}))`;
    }
    case 'push-vlan':
      return `push_vlan(vid=${action.tci & 0xfff},pcp=${(action.tci >> 13) & 7})`;
    case 'pop-vlan':
      return 'pop_vlan';
    case 'ct': {
      const args = [
        ...(action.commit ? [action.force ? 'force_commit' : 'commit'] : []),
        `zone=${action.zone}`,
        ...(action.mark ? [`mark=${hex(action.mark.value)}/${hex(action.mark.mask)}`] : []),
        ...(action.label ? [`label=${hex(action.label.value)}/${hex(action.label.mask)}`] : []),
        ...(action.alg === undefined ? [] : [`helper=${action.alg}`]),
        ...(action.nat ? [natText(action.nat)] : []),
      ];
      return `ct(${args.join(',')})`;
    }
    case 'ct-clear':
      return 'ct_clear';
    case 'recirc':
      return `recirc(0x${action.id.toString(16)})`;
    case 'hash':
      return `hash(${action.symmetric ? 'sym_l4' : 'l4'}(${action.basis}))`;
    case 'controller':
      return `userspace(pid=0,controller(reason=${REASONS[action.action.reason] ?? action.action.reason},controller_id=${action.action.id},max_len=${action.action.maxLen}))`;
    case 'clone':
      return `clone(${formatDpActions(action.actions, bridges)})`;
    case 'check-pkt-len':
      return `check_pkt_len(size=${action.bytes},gt(${formatDpActions(action.greater, bridges)}),le(${formatDpActions(action.lessEqual, bridges)}))`;
    case 'trunc':
      return `trunc(${action.maxLen})`;
    case 'meter':
      return `meter(${action.id})`;
    case 'sample':
      return `sample(${action.text})`;
  }
}

export const formatDpActions = (actions: readonly DpAction[], bridges: readonly OvsBridge[]): string => (actions.length === 0 ? 'drop' : actions.map((a, i) => actionText(a, bridges, actions[i + 1])).join(','));
