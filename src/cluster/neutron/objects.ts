import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { parsePorts, parsePrefix } from '../../dumps/words.ts';
import { formatIp4, maskOf } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import { derivedHex } from '../derived.ts';
import type { ClusterModel } from '../model.ts';
import { field, type KubeDocument, listOf, textOf } from '../objects/document.ts';
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
 *         bridgeNfCallIptables: true
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
  readonly bridgeNfCallIptables: boolean;
  readonly vms: readonly VmPort[];
  readonly routers: readonly VmPort[];
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
  if (fabrics.length === 0) return undefined;
  const [first] = fabrics;
  const network = field(first?.value, 'spec', 'network');
  const groups = fabrics.flatMap((document) => readGroups({ document, found }));
  const computeHosts = fabrics.flatMap((document) =>
    listOf(field(document.value, 'spec', 'computeHosts')).flatMap((value, i) => readComputeHost({ document, found }, ['spec', 'computeHosts', i], value, cluster, groups, i)),
  );
  return { vlan: numberOf(field(network, 'vlan'), 4094) ?? 100, mtu: numberOf(field(network, 'mtu'), 65_535) ?? 1500, groups, computeHosts };
}

const numberOf = (value: unknown, max: number): number | undefined => {
  const number = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= max ? number : undefined;
};

/** Text, or a number as it would be quoted. */
const wordOf = (value: unknown): string | undefined => (typeof value === 'number' ? String(value) : textOf(value));

function complain({ document, found }: Reading, path: Path, value: unknown): void {
  found.add('fabric-bad-value', document.at(...path), `${path.at(-1) ?? ''}: ${typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : JSON.stringify(value ?? null)}`);
}

