import type { Bundle } from '../../src/dumps/bundle.ts';
import type { TableName } from '../../src/world/netfilter.ts';

/**
 * Writes the dumps of small worlds: machines with NICs on shared wires, and what is particular about each. All addresses, MACs and
 * neighbours are given, so that nothing is left to ARP unless a case takes its neighbours away.
 */

export interface Nic {
  readonly name: string;
  readonly mac: string;
  /** `10.1.0.1/24`; none for a port of a bridge. */
  readonly addresses: readonly string[];
  readonly mtu?: number;
  /** A bridge, by name. */
  readonly master?: string;
}

/** What a case says about one machine. Everything is text, as the command of that name prints it. */
export interface Spec {
  /** Lines of iptables-save by table: rules (`-A FORWARD …`), user chains (`:NAME - [0:0]`), policies (`:FORWARD DROP [0:0]`). */
  readonly tables?: Partial<Record<TableName, readonly string[]>>;
  /** Lines of `ipset save`. */
  readonly ipset?: readonly string[];
  /** Lines of `ipvsadm -Sn`. */
  readonly ipvs?: readonly string[];
  /** Lines of `ip route show table all` beside those that addresses make and the machine's default. */
  readonly routes?: readonly string[];
  /** Without the neighbours of the topology: they are asked for. */
  readonly noNeighbours?: boolean;
  /** No default route. */
  readonly noDefault?: boolean;
  /** Lines of `ip rule` beside the three that are always there. */
  readonly rules?: readonly string[];
  /** Lines of `sysctl -a`, beside forwarding: `net.ipv4.conf.all.rp_filter = 1`. */
  readonly sysctls?: readonly string[];
  /** Further devices, as `ip -d addr` prints them, numbered from 20 by the case: `20: br0: <…> …\n    link/ether …`. */
  readonly links?: readonly string[];
  /** Changes a NIC of the topology. */
  readonly nic?: Readonly<Record<string, Partial<Omit<Nic, 'name'>>>>;
  /** Lines of `ip neigh` beside those of the topology. */
  readonly neigh?: readonly string[];
  /** Lines of `bridge fdb`. */
  readonly fdb?: readonly string[];
  /** Lines of `ss -lntu` behind its heading; absent: every port answers. `[]`: none does. */
  readonly ss?: readonly string[];
  /** Lines of `conntrack -L`. */
  readonly conntrack?: readonly string[];
  /** Further sections, each with its `$ command` line. */
  readonly more?: readonly string[];
}

interface Machine {
  readonly nics: readonly Nic[];
  readonly forward: boolean;
  readonly gateway?: { readonly ip: string; readonly dev: string };
  /** `IP dev MAC`. */
  readonly neighbours: readonly { readonly ip: string; readonly dev: string; readonly mac: string }[];
}

const BASE_CHAINS: Readonly<Record<TableName, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** A table as iptables-save prints it: base chains that the lines do not name accept. */
export function tableText(name: TableName, lines: readonly string[]): string {
  const chains = lines.filter((l) => l.startsWith(':'));
  const named = new Set(chains.map((l) => l.slice(1).split(' ')[0]));
  const base = BASE_CHAINS[name].filter((c) => !named.has(c)).map((c) => `:${c} ACCEPT [0:0]`);
  return [`*${name}`, ...base, ...chains, ...lines.filter((l) => !l.startsWith(':')), 'COMMIT'].join('\n');
}

const brdOf = (address: string): string => {
  const [ip = '', length = '24'] = address.split('/');
  const bits = ip.split('.').reduce((n, part) => (n * 256 + Number(part)) >>> 0, 0);
  const all = length === '32' || length === '31' ? bits : (bits | (0xffffffff >>> Number(length))) >>> 0;
  return [24, 16, 8, 0].map((s) => (all >>> s) & 255).join('.');
};

const nicText = (nic: Nic, index: number): string => {
  const master = nic.master === undefined ? '' : `master ${nic.master} `;
  const addresses = nic.addresses.map((a) => (a.endsWith('/32') || a.endsWith('/31') ? `    inet ${a} scope global ${nic.name}` : `    inet ${a} brd ${brdOf(a)} scope global ${nic.name}`));
  return [`${index}: ${nic.name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu ${nic.mtu ?? 1500} qdisc fq_codel ${master}state UP group default qlen 1000`, `    link/ether ${nic.mac} brd ff:ff:ff:ff:ff:ff`, ...addresses].join('\n');
};

