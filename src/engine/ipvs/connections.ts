import type { Ip4 } from '../../packet/address.ts';
import type { Packet } from '../../packet/packet.ts';
import type { IpvsConnection, RealServer, VirtualServer } from '../../world/ipvs.ts';
import type { Netns } from '../../world/world.ts';
import type { IpvsConnView } from '../step.ts';
import { endpointText, type Ends, endsKey } from './ends.ts';
import { FTP_PORT, indexOf } from './services.ts';
import { isActive, nextState } from './states.ts';

/** One connection of IPVS (struct ip_vs_conn): client, virtual and real server. */
export interface IpvsConn {
  readonly proto: number;
  readonly client: Ip4;
  readonly cport: number;
  readonly vip: Ip4;
  readonly vport: number;
  readonly rip: Ip4;
  readonly rport: number;
  readonly forward: RealServer['forward'];
  readonly real: RealServer;
  /** The dump lists the connection but no longer its real server (IP_VS_DEST_F_AVAILABLE is clear). */
  readonly gone: boolean;
  readonly service: VirtualServer | undefined;
  /** IP_VS_CONN_F_TEMPLATE: remembers a persistent client's real server. */
  readonly template: boolean;
  /** The template that it was made by. */
  readonly control: IpvsConn | undefined;
  /** IP_VS_CONN_F_ONE_PACKET: forgotten at once. */
  readonly onePacket: boolean;
  /** IP_VS_CONN_F_NFCT: it works together with conntrack. */
  readonly nfct: boolean;
  /** IP_VS_CONN_F_NOOUTPUT: no packet of the real server has come by, nor is one expected. */
  noOutput: boolean;
  state: string;
}

/** Connections of one real server (struct ip_vs_dest); `known` is false when no listing counts them. */
export interface Counts {
  active: number;
  inactive: number;
  readonly known: boolean;
  overloaded: boolean;
}

/** Where a scheduler stands: its position in picking order (-1: in front), the current weight of wrr. */
export interface Turn {
  at: number;
  weight: number;
}

/** The connections of one namespace while a trace runs, and what the schedulers remember. */
export interface IpvsTable {
  readonly netns: Netns;
  /** Those that this trace made or met, in order. */
  readonly connections: IpvsConn[];
  readonly byIn: Map<string, IpvsConn>;
  readonly byOut: Map<string, IpvsConn>;
  /** Given ones that are gone by now. */
  readonly expired: Set<IpvsConnection>;
  readonly counts: Map<RealServer, Counts>;
  readonly turns: Map<VirtualServer, Turn>;
  /** What earlier choices have told: of two equal real servers, which the kernel's list has first; of a hash, whose it is. */
  readonly told: Map<VirtualServer, Map<string, number>>;
}

export const newIpvsTable = (netns: Netns): IpvsTable => ({ netns, connections: [], byIn: new Map(), byOut: new Map(), expired: new Set(), counts: new Map(), turns: new Map(), told: new Map() });

const inKey = (c: IpvsConn): string => endsKey({ proto: c.proto, src: c.client, sport: c.cport, dst: c.vip, dport: c.vport });
/** ip_vs_conn_out_get(): only with NAT does the answer come with the real server's own address. */
const outKey = (c: IpvsConn): string => {
  const masq = c.forward === 'masq';
  return endsKey({ proto: c.proto, src: masq ? c.rip : c.vip, sport: masq ? c.rport : c.vport, dst: c.client, dport: c.cport });
};

/** Files a connection (ip_vs_conn_hash()) and counts it at its real server (ip_vs_bind_dest()). */
export function addConn(table: IpvsTable, conn: IpvsConn): void {
  if (!conn.onePacket) {
    table.connections.push(conn);
    table.byIn.set(inKey(conn), conn);
    if (!conn.template) table.byOut.set(outKey(conn), conn);
  }
  if (!conn.template && !conn.onePacket) {
    const counts = countsOf(table, conn.real);
    counts.inactive++;
    const upper = conn.real.thresholds?.upper ?? 0;
    if (upper > 0 && counts.active + counts.inactive >= upper) counts.overloaded = true;
  }
}

/** ip_vs_conn_expire_now(). */
export function expireConn(table: IpvsTable, conn: IpvsConn): void {
  table.byIn.delete(inKey(conn));
  table.byOut.delete(outKey(conn));
  table.connections.splice(table.connections.indexOf(conn), 1);
  const given = indexOf(table.netns).givenIn.get(inKey(conn));
  if (given) table.expired.add(given);
  if (!conn.template) countsOf(table, conn.real)[isActive(conn.proto, conn.state) ? 'active' : 'inactive']--;
}

/** ip_vs_conn_in_get(), ip_vs_ct_in_get(): the connection of a packet from a client to a virtual server. */
export function findIn(table: IpvsTable, p: Ends, template = false): IpvsConn | undefined {
  const key = endsKey(p);
  const conn = table.byIn.get(key) ?? fromDump(table, indexOf(table.netns).givenIn.get(key));
  return conn?.template === template ? conn : undefined;
}

