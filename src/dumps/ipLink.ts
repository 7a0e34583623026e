import { formatIp4 } from '../packet/address.ts';
import type { SourceRef } from '../world/source.ts';
import type { Tunnel } from '../world/tunnel.ts';
import type { Address, Link, LinkExtra, LinkKind, Unmodelled } from '../world/world.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { parseInet } from './inet.ts';
import { detailWords, readDetails, slaveLine } from './linkDetails.ts';
import { isTunnelKind, parseTunnel, tunnelFromAddress, tunnelWords } from './tunnelWords.ts';
import { parseDecimal, parseMac, unfolded, wordsOf } from './words.ts';

export interface LinkListing {
  readonly links: readonly Link[];
  /** Addresses from `ip -o addr`, which says of their devices only index and name. */
  readonly apart: readonly AddressApart[];
  /** True when the listing has the details of `-d`, which tell a device's kind. */
  readonly detailed: boolean;
  /** XDP programs that the listing shows. */
  readonly unmodelled: readonly Unmodelled[];
}

export interface AddressApart {
  readonly ifindex: number;
  readonly name: string;
  readonly address: Address;
}

/** Everything known about one device while its lines are read. */
interface Draft {
  ifindex: number;
  name: string;
  peer: string | undefined;
  flags: readonly string[];
  mtu: number;
  master: string | undefined;
  head: string[];
  linkType: string;
  linkAddress: readonly string[];
  linkNetnsid: number | undefined;
  linkNetns: string | undefined;
  details: string | undefined;
  kindText: string | undefined;
  tunnel: Tunnel | undefined;
  tunnelText: string | undefined;
  kindDetails: string | undefined;
  lines: string[];
  addresses: Address[];
  source: SourceRef;
}

const HEADER = /^(\d{1,10}):\s+([^\s@:][^\s@]{0,63}?)(?:@([^\s:]{1,63}))?:\s+<([^>]{0,400})>\s*(.*)$/;

/** A line of `ip -o addr`: no device before it, but its index and name in front of each address. */
const ONE_ADDRESS = /^(\d{1,10}):\s+([^\s@:][^\s@]{0,63})\s+(inet6?\s.*)$/;

/**
 * Parses `ip link`, `ip -d link`, `ip addr` and `ip -d addr` (print_linkinfo(), iproute2 ip/ipaddress.c), which share one
 * shape: a line for each device and indented lines below it; and all of them with `-o`. IPv6 addresses and statistics are left out. Never throws on any text.
 */
export function parseIpLink({ input, firstLine, lines }: Lines): Parsed<LinkListing> {
  const found = new DiagnosticList();
  const drafts: Draft[] = [];
  const unmodelled: Unmodelled[] = [];
  const apart: AddressApart[] = [];
  let open: Draft | undefined;
  let detailed = false;
  let ipv6 = false;
  let inStatistics = false;
  for (const [i, line] of unfolded(lines)) {
    const source: SourceRef = { input, line: firstLine + i };
    const words = wordsOf(line);
    const first = words[0];
    if (first === undefined) continue;
    if (/^\d/.test(line)) {
      open = parseHeader(line, source);
      const single = open ? null : ONE_ADDRESS.exec(line);
      if (open) drafts.push(open);
      else if (single) readApart(single, source, apart, found);
      else found.add('unknown-line', source, line);
      inStatistics = false;
      if (open?.head.some((w) => w.startsWith('xdp'))) unmodelled.push({ what: 'ebpf', dev: open.name, name: 'xdp', source });
      continue;
    }
    if (!open) {
      // The lifetime behind an address of `ip -o addr` tells nothing about packets.
      if (first !== 'valid_lft' || apart.length === 0) found.add('unknown-line', source, line);
      continue;
    }
    if (first.startsWith('link/')) {
      readLinkLine(open, line, words);
      if (open.details !== undefined) detailed = true;
    } else if (first === 'inet') {
      ipv6 = false;
      const address = parseInet(words, source);
      if (address) open.addresses.push(address);
      else found.add('bad-address', source, line.trim());
    } else if (first === 'inet6') {
      found.once('ipv6-skipped', source, line.trim());
      ipv6 = true;
    } else if (first === 'valid_lft') {
      const last = open.addresses.at(-1);
      if (!ipv6 && last) open.addresses[open.addresses.length - 1] = { ...last, extra: { words: last.extra?.words ?? [], lifetime: line.trim() } };
    } else if (first === 'RX:' || first === 'TX:') {
      inStatistics = true;
    } else if (inStatistics && /^\d/.test(first)) {
      continue;
    } else if (first.startsWith('prog/xdp')) {
      open.lines.push(line.trimEnd());
      unmodelled.push({ what: 'ebpf', dev: open.name, name: words.slice(0, 3).join(' '), source });
    } else if (open.details !== undefined && open.kindText === undefined && open.kindDetails === undefined && !NOT_A_KIND.test(first)) {
      readKindLine(open, line, words);
    } else open.lines.push(line);
  }
  const masters = new Set(drafts.map((d) => d.master));
  const links = drafts.map((d) => finished(d, masters.has(d.name)));
  return { value: { links, apart, detailed, unmodelled }, diagnostics: found.items };
}

