import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';
import { applyHunks, diffLines, type Hunk } from './diff.ts';

/** Path → text, as a bundle of dumps is read. */
export type Files = Readonly<Record<string, string>>;

/** What a link's packed part may unfold to, so that a small link cannot fill the memory. */
export const PACKED_BOUNDS = { text: 1_400_000, bytes: 1 << 20, files: 2_000, path: 512 } as const;

/**
 * Why a packed part could not be used. `version`: made by a newer page; `damaged`: letters are missing or changed;
 * `too-large`: over PACKED_BOUNDS; `base`: made against another text of the file named in `path`.
 */
export type Unpacked = { readonly kind: 'files'; readonly files: Files } | { readonly kind: 'bad'; readonly reason: 'version' | 'damaged' | 'too-large' | 'base'; readonly path?: string };

// Version 1, codec d: raw deflate (RFC 1951) with the preset dictionary below, base64url (RFC 4648 §5) without padding.
const PREFIX = '1d';

// What dumps are full of; the most frequent comes last, because short distances are cheap. Changing it needs a new version.
const DICTIONARY = strToU8(
  'apiVersion: v1\nkind: Service\nmetadata: {name: , namespace: default}\nspec:\n  clusterIP: \n$ kubectl get -o yaml\nnet.ipv4.conf.all.rp_filter = 0\nnet.ipv4.ip_forward = 1\n$ sysctl -a\n' +
    '$ ss -lntu\n$ bridge fdb show\n$ ip neigh show\n lladdr ee:ee:ee:ee:ee:ee REACHABLE \n$ ip rule show\n32766:\tfrom all lookup main\n$ ip addr show\n    inet /24 brd scope global \n       valid_lft forever preferred_lft forever\n' +
    '$ ip -d link show\n: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000\n    link/ether \n$ ip route show table all\n10.233. via 10.10. dev tunl0 proto bird onlink \n' +
    'default via dev eth0 proto kernel scope link src local table local\n$ ipvsadm -Sn\n-A -t 10.233.:80 -s rr\n-a -t 10.233.:80 -r 10.233.:80 -m -w 1\n$ ipset save\ncreate hash:ip,port family inet hashsize 1024 maxelem 65536\nadd KUBE-CLUSTER-IP 10.233.,tcp:80\n' +
    '$ iptables-save\n*filter\n*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\nCOMMIT\n-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN\n' +
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully\n-A KUBE-SERVICES -m comment --comment "" -m set --match-set KUBE-LOAD-BALANCER dst,dst -j KUBE-MARK-MASQ\n-j DNAT --to-destination \n' +
    '[["/netns//pod.txt","/node.txt","',
);

/** FNV-1a, 32 bits: tells a letter that was lost on the way, no more. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}

function toBase64Url(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function pack(value: unknown): string {
  const data = toBase64Url(deflateSync(strToU8(JSON.stringify(value)), { level: 9, dictionary: DICTIONARY }));
  return `${PREFIX}.${checksum(data)}.${data}`;
}

function unpack(text: string): { readonly value: unknown } | Exclude<Unpacked, { kind: 'files' }> {
  if (text.length > PACKED_BOUNDS.text) return { kind: 'bad', reason: 'too-large' };
  const [prefix, sum, data, ...rest] = text.split('.');
  if (prefix !== PREFIX) return { kind: 'bad', reason: /^\d{1,3}[a-z]{1,3}$/.test(prefix ?? '') ? 'version' : 'damaged' };
  if (data === undefined || rest.length > 0 || checksum(data) !== sum) return { kind: 'bad', reason: 'damaged' };
  const bytes = fromBase64Url(data);
  if (!bytes) return { kind: 'bad', reason: 'damaged' };
  try {
    // fflate cuts the output at the size of `out`, so one byte more tells "too large" from "exactly full".
    const inflated = inflateSync(bytes, { dictionary: DICTIONARY, out: new Uint8Array(PACKED_BOUNDS.bytes + 1) });
    if (inflated.length > PACKED_BOUNDS.bytes) return { kind: 'bad', reason: 'too-large' };
    return { value: JSON.parse(strFromU8(inflated)) as unknown };
  } catch {
    return { kind: 'bad', reason: 'damaged' };
  }
}

const isPath = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= PACKED_BOUNDS.path;

/** Packs all files of a bundle. */
export const packBundle = (files: Files): string => pack(Object.entries(files));

