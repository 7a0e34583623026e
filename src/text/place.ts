import type { Step } from '../engine/step.ts';
import type { Hook } from '../world/netfilter.ts';
import type { Place } from './reading-types.ts';

/** The station on the stage where a step happens. What has none of its own (a drop, an unknown) happens where the packet was last. */
export function placeOf(steps: readonly Step[], step: Step): Place {
  const at = { host: step.host, netns: step.netns };
  const device = (dev: string): Place => ({ kind: 'device', ...at, dev });
  switch (step.kind) {
    case 'table':
    case 'rule':
    case 'skipped':
    case 'policy':
      return { kind: 'hook', ...at, hook: step.hook };
    case 'conntrack':
    case 'nat':
      // In a bridge of Open vSwitch no hook is asked.
      if (inBridge(steps, step)) return step.dev === undefined ? { kind: 'socket', ...at } : device(step.dev);
      return { kind: 'hook', ...at, hook: hookOf(steps, step) };
    case 'ipvs':
      return { kind: 'hook', ...at, hook: step.op === 'reply' ? hookOf(steps, step) : 'IPVS' };
    case 'fib':
      return { kind: 'routing', ...at, which: step.purpose === 'input' ? 'in' : 'out' };
    case 'rp-filter':
      return { kind: 'routing', ...at, which: 'in' };
    case 'ttl':
      return { kind: 'routing', ...at, which: step.by === 'forward' ? 'in' : 'out' };
    case 'send':
      return step.dev === undefined ? { kind: 'socket', ...at } : device(step.dev);
    case 'deliver':
      return { kind: 'socket', ...at };
    case 'transmit':
      return step.segment !== undefined && step.dev !== undefined ? { kind: 'wire', segment: step.segment, from: { ...at, dev: step.dev }, to: step.to } : step.dev === undefined ? { kind: 'socket', ...at } : device(step.dev);
    case 'bridge':
    case 'ovs':
    case 'openflow':
    case 'ovs-action':
      return device(step.bridge);
    case 'receive':
    case 'encap':
    case 'decap':
    case 'neighbour':
    case 'arp':
    case 'left':
      return step.dev === undefined ? { kind: 'socket', ...at } : device(step.dev);
    case 'mtu':
    case 'fragment':
    case 'reassemble':
    case 'pmtu':
    case 'redirect':
    case 'drop':
    case 'unknown':
      return inheritedPlace(steps, step);
  }
}

/** Connection tracking that a bridge's rules have asked for. */
const inBridge = (steps: readonly Step[], step: Step): boolean => step.parent !== undefined && steps[step.parent]?.kind === 'ovs-action';

function inheritedPlace(steps: readonly Step[], step: Step): Place {
  if (step.kind === 'drop' && step.dev !== undefined && (step.reason === 'device-down' || step.reason === 'otherhost' || step.reason === 'no-carrier' || step.reason.startsWith('bridge') || step.reason === 'no-neighbour')) {
    return { kind: 'device', host: step.host, netns: step.netns, dev: step.dev };
  }
  if (step.kind === 'unknown' && step.what === 'device' && step.dev !== undefined) return { kind: 'device', host: step.host, netns: step.netns, dev: step.dev };
  const before = lastBefore(steps, step, () => true);
  if (before) {
    const place = placeOf(steps, before);
    // On a wire the machine that lost the packet is the one that would have sent or taken it.
    return place.kind === 'wire' ? { kind: 'device', ...place.from } : place;
  }
  return step.dev === undefined ? { kind: 'socket', host: step.host, netns: step.netns } : { kind: 'device', host: step.host, netns: step.netns, dev: step.dev };
}

/** The hook at which conntrack, or IPVS for a reply, looked at the packet: the engine's step does not carry it. */
function hookOf(steps: readonly Step[], step: Step): Hook {
  const inside = step.parent === undefined ? undefined : steps[step.parent];
  if (inside && (inside.kind === 'rule' || inside.kind === 'table')) return inside.hook;
  const arrival = lastBefore(steps, step, (s) => s.kind === 'receive' || s.kind === 'send' || s.kind === 'encap');
  const received = arrival?.kind === 'receive';
  const early = (step.kind === 'conntrack' && step.op !== 'confirm') || (step.kind === 'nat' && step.manip === 'dst');
  if (early) return received && step.dev !== undefined ? 'PREROUTING' : 'OUTPUT';
  const routed = lastBefore(steps, step, (s) => s.kind === 'fib' || s === arrival);
  const stopped = routed?.kind === 'fib' && routed.result === 'local' && routed.purpose === 'input';
  if (step.kind === 'ipvs') return stopped ? 'INPUT' : received ? 'FORWARD' : 'OUTPUT';
  return stopped ? 'INPUT' : 'POSTROUTING';
}

/** The last step before this one of the same packet in the same namespace that passes the test. */
function lastBefore(steps: readonly Step[], step: Step, test: (s: Step) => boolean): Step | undefined {
  for (let i = step.id - 1; i >= 0; i--) {
    const s = steps[i];
    if (s && s.packetId === step.packetId && s.host === step.host && s.netns === step.netns && test(s)) return s;
  }
  return undefined;
}
