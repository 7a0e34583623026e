import { formatIp4, parseIp4, type Ip4 } from '../packet/address.ts';
import type { RealServer, VirtualServer } from '../world/ipvs.ts';
import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { parseDecimal, parseEndpoint, wordsOf } from './words.ts';

export interface IpvsListing {
  readonly servers: readonly VirtualServer[];
  /** First line of `ipvsadm -Ln`; undefined for `-Sn`. */
  readonly heading: string | undefined;
  /** `--thresholds`: it has neither weights nor forwarding methods, and only adds to another listing. */
  readonly partial?: boolean;
}

interface OpenServer extends Omit<VirtualServer, 'realServers'> {
  readonly realServers: RealServer[];
}

type Key = VirtualServer['key'];
const keyText = (key: Key): string => (key.kind === 'fwmark' ? `FWM ${key.mark}` : `${key.proto} ${formatIp4(key.ip)}:${key.port}`);

const SERVICE_OPTION: Readonly<Record<string, 'tcp' | 'udp' | 'sctp' | 'fwmark'>> = {
  '-t': 'tcp',
  '--tcp-service': 'tcp',
  '-u': 'udp',
  '--udp-service': 'udp',
  '--sctp-service': 'sctp',
  '-f': 'fwmark',
  '--fwmark-service': 'fwmark',
};

const FORWARD_OPTION: Readonly<Record<string, RealServer['forward']>> = {
  '-m': 'masq',
  '--masquerading': 'masq',
  '-g': 'route',
  '--gatewaying': 'route',
  '-i': 'tunnel',
  '--ipip': 'tunnel',
};

const lookup = <T>(table: Readonly<Record<string, T>>, key: string | undefined): T | undefined => (key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined);

const isIpv6 = (text: string | undefined): boolean => text?.startsWith('[') ?? false;

function parseKey(kind: 'tcp' | 'udp' | 'sctp' | 'fwmark' | undefined, text: string | undefined): Key | undefined {
  if (kind === 'fwmark') {
    const mark = parseDecimal(text, 0xffffffff);
    return mark === undefined ? undefined : { kind, mark };
  }
  const endpoint = parseEndpoint(text);
  return kind && endpoint ? { kind: 'address', proto: kind, ...endpoint } : undefined;
}

/** Parses `ipvsadm -Sn` (also `-S --nosort`, which the caller tells by `sorted`). Never throws on any text. */
export function parseIpvsadmSave({ input, firstLine, lines }: Lines, sorted: boolean): Parsed<IpvsListing> {
  const found = new DiagnosticList();
  const servers = new Map<string, OpenServer>();
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    const words = wordsOf(line);
    if (words.length === 0 || words[0]?.startsWith('#')) continue;
    const adds = words[0] === '-A' || words[0] === '--add-service';
    if (!adds && words[0] !== '-a' && words[0] !== '--add-server') {
      found.add('unknown-line', source, line);
      continue;
    }
    if (isIpv6(words[2])) {
      found.add('ipv6-skipped', source, line);
      continue;
    }
    const key = parseKey(lookup(SERVICE_OPTION, words[1]), words[2]);
    if (!key) found.add('bad-address', source, line);
    else if (adds) {
      const server = parseService(key, words.slice(3), sorted, source, found);
      if (!servers.has(keyText(key))) servers.set(keyText(key), server);
    } else {
      const server = servers.get(keyText(key));
      const real = parseRealServer(words.slice(3), source, found);
      if (!server) found.add('unknown-service', source, line);
      else if (real) server.realServers.push(real);
    }
  }
  return { value: { servers: [...servers.values()], heading: undefined }, diagnostics: found.items };
}

/** What follows `-A -t ADDRESS`. */
function parseService(key: Key, words: readonly string[], sorted: boolean, source: SourceRef, found: DiagnosticList): OpenServer {
  let scheduler = 'wlc'; // ipvsadm's default
  let persistentSec: number | undefined;
  let netmask: Ip4 | undefined;
  let onePacket = false;
  let flags: readonly string[] = [];
  const unknown: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const value = words[i + 1];
    if ((word === '-s' || word === '--scheduler') && value !== undefined) {
      scheduler = value;
      i++;
    } else if (word === '-p' || word === '--persistent') {
      const seconds = parseDecimal(value, 0xffffffff);
      persistentSec = seconds ?? 300; // ipvsadm(8): the default timeout is 300 seconds
      if (seconds !== undefined) i++;
    } else if ((word === '-M' || word === '--netmask') && parseIp4(value ?? '') !== undefined) netmask = parseIp4(words[++i] ?? '');
    else if (word === '-o' || word === '--ops') onePacket = true;
    else if ((word === '-b' || word === '--sched-flags') && value !== undefined && schedFlags(value)) flags = schedFlags(words[++i] ?? '') ?? [];
    else unknown.push(word);
  }
  if (unknown.length > 0) found.add('unknown-attribute', source, unknown.join(' '));
  return { key, scheduler, persistentSec, ...extras(netmask, onePacket, flags), unknown, sorted, realServers: [], source };
}

