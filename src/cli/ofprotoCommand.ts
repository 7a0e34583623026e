import { formatIp4 } from '../packet/address.ts';
import { parseFlow } from '../dumps/ovsFlow.ts';
import { printMatch } from '../dumps/ovsMatchPrint.ts';
import { portNames } from '../dumps/ovsNames.ts';
import { ofproto, type OfprotoAnswer } from '../engine/openflow/ofproto.ts';
import type { Visit } from '../engine/openflow/types.ts';
import { datapathPort, printDpActions } from '../text/dpActions.ts';
import { ofprotoLines, parseCtState, printFlow } from '../text/ofprotoLines.ts';
import { findHost } from '../world/lookup.ts';
import type { OvsBridge } from '../world/openflow.ts';
import type { World } from '../world/world.ts';
import type { Answered } from './traceCommand.ts';

/** One flow to follow, as the command line or a line of a file gives it. */
export interface OfprotoQuestion {
  readonly id: unknown;
  readonly host: string | undefined;
  readonly bridge: string;
  readonly flow: string;
  readonly ctNext: readonly string[];
  readonly choices: Readonly<Record<string, number>>;
  readonly size: number | undefined;
}

export type OfprotoReading = { readonly ok: true; readonly value: OfprotoQuestion } | { readonly ok: false; readonly id: unknown; readonly error: string };

const KEYS: ReadonlySet<string> = new Set(['id', 'host', 'bridge', 'flow', 'ct_next', 'choices', 'size']);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0;

/** Reads one line of a file of flows. */
export function readOfprotoLine(line: string): OfprotoReading {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return { ok: false, id: undefined, error: 'the line is no JSON' };
  }
  if (!isObject(json)) return { ok: false, id: undefined, error: 'a flow is an object' };
  const { id, host, bridge, flow, ct_next: ctNext = [], choices = {}, size } = json;
  const wrong = (error: string): OfprotoReading => ({ ok: false, id, error });
  const strange = Object.keys(json).find((key) => !KEYS.has(key));
  if (strange !== undefined) return wrong(`unknown key ${strange}`);
  if (host !== undefined && typeof host !== 'string') return wrong('host is the name of a machine');
  if (typeof bridge !== 'string') return wrong('bridge is missing');
  if (typeof flow !== 'string') return wrong('flow is missing');
  if (!Array.isArray(ctNext) || !ctNext.every((s) => typeof s === 'string')) return wrong('ct_next is a list of states such as "trk,est"');
  if (!isObject(choices) || !Object.values(choices).every(isCount)) return wrong('choices maps "group N" to the position of a bucket');
  if (size !== undefined && !isCount(size)) return wrong('size is a number of bytes');
  return { ok: true, value: { id, host, bridge, flow, ctNext, choices: choices as Readonly<Record<string, number>>, size } };
}

const idOf = (id: unknown): { readonly id?: unknown } => (id === undefined ? {} : { id });

export const failedOfproto = (id: unknown, error: string, format: 'json' | 'text'): Answered => ({ text: format === 'json' ? `${JSON.stringify({ ...idOf(id), error })}\n` : `${typeof id === 'string' || typeof id === 'number' ? id : 'flow'}: error: ${error}\n`, error });

/** Follows one flow, as `ovs-appctl ofproto/trace` does. Never throws: whatever is wrong becomes the answer's `error`. */
export function answerOfproto(world: World, question: OfprotoQuestion, format: 'json' | 'text'): Answered {
  const failed = (error: string): Answered => failedOfproto(question.id, error, format);
  const host = question.host === undefined ? undefined : findHost(world, question.host);
  if (!host) return failed(question.host === undefined ? 'host is missing' : `there is no host ${question.host} (there are: ${world.hosts.map((h) => h.name).join(', ')})`);
  const bridges = host.ovs ?? [];
  const bridge = bridges.find((b) => b.name === question.bridge);
  if (!bridge) return failed(`${host.name} has no Open vSwitch bridge ${question.bridge} (it has: ${bridges.map((b) => b.name).join(', ') || 'none'})`);
  const read = parseFlow(question.flow, portNames(bridge.ports));
  if ('error' in read) return failed(`flow: ${read.error === 'masked' ? 'a packet has no masks' : 'not understood'}: ${read.text}`);
  const ctNext: number[] = [];
  for (const text of question.ctNext) {
    const state = parseCtState(text);
    if (state === undefined) return failed(`${text} is no state of a connection such as trk,est`);
    ctNext.push(state);
  }
  const answer = ofproto(bridges, bridge, read.flow, { ctNext, choices: question.choices, size: question.size });
  for (const [key, bucket] of Object.entries(question.choices)) {
    const buckets = answer.chosen.get(key);
    if (buckets && !buckets.includes(bucket)) return failed(`choices: ${key} has no such bucket (it has: ${buckets.join(', ')})`);
  }
  if (format === 'text') return { text: ofprotoLines(bridges, bridge.name, answer).map((line) => `${line}\n`).join(''), error: undefined };
  return { text: `${JSON.stringify({ ...idOf(question.id), ...ofprotoJson(bridges, bridge, answer) })}\n`, error: undefined };
}

/** The answer as HEADLESS.md has it. */
export function ofprotoJson(bridges: readonly OvsBridge[], bridge: OvsBridge, answer: OfprotoAnswer): object {
  const names = portNames(bridge.ports);
  const actions = answer.passes.map((pass) => printDpActions(pass.translation.actions, (b, port) => datapathPort(bridges, b, port)));
  const visited = (visit: Visit): object => {
    const tableName = bridges.find((b) => b.name === visit.bridge)?.tableNames?.[String(visit.table)];
    const at = { bridge: visit.bridge, table: visit.table, ...(tableName === undefined ? {} : { tableName }) };
    if (!visit.rule) return { ...at, priority: null };
    const match = printMatch(visit.rule.match, portNames(bridges.find((b) => b.name === visit.bridge)?.ports ?? [])).join(',');
    return { ...at, priority: visit.rule.priority, cookie: `0x${visit.rule.cookie}`, match };
  };
  return {
    passes: answer.passes.map((pass, i) => ({ flow: printFlow(pass.flow, names), visited: pass.visits.filter((v) => !v.left).map(visited), actions: actions[i] })),
    outputs: answer.outputs.map(({ bridge: from, port, tunnel }) => ({ bridge: from, port, ...(tunnel ? { tunnel: { dst: formatIp4(tunnel.dst), vni: tunnel.vni } } : {}) })),
    verdict: answer.verdict,
    actions: actions.at(-1) ?? 'drop',
    ...(answer.unknown.length > 0 ? { unknown: answer.unknown } : {}),
  };
}
