import type { Stop } from './reading-types.ts';
import type { Tale } from './tale-types.ts';
import { deliverTale, dropTale, leftTale, sendTale } from './tales/ends.ts';
import { text, who } from './tales/facts.ts';
import { natStepTale, netfilterTale, ruleAsking, undoTale } from './tales/netfilter.ts';
import { arpFrame, arriveTale, decapTale, encapTale, ipvsTale, routeTale, sizeTale, transmitTale } from './tales/way.ts';
import { openflowTale, ovsActionTale, ovsTale } from './tales/ovs.ts';
import type { Telling } from './telling.ts';

/** What a stop tells; undefined only for a stop of another trace. */
export function taleOf(ctx: Telling, stop: Stop): Tale | undefined {
  const lead = ctx.trace.steps[stop.lead];
  if (!lead) return undefined;
  switch (lead.kind) {
    case 'send':
      return sendTale(ctx, lead);
    case 'receive':
      return lead.role === 'arp' ? arpFrame(lead, lead.dev ?? '?', who(ctx, lead)) : arriveTale(ctx, stop, lead);
    case 'bridge':
      return { kind: 'bridge', bridge: lead.bridge, op: lead.op, from: lead.from, to: lead.to, by: lead.by, host: who(ctx, lead), mac: lead.packet[0]?.type === 'eth' ? lead.packet[0].dst : undefined };
    case 'transmit':
      return transmitTale(ctx, stop, lead);
    case 'table':
    case 'rule':
    case 'skipped':
    case 'policy':
      return netfilterTale(ctx, stop, lead);
    case 'conntrack':
      return { kind: 'conntrack', op: lead.op, state: lead.state, direction: lead.direction };
    case 'nat':
      return natStepTale(ctx, stop, lead);
    case 'fib':
      return routeTale(ctx, lead);
    case 'rp-filter':
      return { kind: 'rp-filter', passed: lead.passed, mode: lead.mode, src: text(lead.src), dev: lead.dev ?? '?', expected: lead.expected };
    case 'ttl':
      return { kind: 'ttl', before: lead.before, after: lead.after };
    case 'mtu':
    case 'fragment':
    case 'reassemble':
    case 'pmtu':
      return sizeTale(ctx, stop, lead);
    case 'redirect':
      return { kind: 'redirect', ip: text(lead.dst), gateway: text(lead.gateway), host: who(ctx, lead), believed: lead.believed };
    case 'ipvs':
      return lead.op === 'reply' ? undoTale(ctx, stop, lead) : ipvsTale(ctx, lead);
    case 'encap':
      return encapTale(ctx, stop, lead);
    case 'decap':
      return decapTale(ctx, stop, lead);
    case 'ovs':
      return ovsTale(ctx, lead);
    case 'openflow':
      return openflowTale(ctx, lead);
    case 'ovs-action':
      return ovsActionTale(ctx, lead);
    case 'neighbour':
      return { kind: 'neighbour', dev: lead.dev ?? '?', ip: text(lead.ip), mac: lead.mac, how: lead.how };
    case 'arp':
      return arpFrame(lead, lead.dev ?? '?', who(ctx, lead));
    case 'deliver':
      return deliverTale(ctx, lead);
    case 'drop':
      return dropTale(ctx, lead);
    case 'left':
      return leftTale(ctx, lead);
    case 'unknown':
      return { kind: 'unknown', what: lead.what, name: lead.name.trim() || lead.what, ask: lead.ask, host: who(ctx, lead), rule: ruleAsking(ctx, lead) };
  }
}