function readApart([, index, name = '', rest = '']: RegExpExecArray, source: SourceRef, apart: AddressApart[], found: DiagnosticList): void {
  const words = wordsOf(rest);
  const address = words[0] === 'inet' ? parseInet(words, source) : undefined;
  if (words[0] === 'inet6') found.once('ipv6-skipped', source, rest.trim());
  else if (address) apart.push({ ifindex: Number(index), name, address });
  else found.add('bad-address', source, rest.trim());
}

/** First words of indented lines that are not the line of the device's kind. */
const NOT_A_KIND = /^(?:altname|alias|vf|prog\/|\w+_slave|RX:|TX:|inet6?|\d)/;

/** `7: cali1@if3: <UP,LOWER_UP> mtu 1450 qdisc noqueue master br0 state UP …` */
function parseHeader(line: string, source: SourceRef): Draft | undefined {
  const [, index, name, peer, flags, rest] = HEADER.exec(line) ?? [];
  const ifindex = parseDecimal(index, 0x7fffffff);
  if (ifindex === undefined || name === undefined) return undefined;
  const words = wordsOf(rest ?? '');
  const head: string[] = [];
  let mtu: number | undefined;
  let master: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'mtu') mtu = parseDecimal(words[++i], 0xffffffff);
    else if (word === 'master') master = words[++i];
    else head.push(word);
  }
  if (mtu === undefined) return undefined;
  return {
    ifindex,
    name,
    peer,
    flags: (flags ?? '').split(',').filter((f) => f !== ''),
    mtu,
    master,
    head,
    linkType: '',
    linkAddress: [],
    linkNetnsid: undefined,
    linkNetns: undefined,
    details: undefined,
    kindText: undefined,
    tunnel: undefined,
    tunnelText: undefined,
    kindDetails: undefined,
    lines: [],
    addresses: [],
    source,
  };
}

/** `link/ether MAC brd MAC link-netnsid 0 promiscuity 0  allmulti 0 …` */
function readLinkLine(draft: Draft, line: string, words: readonly string[]): void {
  draft.linkType = (words[0] ?? '').slice('link/'.length);
  const address: string[] = [];
  for (let i = 1; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'link-netnsid') draft.linkNetnsid = parseDecimal(words[++i], 0x7fffffff);
    else if (word === 'link-netns') draft.linkNetns = words[++i];
    else if (word === 'promiscuity') {
      draft.details = line.slice(line.indexOf(' promiscuity ') + 1);
      break;
    } else address.push(word);
  }
  draft.linkAddress = address;
}

/** `    veth addrgenmode …`, `    ipip any remote any local any ttl inherit nopmtudisc …`, or only what belongs to no kind. */
function readKindLine(draft: Draft, line: string, words: readonly string[]): void {
  const first = words[0] ?? '';
  if (first === 'addrgenmode' || first === 'numtxqueues') {
    draft.kindDetails = line.trimStart();
    return;
  }
  draft.kindText = first;
  let taken = 1;
  if (isTunnelKind(first)) {
    const parsed = parseTunnel(first, words);
    draft.tunnel = parsed.tunnel;
    taken = parsed.taken;
    const text = words.slice(1, taken).join(' ');
    if (text !== tunnelWords(parsed.tunnel).join(' ')) draft.tunnelText = text;
  }
  draft.kindDetails = afterWords(line, taken);
}

/** What is left of a line behind its first `count` words, verbatim. */
function afterWords(line: string, count: number): string {
  let at = 0;
  for (let i = 0; i < count; i++) {
    while (at < line.length && line.charCodeAt(at) <= 32) at++;
    while (at < line.length && line.charCodeAt(at) > 32) at++;
  }
  while (at < line.length && line.charCodeAt(at) <= 32) at++;
  return line.slice(at);
}

