import { parseFlow } from '../../../src/dumps/ovsFlow.ts';
import { newSwitchState, type SwitchState } from '../../../src/engine/openflow/context.ts';
import { ofproto } from '../../../src/engine/openflow/ofproto.ts';
import { CT_STATE } from '../../../src/world/openflowFields.ts';
import type { Translation } from '../../../src/engine/openflow/types.ts';
import type { OpenFlowAction, OvsBridge } from '../../../src/world/openflow.ts';
import type { OvsCase, OvsPacket } from './case.ts';
import { compareTraces, type OvsDifference } from './compare.ts';
import type { Switch, Traced } from './switch.ts';
import { bedWorld, namesOf } from './world.ts';

export type OvsJudgement =
  /** `features`: what the look-ups relied on, as the page names it. */
  | { readonly kind: 'agree'; readonly features: readonly string[] }
  | { readonly kind: 'differ'; readonly difference: OvsDifference }
  /** The engine says that it does not know. */
  | { readonly kind: 'unknown'; readonly name: string }
  /** The switch could not be asked, or the question not be read. */
  | { readonly kind: 'error'; readonly message: string };

export interface OvsJudged {
  readonly test: OvsCase;
  readonly packet: OvsPacket;
  readonly judgement: OvsJudgement;
  readonly traced: Traced | undefined;
}

/** `trk,est` as bits. */
const ctBits = (text: string): number => text.split(/[,|]/).reduce((bits, name) => bits | (CT_STATE[name as keyof typeof CT_STATE] ?? 0), 0);

/** Select groups choose by a table of their own: the engine is told which bucket the switch took. */
function choicesOf(traced: Traced, bridges: readonly OvsBridge[]): Readonly<Record<string, number>> {
  const choices: Record<string, number> = {};
  for (const { buckets } of traced.passes) {
    for (const { group, bucket } of buckets) {
      const known = bridges.flatMap((b) => b.groups ?? []).find((g) => g.id === group && g.type === 'select');
      const at = known?.buckets.findIndex((b, i) => (b.id ?? i) === bucket) ?? -1;
      if (at !== -1) choices[`group ${group}`] = at;
    }
  }
  return choices;
}

/** Asks the engine what the switch was asked, and compares. */
export function judgePacket(packet: OvsPacket, traced: Traced, bridges: readonly OvsBridge[], state: SwitchState = newSwitchState()): OvsJudgement {
  if (traced.refused !== undefined) return { kind: 'error', message: traced.refused };
  const bridge = bridges.find((b) => b.name === (packet.bridge ?? 'br0'));
  if (!bridge) return { kind: 'error', message: `no bridge ${packet.bridge ?? 'br0'}` };
  const read = parseFlow(packet.flow, namesOf(bridge));
  if ('error' in read) return { kind: 'error', message: `the engine cannot read ${read.text}` };
  const answer = ofproto(bridges, bridge, read.flow, { ctNext: (packet.ctNext ?? []).map(ctBits), choices: choicesOf(traced, bridges), size: undefined, state, learns: packet.generate ?? false });
  const difference = compareTraces(answer, traced.passes, bridges);
  if (!difference) return { kind: 'agree', features: featuresMet(answer.passes) };
  const [unknown] = answer.unknown;
  return unknown ? { kind: 'unknown', name: `${unknown.what} ${unknown.name}` } : { kind: 'differ', difference };
}

/** What src/text/features.ts says of the steps that these look-ups are in a walk. */
const featuresMet = (passes: readonly { readonly translation: Translation }[]): readonly string[] => [
  ...new Set(
    passes.flatMap(({ translation }, i) => [
      i === 0 ? 'ovs:port' : 'ovs:resume',
      ...translation.visits.flatMap(({ rule }) => (rule ? [...rule.match.map((m) => `openflow:match ${m.field}`), ...rule.actions.map((a) => `openflow:${a.kind}`)] : ['openflow:miss'])),
    ]),
  ),
];

/** Look-ups and passes of one packet beyond which a random one is not sent: forks of forks make traces that fill the switch's memory. */
const MOST_VISITS = 4_500;
const MOST_PASSES = 32;

/** Of a translation that fails nothing comes, but a trace follows each copy that it had sent off (oftrace_add_recirc_node()). */
const asksConntrack = (action: OpenFlowAction): boolean => (action.kind === 'ct' && action.table !== undefined) || (action.kind === 'clone' && action.actions.some(asksConntrack));

function isEndless(packet: OvsPacket, bridges: readonly OvsBridge[]): boolean {
  const bridge = bridges.find((b) => b.name === (packet.bridge ?? 'br0'));
  const read = bridge && parseFlow(packet.flow, namesOf(bridge));
  if (!read || 'error' in read) return false;
  const { passes } = ofproto(bridges, bridge, read.flow, { ctNext: (packet.ctNext ?? []).map(ctBits), choices: {}, size: undefined });
  const forks = passes.flatMap(({ translation }) => (translation.error === undefined ? [] : translation.visits.filter((v) => v.rule?.actions.some(asksConntrack)))).length;
  return passes.length + forks > MOST_PASSES || passes.reduce((sum, p) => sum + p.translation.visits.length, 0) > MOST_VISITS;
}

/** Loads a case into the switch, and judges each of its packets; `bounded`: but for those that would go on for ever. */
export async function judgeCase(test: OvsCase, real: Switch, bounded = false): Promise<readonly OvsJudged[]> {
  const failed = (message: string): readonly OvsJudged[] => test.packets.map((packet) => ({ test, packet, judgement: { kind: 'error', message } as const, traced: undefined }));
  const refused = await real.load(test);
  if (refused !== undefined) return failed(`the switch refuses: ${refused.split('\n')[0] ?? ''}`);
  const { bridges, complaints } = bedWorld(real.dumps());
  const [complaint] = complaints;
  if (complaint !== undefined) return failed(`the parsers do not understand ${complaint}`);
  const judged: OvsJudged[] = [];
  const state = newSwitchState();
  for (const packet of test.packets) {
    if (bounded && isEndless(packet, bridges)) continue;
    const traced = await real.trace(packet);
    judged.push({ test, packet, judgement: judgePacket(packet, traced, bridges, state), traced });
  }
  return judged;
}

/** What a disagreement is shown as. */
export function ovsDifferenceText({ test, packet, judgement, traced }: OvsJudged): string {
  const head = `${test.name}\n  packet: ${packet.bridge ?? 'br0'} ${packet.flow}${packet.ctNext ? ` --ct-next ${packet.ctNext.join(' ')}` : ''}`;
  switch (judgement.kind) {
    case 'agree':
      return `${head}\n  agrees`;
    case 'unknown':
      return `${head}\n  unknown: ${judgement.name}`;
    case 'error':
      return `${head}\n  not judged: ${judgement.message}`;
    case 'differ': {
      const { where, engine, real } = judgement.difference;
      const rules = Object.entries(test.flows).flatMap(([bridge, flows]) => flows.map((f) => `    ${bridge}: ${f}`));
      const groups = Object.entries(test.groups ?? {}).flatMap(([bridge, list]) => list.map((g) => `    ${bridge}: ${g}`));
      return `${head}\n  ${where}\n    engine: ${engine ?? '(nothing)'}\n    switch: ${real ?? '(nothing)'}\n    actions: ${traced?.passes.map((p) => p.actions).join(' | ') ?? ''}\n${[...groups, ...rules].slice(0, 40).join('\n')}`;
    }
  }
}
