import { printIpNexthop } from '../../dumps/ipNexthop.ts';
import { printIpRoute } from '../../dumps/ipRoute.ts';
import { printIpRule } from '../../dumps/ipRule.ts';
import { printIpsetSave } from '../../dumps/ipsetSave.ts';
import { printIptablesSave } from '../../dumps/iptablesPrint.ts';
import { printIpvsadmSave } from '../../dumps/ipvsadm.ts';
import { formatIp4 } from '../../packet/address.ts';
import { isUp } from '../../world/lookup.ts';
import type { Table } from '../../world/netfilter.ts';
import type { Address, Link, Netns, NexthopObject, PolicyRule, Route } from '../../world/world.ts';
import { portLines, stateLines, vlanLines } from './bridges.ts';
import type { Notes } from './lab.ts';
import { conntrackLine, insertionOrder } from './connections.ts';
import { heredoc, shellWord } from './shell.ts';

type Batch = (lines: readonly string[]) => readonly string[];

/** Everything inside a namespace once its devices are there: shell lines. */
export function configLines(netns: Netns, notes: Notes, name: string, batch: Batch): readonly string[] {
  const addresses = netns.links.flatMap((l) => l.addresses.filter((a) => l.kind !== 'loopback' || formatIp4(a.ip) !== '127.0.0.1').map((a) => addressLine(l, a)));
  return [
    ...batch([
      ...netns.links.flatMap(settingLines),
      ...netns.links.flatMap((l) => (l.master === undefined || l.master === 'ovs-system' ? [] : [`link set dev ${l.name} master ${l.master}`])),
      ...netns.links.flatMap((l) => (isUp(l) ? [`link set dev ${l.name} up`] : [])),
      ...netns.links.flatMap(portLines),
      // A bridge takes the smallest MTU of its ports unless it was told otherwise.
      ...netns.links.flatMap((l) => (l.kind === 'bridge' ? [`link set dev ${l.name} mtu ${l.mtu}`] : [])),
      ...addresses,
      ...neighbourLines(netns),
      ...netns.routes.filter((r) => !madeByAddress(r) && r.nhid === undefined).toSorted((a, b) => reach(a) - reach(b)).map(routeLine),
      ...ruleLines(netns.rules),
    ]),
    ...vlanLines(netns),
    ...fdbLines(netns),
    ...usedNeighbours(netns),
    ...netfilterLines(netns, notes, name),
  ];
}

/** GSO is off, so that a capture shows packets as they are on a wire. */
function settingLines(link: Link): readonly string[] {
  if (link.kind === 'loopback') return [`link set dev lo gso_max_segs 1${link.mtu === 65536 ? '' : ` mtu ${link.mtu}`}`];
  const mac = link.mac === undefined || isIpTunnel(link) ? '' : ` address ${link.mac}`;
  return [`link set dev ${link.name}${mac} mtu ${link.mtu} gso_max_segs 1${link.flags.includes('NOARP') && !isIpTunnel(link) ? ' arp off' : ''}${link.flags.includes('PROMISC') ? ' promisc on' : ''}`];
}

/** A tunnel without Ethernet: its link-layer addresses are its ends. */
const isIpTunnel = (link: Link): boolean => link.kind === 'ipip' || link.kind === 'gre';

/** Without the route of its prefix: routes come from the dump. */
function addressLine(link: Link, a: Address): string {
  const peer = a.peer === undefined ? `${formatIp4(a.ip)}/${a.prefixLen}` : `${formatIp4(a.ip)} peer ${formatIp4(a.peer)}/${a.prefixLen}`;
  const broadcast = a.broadcast === undefined ? '' : ` broadcast ${formatIp4(a.broadcast)}`;
  return `addr add ${peer}${broadcast} scope ${a.scope} dev ${link.name} noprefixroute`;
}

const neighbourLines = (netns: Netns): readonly string[] =>
  netns.neighbours.flatMap((n) =>
    (n.mac === undefined && n.outer === undefined) || n.state === 'FAILED' || n.state === 'INCOMPLETE' ? [] : [`neigh replace ${formatIp4(n.ip)} dev ${n.dev} lladdr ${n.mac ?? formatIp4(n.outer ?? 0)} nud permanent`],
  );

/** Routes that the kernel makes of addresses by itself. */
const madeByAddress = (r: Route): boolean => r.table === 'local' && r.proto === 'kernel';

/** Gateways must be reachable when a route is added: connected routes first. */
const reach = (r: Route): number => (r.nexthops.some((h) => h.via !== undefined && !h.onlink) ? 1 : 0);

/**
 * Nexthop objects, which need a carrier, and the routes that name them: when both ends of each cable are there. The kernel looks gateways
 * up (fib_check_nh()), so the rules, which may hide them, wait behind one that leads to the main table.
 */
