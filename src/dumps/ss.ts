import { formatIp4, parseIp4 } from '../packet/address.ts';
import type { SourceRef } from '../world/source.ts';
import type { Listener } from '../world/world.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { parseDecimal, wordsOf } from './words.ts';

export interface ListenerListing {
  readonly listeners: readonly Listener[];
  /** The line of column titles. */
  readonly heading: string | undefined;
}

/** Sockets of other families and protocols, which `ss` without -t and -u lists too (the netid names of ss.c). */
const OTHER_SOCKETS: ReadonlySet<string> = new Set(['nl', 'u_str', 'u_dgr', 'u_seq', 'p_raw', 'p_dgr', 'raw', 'icmp6', 'dccp', 'sctp', 'mptcp', 'v_str', 'v_dgr', 'ti_rd', 'ti_sq', 'ti_st', 'ti_dg', 'xdp', '???']);

/**
 * Parses `ss -lntu` (also without one of `t` and `u`, and with more, as `ss -peaonmi`): listening TCP and unconnected UDP sockets. `*:80` is an
 * IPv6 socket that takes IPv4 too; `[::]:80` does not. Never throws on any text.
 */
export function parseSs({ input, firstLine, lines }: Lines): Parsed<ListenerListing> {
  const found = new DiagnosticList();
  const listeners: Listener[] = [];
  let heading: string | undefined;
  let proto: 'tcp' | 'udp' = 'tcp';
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    const words = wordsOf(line);
    const first = words[0];
    if (first === undefined || OTHER_SOCKETS.has(first)) continue;
    if (first === 'Netid' || first === 'State') {
      heading = line;
      continue;
    }
    const named = first === 'tcp' || first === 'udp';
    if (named) proto = first;
    const [state, recvQ, sendQ, local, peer] = named ? words.slice(1) : words;
    // ss -lnt and ss -lnu leave the first column out; the state tells which it is.
    if (!named && (state === 'UNCONN' || state === 'LISTEN')) proto = state === 'UNCONN' ? 'udp' : 'tcp';
    if ((state !== 'LISTEN' && state !== 'UNCONN') || local === undefined || peer === undefined) {
      // What -i and -m add stands in an indented line below the socket.
      if (!/^\s/.test(line) && !/^(?:ESTAB|TIME-WAIT|CLOSE-WAIT|SYN-|FIN-WAIT|LAST-ACK|CLOSING)/.test(state ?? '')) found.add('unknown-line', source, line);
      continue;
    }
    const colon = local.lastIndexOf(':');
    const [address = '', dev] = local.slice(0, colon).split('%');
    const port = parseDecimal(local.slice(colon + 1), 65535);
    const ip = address === '*' ? 0 : parseIp4(address);
    if (ip === undefined || port === undefined) {
      if (!address.includes(':')) found.add('bad-address', source, local);
      else found.once('ipv6-skipped', source, line);
      continue;
    }
    const process = line.slice(line.lastIndexOf(peer) + peer.length);
    listeners.push({ proto, ip, port, dev, source, extra: { state, recvQ: recvQ ?? '0', sendQ: sendQ ?? '0', local: address, peer, process } });
  }
  return { value: { listeners, heading }, diagnostics: found.items };
}

/** The line of titles as ss sets it: each column as wide as its widest cell, addresses flush right, ports flush left. */
function headingFor(rows: readonly { readonly local: string; readonly port: string; readonly peerIp: string }[]): string {
  const widest = (title: string, cells: readonly string[]): number => cells.reduce((width, c) => Math.max(width, c.length), title.length);
  const local = 'Local Address:'.padStart(widest('Local Address:', rows.map((r) => r.local)));
  const port = 'Port'.padEnd(widest('Port', rows.map((r) => r.port)));
  const peer = 'Peer Address:'.padStart(widest('Peer Address:', rows.map((r) => r.peerIp)));
  return `Netid State  Recv-Q Send-Q ${local}${port} ${peer}Port Process`;
}

/** The lines of `ss -lntu`: addresses end and ports begin at the colons of the titles. */
export function printSs(listeners: readonly Listener[], heading: string | undefined): readonly string[] {
  const rows = listeners.map((l) => {
    const peer = l.extra?.peer ?? '0.0.0.0:*';
    const colon = peer.lastIndexOf(':') + 1;
    return {
      l,
      local: `${l.extra?.local ?? formatIp4(l.ip)}${l.dev === undefined ? '' : `%${l.dev}`}:`,
      port: String(l.port),
      peerIp: peer.slice(0, colon),
      peerPort: peer.slice(colon),
    };
  });
  const titles = heading ?? headingFor(rows);
  const named = titles.startsWith('Netid');
  const localEnd = titles.indexOf('Address:') + 'Address:'.length;
  const peerEnd = titles.indexOf('Address:', localEnd) + 'Address:'.length;
  return [
    titles,
    ...rows.map(({ l, local, port, peerIp, peerPort }) => {
      const [state, recvQ, sendQ] = [l.extra?.state ?? (l.proto === 'tcp' ? 'LISTEN' : 'UNCONN'), l.extra?.recvQ ?? '0', l.extra?.sendQ ?? (l.proto === 'tcp' ? '128' : '0')];
      const left = `${named ? `${l.proto.padEnd(5)} ` : ''}${state.padEnd(6)} ${recvQ.padEnd(6)} ${sendQ.padEnd(6)} `;
      const withLocal = `${left}${local.padStart(localEnd - left.length)}${port}`;
      return `${withLocal}${peerIp.padStart(peerEnd - withLocal.length)}${peerPort}${l.extra?.process ?? ''}`;
    }),
  ];
}
