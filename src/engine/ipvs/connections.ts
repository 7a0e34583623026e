import { formatIp4, type Ip4 } from '../../packet/address.ts';
import { PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import type { RealServer, VirtualServer } from '../../world/ipvs.ts';
import type { IpvsConnView } from '../step.ts';

/** One connection of IPVS (struct ip_vs_conn): client, virtual and real server. */
export interface IpvsConn {
  readonly proto: number;
  readonly client: Ip4;
  readonly cport: number;
  readonly vip: Ip4;
  readonly vport: number;
  readonly real: RealServer;
  readonly service: VirtualServer;
  state: string;
}

/** The connections of one namespace, and where each round robin stands. */
export interface IpvsTable {
  readonly connections: IpvsConn[];
  /** By service: index of the real server picked last, in picking order. */
  readonly position: Map<VirtualServer, number>;
}

export const newIpvsTable = (): IpvsTable => ({ connections: [], position: new Map() });

interface Ends {
  readonly proto: number;
  readonly src: Ip4;
  readonly sport: number;
  readonly dst: Ip4;
  readonly dport: number;
}

/** ip_vs_conn_in_get(): the connection of a packet from a client to a virtual server. */
export const findIn = (table: IpvsTable, p: Ends): IpvsConn | undefined =>
  table.connections.find((c) => c.proto === p.proto && c.client === p.src && c.cport === p.sport && c.vip === p.dst && c.vport === p.dport);

/** ip_vs_conn_out_get(): the connection of a packet from a real server to a client. */
export const findOut = (table: IpvsTable, p: Ends): IpvsConn | undefined =>
  table.connections.find((c) => c.proto === p.proto && c.real.ip === p.src && c.real.port === p.sport && c.client === p.dst && c.cport === p.dport);

/**
 * The state after a packet (ip_vs_proto_tcp.c, tcp_states): a SYN of the client opens, its ACK establishes, a reset closes.
 * Other protocols have one state.
 */
export function nextState(conn: IpvsConn, fromClient: boolean, flags: { readonly syn: boolean; readonly rst: boolean; readonly fin: boolean; readonly ack: boolean }): string {
  if (conn.proto !== PROTO_TCP) return conn.proto === PROTO_UDP ? 'UDP' : conn.state;
  if (flags.rst) return 'CLOSE';
  if (flags.syn) return fromClient ? 'SYN_RECV' : conn.state;
  if (flags.ack && fromClient && conn.state === 'SYN_RECV') return 'ESTABLISHED';
  return conn.state;
}

export const endpointText = (ip: Ip4, port: number): string => `${formatIp4(ip)}:${port}`;

/** The connection as `ipvsadm -Lnc` prints it. */
export const viewConn = (c: IpvsConn): IpvsConnView => ({
  proto: c.proto,
  state: c.state,
  source: endpointText(c.client, c.cport),
  virtual: endpointText(c.vip, c.vport),
  destination: endpointText(c.real.ip, c.real.port),
});
