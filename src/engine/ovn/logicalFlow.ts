import { formatIp4 } from '../../packet/address.ts';
import type { FieldMatch, OpenFlowRule } from '../../world/openflow.ts';
import type { LogicalFlow } from '../../world/ovn.ts';
import { type LogicalDatapath, ovnNames, portKey } from '../../world/ovnNames.ts';
import type { World } from '../../world/world.ts';
import type { LogicalStage } from './logicalPath.ts';
import type { OpenFlowStep } from '../step.ts';

/*
 * Which logical flow a rule was made of. With `ovn-sbctl --uuid lflow-list` the rule's cookie says it (the first 32 bits of the UUID). Without
 * it, the listing has the same datapath, table and priority, and a match that speaks of the same addresses, ports and states.
 */

interface Index {
  /** By `datapath pipeline table`. */
  readonly stages: ReadonlyMap<string, readonly LogicalFlow[]>;
  /** Names of stages by `kind pipeline table`, for datapaths that share their flows with others of their kind. */
  readonly names: ReadonlyMap<string, string>;
}

const indexes = new WeakMap<World, Index>();

const kindOf = (stage: string): 'switch' | 'router' => (stage.startsWith('lr_') ? 'router' : 'switch');

function indexOf(world: World): Index {
  let index = indexes.get(world);
  if (!index) {
    const stages = new Map<string, LogicalFlow[]>();
    const names = new Map<string, string>();
    for (const flow of world.ovn?.flows ?? []) {
      const key = `${flow.datapath} ${flow.pipeline} ${flow.table}`;
      const own = stages.get(key);
      if (own) own.push(flow);
      else stages.set(key, [flow]);
      names.set(`${kindOf(flow.stage)} ${flow.pipeline} ${flow.table}`, flow.stage);
    }
    index = { stages, names };
    indexes.set(world, index);
  }
  return index;
}

/** The last table of each pipeline where no listing tells: OVN has fewer than this many stages (LOG_PIPELINE_LEN). */
const PIPELINE_LENGTH = 30;

/** The stage that a table is, and its logical flow as far as that can be told; undefined: the table is none of the pipeline's. */
export function logicalFlowOf(world: World, datapath: LogicalDatapath | undefined, pipeline: LogicalFlow['pipeline'], table: number, step: OpenFlowStep): { readonly stage: string | undefined; readonly flow: LogicalStage['flow'] } | undefined {
  const { stages, names } = indexOf(world);
  if (!world.ovn?.flows) return pipeline === 'ingress' || table < PIPELINE_LENGTH / 3 ? { stage: undefined, flow: undefined } : undefined;
  const stage = datapath && names.get(`${datapath.kind} ${pipeline} ${table}`);
  if (datapath && stage === undefined) return undefined;
  const { rule } = step;
  if (!rule || !datapath) return { stage, flow: undefined };
  const own = stages.get(`${datapath.name} ${pipeline} ${table}`) ?? [];
  const byCookie = own.find((f) => f.uuid !== undefined && Number.parseInt(f.uuid, 16) === Number.parseInt(rule.cookie, 16) && rule.cookie !== '0');
  if (byCookie) return { stage, flow: { flow: byCookie, by: 'cookie' } };
  const only = byMatch(own.filter((f) => f.priority === rule.priority), wordsOf(world, datapath.key, rule));
  return { stage, flow: only && { flow: only, by: 'match' } };
}

/** Addresses, names in quotes, numbers behind an operator, states of conntrack: what a match speaks of. */
const SPOKEN = /"[^"]+"|(?:[0-9a-f]{2}:){5}[0-9a-f]{2}|\d+\.\d+\.\d+\.\d+(?:\/\d+)?|!?ct\.\w+|ct_mark\.\w+ [=!]= \d|reg\d+\[\d+\] == \d|\b(?:arp|tcp|udp|icmp4|ip6|nd|nd_ns|nd_na|nd_rs|nd_ra|eth\.mcast|eth\.bcast)\b|[=<>]=? ?\d+(?![\w.:])/g;

