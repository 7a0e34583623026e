import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { parsePorts } from '../../dumps/words.ts';
import { formatIp4 } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import { derivedHex } from '../derived.ts';
import type { ClusterModel } from '../model.ts';
import { field, type KubeDocument, listOf, textOf, textsOf } from '../objects/document.ts';
import type { MachineSpec } from '../objects/fabric.ts';
import { macOfIp } from '../objects/node.ts';
import { Fields, formatCidr, parseCidr } from '../objects/values.ts';
import { isApiProtocol } from './protocol.ts';

/**
 * What lies below machines that are virtual ones: the part of a `kind: Fabric` that says OpenStack.
 *
 *     spec:
 *       network: {vlan: 100, mtu: 1500}           # the provider network of the VMs; these are the defaults
 *       securityGroups:
 *       - name: k8s
 *         id: 7c5e…                               # made from the name when it is absent
 *         defaultEgress: true                     # the rule that lets everything out, which every new group has
 *         rules:
 *         - {direction: ingress, remoteGroup: k8s}             # by name or id
 *         - {protocol: "4", remoteGroup: k8s}                  # direction ingress by default; number or name
 *         - {protocol: tcp, ports: "30000:32767", remotePrefix: 0.0.0.0/0}
 *         - {protocol: icmp, icmpType: 8, icmpCode: 0}
 *       computeHosts:
 *       - name: compute1
 *         dev: eno1                               # its NIC and address on the wire between the compute hosts
 *         address: 192.168.10.11/24
 *         firewallDriver: iptables_hybrid         # the only one that is known
 *         run: ["iptables -P FORWARD DROP"]        # typed on it when everything else is set up
 *         vms:
 *         - node: chhan-k8s-1                     # a Node, or a router or client of the Fabric
 *           dev: ens3                             # its first NIC by default
 *           portId: 1b5c0f4c-…                    # made from node and dev when it is absent
 *           mac: fa:16:3e:09:06:eb                # the NIC's by default
 *           fixedIps: [10.100.200.4]              # the NIC's addresses by default
 *           securityGroups: [k8s]
 *           portSecurity: true
 *           allowedAddressPairs: [172.16.0.0/16, {ip: 10.100.200.100, mac: "fa:16:…"}]
 *         routers:                                # ports of virtual routers: no port security, straight on br-int
 *         - {node: gw, dev: eth0}
 */
export interface NeutronSpec {
  readonly vlan: number;
  readonly mtu: number;
  readonly groups: readonly SecurityGroup[];
  readonly computeHosts: readonly ComputeHost[];
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  /** IPv4 only; the one that lets everything out first, as the API makes it. */
  readonly rules: readonly SecurityGroupRule[];
}

export interface SecurityGroupRule {
  readonly direction: 'ingress' | 'egress';
  /** As given to the API; undefined for any. */
  readonly protocol: string | undefined;
  readonly ports: { readonly from: number; readonly to: number } | undefined;
  readonly icmp: { readonly type: number; readonly code: number | undefined } | undefined;
  readonly remoteGroup: SecurityGroup['id'] | undefined;
  /** `10.0.0.0/24`; undefined for everybody. */
  readonly remotePrefix: string | undefined;
  readonly because: Because;
}

export interface ComputeHost {
  readonly name: string;
  readonly dev: string;
  readonly address: string;
  readonly vms: readonly VmPort[];
  readonly routers: readonly VmPort[];
  /** With its name, what is typed on it, and why it is there. */
  readonly machine: MachineSpec;
  readonly because: Because;
}

/** A port of the network with the machine behind it. */
export interface VmPort {
  readonly machine: string;
  readonly dev: string;
  readonly id: string;
  readonly mac: string;
  readonly fixedIps: readonly string[];
  readonly portSecurity: boolean;
  readonly groups: readonly SecurityGroup['id'][];
  /** In the notation of iptables: `172.16.0.0/16`, with the MAC that may use it. */
  readonly pairs: readonly { readonly cidr: string; readonly mac: string; readonly because: Because }[];
  readonly because: Because;
}

interface Reading {
  readonly document: KubeDocument;
  readonly fields: Fields;
  readonly found: DiagnosticList;
}

type Path = readonly (string | number)[];

/** A UUID that is the same for the same words. */
export function uuidOf(...words: readonly string[]): string {
  const hex = derivedHex(32, ...words);
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}

