import type { OpenFlowAction } from '../../world/openflow.ts';
import { OFPP } from '../../world/openflow.ts';
import { HIDDEN } from '../../world/openflowFields.ts';
import { type Ctx, portsOf } from './context.ts';
import { ETH, VLAN_VID, W, word } from './fields.ts';
import type { Flow } from './types.ts';

/*
 * The hashes that `multipath` and `bundle` choose by (flow_hash_fields() of lib/flow.c, lib/jhash.c, lib/hash.h). The result is that of
 * a build for plain amd64 or arm64, as distributions have it: a build for newer processors hashes with CRC32 and chooses otherwise.
 */

const rot = (x: number, k: number): number => ((x << k) | (x >>> (32 - k))) >>> 0;

/** jhash_bytes(): the bytes in the order of memory, words little-endian. */
function jhashBytes(bytes: readonly number[], basis: number): number {
  let a = (0xdeadbeef + bytes.length + basis) >>> 0;
  let b = a;
  let c = a;
  let at = 0;
  const next = (): number => {
    let v = 0;
    for (let i = 3; i >= 0; i--) v = (v << 8) | (bytes[at + i] ?? 0);
    at += 4;
    return v;
  };
  const take = (): void => {
    a = (a + next()) >>> 0;
    b = (b + next()) >>> 0;
    c = (c + next()) >>> 0;
  };
  while (bytes.length - at >= 12) {
    take();
    a = ((a - c) ^ rot(c, 4)) >>> 0;
    c = (c + b) >>> 0;
    b = ((b - a) ^ rot(a, 6)) >>> 0;
    a = (a + c) >>> 0;
    c = ((c - b) ^ rot(b, 8)) >>> 0;
    b = (b + a) >>> 0;
    a = ((a - c) ^ rot(c, 16)) >>> 0;
    c = (c + b) >>> 0;
    b = ((b - a) ^ rot(a, 19)) >>> 0;
    a = (a + c) >>> 0;
    c = ((c - b) ^ rot(b, 4)) >>> 0;
    b = (b + a) >>> 0;
  }
  if (at === bytes.length) return c;
  take();
  c = ((c ^ b) - rot(b, 14)) >>> 0;
  a = ((a ^ c) - rot(c, 11)) >>> 0;
  b = ((b ^ a) - rot(a, 25)) >>> 0;
  c = ((c ^ b) - rot(b, 16)) >>> 0;
  a = ((a ^ c) - rot(c, 4)) >>> 0;
  b = ((b ^ a) - rot(a, 14)) >>> 0;
  return ((c ^ b) - rot(b, 24)) >>> 0;
}

function hashAdd(hash: number, data: number): number {
  const mixed = data === 0 ? hash : hash ^ Math.imul(rot(Math.imul(data, 0xcc9e2d51), 15), 0x1b873593);
  return (Math.imul(rot(mixed >>> 0, 13), 5) + 0xe6546b64) >>> 0;
}

