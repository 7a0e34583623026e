import { heredoc } from './shell.ts';
import { NEW_PORT } from '../../world/bridge.ts';
import type { Link, Netns } from '../../world/world.ts';

const onOff = (on: boolean): string => (on ? 'on' : 'off');

/** Words behind `type` that make a bridge. */
export const bridgeType = ({ bridge }: Link): string =>
  `bridge stp_state ${bridge?.stp ? 1 : 0}${bridge?.vlanFiltering ? ` vlan_filtering 1 vlan_protocol ${bridge.vlanProtocol}` : ''}${bridge?.callIptables ? ' nf_call_iptables 1' : ''}`;

/** What a port has otherwise than a new one. */
export function portLines(link: Link): readonly string[] {
  const { port } = link;
  if (!port || link.master === undefined) return [];
  const words = (
    [
      ['hairpin', port.hairpin, NEW_PORT.hairpin],
      ['learning', port.learning, NEW_PORT.learning],
      ['flood', port.flood, NEW_PORT.flood],
      ['mcast_flood', port.mcastFlood, NEW_PORT.mcastFlood],
      ['bcast_flood', port.bcastFlood, NEW_PORT.bcastFlood],
      ['isolated', port.isolated, NEW_PORT.isolated],
      ['neigh_suppress', port.neighSuppress, NEW_PORT.neighSuppress],
      ['proxy_arp', port.proxyArp, NEW_PORT.proxyArp],
      ['proxy_arp_wifi', port.proxyArpWifi, NEW_PORT.proxyArpWifi],
      ['locked', port.locked, NEW_PORT.locked],
    ] as const
  ).flatMap(([name, value, usual]) => (value === usual ? [] : [`${name} ${onOff(value)}`]));
  return words.length === 0 ? [] : [`link set dev ${link.name} type bridge_slave ${words.join(' ')}`];
}

/**
 * A port takes a state once it has a carrier, which is noticed a little later than the other end comes up. `blocking` without the spanning
 * tree protocol does not last (br_port_state_selection(), net/bridge/br_stp.c).
 */
export const stateLines = ({ links }: Netns): readonly string[] =>
  links.flatMap(({ name, port, master }) =>
    master !== undefined && (port?.state === 'listening' || port?.state === 'learning') ? [`for i in 1 2 3 4 5 6 7 8 9; do sleep 0.1; ip link set dev ${name} type bridge_slave state ${port.state === 'listening' ? 1 : 2} 2>/dev/null && break; done || :`] : [],
  );

/** `bridge vlan` for devices whose VLANs the dump tells: VLAN 1, which a new port has, goes unless it is told. */
export function vlanLines({ links }: Netns): readonly string[] {
  const bridges = new Set(links.filter((l) => l.kind === 'bridge').map((l) => l.name));
  const lines = links.flatMap((l) => {
    if (l.vlans === undefined || !links.some((b) => b.bridge?.vlanFiltering && (b.name === l.name || b.name === l.master))) return [];
    const self = bridges.has(l.name) ? ' self' : '';
    return [`vlan del dev ${l.name} vid 1${self}`, ...l.vlans.map((v) => `vlan add dev ${l.name} vid ${v.vid}${v.to === v.vid ? '' : `-${v.to}`}${v.pvid ? ' pvid' : ''}${v.untagged ? ' untagged' : ''}${self}`)];
  });
  return lines.length === 0 ? [] : [`bridge -force -batch - ${heredoc('VLANS', lines)}`];
}
