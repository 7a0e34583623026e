import { findHost, findNetns } from '../world/lookup.ts';
import type { Netns, World } from '../world/world.ts';
import { printBridgeFdb } from './bridgeFdb.ts';
import { printBridgeLink } from './bridgeLink.ts';
import { printBridgeVlan } from './bridgeVlan.ts';
import { printConntrack } from './conntrack.ts';
import { printIpAddr } from './ipAddr.ts';
import { printIpLink } from './ipLink.ts';
import { printIpNeigh } from './ipNeigh.ts';
import { printIpNexthop } from './ipNexthop.ts';
import { printIpRoute } from './ipRoute.ts';
import { printIpRouteCache } from './ipRouteCache.ts';
import { printIpRule } from './ipRule.ts';
import { printIpsetSave } from './ipsetSave.ts';
import { printIptablesSave } from './iptablesPrint.ts';
import { printIpvsConnections } from './ipvsConnections.ts';
import { printIpvsadmList, printIpvsadmSave } from './ipvsadm.ts';
import { printOvn } from './ovnPrint.ts';
import { printOvs } from './ovsPrint.ts';
import { commandKind } from './section.ts';
import { printSs } from './ss.ts';
import { printSysctl } from './sysctl.ts';

/** Commands that dumpText() answers, in their plain spelling; other spellings of the same are understood. */
export const supportedCommands: readonly string[] = [
  'iptables-save',
  'iptables-save -c',
  'ipset save',
  'ipvsadm -Sn',
  'ipvsadm -Ln',
  'ipvsadm -Lnc',
  'ip link show',
  'ip -d link show',
  'ip addr show',
  'ip -d addr show',
  'ip rule show',
  'ip route show table all',
  'ip route show',
  'ip neigh show',
  'ip nexthop show',
  'ip route show cache',
  'bridge fdb show',
  'bridge link show',
  'bridge -d link show',
  'bridge vlan show',
  'sysctl -a',
  'ss -lntu',
  'conntrack -L',
  'conntrack -L -o extended',
  'ovs-vsctl show',
  'ovs-ofctl show BRIDGE',
  'ovs-ofctl dump-flows BRIDGE',
  'ovs-ofctl -O OpenFlow13 dump-flows BRIDGE',
  'ovs-ofctl --names --no-stats dump-flows BRIDGE',
  'ovs-appctl bridge/dump-flows BRIDGE',
  'ovs-ofctl -O OpenFlow15 dump-groups BRIDGE',
  'ovs-ofctl dump-tlv-map BRIDGE',
  'ovs-appctl dpctl/dump-flows',
  'ovs-appctl dpif/show',
  'ovs-appctl fdb/show BRIDGE',
  'ovs-vsctl list interface',
  'ovs-vsctl list port',
  'ovs-vsctl list bridge',
  'ovn-nbctl show',
  'ovn-nbctl lb-list',
  'ovn-nbctl acl-list SWITCH',
  'ovn-sbctl show',
  'ovn-sbctl lflow-list',
];

/**
 * What `command` prints in that namespace, from the world alone, each line ended by a newline. Undefined when the namespace does not
 * exist, the command is not one of `supportedCommands`, or the world does not know its answer (no iptables dump was given).
 */
export function dumpText(world: World, host: string, netns: string | null, command: string): string | undefined {
  const found = findNetns(world, host, netns);
  const machine = found && found.name === null ? findHost(world, host) : undefined;
  const lines = found && ((machine && (printOvs(machine, commandKind(command).words) ?? printOvn(world.ovn, commandKind(command).words))) ?? linesOf(found, command));
  return lines?.map((line) => `${line}\n`).join('');
}

function linesOf(netns: Netns, command: string): readonly string[] | undefined {
  const { kind, words, filtered } = commandKind(command);
  const table = words.includes('table') ? words[words.indexOf('table') + 1] : undefined;
  const detailed = words.some((w) => w === '-d' || w === '-details');
  switch (kind) {
    case 'iptables-save': {
      const name = filtered ? words[words.findIndex((w) => w === '-t' || w === '--table') + 1] : undefined;
      const tables = netns.tables?.filter((t) => name === undefined || t.name === name);
      return tables && printIptablesSave(tables, words.includes('-c') || words.includes('--counters'));
    }
    case 'ipset-save':
      return words.includes('save') ? printIpsetSave(netns.ipsets) : undefined;
    case 'ipvsadm-save':
      return printIpvsadmSave(netns.ipvs);
    case 'ipvsadm-list':
      return words[0] === 'ipvsadm' ? printIpvsadmList(netns.ipvs, netns.headings?.ipvsadm) : undefined;
    case 'ipvs-connections':
      return netns.ipvsConnections && words[0] === 'ipvsadm' ? printIpvsConnections(netns.ipvsConnections) : undefined;
    case 'ip-link':
      return printIpLink(netns.links, detailed);
    case 'ip-addr':
      return printIpAddr(netns.links, detailed);
    case 'ip-rule':
      return printIpRule(netns.rules);
    case 'ip-route':
      return printIpRoute(netns.routes, table === 'all' ? undefined : (table ?? 'main'), detailed);
    case 'ip-nexthop':
      return printIpNexthop(netns.nexthopObjects ?? []);
    case 'ip-route-cache':
      return printIpRouteCache(netns.routeCache ?? []);
    case 'ip-neigh':
      return printIpNeigh(netns.neighbours);
    case 'bridge-fdb':
      return printBridgeFdb(netns.fdb);
    case 'bridge-link':
      return printBridgeLink(netns.links, detailed);
    case 'bridge-vlan':
      return printBridgeVlan(netns.links);
    case 'sysctl':
      return printSysctl(netns.sysctls);
    case 'ss':
      return netns.sockets && printSs(netns.sockets, netns.headings?.ss);
    case 'conntrack':
      return filtered ? undefined : netns.conntrack && printConntrack(netns.conntrack, words.includes('extended'));
    default:
      return undefined;
  }
}
