import type { NetnsDraft } from '../draft/netns.ts';
import type { ComputeHost, NeutronSpec, SecurityGroupRule, VmPort } from './objects.ts';
import { chainOf, membersOf, qvbOf, setOf, tapOf } from './ports.ts';
import { protocolArgs } from './protocol.ts';

/*
 * What neutron-openvswitch-agent programs with the iptables_hybrid driver (Yoga; neutron/agent/linux/iptables_firewall.py,
 * iptables_manager.py, ipset_manager.py): everything hangs on physdev, so it works only while bridges call iptables. MAC addresses are
 * lower case, as iptables 1.8.9 prints them.
 */

const OWN = 'neutron-openvswi';
const SG_CHAIN = `${OWN}-sg-chain`;
const FALLBACK = `${OWN}-sg-fallback`;

/** Zones of ports start behind those that the VLANs of the openvswitch driver could use (ip_conntrack.py, MAX_CONNTRACK_ZONES). */
const FIRST_ZONE = 4097;

const comment = (text: string): string => `-m comment --comment "${text}"`;
const bridged = (direction: 'in' | 'out', port: VmPort): string => `-m physdev --physdev-${direction} ${tapOf(port)} --physdev-is-bridged`;

/** Chains and sets of one compute host. */
export function programFirewall(own: NetnsDraft, host: ComputeHost, neutron: NeutronSpec): void {
  const ports = host.vms.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const filtered = ports.filter((p) => p.portSecurity);
  programSets(own, filtered, neutron);
  programSkeleton(own, host);
  for (const [i, port] of filtered.entries()) {
    programZone(own, port, FIRST_ZONE + i);
    programJumps(own, port);
    programIngress(own, port, neutron);
    programEgress(own, port, neutron);
  }
  own.firewall.append('filter', SG_CHAIN, '-j ACCEPT', host.because);
  for (const port of ports) if (!port.portSecurity) programOpen(own, port);
}

/** A set for each group that a rule of this host's ports names, as long as it has members (_generate_ipset_rule_args()). */
function programSets(own: NetnsDraft, ports: readonly VmPort[], neutron: NeutronSpec): void {
  for (const { remoteGroup, because } of ports.flatMap((p) => rulesFor(p, neutron))) {
    if (remoteGroup === undefined || own.sets.has(setOf(remoteGroup))) continue;
    const members = membersOf(neutron, remoteGroup);
    if (members.length === 0) continue;
    own.sets.create(setOf(remoteGroup), 'hash:net family inet hashsize 1024 maxelem 65536', because);
    for (const { member, port } of members) own.sets.add(setOf(remoteGroup), member, port.because);
  }
}

const rulesFor = (port: VmPort, { groups }: NeutronSpec): readonly SecurityGroupRule[] => port.groups.flatMap((id) => groups.find((g) => g.id === id)?.rules ?? []);

/** IptablesManager.__init__() without state: the wrapped base chains of raw and filter, and the common chain at the top. */
function programSkeleton({ firewall }: NetnsDraft, { because }: ComputeHost): void {
  for (const chain of ['PREROUTING', 'OUTPUT']) wrap('raw', chain);
  for (const chain of ['FORWARD', 'OUTPUT']) firewall.append('filter', chain, '-j neutron-filter-top', because);
  for (const chain of ['INPUT', 'FORWARD', 'OUTPUT']) wrap('filter', chain);
  firewall.chain('filter', `${OWN}-local`);
  firewall.append('filter', 'neutron-filter-top', `-j ${OWN}-local`, because);
  firewall.append('filter', FALLBACK, `${comment('Default drop rule for unmatched traffic.')} -j DROP`, because);
  firewall.chain('filter', SG_CHAIN);

  function wrap(table: 'raw' | 'filter', chain: string): void {
    firewall.chain(table, `${OWN}-${chain}`);
    firewall.append(table, chain, `-j ${OWN}-${chain}`, because);
  }
}

/** A connection zone of its own for each port, so that the two ends of a connection on one host do not share an entry. */
function programZone({ firewall }: NetnsDraft, port: VmPort, zone: number): void {
  const rest = `${comment(`Set zone for ${port.id}`)} -j CT --zone ${zone}`;
  for (const from of [`-m physdev --physdev-in ${qvbOf(port)}`, `-i ${qvbOf(port)}`, `-m physdev --physdev-in ${tapOf(port)}`]) firewall.append('raw', `${OWN}-PREROUTING`, `${from} ${rest}`, port.because);
}

function programJumps({ firewall }: NetnsDraft, port: VmPort): void {
  const direct = comment('Direct traffic from the VM interface to the security group chain.');
  const jump = comment('Jump to the VM specific chain.');
  for (const direction of ['out', 'in'] as const) {
    firewall.append('filter', `${OWN}-FORWARD`, `${bridged(direction, port)} ${direct} -j ${SG_CHAIN}`, port.because);
    firewall.append('filter', SG_CHAIN, `${bridged(direction, port)} ${jump} -j ${chainOf(direction === 'out' ? 'i' : 'o', port)}`, port.because);
  }
  firewall.append('filter', `${OWN}-INPUT`, `${bridged('in', port)} ${comment('Direct incoming traffic from VM to the security group chain.')} -j ${chainOf('o', port)}`, port.because);
}