/** The one whose match says all that the rule does, and the least besides; undefined: none, or several alike. */
function byMatch(candidates: readonly LogicalFlow[], words: readonly string[]): LogicalFlow | undefined {
  if (candidates.length === 1) return candidates[0];
  const scored = candidates.flatMap((flow) => {
    const spoken: readonly string[] = (flow.match.match(SPOKEN) ?? []).map((s) => s.replace(/\/32$/, ''));
    // A rule has the members of what a match calls by the name of a set of addresses or a group of ports.
    const named = (w: string): boolean => (w.startsWith('"') && flow.match.includes('@')) || (/^[\d.]+(?:\/\d+)?$/.test(w) && flow.match.includes('$'));
    if (!words.every((w) => spoken.includes(w) || named(w))) return [];
    return [{ flow, more: spoken.filter((s) => !words.includes(s)).length }];
  });
  const least = Math.min(...scored.map((s) => s.more));
  const best = scored.filter((s) => s.more === least);
  return best.length === 1 ? best[0]?.flow : undefined;
}

const STATES: readonly (readonly [bit: number, name: string])[] = [[1, 'new'], [2, 'est'], [4, 'rel'], [8, 'rpl'], [16, 'inv']];
const MARKS: readonly string[] = ['blocked', 'natted'];
const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp4', 6: 'tcp', 17: 'udp' };

/** A rule's conditions in the words that a logical match would have for them. */
function wordsOf(world: World, key: number, { match }: OpenFlowRule): readonly string[] {
  const { ports } = ovnNames(world);
  return [...new Set(match.flatMap((m) => wordOf(m, (port) => ports.get(portKey(key, port)))))];
}

const bits = (n: number): number => 32 - Math.clz32(n);

function wordOf({ field, value, mask }: FieldMatch, port: (key: number) => string | undefined): readonly string[] {
  const n = value.at(-1) ?? 0;
  const m = mask?.at(-1);
  switch (field) {
    case 'nw_src':
    case 'nw_dst':
    case 'arp_spa':
    case 'arp_tpa':
      return [m === undefined ? formatIp4(n) : `${formatIp4(n)}/${Math.clz32(~m >>> 0)}`];
    case 'dl_src':
    case 'dl_dst':
      return mask ? [] : [((value[0] ?? 0) & 0xffff).toString(16).padStart(4, '0').concat(n.toString(16).padStart(8, '0')).replaceAll(/(..)(?!$)/g, '$1:')];
    case 'reg14':
    case 'reg15': {
      const name = m === undefined ? port(n) : undefined;
      return name === undefined ? [] : [`"${name}"`];
    }
    case 'tp_dst':
    case 'tp_src':
      return m === undefined ? [`== ${n}`] : [];
    case 'nw_proto':
      return PROTOCOLS[n] === undefined ? [] : [PROTOCOLS[n]];
    case 'dl_type':
      return n === 0x806 ? ['arp'] : [];
    case 'ct_state':
      return STATES.flatMap(([bit, name]) => (((m ?? 0xffff) & bit) === 0 ? [] : [`${(n & bit) === 0 ? '!' : ''}ct.${name}`]));
    case 'ct_mark': {
      const name = MARKS[bits(m ?? 0) - 1];
      return name === undefined ? [] : [`ct_mark.${name} == ${n === 0 ? 0 : 1}`];
    }
    default: {
      const register = /^reg([0-9])$/.exec(field)?.[1];
      if (register === undefined) return [];
      // A whole register is an address (the next hop) or a small number.
      if (m === undefined) return n > 0xff_ffff ? [formatIp4(n)] : [];
      return Array.from({ length: 32 }, (_, bit) => bit).flatMap((bit) => (((m >>> bit) & 1) === 0 ? [] : [`reg${register}[${bit}] == ${(n >>> bit) & 1}`]));
    }
  }
}