function nexthopLines(netns: Netns): readonly string[] {
  const objects = (netns.nexthopObjects ?? []).toSorted((a, b) => Number(a.group !== undefined) - Number(b.group !== undefined));
  const routes = netns.routes.filter((r) => r.nhid !== undefined).map((r) => routeLine(r).replace('append', 'replace'));
  if (objects.length === 0 && routes.length === 0) return [];
  return ['rule add pref 0 lookup main', ...objects.map(nexthopLine), ...routes, 'rule del pref 0 lookup main'].map((line) => `ip ${line}`);
}

/** An object as `ip nexthop add` takes it: the scope is the kernel's own doing. */
const nexthopLine = (object: NexthopObject): string => `nexthop replace ${printIpNexthop([{ ...object, extra: (object.extra ?? []).filter((w) => !/^(?:scope|unbalanced_time|proto unspec)/.test(w) && !['offload', 'trap', 'linkdown'].includes(w)) }])[0]?.trim() ?? ''}`;

function routeLine(route: Route): string {
  // A nexthop object says where; a route through a blackhole one prints as one.
  const byObject = route.nhid === undefined ? {} : { type: route.type === 'blackhole' ? ('unicast' as const) : route.type, nexthops: [] };
  const usable: Route = { ...route, nexthops: route.nexthops.map(({ via, dev, weight, onlink }) => ({ via, dev, weight, onlink, dead: false })), ...byObject, extra: (route.extra ?? []).filter((w) => !['linkdown', 'dead', 'offload', 'trap', 'rt_trap'].includes(w)) };
  return `route append ${printIpRoute([usable], undefined, true).map((l) => l.trim()).join(' ')}`;
}

const STANDARD = new Map([
  [0, 'local'],
  [32_766, 'main'],
  [32_767, 'default'],
]);

const isStandard = (r: PolicyRule): boolean =>
  r.action.kind === 'lookup' && STANDARD.get(r.priority) === r.action.table && !r.not && !r.from && !r.to && r.fwmark === undefined && r.iif === undefined && r.oif === undefined && r.action.suppressPrefixLength === undefined;

/** Rules beside the standard three; one of those that the dump lacks is taken away. */
function ruleLines(rules: readonly PolicyRule[]): readonly string[] {
  if (rules.length === 0) return [];
  return [
    ...rules.filter((r) => !isStandard(r)).flatMap((r) => printIpRule([{ ...r, extra: (r.extra ?? []).filter((w) => !w.startsWith('[')) }]).map((l) => `rule add pref ${l.replace(':\t', ' ')}`)),
    ...[...STANDARD].flatMap(([priority, table]) => (rules.some((r) => r.priority === priority && isStandard(r)) ? [] : [`rule del pref ${priority} lookup ${table}`])),
  ];
}

function fdbLines(netns: Netns): readonly string[] {
  const lines = netns.fdb.flatMap((f) => {
    const permanent = f.words.includes('permanent') && f.dst === undefined && netns.links.some((l) => l.mac === f.mac);
    if (permanent || /^(?:01:00:5e|33:33)/.test(f.mac)) return [];
    const state = f.words.includes('permanent') ? 'permanent' : 'static';
    return [`fdb append ${f.mac} dev ${f.dev}${f.dst === undefined ? '' : ` dst ${formatIp4(f.dst)}`} ${f.dst === undefined ? (netns.links.some((l) => l.kind === 'bridge' && l.name === f.dev) ? 'self' : 'master') : `self${['port', 'vni', 'via'].map((w) => (f.words.includes(w) ? ` ${w} ${f.words[f.words.indexOf(w) + 1] ?? ''}` : '')).join('')}`} ${state}`];
  });
  return lines.length === 0 ? [] : [`bridge -force -batch - ${heredoc('FDB', lines)}`];
}

/** Entries of bridges where they were: one that was set by hand moves to the port that its address is seen at (br_fdb_update()). */
const homeAgain = (netns: Netns): readonly string[] => fdbLines({ ...netns, fdb: netns.fdb.filter((f) => f.dst === undefined && f.words.includes('master') && !f.words.includes('permanent')) }).map((l) => l.replaceAll('fdb append', 'fdb replace'));

/** Entries of a bridge anew: a neighbour that was used has a cached header, and what is translated in the bridge then takes another way. */
function freshNeighbours(netns: Netns): readonly string[] {
  const bridges = new Set(netns.links.filter((l) => l.kind === 'bridge').map((l) => l.name));
  const lines = neighbourLines({ ...netns, neighbours: netns.neighbours.filter((n) => bridges.has(n.dev)) });
  return lines.length === 0 ? [] : [`ip -force -batch - ${heredoc('NEIGH', lines.flatMap((l) => [l.replace('replace', 'del').replace(/ nud .*/, ''), l]))}`];
}

/** An address that no machine of a lab has. */
const NOBODY = '06:00:00:00:00:00';

/**
 * A neighbour behind a bridge that the dump shows in use has a cached header (neigh_resolve_output() > neigh_hh_init()), with which a
 * frame that is translated in the bridge stays in it. One datagram to each makes the header; it goes to nobody, and the entry then gets
 * the true address, the header with it (neigh_update_hhs()).
 */
