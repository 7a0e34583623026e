import type { Ip4, Mac } from '../../packet/address.ts';
import type { SourceRef } from '../../world/source.ts';
import type { VxlanTunnel } from '../../world/tunnel.ts';
import type { FdbEntry, Link } from '../../world/world.ts';
import type { At, Ns } from '../sim.ts';

const ZERO_MAC: Mac = '00:00:00:00:00:00';

/** A remote end (struct vxlan_rdst). Undefined: as the device says. */
export interface Remote {
  readonly ip: Ip4;
  readonly port: number | undefined;
  readonly vni: number | undefined;
  readonly via: string | undefined;
  readonly how: 'entry' | 'learned' | 'default';
  readonly source: SourceRef | undefined;
}

/** `unknown` names an entry that we cannot follow; an empty list is a frame that nobody gets. */
export type FdbAnswer = { readonly kind: 'remotes'; readonly remotes: readonly Remote[] } | { readonly kind: 'unknown'; readonly name: string; readonly source: SourceRef | undefined };

const after = (entry: FdbEntry, word: string): string | undefined => {
  const at = entry.words.indexOf(word);
  return at < 0 ? undefined : entry.words[at + 1];
};

const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number.parseInt(text, 10));

/** The device's own entries, not those of a bridge above it (`master`). */
const ownEntries = (ns: Ns, dev: string): readonly FdbEntry[] => ns.netns.fdb.filter((e) => e.dev === dev && (e.dst !== undefined || e.words.includes('nhid') || (e.words.includes('self') && !e.words.includes('master'))));

const remoteOf = (entry: FdbEntry, how: Remote['how']): Remote => ({ ip: entry.dst ?? 0, port: number(after(entry, 'port')), vni: number(after(entry, 'vni')), via: after(entry, 'via'), how, source: entry.source });

/**
 * vxlan_find_mac() for a destination, else the entry for the zero MAC, which takes what no other does (vxlan_xmit(),
 * drivers/net/vxlan/vxlan_core.c). Frames to several ends go to the first of them last.
 */
export function findRemotes(at: At, link: Link, tunnel: VxlanTunnel, dst: Mac): FdbAnswer {
  const own = ownEntries(at.ns, link.name);
  const found = own.filter((e) => e.mac === dst);
  const learned = at.ns.tunnels.fdb.get(`${link.name}/${dst}`);
  if (found.length === 0 && learned !== undefined) return { kind: 'remotes', remotes: [{ ip: learned, port: undefined, vni: undefined, via: undefined, how: 'learned', source: undefined }] };
  const zero = own.filter((e) => e.mac === ZERO_MAC);
  const entries = found.length > 0 ? found : zero;
  const group = entries.find((e) => e.words.includes('nhid'));
  if (group) return { kind: 'unknown', name: `${group.mac} nhid ${after(group, 'nhid') ?? ''}`, source: group.source };
  const remotes = entries.map((e) => remoteOf(e, found.length > 0 ? 'entry' : 'default'));
  // The remote of the device is an entry for the zero MAC, made with it and listed with the others.
  if (remotes.length === 0 && tunnel.remote !== undefined) remotes.push({ ip: tunnel.remote, port: undefined, vni: undefined, via: tunnel.dev, how: 'default', source: link.source });
  if (remotes.length === 0 && at.ns.netns.fdb.length === 0) return { kind: 'unknown', name: `bridge fdb show dev ${link.name}`, source: link.source };
  const [first, ...others] = remotes;
  return { kind: 'remotes', remotes: first === undefined ? [] : [...others, first] };
}

/**
 * vxlan_snoop(): remembers behind which end a MAC is. False when a fixed entry says otherwise: the frame is then dropped.
 */
export function learnRemote(at: At, link: Link, src: Mac, ip: Ip4): boolean {
  const entry = ownEntries(at.ns, link.name).find((e) => e.mac === src);
  if (entry?.dst === ip) return true;
  if (entry && /^(?:permanent|static)$/.test(entry.words.at(-1) ?? '')) return false;
  at.ns.tunnels.fdb.set(`${link.name}/${src}`, ip);
  return true;
}
