import { formatIp4, type Ip4 } from '../../packet/address.ts';

/** What a connection is looked up by: a packet's protocol, addresses and ports. */
export interface Ends {
  readonly proto: number;
  readonly src: Ip4;
  readonly sport: number;
  readonly dst: Ip4;
  readonly dport: number;
}

export const endsKey = (p: Ends): string => `${p.proto} ${p.src}:${p.sport} ${p.dst}:${p.dport}`;

/** The packet in the other direction. */
export const turned = (p: Ends): Ends => ({ proto: p.proto, src: p.dst, sport: p.dport, dst: p.src, dport: p.sport });

/** As ipvsadm prints an end. */
export const endpointText = (ip: Ip4, port: number): string => `${formatIp4(ip)}:${port}`;