const FLAG = /^(?:sh-fallback|sh-port|mh-fallback|mh-port|flag-[123])$/;

/** `sh-fallback,sh-port`; undefined when a word is none that ipvsadm has. */
function schedFlags(text: string): readonly string[] | undefined {
  const words = text.split(',');
  return words.every((w) => FLAG.test(w)) ? words : undefined;
}

/** What most services do not have stays absent, so that a listing and a save of the same service read alike. */
const extras = (netmask: Ip4 | undefined, onePacket: boolean, flags: readonly string[]): Pick<VirtualServer, 'netmask' | 'onePacket' | 'schedFlags'> => ({
  ...(netmask === undefined || netmask === 0xffffffff ? {} : { netmask }),
  ...(onePacket ? { onePacket } : {}),
  ...(flags.length === 0 ? {} : { schedFlags: flags }),
});

/** What follows `-a -t ADDRESS`. */
function parseRealServer(words: readonly string[], source: SourceRef, found: DiagnosticList): RealServer | undefined {
  let endpoint: { readonly ip: Ip4; readonly port: number } | undefined;
  let forward: RealServer['forward'] = 'route'; // ipvsadm's default is -g
  let weight: number | undefined = 1;
  let [upper, lower] = [0, 0];
  const extra: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const method = lookup(FORWARD_OPTION, word);
    const bound = parseDecimal(words[i + 1], 0xffffffff);
    if (word === '-r' || word === '--real-server') endpoint = parseEndpoint(words[++i]);
    else if (word === '-w' || word === '--weight') weight = parseDecimal(words[++i], 0x7fffffff);
    else if (method) forward = method;
    else if ((word === '-x' || word === '--u-threshold') && bound !== undefined) {
      upper = bound;
      i++;
    } else if ((word === '-y' || word === '--l-threshold') && bound !== undefined) {
      lower = bound;
      i++;
    } else if (word === '--tun-type' && words[i + 1] === 'ipip') i++;
    else extra.push(word);
  }
  if (!endpoint || weight === undefined) {
    found.add(endpoint ? 'bad-number' : 'bad-address', source, words.join(' '));
    return undefined;
  }
  return { ...endpoint, forward, weight, source, ...thresholdsOf(upper, lower), ...(extra.length === 0 ? {} : { extra }) };
}

const thresholdsOf = (upper: number, lower: number): Pick<RealServer, 'thresholds'> => (upper === 0 && lower === 0 ? {} : { thresholds: { upper, lower } });

const LISTED_FORWARD: Readonly<Record<string, RealServer['forward']>> = { Masq: 'masq', Route: 'route', Tunnel: 'tunnel', Local: 'route' };

/**
 * Parses `ipvsadm -Ln` and /proc/net/ip_vs, whose addresses are hexadecimal and whose order is the kernel's own.
 * `sorted` is what the caller knows from the command (`--nosort`). Never throws on any text.
 */
export function parseIpvsadmList({ input, firstLine, lines }: Lines, sorted: boolean): Parsed<IpvsListing> {
  const found = new DiagnosticList();
  const servers: OpenServer[] = [];
  let heading: string | undefined;
  let open: OpenServer | 'ipv6' | undefined;
  let columns: 'usual' | 'thresholds' = 'usual';
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    const words = wordsOf(line);
    const first = words[0];
    if (first === undefined) continue;
    if (line.startsWith('IP Virtual Server version')) heading = line.trimEnd();
    else if (first === 'Prot' || words[1] === 'RemoteAddress:Port') {
      if (words[2] === 'Uthreshold') columns = 'thresholds';
    } else if (first === '->') {
      if (open === 'ipv6') continue;
      const real = columns === 'thresholds' ? parseThresholds(words, source, found) : parseListedReal(words, source, found);
      if (!open) found.add('unknown-service', source, line.trim());
      else if (real) open.realServers.push(real);
    } else {
      const kind = lookup({ TCP: 'tcp', UDP: 'udp', SCTP: 'sctp', FWM: 'fwmark' } as const, first);
      if (!kind) {
        found.add('unknown-line', source, line);
        open = undefined;
        continue;
      }
      if (isIpv6(words[1])) {
        found.add('ipv6-skipped', source, line);
        open = 'ipv6';
        continue;
      }
      const hexadecimal = (kind === 'fwmark' ? HEX_WORD : HEX_ENDPOINT).test(words[1] ?? '');
      const key = hexadecimal && kind === 'fwmark' ? { kind, mark: Number(`0x${words[1]}`) } : kind === 'fwmark' ? parseKey(kind, words[1]) : hexKey(kind, words[1]) ?? parseKey(kind, words[1]);
      const scheduler = words[2];
      if (!key || scheduler === undefined) {
        found.add('bad-address', source, line);
        open = undefined;
        continue;
      }
      open = parseListedFlags(key, scheduler, words.slice(3), sorted && !hexadecimal, hexadecimal, source, found);
      servers.push(open);
    }
  }
  return { value: { servers, heading, ...(columns === 'thresholds' ? { partial: true } : {}) }, diagnostics: found.items };
}

