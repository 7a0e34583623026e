import { parseFlow } from '../../dumps/ovsFlow.ts';
import { portNames } from '../../dumps/ovsNames.ts';
import { ofproto, type OfprotoAnswer } from '../../engine/openflow/ofproto.ts';
import { parseCtState } from '../../text/ofprotoLines.ts';
import type { OvsBridge } from '../../world/openflow.ts';
import type { World } from '../../world/world.ts';

/** A flow to follow through a bridge, as the form has it. */
export interface FlowQuestion {
  readonly host: string;
  readonly bridge: string;
  readonly flow: string;
  /** What conntrack says at the end of the first, second, … pass: `trk,est`. */
  readonly ctNext: readonly string[];
  /** By `group N`: the bucket. */
  readonly choices: Readonly<Record<string, number>>;
  /** Bytes of the frame. */
  readonly size: number | undefined;
}

export type FlowProblem =
  | { readonly kind: 'empty' | 'no-bridge' }
  | { readonly kind: 'unknown-word' | 'masked'; readonly text: string }
  | { readonly kind: 'no-port'; readonly text: string; readonly ports: readonly string[] };

export type FlowResult = { readonly kind: 'answer'; readonly bridges: readonly OvsBridge[]; readonly bridge: OvsBridge; readonly answer: OfprotoAnswer } | { readonly kind: 'problem'; readonly problem: FlowProblem };

/** A bridge whose rules are known, for the list to choose from. */
export interface Offer {
  readonly host: string;
  readonly bridge: string;
}

/** Bridges that a flow can be followed through. */
export const offersIn = (world: World): readonly Offer[] => world.hosts.flatMap((h) => (h.ovs ?? []).flatMap((b) => (b.flows === undefined ? [] : [{ host: h.name, bridge: b.name }])));

/** Follows the flow; whatever is wrong with it is told and not thrown. */
export function askFlow(world: World, question: FlowQuestion): FlowResult {
  const problem = (value: FlowProblem): FlowResult => ({ kind: 'problem', problem: value });
  const bridges = world.hosts.find((h) => h.name === question.host)?.ovs ?? [];
  const bridge = bridges.find((b) => b.name === question.bridge);
  if (!bridge) return problem({ kind: 'no-bridge' });
  if (question.flow.trim() === '') return problem({ kind: 'empty' });
  const read = parseFlow(question.flow, portNames(bridge.ports));
  if ('error' in read) {
    const port = /^in_port=(.*)$/.exec(read.text)?.[1];
    if (read.error === 'unknown-word' && port !== undefined) return problem({ kind: 'no-port', text: port, ports: bridge.ports.map((p) => p.name) });
    return problem({ kind: read.error, text: read.text });
  }
  const ctNext = question.ctNext.flatMap((text) => parseCtState(text) ?? []);
  return { kind: 'answer', bridges, bridge, answer: ofproto(bridges, bridge, read.flow, { ctNext, choices: question.choices, size: question.size }) };
}

/** The command that tells the same on the machine. */
export function traceCommand({ bridge, flow, ctNext }: FlowQuestion, passes: number): string {
  const states = ctNext.slice(0, Math.max(0, passes - 1));
  const last = states.findLastIndex((s) => s !== 'trk,new');
  return `ovs-appctl ofproto/trace ${bridge} '${flow.replaceAll("'", "'\\''")}'${states.slice(0, last + 1).map((s) => ` --ct-next '${s}'`).join('')}`;
}