/** The kind by the details of `-d`, or by the looks of the device. */
function kindOf(draft: Draft, isMaster: boolean): { readonly kind: LinkKind; readonly kindText: string } {
  if (draft.linkType === 'loopback') return { kind: 'loopback', kindText: '' };
  const { kindText } = draft;
  if (kindText === 'veth' || kindText === 'dummy' || isTunnelKind(kindText)) return { kind: kindText, kindText };
  if (kindText === 'bridge' || kindText === 'vlan' || kindText === 'macvlan') return { kind: kindText, kindText };
  if (kindText === 'openvswitch') return { kind: 'openvswitch', kindText };
  if (kindText === 'tun' && draft.linkType === 'ether') return { kind: 'tap', kindText };
  if (kindText !== undefined) return { kind: 'unknown', kindText };
  if (draft.details !== undefined) return draft.linkType === 'ether' ? { kind: 'nic', kindText: '' } : { kind: 'unknown', kindText: draft.linkType };
  if (draft.linkType === 'ipip') return { kind: 'ipip', kindText: 'ipip' };
  if (draft.linkType !== 'ether') return { kind: 'unknown', kindText: draft.linkType };
  // Bonds and VRFs have the flag MASTER, a bridge has not; the datapath of Open vSwitch is the master of its ports, too.
  if (isMaster) return draft.flags.includes('MASTER') || draft.name === 'ovs-system' ? { kind: 'unknown', kindText: '' } : { kind: 'bridge', kindText: 'bridge' };
  if (/^if\d+$/.test(draft.peer ?? '')) return { kind: 'veth', kindText: 'veth' };
  if (draft.peer !== undefined) return { kind: 'unknown', kindText: '' }; // vlan, macvlan and others on top of that device
  // The dummy driver sets IFF_NOARP and clears IFF_MULTICAST (dummy_setup(), drivers/net/dummy.c).
  return draft.flags.includes('NOARP') ? { kind: 'dummy', kindText: 'dummy' } : { kind: 'nic', kindText: '' };
}

function finished(draft: Draft, isMaster: boolean): Link {
  const { ifindex, name, mtu, flags, peer, linkNetnsid, linkNetns, master, addresses, source } = draft;
  const { kind, kindText } = kindOf(draft, isMaster);
  const extra: LinkExtra = {
    head: draft.head,
    linkType: draft.linkType,
    linkAddress: draft.linkAddress,
    ...(draft.details === undefined ? {} : { details: draft.details }),
    ...(draft.kindDetails === undefined ? {} : { kindDetails: draft.kindDetails }),
    ...(draft.tunnelText === undefined ? {} : { tunnelText: draft.tunnelText }),
    lines: draft.lines,
  };
  const tunnel = draft.tunnel ?? (kind === 'ipip' ? tunnelFromAddress(draft.linkAddress) : undefined);
  return { ifindex, name, kind, kindText, mtu, flags, mac: parseMac(draft.linkAddress[0]), peer, linkNetnsid, linkNetns, master, tunnel, addresses, source, extra, ...readDetails(kindText, draft.kindDetails ?? '', draft.lines) };
}

/**
 * One list from several listings of a namespace (`ip -d link` and `ip addr`): devices are the same by index and name; the
 * detailed listing tells kinds, the one with addresses tells addresses. The order is by index, which is the kernel's.
 */
export function mergeLinks(listings: readonly LinkListing[]): readonly Link[] {
  const merged = new Map<string, Link>();
  for (const { links } of listings.toSorted((a, b) => Number(b.detailed) - Number(a.detailed))) {
    for (const link of links) {
      const key = `${link.ifindex} ${link.name}`;
      const known = merged.get(key);
      merged.set(key, known ? joined(known, link) : link);
    }
  }
  for (const { ifindex, name, address } of listings.flatMap((l) => l.apart)) {
    const key = `${ifindex} ${name}`;
    const known = merged.get(key);
    if (known && !known.addresses.some((a) => a.ip === address.ip)) merged.set(key, { ...known, addresses: [...known.addresses, address] });
  }
  return [...merged.values()].toSorted((a, b) => a.ifindex - b.ifindex);
}

function joined(a: Link, b: Link): Link {
  const mode = (link: Link): boolean => link.extra?.head.includes('mode') ?? false;
  const known = new Set(a.addresses.map((x) => x.ip));
  // Both listings of -d show a slave's line, with and without the IPv6 settings.
  const lines = [...new Set([...(a.extra?.lines ?? []), ...(b.extra?.lines ?? []).filter((l) => !SLAVE_LINE.test(l))])];
  return {
    ...a,
    ...(a.port === undefined && b.port ? { port: b.port } : {}),
    addresses: [...a.addresses, ...b.addresses.filter((x) => !known.has(x.ip))],
    ...(a.extra ? { extra: { ...a.extra, head: mode(b) && !mode(a) ? (b.extra?.head ?? []) : a.extra.head, lines } } : {}),
  };
}