const HEX_ENDPOINT = /^([0-9A-F]{8}):([0-9A-F]{4})$/;

function hexEndpoint(text: string | undefined): { readonly ip: Ip4; readonly port: number } | undefined {
  const parts = HEX_ENDPOINT.exec(text ?? '');
  return parts ? { ip: Number(`0x${parts[1]}`), port: Number(`0x${parts[2]}`) } : undefined;
}

function hexKey(proto: 'tcp' | 'udp' | 'sctp', text: string | undefined): Key | undefined {
  const endpoint = hexEndpoint(text);
  return endpoint && { kind: 'address', proto, ...endpoint };
}

/** `(sh-port) persistent 10800 mask 255.255.255.0 pe sip ops`; /proc/net/ip_vs has `ops persistent JIFFIES FFFFFF00`. */
function parseListedFlags(key: Key, scheduler: string, words: readonly string[], sorted: boolean, hexadecimal: boolean, source: SourceRef, found: DiagnosticList): OpenServer {
  let persistentSec: number | undefined;
  let netmask: Ip4 | undefined;
  let onePacket = false;
  let flags: readonly string[] = [];
  const unknown: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const seconds = word === 'persistent' ? parseDecimal(words[i + 1], 0xffffffff) : undefined;
    const mask = word === 'mask' ? parseIp4(words[i + 1] ?? '') : undefined;
    const parenthesised = /^\((\S+)\)$/.exec(word)?.[1];
    if (seconds !== undefined) {
      persistentSec = hexadecimal ? Math.floor(seconds / JIFFIES) : seconds;
      i++;
    } else if (mask !== undefined) {
      netmask = mask;
      i++;
    } else if (hexadecimal && HEX_WORD.test(word)) netmask = Number(`0x${word}`);
    else if (word === 'ops') onePacket = true;
    else if (parenthesised !== undefined && schedFlags(parenthesised)) flags = schedFlags(parenthesised) ?? [];
    else unknown.push(word);
  }
  if (unknown.length > 0) found.add('unknown-attribute', source, unknown.join(' '));
  return { key, scheduler, persistentSec, ...extras(netmask, onePacket, flags), unknown: unknown[0] === 'pe' ? ['--pe', ...unknown.slice(1)] : unknown, sorted, realServers: [], source };
}

/** CONFIG_HZ of the common distributions. */
const JIFFIES = 250;
const HEX_WORD = /^[0-9A-F]{8}$/;

/** `-> ADDRESS:PORT Forward Weight ActiveConn InActConn`. */
function parseListedReal(words: readonly string[], source: SourceRef, found: DiagnosticList): RealServer | undefined {
  const endpoint = hexEndpoint(words[1]) ?? parseEndpoint(words[1]);
  const forward = lookup(LISTED_FORWARD, words[2]);
  const weight = parseDecimal(words[3], 0x7fffffff);
  if (!endpoint || !forward || weight === undefined) {
    found.add(!endpoint ? 'bad-address' : forward ? 'bad-number' : 'unknown-action', source, words.join(' '));
    return undefined;
  }
  const [active, inactive] = [parseDecimal(words[4]) ?? 0, parseDecimal(words[5]) ?? 0];
  const counted = words[4] === undefined ? {} : { connections: { active, inactive } };
  return { ...endpoint, forward, weight, source, ...counted, ...(words[2] === 'Local' ? { extra: ['Local'] } : {}) };
}

/** `-> ADDRESS:PORT Uthreshold Lthreshold ActiveConn InActConn`. */
function parseThresholds(words: readonly string[], source: SourceRef, found: DiagnosticList): RealServer | undefined {
  const endpoint = parseEndpoint(words[1]);
  const [upper, lower, active, inactive] = [2, 3, 4, 5].map((i) => parseDecimal(words[i], 0xffffffff) ?? 0);
  if (!endpoint) {
    found.add('bad-address', source, words.join(' '));
    return undefined;
  }
  return { ...endpoint, forward: 'masq', weight: 1, source, connections: { active: active ?? 0, inactive: inactive ?? 0 }, ...thresholdsOf(upper ?? 0, lower ?? 0) };
}

