import type { ProbeJson } from '../../../src/cli/probeJson.ts';
import type { Rng } from './rng.ts';
import type { Shape } from './shape.ts';
import { MARKS, SPORT, TOS } from './words.ts';

const PORTS: readonly (readonly [number, number])[] = [[6, 80], [2, 81], [2, 443], [2, 53], [1, 8080]];

const PROTOS: readonly (readonly [number, 'tcp' | 'udp' | 'icmp' | 'sctp' | 253])[] = [[8, 'tcp'], [6, 'udp'], [5, 'icmp'], [1.5, 'sctp'], [0.7, 253]];

/** Where a space's name stands in a probe: `n/p1` is namespace p1 of host n. */
const fromOf = (name: string): ProbeJson['from'] => {
  const [host = '', netns] = name.split('/');
  return { host, ...(netns === undefined ? {} : { netns }) };
};

/** One packet or connection, from one of the shape's machines to one of its addresses, and sometimes to nobody's. */
export function drawProbe(rng: Rng, shape: Shape, far: readonly string[], nth: number): ProbeJson {
  const from = rng.weighted(shape.spaces.map((s) => [s.likely < 1 ? 2 : 1, s] as const));
  const others = shape.addresses.filter((a) => !from.own.includes(a));
  const proto = rng.weighted(PROTOS);
  // A raw socket would take its own packets for answers.
  const talks = proto === 'tcp' || proto === 'udp' || proto === 'icmp';
  const dst = rng.weighted([[12, rng.pick(others)], [2, others[0] ?? rng.pick(others)], [talks ? 1 : 0, rng.pick(from.own)], [1.5, rng.pick(far)]] as const);
  const ported = proto === 'tcp' || proto === 'udp' || proto === 'sctp';
  // An error about a packet with less than 8 bytes behind its header reaches no socket (icmp_socket_deliver()).
  const size = rng.weighted([[6, proto === 253 ? 20 : undefined], [1, 100], [1, 1400], [1, 1472], [1.5, 3000]] as const);
  const ttl = rng.weighted([[8, undefined], [1, 1], [1, 2], [0.5, 3], [0.5, 255]] as const);
  // A stream socket keeps the two bits of ECN for itself (__ip_sock_set_tos()).
  const tos = rng.chance(0.2) ? rng.pick(TOS) & (proto === 'tcp' ? 0xfc : 0xff) : undefined;
  const df = rng.weighted([[8, undefined], [1, true], [1, false]] as const);
  const mark = rng.chance(0.15) ? rng.pick(MARKS) : undefined;
  return {
    from: fromOf(from.name),
    dst,
    proto,
    ...(ported ? { sport: SPORT + nth, dport: rng.weighted(PORTS) } : {}),
    // How many ACKs data brings about is the sockets' affair.
    ...(size === undefined || proto === 'sctp' || proto === 'tcp' ? {} : { size }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(tos === undefined ? {} : { tos }),
    ...(df === undefined ? {} : { df }),
    ...(mark === undefined ? {} : { mark }),
  };
}