/** What a bridge, bond or OVS says about its port, printed by -d alone. */
const SLAVE_LINE = /^\s+\w+_slave /;

const DEFAULT_HEAD: readonly string[] = ['qdisc', 'noqueue', 'state', 'UP', 'mode', 'DEFAULT', 'group', 'default', 'qlen', '1000'];

/** Words behind the MTU: the master stands behind the qdisc, the link mode only in `ip link`. */
function headWords(link: Link, mode: boolean): readonly string[] {
  const words = [...(link.extra?.head ?? DEFAULT_HEAD)];
  const modeAt = words.indexOf('mode');
  if (mode && modeAt < 0) words.splice(words.indexOf('state') + 2, 0, 'mode', 'DEFAULT');
  if (!mode && modeAt >= 0) words.splice(modeAt, 2);
  if (link.master !== undefined) words.splice(words.indexOf('qdisc') + 2, 0, 'master', link.master);
  return words;
}

/** The start of the line of a device's kind; '' for a physical NIC. */
function kindWords(link: Link): string {
  if (!link.tunnel) return link.kindText;
  const text = link.extra?.tunnelText ?? tunnelWords(link.tunnel).join(' ');
  return text === '' ? link.kindText : `${link.kindText} ${text}`;
}

function linkAddressWords(link: Link): readonly string[] {
  if (link.extra) return link.extra.linkAddress;
  if (link.tunnel?.kind === 'ipip' || link.tunnel?.kind === 'gre') return [formatIp4(link.tunnel.local ?? 0), link.tunnel.remote === undefined ? 'brd' : 'peer', formatIp4(link.tunnel.remote ?? 0)];
  return link.kind === 'loopback' ? ['00:00:00:00:00:00', 'brd', '00:00:00:00:00:00'] : [link.mac ?? '00:00:00:00:00:00', 'brd', 'ff:ff:ff:ff:ff:ff'];
}

/** `ip -d addr` does not ask for the IPv6 settings that `ip -d link` shows. */
const withoutAddrGenMode = (details: string): string => details.replace(/addrgenmode \S+ /, '');

/** The lines of one device without addresses. `detailed` is `-d`; `mode` is true for `ip link`, false for `ip addr`. */
export function printLink(link: Link, { detailed, mode }: { readonly detailed: boolean; readonly mode: boolean }): readonly string[] {
  const { extra } = link;
  const name = link.peer === undefined ? link.name : `${link.name}@${link.peer}`;
  const lines = [`${link.ifindex}: ${name}: <${link.flags.join(',')}> mtu ${link.mtu} ${headWords(link, mode).join(' ')}`];
  const linkType = extra?.linkType ?? { loopback: 'loopback', ipip: 'ipip', gre: 'gre' }[link.kind as string] ?? 'ether';
  const words = [`link/${linkType}`, ...linkAddressWords(link)];
  if (link.linkNetns !== undefined) words.push('link-netns', link.linkNetns);
  if (link.linkNetnsid !== undefined) words.push('link-netnsid', String(link.linkNetnsid));
  const linkDetails = extra?.details ?? 'promiscuity 0  allmulti 0 minmtu 0 maxmtu 0 ';
  if (detailed) words.push(mode ? linkDetails : withoutAddrGenMode(linkDetails));
  lines.push(`    ${words.join(' ')}`);
  if (detailed) {
    const kind = kindWords(link);
    const details = extra ? (extra.kindDetails ?? '') : detailWords(link);
    if (kind !== '' || details !== '') lines.push(`    ${kind === '' ? '' : `${kind} `}${mode ? details : withoutAddrGenMode(details)}`);
  }
  for (const line of extra?.lines ?? (link.port ? [slaveLine(link.port)] : [])) {
    // `ip addr` without -d shows neither a slave's state nor the alias.
    const plain = !SLAVE_LINE.test(line) && !/^\s+alias /.test(line);
    if (plain || (mode && !SLAVE_LINE.test(line))) lines.push(line);
    else if (detailed) lines.push(mode ? line : withoutAddrGenMode(line));
  }
  return lines;
}

/** The lines of `ip link show`, or of `ip -d link show`. */
export const printIpLink = (links: readonly Link[], detailed: boolean): readonly string[] => links.flatMap((link) => printLink(link, { detailed, mode: true }));