const SAVE_OPTION = { tcp: '-t', udp: '-u', sctp: '--sctp-service' } as const;
const SAVE_FORWARD = { masq: '-m', route: '-g', tunnel: '-i' } as const;

/** The lines of `ipvsadm -Sn` (print_service_entry() of ipvsadm.c); `complete` adds the thresholds, which it leaves out. */
export function printIpvsadmSave(servers: readonly VirtualServer[], complete = false): readonly string[] {
  return servers.flatMap((server) => {
    const { key, scheduler, persistentSec, netmask, onePacket, schedFlags: flags, unknown, realServers } = server;
    const service = key.kind === 'fwmark' ? `-f ${key.mark}` : `${SAVE_OPTION[key.proto]} ${formatIp4(key.ip)}:${key.port}`;
    const head = [
      `-A ${service} -s ${scheduler}`,
      ...(persistentSec === undefined ? [] : [`-p ${persistentSec}`]),
      ...(netmask === undefined ? [] : [`-M ${formatIp4(netmask)}`]),
      ...unknown,
      ...(onePacket ? ['-o'] : []),
      ...(flags ? [`-b ${flags.join(',')}`] : []),
    ];
    return [
      head.join(' '),
      ...realServers.map((r) => {
        const extra = (r.extra ?? []).filter((w) => w !== 'Local');
        const tunnel = r.forward === 'tunnel' && !extra.includes('--tun-type') ? ['--tun-type ipip'] : [];
        const bounds = complete && r.thresholds ? [`-x ${r.thresholds.upper} -y ${r.thresholds.lower}`] : [];
        return [`-a ${service} -r ${formatIp4(r.ip)}:${r.port} ${SAVE_FORWARD[r.forward]} -w ${r.weight}`, ...tunnel, ...extra, ...bounds].join(' ');
      }),
    ];
  });
}

const DEFAULT_HEADING = 'IP Virtual Server version 1.2.1 (size=4096)';
const LIST_FORWARD = { masq: 'Masq', route: 'Route', tunnel: 'Tunnel' } as const;

/** The lines of `ipvsadm -Ln`, in its columns (print_largenum() and print_service_entry() of ipvsadm.c). */
export function printIpvsadmList(servers: readonly VirtualServer[], heading: string | undefined): readonly string[] {
  const lines = [heading ?? DEFAULT_HEADING, 'Prot LocalAddress:Port Scheduler Flags', '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn'];
  for (const { key, scheduler, persistentSec, netmask, onePacket, schedFlags: flags, unknown, realServers } of servers) {
    const name = key.kind === 'fwmark' ? `FWM  ${key.mark}` : `${key.proto.toUpperCase().padEnd(4)} ${formatIp4(key.ip)}:${key.port}`;
    const words = [
      `${name} ${scheduler}`,
      ...(flags ? [`(${flags.join(',')})`] : []),
      ...(persistentSec === undefined ? [] : [`persistent ${persistentSec}`]),
      ...(netmask === undefined ? [] : [`mask ${formatIp4(netmask)}`]),
      ...unknown.map((w) => (w === '--pe' ? 'pe' : w)),
      ...(onePacket ? ['ops'] : []),
    ];
    lines.push(words.join(' '));
    for (const r of realServers) {
      const forward = r.extra?.includes('Local') ? 'Local' : LIST_FORWARD[r.forward];
      const counts = `${String(r.connections?.active ?? 0).padEnd(10)} ${String(r.connections?.inactive ?? 0).padEnd(10)}`;
      lines.push(`  -> ${`${formatIp4(r.ip)}:${r.port}`.padEnd(28)} ${forward.padEnd(7)} ${String(r.weight).padEnd(6)} ${counts}`);
    }
  }
  return lines;
}

/** Connection counts and thresholds of `-Ln` listings added to the same real servers of a `-Sn` one. */
export function withConnections(servers: readonly VirtualServer[], listed: readonly VirtualServer[]): readonly VirtualServer[] {
  const known = new Map(listed.flatMap((s) => s.realServers.map((r) => [`${keyText(s.key)} ${formatIp4(r.ip)}:${r.port}`, r] as const)));
  return servers.map((s) => ({
    ...s,
    realServers: s.realServers.map((r) => {
      const { connections, thresholds } = known.get(`${keyText(s.key)} ${formatIp4(r.ip)}:${r.port}`) ?? {};
      return { ...r, ...(connections ? { connections } : {}), ...(thresholds ? { thresholds } : {}) };
    }),
  }));
}

/** True when an address is written as /proc/net/ip_vs does; used to tell the two listings apart. */
export const looksLikeProcIpVs = (line: string): boolean => HEX_ENDPOINT.test(wordsOf(line)[1] ?? '') && parseIp4(wordsOf(line)[1] ?? '') === undefined;
