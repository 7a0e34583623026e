import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/** Letters of base32 (RFC 4648 §6). */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Hashes that were computed before: the nodes of a cluster, and the clusters that a what-if makes of one, have nearly all names in common. */
const known = new Map<string, string>();
const MOST_KNOWN = 65_536;

/** First 16 characters of base32(sha256(text)): portProtoHash() and its sisters, pkg/proxy/iptables/proxier.go. */
export function chainHash(text: string): string {
  const before = known.get(text);
  if (before !== undefined) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const hash = computeHash(text);
  known.set(text, hash);
  return hash;
}

function computeHash(text: string): string {
  const bytes = sha256(utf8ToBytes(text));
  let out = '';
  for (let at = 0; at < 10; at += 5) {
    // Five bytes are eight letters; 40 bits are more than a bitwise number holds, so they are taken in two halves.
    const high = ((bytes[at] ?? 0) << 12) | ((bytes[at + 1] ?? 0) << 4) | ((bytes[at + 2] ?? 0) >>> 4);
    const low = (((bytes[at + 2] ?? 0) & 15) << 16) | ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
    for (const half of [high, low]) for (let shift = 15; shift >= 0; shift -= 5) out += BASE32[(half >>> shift) & 31] ?? '';
  }
  return out;
}

/** A service port as kube-proxy writes it into comments: `ns/name:port`, or `ns/name` when the port has no name (ServicePortName.String()). */
export const unitName = (namespace: string, service: string, port: string): string => (port === '' ? `${namespace}/${service}` : `${namespace}/${service}:${port}`);
