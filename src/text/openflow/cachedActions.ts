import { keyValue, splitTop } from '../../dumps/ovsKeyValue.ts';
import type { DpAction } from '../../engine/openflow/types.ts';
import { tunnelDevice } from '../../world/ovs.ts';
import type { Host } from '../../world/world.ts';
import { datapathPort, printDpActions } from '../dpActions.ts';

/*
 * Whether the real switch does with a packet what the rules at hand say: the actions of a flow in its cache against those that were
 * worked out.
 */

/**
 * `slow-path`: the kernel hands such packets to ovs-vswitchd, and the listing does not say what becomes of them; `ports`: it has numbers of
 * ports that `dpif/show` would tell; `hash`: a hash of the packet decides in another pass, of which the listing has none; `tunnel`: the outer header is written out, byte for byte, by a datapath in user space.
 */
export type Agreement = 'same' | 'other' | 'slow-path' | 'ports' | 'hash' | 'tunnel';

/** Lists whose order matters; parts of all others may stand in any. */
const IN_ORDER: ReadonlySet<string> = new Set(['clone', 'gt', 'le', 'actions', 'sample', 'check_pkt_len']);

/** Actions inside of actions, beyond what any switch makes. */
const DEEPEST = 32;

const LIST = /^(?:clone|gt|le|actions)$/;

type PortOf = (number: string) => string | undefined;

/** One action spelled so that two of the same meaning are the same text; numbers that differ from run to run are left out. */
function canonical(part: string, isAction: boolean, portOf: PortOf, depth = 0): string {
  const { key, value, text } = keyValue(part);
  if (isAction && /^\d+$/.test(text)) return portOf(text) ?? text;
  if (key === 'recirc') return 'recirc';
  if (key === 'userspace') return `userspace(${['reason', 'controller_id'].map((k) => new RegExp(`\\b${k}=(\\d+)`).exec(value)?.[1] ?? '').join(',')})`;
  if (key === 'hash') return `hash(${value.replace('hash_', '')})`;
  if (key === 'flags') return `flags(${value.split('|').toSorted().join('|')})`;
  if (!text.includes('(') || depth > DEEPEST) return text;
  const parts = splitTop(value).map((p) => canonical(p, LIST.test(key), portOf, depth + 1));
  return `${key}(${(IN_ORDER.has(key) ? parts : parts.toSorted()).join(',')})`;
}

/** Numbers of the datapath's ports, and the names that they have. */
function portsOf(host: Host): PortOf {
  const names = new Map((host.ovs ?? []).flatMap((b) => b.ports.flatMap((p) => (p.dpPort === undefined ? [] : [[String(p.dpPort), tunnelDevice(p) ?? p.name] as const]))));
  return (number) => names.get(number);
}

/** The actions that were worked out, as the listing would print them. */
export const computedActions = (host: Host, actions: readonly DpAction[]): string => printDpActions(actions, (bridge, port) => datapathPort(host.ovs ?? [], bridge, port));

/** Compares the actions of a flow in the cache of a machine with those that were worked out. */
export function agreementOf(host: Host, cached: string, actions: readonly DpAction[]): Agreement {
  const portOf = portsOf(host);
  const spelled = (text: string): string => splitTop(text).map((p) => canonical(p, true, portOf)).join(',');
  const real = spelled(cached);
  if (real === spelled(computedActions(host, actions))) return 'same';
  if (/\bslow_path\(/.test(cached)) return 'slow-path';
  if (/\btnl_(?:push|pop)\(/.test(cached)) return 'tunnel';
  if (/\bhash\([^)]*\)\),recirc\(/.test(cached)) return 'hash';
  return /(?:^|[(,])\d+(?=[,)]|$)/.test(real.replace(/\b(?:userspace|trunc|meter|hash|l4|sym_l4)\([^)]*\)+/g, '')) ? 'ports' : 'other';
}