function readGroups(reading: Reading): readonly SecurityGroup[] {
  const { document } = reading;
  const listed = listOf(field(document.value, 'spec', 'securityGroups')).flatMap((value, i) => {
    const name = textOf(field(value, 'name')) ?? textOf(field(value, 'id'));
    if (name === undefined) complain(reading, ['spec', 'securityGroups', i], value);
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
  const bad = (name: string): readonly [] => {
    complain(reading, [...path, name], field(value, name));
    return [];
  };
  if (field(value, 'ethertype') === 'IPv6') return [];
  const direction = textOf(field(value, 'direction')) ?? 'ingress';
  if (direction !== 'ingress' && direction !== 'egress') return bad('direction');
  const protocol = wordOf(field(value, 'protocol'))?.toLowerCase();
  if (protocol !== undefined && !isApiProtocol(protocol)) return bad('protocol');
  const portsText = wordOf(field(value, 'ports'));
  const ports = parsePorts(portsText, portsText?.includes(':') ? ':' : '-');
  if (portsText !== undefined && !ports) return bad('ports');
  const [type, code] = [numberOf(field(value, 'icmpType'), 255), numberOf(field(value, 'icmpCode'), 255)];
  const remoteText = textOf(field(value, 'remoteGroup'));
  const remoteGroup = remoteText === undefined ? undefined : idOf(remoteText);
  if (remoteText !== undefined && remoteGroup === undefined) {
    reading.found.add('fabric-unknown-group', reading.document.at(...path, 'remoteGroup'), remoteText);
    return [];
  }
  const prefixText = textOf(field(value, 'remotePrefix'));
  const prefix = parsePrefix(prefixText);
  if (prefixText !== undefined && !prefix) return bad('remotePrefix');
  return [{ direction, protocol, ports, icmp: type === undefined ? undefined : { type, code }, remoteGroup, remotePrefix: prefix && prefix.prefixLen > 0 ? cidrOf(prefix) : undefined, because }];
}

const cidrOf = ({ ip, prefixLen }: { readonly ip: number; readonly prefixLen: number }): string => `${formatIp4((ip & maskOf(prefixLen)) >>> 0)}/${prefixLen}`;

function readComputeHost(reading: Reading, path: Path, value: unknown, cluster: ClusterModel, groups: readonly SecurityGroup[], index: number): readonly ComputeHost[] {
  const name = textOf(field(value, 'name'));
  if (name === undefined) {
    complain(reading, [...path, 'name'], field(value, 'name'));
    return [];
  }
  const address = textOf(field(value, 'address')) ?? `192.168.10.${11 + index}/24`;
  if (!parsePrefix(address)) {
    complain(reading, [...path, 'address'], address);
    return [];
  }
  const ports = (list: 'vms' | 'routers'): readonly VmPort[] =>
    listOf(field(value, list)).flatMap((port, i) => readPort(reading, [...path, list, i], port, cluster, groups, list === 'routers'));
  const because: Because = { kind: 'ComputeHost', namespace: undefined, name, source: reading.document.at(...path) };
  return [{ name, dev: textOf(field(value, 'dev')) ?? 'eno1', address, bridgeNfCallIptables: field(value, 'bridgeNfCallIptables') !== false, vms: ports('vms'), routers: ports('routers'), because }];
}

interface Nic {
  readonly dev: string;
  readonly addresses: readonly string[];
  readonly mac: string | undefined;
}

/** The NICs of a Node, or of a router or client of the Fabric; undefined when there is no such machine. */
function nicsOf(cluster: ClusterModel, machine: string): readonly Nic[] | undefined {
  return cluster.nodes.find((n) => n.name === machine)?.nics ?? [...cluster.fabric.routers, ...cluster.fabric.clients].find((m) => m.name === machine)?.interfaces;
}

function readPort(reading: Reading, path: Path, value: unknown, cluster: ClusterModel, groups: readonly SecurityGroup[], trusted: boolean): readonly VmPort[] {
  const { document, found } = reading;
  const machine = textOf(field(value, 'node'));
  const dev = textOf(field(value, 'dev'));
  const nic = machine === undefined ? undefined : nicsOf(cluster, machine)?.find((n) => dev === undefined || n.dev === dev);
  if (machine === undefined || !nic) {
    found.add('fabric-unknown-machine', document.at(...path, 'node'), [machine ?? '', dev ?? ''].join(' ').trim());
    return [];
  }
  const id = textOf(field(value, 'portId')) ?? uuidOf('port', machine, nic.dev);
  const because = (part?: string, at: Path = path): Because => ({ kind: 'Port', namespace: undefined, name: id, source: document.at(...at), ...(part === undefined ? {} : { part }) });
  const mac = (textOf(field(value, 'mac')) ?? nic.mac ?? vmMac(id)).toLowerCase();
  const given = field(value, 'fixedIps') === undefined ? nic.addresses : listOf(field(value, 'fixedIps'));
  const fixedIps = given.flatMap((ip, i) => {
    const parsed = parsePrefix(textOf(ip));
    if (!parsed) complain(reading, [...path, 'fixedIps', i], ip);
    return parsed ? [formatIp4(parsed.ip)] : [];
  });
  const pairs = listOf(field(value, 'allowedAddressPairs')).flatMap((pair, i) => {
    const parsed = parsePrefix(textOf(pair) ?? textOf(field(pair, 'ip')));
    if (!parsed) complain(reading, [...path, 'allowedAddressPairs', i], pair);
    return parsed ? [{ cidr: cidrOf(parsed), mac: (textOf(field(pair, 'mac')) ?? mac).toLowerCase(), because: because(`allowed address pair ${i + 1}`, [...path, 'allowedAddressPairs', i]) }] : [];
  });
  const inGroups = listOf(field(value, 'securityGroups')).flatMap((word, i) => {
    const group = groups.find((g) => g.name === word || g.id === word);
    if (!group) found.add('fabric-unknown-group', document.at(...path, 'securityGroups', i), textOf(word) ?? '');
    return group ? [group.id] : [];
  });
  return [{ machine, dev: nic.dev, id, mac, fixedIps, portSecurity: !trusted && field(value, 'portSecurity') !== false, groups: inGroups, pairs, because: because() }];
}

/** Neutron draws it; the first three bytes are its base_mac's. */
const vmMac = (id: string): string => `fa:16:3e:${(derivedHex(6, id).match(/../g) ?? []).join(':')}`;