/** Reads what every Fabric says about compute hosts; undefined when none says anything. */
export function readNeutron(cluster: ClusterModel, found: DiagnosticList): NeutronSpec | undefined {
  const fabrics = cluster.documents.filter((d) => d.kind === 'Fabric' && listOf(field(d.value, 'spec', 'computeHosts')).length > 0);
  const [first] = fabrics;
  if (!first) return undefined;
  const readings = fabrics.map((document): Reading => ({ document, found, fields: new Fields(document, found) }));
  const network = (name: string, from: number, to: number): number | undefined => readings[0]?.fields.int(['spec', 'network', name], field(first.value, 'spec', 'network', name), from, to);
  // Networks are a provider's VLANs here: what asks for another kind is not taken for one in silence.
  if (field(first.value, 'spec', 'network', 'vni') !== undefined) readings[0]?.fields.bad(['spec', 'network', 'vni'], field(first.value, 'spec', 'network', 'vni'), 'vlan: 100');
  const groups = readings.flatMap(readGroups);
  const computeHosts = readings.flatMap((reading) => listOf(reading.fields.get('spec', 'computeHosts')).flatMap((value, i) => readComputeHost(reading, ['spec', 'computeHosts', i], value, cluster, groups, i)));
  return { vlan: network('vlan', 1, 4094) ?? 100, mtu: network('mtu', 68, 65_535) ?? 1500, groups, computeHosts };
}

/** Text, or a number as it would be quoted. */
const wordOf = (value: unknown): string | undefined => (typeof value === 'number' ? String(value) : textOf(value));

const missing = ({ document, found }: Reading, path: Path, what: string): void => found.add('missing-object', document.at(...path), `Fabric ${document.name}: ${what}`);

function readGroups(reading: Reading): readonly SecurityGroup[] {
  const { document } = reading;
  const listed = listOf(field(document.value, 'spec', 'securityGroups')).flatMap((value, i) => {
    const name = textOf(field(value, 'name')) ?? textOf(field(value, 'id'));
    if (name === undefined) reading.fields.bad(['spec', 'securityGroups', i, 'name'], undefined, 'default');
    return name === undefined ? [] : [{ value, i, name, id: textOf(field(value, 'id')) ?? uuidOf('security-group', name) }];
  });
  const idOf = (word: string): string | undefined => listed.find((g) => g.name === word || g.id === word)?.id;
  return listed.map(({ value, i, name, id }): SecurityGroup => {
    const at: Path = ['spec', 'securityGroups', i];
    const because = (part: string, path: Path): Because => ({ kind: 'SecurityGroup', namespace: undefined, name, part, source: document.at(...path) });
    const free: SecurityGroupRule = { direction: 'egress', protocol: undefined, ports: undefined, icmp: undefined, remoteGroup: undefined, remotePrefix: undefined, because: because('default egress', at) };
    const rules = listOf(field(value, 'rules')).flatMap((rule, j) => readRule(reading, [...at, 'rules', j], rule, idOf, because(`rule ${j + 1}`, [...at, 'rules', j])));
    return { id, name, rules: field(value, 'defaultEgress') === false ? rules : [free, ...rules] };
  });
}

function readRule(reading: Reading, path: Path, value: unknown, idOf: (word: string) => string | undefined, because: Because): readonly SecurityGroupRule[] {
  const bad = (name: string, right: string): readonly [] => {
    reading.fields.bad([...path, name], field(value, name), right);
    return [];
  };
  if (field(value, 'ethertype') === 'IPv6') return [];
  const direction = textOf(field(value, 'direction')) ?? 'ingress';
  if (direction !== 'ingress' && direction !== 'egress') return bad('direction', 'ingress, egress');
  const protocol = wordOf(field(value, 'protocol'))?.toLowerCase();
  if (protocol !== undefined && !isApiProtocol(protocol)) return bad('protocol', 'tcp, udp, icmp, 0…255');
  const portsText = wordOf(field(value, 'ports'));
  const ports = parsePorts(portsText, portsText?.includes(':') ? ':' : '-');
  if (portsText !== undefined && !ports) return bad('ports', '80, 8000:8080');
  const [type, code] = ['icmpType', 'icmpCode'].map((name) => reading.fields.int([...path, name], field(value, name), 0, 255));
  const remoteText = textOf(field(value, 'remoteGroup'));
  const remoteGroup = remoteText === undefined ? undefined : idOf(remoteText);
  if (remoteText !== undefined && remoteGroup === undefined) {
    missing(reading, [...path, 'remoteGroup'], `SecurityGroup ${remoteText}`);
    return [];
  }
  const prefixText = textOf(field(value, 'remotePrefix'));
  const prefix = prefixText === undefined ? undefined : parseCidr(prefixText);
  if (prefixText !== undefined && !prefix) return bad('remotePrefix', '192.0.2.0/24');
  return [{ direction, protocol, ports, icmp: type === undefined ? undefined : { type, code }, remoteGroup, remotePrefix: prefix && prefix.prefixLen > 0 ? formatCidr(prefix) : undefined, because }];
}