/** ip_vs_conn_out_get(): the connection of a packet from a real server to a client. */
export function findOut(table: IpvsTable, p: Ends): IpvsConn | undefined {
  const key = endsKey(p);
  const found = table.byOut.get(key);
  if (found) return found;
  const given = indexOf(table.netns).givenOut.get(key)?.flatMap((g) => fromDump(table, g) ?? []) ?? [];
  return given.find((c) => outKey(c) === key);
}

/** A connection that `ipvsadm -Lnc` lists, on its first use in this trace. */
function fromDump(table: IpvsTable, given: IpvsConnection | undefined): IpvsConn | undefined {
  if (!given || table.expired.has(given)) return undefined;
  const template = given.cport === 0;
  const { service, real } = indexOf(table.netns).ownerOf(given);
  const forward = real?.forward ?? 'masq';
  const stand: RealServer = { ip: given.real, port: given.rport, forward, weight: 0, source: undefined };
  const { proto, client, cport, vip, vport, state } = given;
  const known = table.byIn.get(endsKey({ proto, src: client, sport: cport, dst: vip, dport: vport }));
  if (known) return known;
  const conn: IpvsConn = {
    proto, client, cport, vip, vport, rip: given.real, rport: given.rport, forward, real: real ?? stand, gone: real === undefined, service, template, state,
    control: !template && service?.persistentSec !== undefined ? templateOf(table, service, client, vip, vport) : undefined,
    onePacket: false,
    nfct: usesConntrack(table.netns),
    noOutput: forward !== 'masq',
  };
  table.connections.push(conn);
  table.byIn.set(inKey(conn), conn);
  if (!template) table.byOut.set(outKey(conn), conn);
  return conn;
}

/** The key that ip_vs_sched_persist() looks for: the client's network, and the port unless the service takes them all. */
export function templateEnds(service: VirtualServer, proto: number, client: Ip4, vip: Ip4, vport: number): Ends {
  const src = (client & (service.netmask ?? 0xffffffff)) >>> 0;
  if (service.key.kind === 'fwmark') return { proto: 0, src, sport: 0, dst: service.key.mark, dport: 0 };
  return { proto, src, sport: 0, dst: vip, dport: vport === service.key.port && vport !== FTP_PORT ? vport : 0 };
}

const templateOf = (table: IpvsTable, service: VirtualServer, client: Ip4, vip: Ip4, vport: number): IpvsConn | undefined =>
  findIn(table, templateEnds(service, service.key.kind === 'fwmark' ? 0 : indexOf(table.netns).protoOf(service), client, vip, vport), true);

/** net.ipv4.vs.conntrack when the connection is made. */
export const usesConntrack = (netns: Netns): boolean => Number.parseInt(netns.sysctls['net.ipv4.vs.conntrack'] ?? '0', 10) > 0;

/** How many connections a real server has: what `ipvsadm -Ln` counts, else those that `-Lnc` lists, else none that we know of. */
export function countsOf(table: IpvsTable, real: RealServer): Counts {
  const found = table.counts.get(real);
  if (found) return found;
  const from = real.connections ?? (table.netns.ipvsConnections ? indexOf(table.netns).listed(real) : undefined);
  const total = (from?.active ?? 0) + (from?.inactive ?? 0);
  const upper = real.thresholds?.upper ?? 0;
  // Between the thresholds it depends on the past: it stands as right after a restore.
  const counts: Counts = { active: from?.active ?? 0, inactive: from?.inactive ?? 0, known: from !== undefined, overloaded: upper > 0 && total >= upper };
  table.counts.set(real, counts);
  return counts;
}

/** ip_vs_set_state(): what a packet does to its connection, to the counts of its real server, and to its template. */
export function advance(table: IpvsTable, conn: IpvsConn, fromClient: boolean, packet: Packet): void {
  if (!fromClient) conn.noOutput = false;
  const before = conn.state;
  conn.state = nextState(conn.proto, before, fromClient ? (conn.noOutput ? 2 : 0) : 1, packet);
  if (conn.onePacket) return;
  const [was, is] = [isActive(conn.proto, before), isActive(conn.proto, conn.state)];
  if (was !== is) {
    const counts = countsOf(table, conn.real);
    counts.active += is ? 1 : -1;
    counts.inactive += is ? -1 : 1;
  }
  // ip_vs_control_assure_ct(): the client has proved that it exists.
  if (conn.control && (conn.state === 'ESTABLISHED' || (conn.state === 'UDP' && !fromClient))) conn.control.state = 'ASSURED';
}

/** The connection as `ipvsadm -Lnc` prints it. */
export const viewConn = (c: IpvsConn): IpvsConnView => ({
  proto: c.proto,
  state: c.state,
  source: endpointText(c.client, c.cport),
  virtual: endpointText(c.vip, c.vport),
  destination: endpointText(c.rip, c.rport),
});
