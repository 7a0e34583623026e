import type { ProbeJson } from '../../../src/cli/probeJson.ts';
import { DEFAULT_ICMP_ID } from '../../../src/engine/send.ts';
import type { Piece } from './draft.ts';
import type { Rng } from './rng.ts';
import type { Words } from './words.ts';

interface End {
  readonly ip: string;
  readonly port: number;
}

/** What is between the two ends of one direction, as `conntrack -L` prints it. */
type Direction = (src: End, dst: End) => string;

const ports: Direction = (src, dst) => `src=${src.ip} dst=${dst.ip} sport=${src.port} dport=${dst.port}`;
const echo =
  (type: number, id: number): Direction =>
  (src, dst) => `src=${src.ip} dst=${dst.ip} type=${type} code=0 id=${id}`;

/** How far a connection has come, by protocol: what is printed before it, and whether replies were seen. */
const STAGES: Readonly<Record<string, readonly (readonly [string, 'unreplied' | 'replied' | 'assured'])[]>> = {
  tcp: [['tcp      6 400 ESTABLISHED', 'assured'], ['tcp      6 400 SYN_SENT', 'unreplied'], ['tcp      6 400 SYN_RECV', 'replied']],
  udp: [['udp      17 400', 'unreplied'], ['udp      17 400', 'replied'], ['udp      17 400', 'assured']],
  icmp: [['icmp     1 400', 'unreplied'], ['icmp     1 400', 'replied']],
};

/** A connection that the machine knows already: the one that this probe will make, or its other direction, translated or not. */
export function drawConnection(rng: Rng, words: Words, probe: ProbeJson, own: string): Piece | undefined {
  const { proto, dst: to } = probe;
  const stages = STAGES[String(proto)];
  if (stages === undefined || to === undefined) return undefined;
  const client: End = { ip: own, port: probe.sport ?? 0 };
  const service: End = { ip: to, port: probe.dport ?? 0 };
  const kind = rng.weighted([[4, 'plain'], [2, 'dnat'], [2, 'snat'], [1, proto === 'icmp' ? 'plain' : 'reverse']] as const);
  const [from, at] = kind === 'reverse' ? [service, client] : [client, service];
  const server: End = kind === 'dnat' ? { ip: rng.pick(words.targets), port: rng.chance(0.5) ? at.port : rng.pick(words.servicePorts) } : at;
  const seenFrom: End = kind === 'snat' ? { ip: rng.pick(words.sources), port: from.port } : from;
  const [request, reply] = proto === 'icmp' ? [echo(8, DEFAULT_ICMP_ID), echo(0, DEFAULT_ICMP_ID)] : [ports, ports];
  const [head, stage] = rng.pick(stages);
  const line = [head, request(from, at), ...(stage === 'unreplied' ? ['[UNREPLIED]'] : []), reply(server, seenFrom), ...(stage === 'assured' ? ['[ASSURED]'] : []), `mark=${rng.pick(words.marks)}`, 'use=1'];
  return { text: line.join(' '), covers: [`ct:given-${kind}`] };
}
