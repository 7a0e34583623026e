import { formatIp4, maskOf, parseIp4 } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import { Paper } from './paper.ts';

/** A device of a network namespace while a node is put together. */
export interface DeviceSpec {
  readonly name: string;
  readonly kind: 'loopback' | 'nic' | 'veth' | 'dummy' | 'ipip' | 'bridge' | 'vxlan' | 'vlan' | 'macvlan' | 'ipvlan' | 'tap';
  readonly mtu: number;
  /** Absent for devices without Ethernet (lo, tunl0), which have no address of that kind. */
  readonly mac?: string;
  readonly addresses?: readonly AddressSpec[];
  /** Default true. A dummy that is down still owns its addresses. */
  readonly up?: boolean;
  readonly noArp?: boolean;
  /** Other end of a veth (or the device below a macvlan or vlan): in another namespace of this host (null: the host's own), or on another host (`host`, its own namespace). */
  readonly peer?: { readonly netns: string | null; readonly dev: string; readonly host?: string };
  /** The bridge it belongs to. */
  readonly master?: string;
  /** What `ip -d` prints about its kind: `vxlan id 4096 local 10.0.0.1 dev eth0 srcport 0 0 dstport 4789 nolearning ttl auto`; by default the kind's name. */
  readonly kindText?: string;
  /** Of a port of a bridge: switches that differ from a new port's, as in the `bridge_slave` line: `hairpin on`. */
  readonly portText?: string;
  /** Of a NIC: its virtual functions, as `ip link` lists them: `vf 0     link/ether 02:… brd ff:ff:ff:ff:ff:ff, spoof checking on, …`. */
  readonly vfs?: readonly { readonly text: string; readonly because?: Because }[];
  readonly because?: Because;
}

export interface AddressSpec {
  /** `10.0.0.1/24`. */
  readonly address: string;
  readonly scope?: 'global' | 'link' | 'host';
  /** The kernel makes no route for its network. */
  readonly noPrefixRoute?: boolean;
  /** The kernel made it, and somebody took it away. */
  readonly routeDeleted?: boolean;
  readonly because?: Because;
}

/** Where a device ended up. */
export interface PlacedDevice {
  readonly spec: DeviceSpec;
  readonly ifindex: number;
}

const NEW_PORT = 'state forwarding priority 32 cost 2 hairpin off guard off root_block off fastleave off learning on flood on mcast_fast_leave off mcast_flood on neigh_suppress off group_fwd_mask 0 isolated off';

/**
 * As `ip -d addr show` prints it. `here`: the namespace it is in; `peerIndex`: the ifindex of the other end of a veth, or of the device
 * below, where that is in another namespace.
 */
export function printDevice({ spec, ifindex }: PlacedDevice, here: string | null, peerIndex: number | undefined): Paper {
  const paper = new Paper();
  const up = spec.up ?? true;
  const loopback = spec.kind === 'loopback';
  const flags = [
    ...(loopback ? ['LOOPBACK'] : spec.kind === 'ipip' ? ['NOARP'] : ['BROADCAST', ...(spec.kind === 'dummy' ? [] : ['MULTICAST']), ...(spec.noArp ? ['NOARP'] : [])]),
    ...(up ? ['UP', 'LOWER_UP'] : []),
  ];
  const virtual = loopback || spec.kind === 'ipip' || spec.kind === 'vxlan';
  const master = spec.master === undefined ? '' : ` master ${spec.master}`;
  const state = up ? (virtual ? 'UNKNOWN' : 'UP') : 'DOWN';
  const qdisc = up ? (spec.kind === 'nic' ? 'fq_codel' : 'noqueue') : 'noop';
  paper.add(`${ifindex}: ${spec.name}${atOf(spec, here, peerIndex)}: <${flags.join(',')}> mtu ${spec.mtu} qdisc ${qdisc}${master} state ${state} group default qlen 1000`, spec.because);
  // What -d adds tells that the kinds of devices are known, not guessed.
  paper.add(`    ${linkOf(spec)}${elsewhere(spec, here)} promiscuity 0 `, spec.because);
  const kindText = spec.kindText ?? KIND_TEXT[spec.kind];
  if (kindText !== '') paper.add(`    ${kindText} `, spec.because);
  if (spec.portText !== undefined) paper.add(`    bridge_slave ${portLine(spec.portText)} `, spec.because);
  for (const vf of spec.vfs ?? []) paper.add(`    ${vf.text}`, vf.because ?? spec.because);
  for (const a of spec.addresses ?? []) paper.add(`${addressLine(a, spec)}\n       valid_lft forever preferred_lft forever`, a.because ?? spec.because);
  return paper;
}

const KIND_TEXT: Readonly<Record<DeviceSpec['kind'], string>> = {
  loopback: '',
  nic: '',
  veth: 'veth',
  dummy: 'dummy',
  ipip: 'ipip any remote any local any ttl inherit nopmtudisc',
  bridge: 'bridge forward_delay 1500 hello_time 200 max_age 2000 ageing_time 30000 stp_state 0 priority 32768 vlan_filtering 0 vlan_protocol 802.1Q',
  vxlan: 'vxlan',
  vlan: 'vlan',
  macvlan: 'macvlan mode bridge',
  ipvlan: 'ipvlan mode l2 bridge',
  tap: 'tun type tap pi off vnet_hdr off persist on',
};

const linkOf = (spec: DeviceSpec): string => {
  if (spec.kind === 'loopback') return 'link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00';
  return spec.kind === 'ipip' ? 'link/ipip 0.0.0.0 brd 0.0.0.0' : `link/ether ${spec.mac ?? ''} brd ff:ff:ff:ff:ff:ff`;
};

/** The other end's namespace: by name, or by a number where it is the host's own, which has none. */
function elsewhere({ peer }: DeviceSpec, here: string | null): string {
  if (!peer || (peer.host === undefined && peer.netns === here)) return '';
  const name = peer.host ?? peer.netns;
  return name === null ? ' link-netnsid 0' : ` link-netns ${name}`;
}

function atOf(spec: DeviceSpec, here: string | null, peerIndex: number | undefined): string {
  if (spec.kind === 'ipip') return '@NONE';
  const { peer } = spec;
  if (!peer) return '';
  const near = peer.host === undefined && peer.netns === here;
  return near || peerIndex === undefined ? `@${peer.dev}` : `@if${peerIndex}`;
}

function portLine(changes: string): string {
  const words = changes.split(' ');
  return words.reduce((line, word, i) => (i % 2 === 0 ? line.replace(new RegExp(`\\b${word} \\w+`), `${word} ${words[i + 1] ?? ''}`) : line), NEW_PORT);
}

function addressLine({ address, scope = 'global', noPrefixRoute = false }: AddressSpec, spec: DeviceSpec): string {
  const [text = '', length = '32'] = address.split('/');
  const ip = parseIp4(text) ?? 0;
  const prefixLen = Number(length);
  const brd = spec.kind === 'loopback' || prefixLen > 30 || prefixLen === 0 ? '' : ` brd ${formatIp4((ip | ~maskOf(prefixLen)) >>> 0)}`;
  return `    inet ${address}${brd} scope ${spec.kind === 'loopback' ? 'host' : scope}${noPrefixRoute ? ' noprefixroute' : ''} ${spec.name}`;
}