function hashFinish(hash: number, final: number): number {
  let h = hash ^ final;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const hash2Words = (x: number, y: number): number => hashFinish(hashAdd(hashAdd(x, 0), y), 8);

/** The `n` low bytes of a word, the most significant first. */
const bytesOf = (value: number, n: number): number[] => Array.from({ length: n }, (_, i) => (value >>> (8 * (n - 1 - i))) & 0xff);
const swap32 = (v: number): number => ((v << 24) | ((v & 0xff00) << 8) | ((v >>> 8) & 0xff00) | (v >>> 24)) >>> 0;
const swap16 = (v: number): number => ((v & 0xff) << 8) | (v >>> 8);

const xorMac = (flow: Flow): number[] => [...bytesOf(word(flow, W.dlSrc) ^ word(flow, W.dlDst), 2), ...bytesOf(word(flow, W.dlSrc + 1) ^ word(flow, W.dlDst + 1), 4)];
const xorVlan = (flow: Flow): number => (word(flow, W.vlanTci) ^ word(flow, HIDDEN.innerTci)) & VLAN_VID;
const xor6 = (flow: Flow): number[] => [0, 1, 2, 3].map((i) => (word(flow, W.ipv6Src + i) ^ word(flow, W.ipv6Dst + i)) >>> 0);

/** Both addresses at once, in a place for an IPv6 address. */
function xorAddresses(flow: Flow): number[] {
  if (word(flow, W.dlType) === ETH.ip) return [...bytesOf(word(flow, W.nwSrc) ^ word(flow, W.nwDst), 4), ...Array<number>(12).fill(0)];
  return word(flow, W.dlType) === ETH.ip6 ? xor6(flow).flatMap((w) => bytesOf(w, 4)) : Array<number>(16).fill(0);
}

function symmetricL4(flow: Flow, basis: number): number {
  const ip = word(flow, W.dlType) === ETH.ip || word(flow, W.dlType) === ETH.ip6;
  const proto = ip ? word(flow, W.nwProto) : 0;
  const ports = proto === 6 || proto === 132 ? word(flow, W.tpSrc) ^ word(flow, W.tpDst) : 0;
  return jhashBytes([...xorAddresses(flow), ...bytesOf(word(flow, W.dlType), 2), ...bytesOf(xorVlan(flow), 2), ...bytesOf(ports, 2), ...xorMac(flow), proto, 0, 0, 0], basis);
}

function symmetricL2(flow: Flow, basis: number): number {
  const bytes = [...bytesOf(word(flow, W.dlType), 2), ...bytesOf(xorVlan(flow), 2), ...xorMac(flow), 0, 0];
  let hash = basis;
  for (let at = 0; at < 12; at += 4) hash = hashAdd(hash, ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0);
  return hashFinish(hash, basis);
}

function symmetricL3L4(flow: Flow, basis: number, udp: boolean): number {
  let hash = basis;
  if (word(flow, W.dlType) === ETH.ip) hash = hashAdd(hash, swap32((word(flow, W.nwSrc) ^ word(flow, W.nwDst)) >>> 0));
  else if (word(flow, W.dlType) === ETH.ip6) for (const w of xor6(flow)) hash = hashAdd(hash, swap32(w));
  else return symmetricL2(flow, basis);
  const proto = word(flow, W.nwProto);
  hash = hashAdd(hash, proto);
  if ((word(flow, W.nwFrag) & 3) === 0 && (proto === 6 || proto === 132 || (udp && proto === 17))) hash = hashAdd(hash, swap16(word(flow, W.tpSrc) ^ word(flow, W.tpDst)));
  return hashFinish(hash, basis);
}

function address(flow: Flow, v4: number, v6: number, basis: number): number {
  if (word(flow, W.dlType) === ETH.ip) return jhashBytes(bytesOf(word(flow, v4), 4), basis);
  if (word(flow, W.dlType) !== ETH.ip6) return basis;
  return jhashBytes([0, 1, 2, 3].flatMap((i) => bytesOf(word(flow, v6 + i), 4)), basis);
}

/** flow_hash_fields(); undefined: fields that we do not know. */
function hashFields(flow: Flow, fields: string, basis: number): number | undefined {
  switch (fields) {
    case 'eth_src':
      return jhashBytes([...bytesOf(word(flow, W.dlSrc), 2), ...bytesOf(word(flow, W.dlSrc + 1), 4)], basis);
    case 'symmetric_l4':
      return symmetricL4(flow, basis);
    case 'symmetric_l3l4':
      return symmetricL3L4(flow, basis, false);
    case 'symmetric_l3l4+udp':
      return symmetricL3L4(flow, basis, true);
    case 'symmetric_l3':
      return jhashBytes([...xorAddresses(flow), ...bytesOf(word(flow, W.dlType), 2), 0, 0], basis);
    case 'nw_src':
      return address(flow, W.nwSrc, W.ipv6Src, basis);
    case 'nw_dst':
      return address(flow, W.nwDst, W.ipv6Dst, basis);
    default:
      return undefined;
  }
}

/** algorithm_hrw(): the link with the highest weight. */
function highestWeight(n: number, weight: (i: number) => number): number {
  let best = 0;
  for (let i = 1; i < n; i++) if (weight(i) > weight(best)) best = i;
  return best;
}

/** algorithm_iter_hash(). */
function iterHash(hash: number, links: number, modulo: number): number {
  const range = modulo < links || Math.floor(modulo / 2) > links ? 2 ** Math.ceil(Math.log2(links)) : modulo;
  for (let i = 0; ; i++) {
    const link = hash2Words(hash, i) % range;
    if (link < links) return link;
  }
}

type Multipath = Extract<OpenFlowAction, { kind: 'multipath' }>;

/** multipath_execute(): the number of the link; undefined: we do not know how it is chosen. */
export function multipathLink(flow: Flow, action: Multipath): number | undefined {
  const hash = hashFields(flow, action.fields, action.basis & 0xffff);
  if (hash === undefined) return undefined;
  const n = action.links;
  switch (action.algorithm) {
    case 'modulo_n':
      return hash % n;
    case 'hash_threshold':
      return n === 1 ? 0 : Math.floor(hash / (Math.floor(0xffffffff / n) + 1));
    case 'hrw':
      return n <= 64 ? highestWeight(n, (i) => hash2Words(hash, i)) : iterHash(hash, n, 0);
    case 'iter_hash':
      return iterHash(hash, n, action.arg);
    default:
      return undefined;
  }
}

type Bundle = Extract<OpenFlowAction, { kind: 'bundle' }>;

/** member_enabled_cb(). */
function isEnabled(ctx: Ctx, port: number): boolean {
  if (port === OFPP.CONTROLLER) return false;
  if (port >= OFPP.IN_PORT && port !== OFPP.LOCAL) return true;
  const known = portsOf(ctx.bridge).byNumber.get(port);
  return known !== undefined && (ctx.sw.isUp?.(ctx.bridge.name, known.name) ?? true);
}

/** bundle_execute(): the port, NONE when none is up; undefined: we do not know how it is chosen. */
export function bundlePort(ctx: Ctx, action: Bundle): number | undefined {
  const { ports } = action;
  if (action.algorithm === 'active_backup') return ports.find((p) => isEnabled(ctx, p)) ?? OFPP.NONE;
  const hash = hashFields(ctx.flow, action.fields, action.basis & 0xffff);
  if (hash === undefined || action.algorithm !== 'hrw') return undefined;
  let best: number | undefined;
  ports.forEach((port, i) => {
    if (isEnabled(ctx, port) && (best === undefined || hash2Words(i, hash) > hash2Words(best, hash))) best = i;
  });
  return best === undefined ? OFPP.NONE : ports[best];
}