/** Reads what packBundle wrote. Never throws. */
export function unpackBundle(text: string): Unpacked {
  const unpacked = unpack(text);
  if ('kind' in unpacked) return unpacked;
  const entries = unpacked.value;
  if (!Array.isArray(entries)) return { kind: 'bad', reason: 'damaged' };
  if (entries.length > PACKED_BOUNDS.files) return { kind: 'bad', reason: 'too-large' };
  const files: [string, string][] = [];
  for (const entry of entries as readonly unknown[]) {
    if (!Array.isArray(entry) || entry.length !== 2 || !isPath(entry[0]) || typeof entry[1] !== 'string') return { kind: 'bad', reason: 'damaged' };
    files.push([entry[0], entry[1]]);
  }
  return { kind: 'files', files: Object.fromEntries(files) };
}

/*
 * Edits as JSON: one list a changed file. [path]: taken away. [path, text]: new.
 * [path, checksum of the text it was made against, [at, remove, line, line, …], …]: changed lines.
 */

/** Packs what `edited` has changed in `base`; undefined when nothing has. */
export function packEdits(base: Files, edited: Files): string | undefined {
  const changes: unknown[] = [];
  for (const path of Object.keys(base)) if (!Object.hasOwn(edited, path)) changes.push([path]);
  for (const [path, text] of Object.entries(edited)) {
    const before = Object.hasOwn(base, path) ? base[path] : undefined;
    if (before === undefined) changes.push([path, text]);
    else if (before !== text) changes.push([path, checksum(before), ...diffLines(before.split('\n'), text.split('\n')).map((h) => [h.at, h.remove, ...h.add])]);
  }
  return changes.length > 0 ? pack(changes) : undefined;
}

function readHunk(value: unknown): Hunk | undefined {
  if (!Array.isArray(value)) return undefined;
  const [at, remove, ...add] = value as readonly unknown[];
  if (!Number.isSafeInteger(at) || !Number.isSafeInteger(remove) || (at as number) < 1 || (remove as number) < 0) return undefined;
  return add.every((line) => typeof line === 'string') ? { at: at as number, remove: remove as number, add } : undefined;
}

/** Applies what packEdits wrote to the same `base`. Never throws. */
export function unpackEdits(text: string, base: Files): Unpacked {
  const unpacked = unpack(text);
  if ('kind' in unpacked) return unpacked;
  const damaged: Unpacked = { kind: 'bad', reason: 'damaged' };
  if (!Array.isArray(unpacked.value)) return damaged;
  if (unpacked.value.length > PACKED_BOUNDS.files) return { kind: 'bad', reason: 'too-large' };
  const files = new Map(Object.entries(base));
  for (const change of unpacked.value as readonly unknown[]) {
    if (!Array.isArray(change)) return damaged;
    const [path, second, ...rest] = change as readonly unknown[];
    if (!isPath(path)) return damaged;
    if (change.length === 1) {
      files.delete(path);
      continue;
    }
    if (typeof second !== 'string') return damaged;
    if (change.length === 2) {
      files.set(path, second);
      continue;
    }
    const before = files.get(path);
    if (before === undefined || checksum(before) !== second) return { kind: 'bad', reason: 'base', path };
    const hunks = rest.map(readHunk);
    const after = hunks.every((h) => h !== undefined) ? applyHunks(before.split('\n'), hunks) : undefined;
    if (!after) return damaged;
    files.set(path, after.join('\n'));
  }
  return { kind: 'files', files: Object.fromEntries(files) };
}
