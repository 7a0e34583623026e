import { parseRule } from '../../../src/dumps/ovsFlows.ts';
import type { OfprotoAnswer, OfprotoPass } from '../../../src/engine/openflow/ofproto.ts';
import type { Visit } from '../../../src/engine/openflow/types.ts';
import type { FieldMatch, OvsBridge } from '../../../src/world/openflow.ts';
import { datapathPort, printDpActions } from '../../../src/text/dpActions.ts';
import { effectsOf } from './effects.ts';
import type { RealPass, RealVisit } from './traceText.ts';
import { namesOf } from './world.ts';

/** The first line on which engine and switch part; undefined on a side that ended before. */
export interface OvsDifference {
  readonly where: string;
  readonly engine: string | undefined;
  readonly real: string | undefined;
}

const conditions = (match: readonly FieldMatch[]): string =>
  match
    .map(({ field, value, mask }) => `${field}=${value.map((w) => w.toString(16)).join('.')}${mask ? `/${mask.map((w) => w.toString(16)).join('.')}` : ''}`)
    .toSorted()
    .join(' ');

/** The conditions that the switch printed, taken apart as those of a dump are. */
function realMatch(text: string, bridge: OvsBridge | undefined): string {
  const rule = parseRule(`${text} actions=drop`.trimStart(), bridge ? namesOf(bridge) : {});
  return rule ? conditions(rule.match) : `? ${text}`;
}

const MISS = 'no match';

function realLine({ bridge, table, rule }: RealVisit, bridges: readonly OvsBridge[]): string {
  return `${bridge} table ${table}: ${rule ? `priority ${rule.priority} cookie ${rule.cookie} ${realMatch(rule.match, bridges.find((b) => b.name === bridge))}` : MISS}`;
}

const engineLine = ({ bridge, table, rule }: Visit): string => `${bridge} table ${table}: ${rule ? `priority ${rule.priority} cookie ${rule.cookie} ${conditions(rule.match)}` : MISS}`;

/** The first heading of a resumed pass names the bridge of the ingress port, also when another one goes on: then that one is meant. */
function settled(visits: readonly RealVisit[], resumed: boolean, ours: readonly Visit[]): readonly RealVisit[] {
  const [mine] = ours;
  return resumed && mine ? visits.map((v) => (v.first ? { ...v, bridge: mine.bridge } : v)) : visits;
}

/** Floods go out in the order of a hash table, and enter bridges behind patch ports in that order. */
const FLOODS = /"kind":"output","port":(?:65530|65531|65532)\b/;

function hasFlood(visits: readonly Visit[], bridges: readonly OvsBridge[]): boolean {
  const visited = visits.flatMap((v) => v.rule?.actions ?? []);
  const text = JSON.stringify(visited);
  return FLOODS.test(text) || (text.includes('"kind":"group"') && FLOODS.test(JSON.stringify(bridges.flatMap((b) => b.groups ?? []))));
}

function firstDifference(where: string, engine: readonly string[], real: readonly string[]): OvsDifference | undefined {
  for (let i = 0; i < Math.max(engine.length, real.length); i++) if (engine[i] !== real[i]) return { where: `${where} ${i + 1}`, engine: engine[i], real: real[i] };
  return undefined;
}

function comparePass(index: number, ours: OfprotoPass, real: RealPass, bridges: readonly OvsBridge[]): OvsDifference | undefined {
  const visits = ours.translation.visits.filter((v) => v.left === undefined);
  const flood = hasFlood(visits, bridges);
  const order = (list: readonly string[]): readonly string[] => (flood ? list.toSorted() : list);
  const walked = firstDifference(`pass ${index + 1}, look-up`, order(visits.map(engineLine)), order(settled(real.visits, index > 0, visits).map((v) => realLine(v, bridges))));
  if (walked) return walked;
  if ((ours.translation.error !== undefined) !== (real.failure !== undefined)) return { where: `pass ${index + 1}, limits`, engine: ours.translation.error, real: real.failure };
  return firstDifference(`pass ${index + 1}, effect`, order(effectsOf(printDpActions(ours.translation.actions, (bridge, port) => datapathPort(bridges, bridge, port)), real.flow)), order(effectsOf(real.actions, real.flow)));
}

/** Where the engine's answer and the switch's trace part; undefined where they agree. */
export function compareTraces(answer: OfprotoAnswer, real: readonly RealPass[], bridges: readonly OvsBridge[]): OvsDifference | undefined {
  for (const [i, pass] of real.entries()) {
    const ours = answer.passes[i];
    // The engine follows so many passes and says so; what it says until then counts.
    if (!ours && answer.unknown.some((u) => u.what === 'passes')) return undefined;
    if (!ours) return { where: `pass ${i + 1}`, engine: undefined, real: pass.resumed?.split('\n')[0] ?? '' };
    const difference = comparePass(i, ours, pass, bridges);
    if (difference) return difference;
    // A trace follows copies that a translation sent off before it failed; the packet does not.
    if (pass.failure !== undefined) return undefined;
  }
  const more = answer.passes[real.length];
  return more && { where: `pass ${real.length + 1}`, engine: `resumes with ct_state ${more.resumed?.ctState ?? ''}`, real: undefined };
}