function readComputeHost(reading: Reading, path: Path, value: unknown, cluster: ClusterModel, groups: readonly SecurityGroup[], index: number): readonly ComputeHost[] {
  const { document, fields } = reading;
  const name = textOf(field(value, 'name'));
  if (name === undefined || !NAME.test(name)) {
    fields.bad([...path, 'name'], field(value, 'name'), 'compute1');
    return [];
  }
  const address = fields.cidr([...path, 'address'], field(value, 'address')) ?? `192.168.10.${11 + index}/24`;
  const driver = field(value, 'firewallDriver');
  if (driver !== undefined && driver !== 'iptables_hybrid') fields.bad([...path, 'firewallDriver'], driver, 'iptables_hybrid');
  const ports = (list: 'vms' | 'routers'): readonly VmPort[] => listOf(field(value, list)).flatMap((port, i) => readPort(reading, [...path, list, i], port, cluster, groups, list === 'routers'));
  const because: Because = { kind: 'ComputeHost', namespace: undefined, name, source: document.at(...path) };
  const machine: MachineSpec = { name, interfaces: [], gateway: undefined, routes: [], bgp: false, run: textsOf(field(value, 'run')), runAt: (i) => document.at(...path, 'run', i), because };
  return [{ name, dev: textOf(field(value, 'dev')) ?? 'eno1', address, vms: ports('vms'), routers: ports('routers'), machine, because }];
}

interface Nic {
  readonly dev: string;
  readonly addresses: readonly string[];
  readonly mac: string | undefined;
}

/** A machine's name becomes a folder. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;

/** The NICs of a Node, or of a router or client of the Fabric; undefined when there is no such machine. */
function nicsOf(cluster: ClusterModel, machine: string): readonly Nic[] | undefined {
  return cluster.nodes.find((n) => n.name === machine)?.nics ?? [...cluster.fabric.routers, ...cluster.fabric.clients].find((m) => m.name === machine)?.interfaces;
}

function readPort(reading: Reading, path: Path, value: unknown, cluster: ClusterModel, groups: readonly SecurityGroup[], trusted: boolean): readonly VmPort[] {
  const { document, fields } = reading;
  const machine = textOf(field(value, 'node'));
  const dev = textOf(field(value, 'dev'));
  const nic = machine === undefined ? undefined : nicsOf(cluster, machine)?.find((n) => dev === undefined || n.dev === dev);
  if (machine === undefined || !nic) {
    missing(reading, [...path, 'node'], [machine ?? '', dev ?? ''].join(' ').trim());
    return [];
  }
  const id = textOf(field(value, 'portId')) ?? uuidOf('port', machine, nic.dev);
  const because = (part?: string, at: Path = path): Because => ({ kind: 'Port', namespace: undefined, name: id, source: document.at(...at), ...(part === undefined ? {} : { part }) });
  const mac = (textOf(field(value, 'mac')) ?? nic.mac ?? macOfIp(parseCidr(nic.addresses[0] ?? '')?.ip ?? 1)).toLowerCase();
  const given = field(value, 'fixedIps') === undefined ? nic.addresses : listOf(field(value, 'fixedIps'));
  const fixedIps = given.flatMap((address, i) => {
    const parsed = parseCidr(textOf(address) ?? '');
    if (!parsed) fields.bad([...path, 'fixedIps', i], address, '192.0.2.1');
    return parsed ? [formatIp4(parsed.ip)] : [];
  });
  const pairs = listOf(field(value, 'allowedAddressPairs')).flatMap((pair, i) => {
    const parsed = parseCidr(textOf(pair) ?? textOf(field(pair, 'ip')) ?? '');
    if (!parsed) fields.bad([...path, 'allowedAddressPairs', i], pair, '192.0.2.0/24');
    return parsed ? [{ cidr: formatCidr(parsed), mac: (textOf(field(pair, 'mac')) ?? mac).toLowerCase(), because: because(`allowed address pair ${i + 1}`, [...path, 'allowedAddressPairs', i]) }] : [];
  });
  const inGroups = listOf(field(value, 'securityGroups')).flatMap((word, i) => {
    const group = groups.find((g) => g.name === word || g.id === word);
    if (!group) missing(reading, [...path, 'securityGroups', i], `SecurityGroup ${textOf(word) ?? ''}`);
    return group ? [group.id] : [];
  });
  return [{ machine, dev: nic.dev, id, mac, fixedIps, portSecurity: !trusted && field(value, 'portSecurity') !== false, groups: inGroups, pairs, because: because() }];
}
