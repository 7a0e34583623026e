import { protocolName } from '../../packet/protocols.ts';

/**
 * Names that the API takes for a security group rule, by what it understands under them (neutron-lib, constants.IP_PROTOCOL_MAP).
 * Other names are refused; so is `ipencap`, although that is what iptables calls protocol 4.
 */
const API_PROTOCOLS: Readonly<Record<string, number>> = {
  ah: 51,
  dccp: 33,
  egp: 8,
  esp: 50,
  gre: 47,
  hopopt: 0,
  icmp: 1,
  igmp: 2,
  ip: 0,
  ipip: 4,
  'ipv6-encap': 41,
  ospf: 89,
  pgm: 113,
  rsvp: 46,
  sctp: 132,
  tcp: 6,
  udp: 17,
  udplite: 136,
  vrrp: 112,
};

/** Whether the API takes this for a protocol: a number, one of its names, or `any`. */
export const isApiProtocol = (text: string): boolean => text === 'any' || Object.hasOwn(API_PROTOCOLS, text) || (/^\d{1,3}$/.test(text) && Number(text) <= 255);

/**
 * The protocol that the iptables drivers let through; undefined for every protocol. They hand a name to iptables as it is, and that
 * looks it up in /etc/protocols, where `ipip` is 94: a rule for the name does not let IPIP pass, one for the number 4 does
 * (_iptables_protocol_name(), neutron/agent/linux/iptables_firewall.py).
 */
export function iptablesProtocol(text: string | undefined): number | undefined {
  if (text === undefined || text === 'any') return undefined;
  const number = text === 'ipip' ? 94 : (API_PROTOCOLS[text] ?? Number(text));
  return number === 0 ? undefined : number;
}

interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Protocols whose rules load a match of their own when they name ports (IPTABLES_PROTOCOL_MAP), and those that take ports only by multiport. */
const OWN_MATCH: ReadonlySet<string> = new Set(['dccp', 'icmp', 'sctp', 'tcp', 'udp']);
const WITH_PORTS: ReadonlySet<string> = new Set(['dccp', 'sctp', 'tcp', 'udp', 'udplite']);

/** `-p tcp -m tcp --dport 80` and the like; for ICMP the range is type and code. Nothing for every protocol. */
export function protocolArgs(protocol: string | undefined, ports: PortRange | undefined, icmp: { readonly type: number; readonly code: number | undefined } | undefined): readonly string[] {
  const number = iptablesProtocol(protocol);
  if (number === undefined) return [];
  const name = protocolName(number);
  const args = [`-p ${name}`];
  if (name === 'icmp' && icmp) return [...args, '-m icmp', `--icmp-type ${icmp.type}${icmp.code === undefined ? '' : `/${icmp.code}`}`];
  if (!ports || !WITH_PORTS.has(name)) return args;
  if (OWN_MATCH.has(name)) args.push(`-m ${name}`);
  const single = ports.from === ports.to;
  args.push(single && OWN_MATCH.has(name) ? `--dport ${ports.from}` : `-m multiport --dports ${single ? ports.from : `${ports.from}:${ports.to}`}`);
  return args;
}