/** What comes to the VM. */
function programIngress(own: NetnsDraft, port: VmPort, neutron: NeutronSpec): void {
  const add = adder(own, chainOf('i', port), port);
  programRules(own, port, neutron, 'ingress', () => {
    for (const to of [...port.fixedIps, '255.255.255.255']) add(`-d ${to}/32 -p udp -m udp --sport 67 --dport 68 -j RETURN`);
  });
}

/** What the VM sends: DHCP, then only its own addresses, then no answers of a DHCP server, then what its groups say. */
function programEgress(own: NetnsDraft, port: VmPort, neutron: NeutronSpec): void {
  const add = adder(own, chainOf('o', port), port);
  const client = comment('Allow DHCP client traffic.');
  add(`-s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 --dport 67 ${client} -j RETURN`);
  add(`-j ${chainOf('s', port)}`);
  programSpoofFilter(own, port);
  add(`-p udp -m udp --sport 68 --dport 67 ${client} -j RETURN`);
  add(`-p udp -m udp --sport 67 --dport 68 ${comment('Prevent DHCP Spoofing by VM.')} -j DROP`);
  programRules(own, port, neutron, 'egress', () => undefined);
}

/** Port security proper: addresses with the MAC that may send from them; allowed pairs come before the fixed ones (_spoofing_rule()). */
function programSpoofFilter({ firewall }: NetnsDraft, port: VmPort): void {
  const chain = chainOf('s', port);
  const allow = (cidr: string, mac: string): string => `${cidr === '0.0.0.0/0' ? '' : `-s ${cidr} `}-m mac --mac-source ${mac} ${comment('Allow traffic from defined IP/MAC pairs.')} -j RETURN`;
  for (const { cidr, mac, because } of port.pairs) firewall.append('filter', chain, allow(cidr, mac), because);
  for (const ip of port.fixedIps) firewall.append('filter', chain, allow(`${ip}/32`, port.mac), { ...port.because, part: `fixed IP ${ip}` });
  if (port.fixedIps.length === 0) firewall.append('filter', chain, allow('0.0.0.0/0', port.mac), port.because);
  firewall.append('filter', chain, `${comment('Drop traffic without an IP/MAC allow rule.')} -j DROP`, { ...port.because, part: 'port security' });
}

/**
 * _convert_sgr_to_iptables_rules(): known connections, the rules of the port's groups (each form once), no invalid packets, and the rest
 * falls. `provider`: what the server adds to the rules of the groups, in front of them.
 */
function programRules({ firewall, sets }: NetnsDraft, port: VmPort, neutron: NeutronSpec, direction: SecurityGroupRule['direction'], provider: () => void): void {
  const chain = chainOf(direction === 'ingress' ? 'i' : 'o', port);
  const add = adder({ firewall }, chain, port);
  add(`-m state --state RELATED,ESTABLISHED ${comment('Direct packets associated with a known session to the RETURN chain.')} -j RETURN`);
  provider();
  const seen = new Set<string>();
  for (const rule of rulesFor(port, neutron)) {
    if (rule.direction !== direction || (rule.remoteGroup !== undefined && !sets.has(setOf(rule.remoteGroup)))) continue;
    const args = ruleArgs(rule);
    if (seen.has(args)) continue;
    seen.add(args);
    firewall.append('filter', chain, args, rule.because);
  }
  add(`-m state --state INVALID ${comment('Drop packets that appear related to an existing connection (e.g. TCP ACK/FIN) but do not have an entry in conntrack.')} -j DROP`);
  add(`${comment('Send unmatched traffic to the fallback chain.')} -j ${FALLBACK}`);
}

function ruleArgs({ direction, protocol, ports, icmp, remoteGroup, remotePrefix }: SecurityGroupRule): string {
  const side = direction === 'ingress' ? '-s' : '-d';
  const set = remoteGroup === undefined ? [] : [`-m set --match-set ${setOf(remoteGroup)} ${direction === 'ingress' ? 'src' : 'dst'}`];
  return [...(remotePrefix === undefined ? [] : [`${side} ${remotePrefix}`]), ...protocolArgs(protocol, ports, icmp), ...set, '-j RETURN'].join(' ');
}

/** Port security off: everything passes, with any address. */
function programOpen({ firewall }: NetnsDraft, port: VmPort): void {
  const rest = `${comment('Accept all packets when port security is disabled.')} -j ACCEPT`;
  const because = { ...port.because, part: 'port security off' };
  for (const direction of ['out', 'in'] as const) firewall.append('filter', `${OWN}-FORWARD`, `${bridged(direction, port)} ${rest}`, because);
  firewall.append('filter', `${OWN}-INPUT`, `${bridged('in', port)} ${rest}`, because);
}

const adder =
  ({ firewall }: Pick<NetnsDraft, 'firewall'>, chain: string, { because }: VmPort) =>
  (args: string): void =>
    firewall.append('filter', chain, args, because);