/** The dumps of one machine. */
export function machineText(machine: Machine, spec: Spec = {}): string {
  const nics = machine.nics.map((n) => ({ ...n, ...spec.nic?.[n.name] }));
  const section = (command: string, lines: readonly string[] | undefined): readonly string[] => (lines === undefined ? [] : [`$ ${command}`, ...lines, '']);
  const connected = nics.flatMap((n) =>
    n.addresses.flatMap((a) => {
      const [ip = '', length = '24'] = a.split('/');
      if (length === '32') return [];
      const mask = length === '0' ? 0 : (0xffffffff << (32 - Number(length))) >>> 0;
      const network = (ip.split('.').reduce((s, part) => (s * 256 + Number(part)) >>> 0, 0) & mask) >>> 0;
      return [`${[24, 16, 8, 0].map((s) => (network >>> s) & 255).join('.')}/${length} dev ${n.name} proto kernel scope link src ${ip}`];
    }),
  );
  const gateway = machine.gateway && !spec.noDefault ? [`default via ${machine.gateway.ip} dev ${machine.gateway.dev}`] : [];
  const forward = machine.forward ? 1 : 0;
  return [
    ...section('ip -d addr', [
      '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo',
      ...nics.map((n, i) => nicText(n, i + 2)),
      ...(spec.links ?? []),
    ]),
    ...section('ip route show table all', [...gateway, ...connected, ...(spec.routes ?? [])]),
    ...section('ip rule', spec.rules && ['0:	from all lookup local', ...spec.rules, '32766:	from all lookup main', '32767:	from all lookup default']),
    ...section('ip neigh', [...(spec.noNeighbours ? [] : machine.neighbours).map((n) => `${n.ip} dev ${n.dev} lladdr ${n.mac} PERMANENT`), ...(spec.neigh ?? [])]),
    ...section('bridge fdb', spec.fdb),
    ...section('sysctl -a', [`net.ipv4.ip_forward = ${forward}`, `net.ipv4.conf.all.forwarding = ${forward}`, `net.ipv4.conf.default.forwarding = ${forward}`, ...(spec.sysctls ?? [])]),
    ...section('ipset save', spec.ipset),
    ...section('iptables-save', spec.tables && Object.entries(spec.tables).map(([name, lines]) => tableText(name as TableName, lines))),
    ...section('ipvsadm -Sn', spec.ipvs),
    ...section('ss -lntu', spec.ss && ['Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process', ...spec.ss]),
    ...section('conntrack -L', spec.conntrack),
    ...(spec.more ?? []),
  ].join('\n');
}

/** MACs of `line()`. */
export const MAC = { c: '02:00:00:00:01:01', r0: '02:00:00:00:01:fe', r1: '02:00:00:00:02:fe', s: '02:00:00:00:02:01' } as const;

/**
 * A client, a router and a server in a row: c eth0 10.1.0.1/24 -- 10.1.0.254/24 eth0 r eth1 10.2.0.254/24 -- 10.2.0.1/24 eth0 s. Only r
 * forwards. Every port of s answers unless `s.ss` says otherwise.
 */
export function line(specs: { readonly c?: Spec; readonly r?: Spec; readonly s?: Spec }): Bundle {
  return {
    'c/c.txt': machineText({ nics: [{ name: 'eth0', mac: MAC.c, addresses: ['10.1.0.1/24'] }], forward: false, gateway: { ip: '10.1.0.254', dev: 'eth0' }, neighbours: [{ ip: '10.1.0.254', dev: 'eth0', mac: MAC.r0 }] }, specs.c),
    'r/r.txt': machineText(
      {
        nics: [
          { name: 'eth0', mac: MAC.r0, addresses: ['10.1.0.254/24'] },
          { name: 'eth1', mac: MAC.r1, addresses: ['10.2.0.254/24'] },
        ],
        forward: true,
        neighbours: [
          { ip: '10.1.0.1', dev: 'eth0', mac: MAC.c },
          { ip: '10.2.0.1', dev: 'eth1', mac: MAC.s },
        ],
      },
      specs.r,
    ),
    's/s.txt': machineText({ nics: [{ name: 'eth0', mac: MAC.s, addresses: ['10.2.0.1/24'] }], forward: false, gateway: { ip: '10.2.0.254', dev: 'eth0' }, neighbours: [{ ip: '10.2.0.254', dev: 'eth0', mac: MAC.r1 }] }, specs.s),
  };
}

/** A TCP connection of c to s through r. */
export const cToS = (more: Readonly<Record<string, unknown>> = {}) => ({ from: { host: 'c' }, dst: '10.2.0.1', proto: 'tcp' as const, sport: 41_000, dport: 80, ...more });
