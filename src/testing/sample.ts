import { fileURLToPath } from 'node:url';
import { type Bundle, parseBundle } from '../dumps/bundle.ts';
import { parseObjects } from '../dumps/kubectl.ts';
import type { Probe } from '../engine/probe.ts';
import type { Step } from '../engine/step.ts';
import { traceAll } from '../engine/trace.ts';
import type { Trace } from '../engine/trace-types.ts';
import { formatIp4, parseIp4 } from '../packet/address.ts';
import { PROTO_TCP } from '../packet/packet.ts';
import { packetBytes } from '../packet/sizes.ts';
import { readFolder } from '../scenarios/files.node.ts';
import { netnsId } from '../world/lookup.ts';
import type { World } from '../world/world.ts';

/** Worlds and probes for tests; nothing but tests may import this folder. */

export type Edit = (path: string, text: string) => string | undefined;

/** The recorded dumps of the first scenario. */
export const sampleFiles = (policy: 'cluster' | 'local'): Bundle => readFolder(fileURLToPath(new URL(`../scenarios/ipvs-metallb/${policy}`, import.meta.url)));

/** Its world, each file edited first; undefined takes the file out. */
export function sampleWorld(policy: 'cluster' | 'local', edit: Edit = (_, text) => text): World {
  const files = Object.fromEntries(Object.entries(sampleFiles(policy)).flatMap(([path, text]) => { const edited = edit(path, text); return edited === undefined ? [] : [[path, edited]]; }));
  return parseBundle(files, parseObjects(files).names).world;
}

/** A world from files as a user would paste them. */
export const worldFrom = (files: Bundle): World => parseBundle(files).world;

export const ip = (text: string): number => {
  const parsed = parseIp4(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
};

export const at = (host: string, netns: string | null = null): Probe['from'] => ({ kind: 'netns', host, netns });
export const tcp = (from: Probe['from'], dst: string, dport: number): Probe => ({ from, dst: ip(dst), proto: PROTO_TCP, dport });

/** The branch of round robin that picks this real server. */
export function picking(world: World, probe: Probe, real: string): Trace {
  const branch = traceAll(world, probe).branches.find((b) => b.trace.choices.some((c) => c.kind === 'ipvs-rr' && c.options[c.taken]?.startsWith(`${real}:`)));
  if (!branch) throw new Error(`nothing picks ${real}`);
  return branch.trace;
}

const matched = (s: Step): s is Extract<Step, { kind: 'rule' }> => s.kind === 'rule' && s.matched === true;

/** The rules that matched on a host, as `HOOK table CHAIN n VERDICT`. */
export const rulesOf = (t: Trace, host: string, role: Step['role'] = 'request'): readonly string[] =>
  t.steps.flatMap((s) => (matched(s) && s.host === host && s.role === role ? [`${s.hook} ${s.table} ${s.chain} ${s.rule} ${s.verdict}`] : []));

/** What captures on all devices show, in order: `netns dev in|out src>dst ttl N … bytes`. */
export const framesOf = (t: Trace, role: Step['role'] = 'request'): readonly string[] =>
  t.steps.flatMap((s) =>
    (s.kind === 'receive' || s.kind === 'transmit') && s.role === role
      ? [`${netnsId(s.host, s.netns)} ${s.dev} ${s.kind === 'receive' ? 'in' : 'out'} ${s.packet.flatMap((h) => (h.type === 'ipv4' ? [`${formatIp4(h.src)}>${formatIp4(h.dst)} ttl ${h.ttl}`] : [])).join(' | ')} ${packetBytes(s.packet)}`]
      : [],
  );
