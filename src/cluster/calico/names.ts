import { sha1 } from '@noble/hashes/legacy.js';
import { sha224, sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Base64 with the URL-safe alphabet and without padding (Go's base64.RawURLEncoding). */
export function base64url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let j = 0; j < Math.min(4, bytes.length - i + 1); j++) text += ALPHABET.charAt((group >> (18 - 6 * j)) & 63);
  }
  return text;
}

/** The host's end of a pod's veth: `cali` and 11 hex digits (VethNameForWorkload(), libcalico-go lib/names/workloadendpoint.go and node conversion). */
export const vethName = (namespace: string, pod: string): string => `cali${bytesToHex(sha1(utf8ToBytes(`${namespace}.${pod}`))).slice(0, 11)}`;

/** MAC of vxlan.calico: 0x66 and 5 bytes of the node's name (hostname) hash (Felix, dataplane/linux/vxlan_mgr.go, calc/l3_route_resolver.go). */
export const tunnelMac = (node: string): string => ['66', ...Array.from(sha1(utf8ToBytes(node)).slice(0, 5), (b) => b.toString(16).padStart(2, '0'))].join(':');

/** Chain names have at most 28 characters (MaxChainNameLength of Felix's rules, iptables' own limit). */
const MAX_CHAIN_NAME = 28;

/** Prefix and name; a name that does not fit is replaced by `_` and its hash, cut to fit (GetLengthLimitedID(), libcalico-go lib/hash). */
function limited(prefix: string, name: string, length: number): string {
  const full = prefix + name;
  // A name that itself looks shortened is hashed too, so that nobody can forge one.
  return full.length <= length && !name.startsWith('_') ? full : `${prefix}_${base64url(sha256(utf8ToBytes(name)))}`.slice(0, length);
}

/** A chain of Felix: `cali-pro-` and `kns.default`. */
export const chainName = (prefix: string, name: string): string => limited(prefix, name, MAX_CHAIN_NAME);

/** An ipset of Felix by its id: `cali40` and the id, 31 characters at most (nameForMainIPSet(), felix/ipsets). */
export const setName = (id: string): string => `cali40${id}`.slice(0, 31);

/** Ids of sets are made of 'what they are' and a hash of it: `s:` a selector, `n:` a named port (libcalico-go lib/hash, MakeUniqueID()). */
export const uniqueId = (prefix: string, content: string): string => `${prefix}:${base64url(sha224(utf8ToBytes(`${prefix}:${content}`)))}`;

/** The 32-bit FNV-1 hash of Go's fnv.New32(), with which Felix picks endpoint marks. */
export function fnv32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of utf8ToBytes(text)) hash = (Math.imul(hash, 0x01000193) ^ byte) >>> 0;
  return hash;
}