function usedNeighbours(netns: Netns): readonly string[] {
  const calling = new Set(netns.links.filter((l) => l.kind === 'bridge' && (l.bridge?.callIptables === true || netns.sysctls['net.bridge.bridge-nf-call-iptables'] === '1')).map((l) => l.name));
  const used = netns.neighbours.filter((n) => n.state === 'REACHABLE' && n.mac !== undefined && calling.has(n.dev));
  if (used.length === 0) return [];
  const lines = neighbourLines({ ...netns, neighbours: used });
  return [
    `ip -force -batch - ${heredoc('NEIGH', lines.map((l) => l.replace(/lladdr \S+/, `lladdr ${NOBODY}`)))}`,
    ...used.map((n) => `{ echo > /dev/udp/${formatIp4(n.ip)}/9; } 2>/dev/null || :`),
    `ip -force -batch - ${heredoc('NEIGH', lines)}`,
  ];
}

/** Puts back what flows change: counters and lists of rules, members of sets, IPVS connections, learned routes, neighbours and FDB entries. */
export function resetLines(netns: Netns): readonly string[] {
  return [
    'ip route flush cache',
    'ip neigh flush all',
    ...freshNeighbours(netns),
    ...usedNeighbours(netns),
    ...netns.links.flatMap((l) => (l.kindText === 'bridge' ? [`ip link set dev ${l.name} type bridge fdb_flush`] : [])),
    ...homeAgain(netns),
    ...(netns.ipsets.length > 0 ? ['ipset flush', `ipset -exist restore ${heredoc('SETS', printIpsetSave(netns.ipsets))}`] : []),
    ...(netns.tables ?? []).filter(sharesLists).map((t) => `"$IPT" -t ${t.name} -F`),
    ...(netns.tables !== undefined && netns.tables.length > 0 ? [`"$IPT-restore" ${heredoc('TABLES', printIptablesSave(netns.tables, false))}`] : []),
    ...(netns.ipvs.length > 0 ? [...FORGET_CONNECTIONS, `echo ${netns.sysctls['net.ipv4.vs.expire_nodest_conn'] === '1' ? 1 : 0} > /proc/sys/net/ipv4/vs/expire_nodest_conn`, `ipvsadm -R ${heredoc('IPVS', ipvsText(netns))}`] : []),
  ];
}

/** Services leave, and with expire_nodest_conn their connections do so soon after. */
const FORGET_CONNECTIONS = ['echo 1 > /proc/sys/net/ipv4/vs/expire_nodest_conn', 'ipvsadm -C', 'sleep 0.1'];

/** Lists and buckets with a name outlive a restore that names them again: they must go first. */
const sharesLists = (table: Table): boolean => table.chains.some((c) => c.rules.some((r) => r.matches.some((m) => m.kind === 'recent' || m.kind === 'hashlimit')));

/** What is added last is picked first: a listing in picking order is loaded from its end. */
const ipvsText = (netns: Netns): readonly string[] => printIpvsadmSave(netns.ipvs.map((s) => (s.sorted ? s : { ...s, realServers: s.realServers.toReversed() })), true);

/** What can only be set once everything else is there: nexthop objects, the states of bridge ports, and connections that the dump shows. */
export const givenLines = (netns: Netns): readonly string[] => [...nexthopLines(netns), ...stateLines(netns), ...insertionOrder(netns.conntrack ?? []).map((e) => conntrackLine(e, netns))];

/** Accounting objects that rules name: they must be there before the rules, without quotas as the engine takes it. */
const accountNames = (tables: readonly Table[]): readonly string[] => [...new Set(tables.flatMap((t) => t.chains.flatMap((c) => c.rules.flatMap((r) => r.matches.flatMap((m) => (m.kind === 'nfacct' ? [m.name] : []))))))];

function netfilterLines(netns: Netns, notes: Notes, name: string): readonly string[] {
  const lines: string[] = [];
  if (netns.ipsets.length > 0) {
    notes.tools.add('ipset');
    lines.push(`ipset restore ${heredoc('SETS', printIpsetSave(netns.ipsets))}`);
  }
  if (netns.tables !== undefined && netns.tables.length > 0) {
    notes.tools.add('iptables');
    const accounts = accountNames(netns.tables);
    if (accounts.length > 0) notes.tools.add('nfacct');
    lines.push(...accounts.map((account) => `nfacct add ${shellWord(account)}`));
    lines.push(`"$IPT-restore" ${heredoc('TABLES', printIptablesSave(netns.tables, false))}`);
  }
  if (netns.conntrack !== undefined && netns.conntrack.length > 0) notes.tools.add('conntrack');
  if (netns.ipvs.length > 0) {
    notes.tools.add('ipvsadm');
    notes.modules.add('ip_vs');
    lines.push(`ipvsadm -R ${heredoc('IPVS', ipvsText(netns))}`);
  }
  for (const u of netns.unmodelled) notes.cannot.push(`${name}: ${u.what} ${u.name}`);
  return lines;
}
