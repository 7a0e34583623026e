import { type Bridge, type BridgePort, type MacvlanMode, NEW_PORT, type VlanDevice } from '../world/bridge.ts';
import type { Link } from '../world/world.ts';
import { parseDecimal, wordsOf } from './words.ts';

/** What the `-d` line of a kind and the line of a bridge's port say, beyond tunnels. */
export type LinkDetails = Pick<Link, 'bridge' | 'port' | 'vlan' | 'macvlan'>;

const STATES: readonly string[] = ['disabled', 'listening', 'learning', 'forwarding', 'blocking'] satisfies readonly BridgePort['state'][];
const MODES: readonly string[] = ['private', 'vepa', 'bridge', 'passthru', 'source'] satisfies readonly MacvlanMode[];

/** The switches of a port, as both listings spell them. */
const SWITCHES: readonly (readonly [string, Exclude<keyof BridgePort, 'state' | 'number'>])[] = [
  ['hairpin', 'hairpin'],
  ['learning', 'learning'],
  ['flood', 'flood'],
  ['mcast_flood', 'mcastFlood'],
  ['bcast_flood', 'bcastFlood'],
  ['isolated', 'isolated'],
  ['neigh_suppress', 'neighSuppress'],
  ['proxy_arp', 'proxyArp'],
  ['proxy_arp_wifi', 'proxyArpWifi'],
  ['locked', 'locked'],
  ['vlan_tunnel', 'vlanTunnel'],
];

const protocol = (word: string | undefined): VlanDevice['protocol'] => (word === '802.1ad' ? '802.1ad' : '802.1Q');

/** Names and values of a line, each name once: the first that stands there. */
function pairsOf(words: readonly string[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const [i, word] of words.entries()) if (!pairs.has(word)) pairs.set(word, words[i + 1] ?? '');
  return pairs;
}

/** Reads `state forwarding … hairpin off …` over what is known of the port. */
export function readPort(words: readonly string[], known: BridgePort = NEW_PORT): BridgePort {
  const pairs = pairsOf(words);
  const port: { -readonly [K in keyof BridgePort]: BridgePort[K] } = { ...known };
  const state = pairs.get('state')?.toLowerCase() ?? '';
  if (STATES.includes(state)) port.state = state as BridgePort['state'];
  for (const [word, key] of SWITCHES) {
    const value = pairs.get(word);
    if (value === 'on' || value === 'off') port[key] = value === 'on';
  }
  const number = /^0x[0-9a-f]{1,4}$/i.exec(pairs.get('port_no') ?? '')?.[0];
  if (number !== undefined) port.number = Number(number);
  return port;
}

/** iproute2 ip/iplink_bridge.c, iplink_vlan.c, iplink_macvlan.c, iplink_bridge_slave.c. */
export function readDetails(kindText: string, kindDetails: string, lines: readonly string[]): LinkDetails {
  const words = wordsOf(kindDetails);
  const slave = lines.find((l) => /^\s+bridge_slave /.test(l));
  const port = slave === undefined ? {} : { port: readPort(wordsOf(slave)) };
  switch (kindText) {
    case 'bridge': {
      const pairs = pairsOf(words);
      const bridge: Bridge = { vlanFiltering: pairs.get('vlan_filtering') === '1', vlanProtocol: protocol(pairs.get('vlan_protocol')), stp: (pairs.get('stp_state') ?? '0') !== '0', callIptables: pairs.get('nf_call_iptables') === '1' };
      return { ...port, bridge };
    }
    case 'vlan': {
      const pairs = pairsOf(words);
      const id = parseDecimal(pairs.get('id'), 4095);
      return id === undefined ? port : { ...port, vlan: { id, protocol: protocol(pairs.get('protocol')) } };
    }
    case 'macvlan': {
      const mode = pairsOf(words).get('mode') ?? '';
      return { ...port, macvlan: MODES.includes(mode) ? (mode as MacvlanMode) : 'vepa' };
    }
    default:
      return port;
  }
}

const onOff = (on: boolean): string => (on ? 'on' : 'off');

/** The options of a kind for a device that no dump described. */
export function detailWords({ bridge, vlan, macvlan, kind }: Link): string {
  if (bridge) return `forward_delay 1500 hello_time 200 max_age 2000 ageing_time 30000 stp_state ${bridge.stp ? 1 : 0} priority 32768 vlan_filtering ${bridge.vlanFiltering ? 1 : 0} vlan_protocol ${bridge.vlanProtocol} nf_call_iptables ${bridge.callIptables ? 1 : 0} `;
  if (vlan) return `protocol ${vlan.protocol} id ${vlan.id} <REORDER_HDR> `;
  if (macvlan) return `mode ${macvlan} `;
  return kind === 'tap' ? 'type tap pi off vnet_hdr off persist on ' : '';
}

/** The switches of a port as `bridge -d link` prints them. */
export const switchWords = (port: BridgePort): string =>
  `hairpin ${onOff(port.hairpin)} guard off root_block off fastleave off learning ${onOff(port.learning)} flood ${onOff(port.flood)} mcast_flood ${onOff(port.mcastFlood)} bcast_flood ${onOff(port.bcastFlood)} mcast_router 1 mcast_to_unicast off neigh_suppress ${onOff(port.neighSuppress)} vlan_tunnel ${onOff(port.vlanTunnel)} isolated ${onOff(port.isolated)} locked ${onOff(port.locked)} `;

/** The `bridge_slave` line for a port that no dump described. */
export const slaveLine = (port: BridgePort): string =>
  `    bridge_slave state ${port.state} priority 32 cost 2 hairpin ${onOff(port.hairpin)} guard off root_block off fastleave off learning ${onOff(port.learning)} flood ${onOff(port.flood)} ${port.number === undefined ? '' : `port_no 0x${port.number.toString(16)} `}proxy_arp ${onOff(port.proxyArp)} proxy_arp_wifi ${onOff(port.proxyArpWifi)} mcast_router 1 mcast_fast_leave off mcast_flood ${onOff(port.mcastFlood)} bcast_flood ${onOff(port.bcastFlood)} mcast_to_unicast off neigh_suppress ${onOff(port.neighSuppress)} vlan_tunnel ${onOff(port.vlanTunnel)} isolated ${onOff(port.isolated)} locked ${onOff(port.locked)} `;
