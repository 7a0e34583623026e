import { formatIp4, maskOf } from '../../packet/address.ts';
import { parseCidr } from '../objects/values.ts';

/*
 * Conditions in the order and spelling in which Open vSwitch prints them (match_format(), lib/match.c).
 */

/** A register's value, as a condition shows it. */
export const hex = (value: number): string => (value === 0 ? '0' : `0x${value.toString(16)}`);

/** An address or network without the bits behind its mask; undefined for every address. */
export function nwAddress(text: string): string | undefined {
  const net = parseCidr(text);
  if (!net || net.prefixLen === 0) return undefined;
  const ip = formatIp4((net.ip & maskOf(net.prefixLen)) >>> 0);
  return net.prefixLen === 32 ? ip : `${ip}/${net.prefixLen}`;
}

/** What the rules of a NetworkPolicy ask for. */
export interface PolicyMatch {
  readonly proto?: 'ip' | 'tcp' | 'udp' | 'sctp';
  readonly reg0?: number;
  readonly reg1?: number;
  /** An address or network. */
  readonly src?: string;
  readonly dst?: string;
  /** A port, or `0x1f90/0xfff0`. */
  readonly tpDst?: string;
}

export function formatMatch({ proto, reg0, reg1, src, dst, tpDst }: PolicyMatch): string {
  const named = (name: string, value: string | undefined): readonly string[] => (value === undefined ? [] : [`${name}=${value}`]);
  return [
    ...(proto === undefined ? [] : [proto]),
    ...named('reg0', reg0 === undefined ? undefined : hex(reg0)),
    ...named('reg1', reg1 === undefined ? undefined : hex(reg1)),
    ...named('nw_src', src === undefined ? undefined : nwAddress(src)),
    ...named('nw_dst', dst === undefined ? undefined : nwAddress(dst)),
    ...named('tp_dst', tpDst),
  ].join(',');
}
