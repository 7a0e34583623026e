import type { DropReason, Step } from '../../engine/step.ts';
import { formatIp4 } from '../../packet/address.ts';
import { l4Of, SCTP_ABORT, TCP_RST } from '../../packet/packet.ts';
import { protocolName } from '../../packet/protocols.ts';
import { icmpName } from '../icmpNames.ts';
import { serviceName } from '../names.ts';
import type { Tale } from '../tale-types.ts';
import type { Telling } from '../telling.ts';
import { innerIp, lastOf, named, outerIp, portsOf, prober, sentBy, sortOf, text, who } from './facts.ts';
import { ruleName } from './netfilter.ts';
import { offeredMss } from './way.ts';

type SendStep = Extract<Step, { kind: 'send' }> & Step;
type DeliverStep = Extract<Step, { kind: 'deliver' }> & Step;

export function sendTale(ctx: Telling, step: SendStep): Tale {
  const ip = outerIp(step.packet);
  const actor = step.what === 'probe' ? prober(ctx) : step.dev === undefined ? who(ctx, step) : ((ip && named(ctx, ip.src)) ?? who(ctx, step));
  const to = text(ip?.dst);
  const { dport } = portsOf(step.packet);
  switch (step.what) {
    case 'probe': {
      const sort = sortOf(ip?.proto ?? 0);
      const src = text(ip?.src);
      return { kind: 'send', who: actor, to, toName: ip && named(ctx, ip.dst), sort, port: dport, proto: protocolName(ip?.proto ?? 0), src, sourceChosen: ctx.trace.probe.from.kind === 'netns' && ctx.trace.probe.src === undefined };
    }
    case 'answer': {
      const seen = ctx.trace.steps.slice(0, step.id).findLast((s) => s.kind === 'deliver' && s.connection === step.connection && s.role === 'request');
      const client = ctx.trace.probe.from;
      const sent = innerIp(sentBy(ctx, step.connection));
      return {
        kind: 'answer',
        who: actor,
        to,
        toName: ip && named(ctx, ip.dst),
        sort: sortOf(ip?.proto ?? 0),
        mss: offeredMss(step),
        expected: seen === undefined || sent?.src === ip?.dst || (client.kind === 'outside' && client.ip === ip?.dst),
      };
    }
    case 'ack':
    case 'data': {
      const data = ctx.trace.steps.filter((s) => s.kind === 'send' && s.what === 'data' && s.connection === step.connection);
      const bytes = data.reduce((sum, s) => sum + s.packet.reduce((n, h) => n + (h.type === 'payload' ? h.bytes : 0), 0), 0);
      return { kind: 'data', who: actor, to, segments: data.length, bytes };
    }
    case 'icmp-error': {
      const icmp = step.icmp ?? step.packet.find((h) => h.type === 'icmp');
      return { kind: 'icmp-error', who: actor, to, error: icmpName(icmp?.icmptype ?? 0, icmp?.code ?? 0, ctx.lang), from: text(ip?.src) };
    }
    case 'reset':
      return { kind: 'reset', who: actor, to };
  }
}

export function deliverTale(ctx: Telling, step: DeliverStep): Tale {
  const ip = innerIp(step.packet);
  const l4 = l4Of(step.packet);
  const actor = step.dev !== undefined && ctx.trace.probe.from.kind === 'outside' && ip?.dst === ctx.trace.probe.from.ip ? prober(ctx) : who(ctx, step);
  const src = text(ip?.src);
  const sent = innerIp(sentBy(ctx, step.connection));
  const was = step.role !== 'request' || sent === undefined || sent.src === ip?.src ? undefined : text(sent.src);
  const changes = changesBefore(ctx, step);
  switch (step.to) {
    case 'listener':
    case 'assumed':
      return { kind: 'taken', who: actor, src, was, assumed: step.to === 'assumed', port: portsOf(step.packet).dport, changes, data: step.role === 'data', policyOf: was === undefined ? undefined : clusterPolicy(ctx) };
    case 'client': {
      if ((l4?.type === 'tcp' && (l4.flags & TCP_RST) !== 0) || (l4?.type === 'sctp' && l4.chunk === SCTP_ABORT)) return { kind: 'reset-heard', who: actor, from: src };
      // Who truly answered, when the address does not say so.
      const answered = ctx.trace.steps.slice(0, step.id).findLast((s) => s.kind === 'send' && s.what === 'answer' && s.connection === step.connection);
      const real = answered && innerIp(answered.packet)?.src;
      return { kind: 'heard', who: actor, from: src, hidden: real === undefined || real === ip?.src ? undefined : (named(ctx, real) ?? formatIp4(real)), sort: sortOf(ip?.proto ?? 0) };
    }
    case 'kernel': {
      const icmp = l4?.type === 'icmp' ? l4 : undefined;
      if (icmp?.icmptype === 8) return { kind: 'echo', who: actor, src, was, changes };
      return { kind: 'kernel', who: actor, reset: l4?.type === 'tcp', error: icmp?.quote ? icmpName(icmp.icmptype, icmp.code, ctx.lang) : undefined };
    }
    case 'controller':
      return { kind: 'controller-answers', bridge: step.dev ?? '', port: portsOf(step.packet).dport };
    case 'error-to-client': {
      const icmp = l4?.type === 'icmp' ? l4 : undefined;
      return { kind: 'told', who: actor, error: icmpName(icmp?.icmptype ?? 0, icmp?.code ?? 0, ctx.lang), from: src };
    }
    case 'refused':
      return { kind: 'no-listener', who: actor, port: portsOf(step.packet).dport, proto: protocolName(ip?.proto ?? 0) };
    case 'stray': {
      // Another machine than the client waits for nobody: the answer came to it because nothing led it on.
      const asked = ctx.trace.steps.find((s) => s.connection === step.connection && s.kind === 'send');
      const expected = sent && asked?.host === step.host && asked.netns === step.netns ? text(sent.dst) : undefined;
      return { kind: 'stray', who: actor, from: src, expected: expected === src ? undefined : expected, cause: bypassed(ctx, step) };
    }
  }
}

/** The service behind the probe's outside address, if its objects say that any node's endpoint may answer. */
function clusterPolicy(ctx: Telling): string | undefined {
  const { dst } = ctx.trace.probe;
  const service = ctx.world.names.services.find((s) => typeof dst === 'number' && (s.loadBalancerIps.includes(dst) || s.externalIps.includes(dst)));
  return service?.externalTrafficPolicy === 'Cluster' ? serviceName(service) : undefined;
}

/** What changed the addresses of this packet on its way: rules by name, and IPVS. */
function changesBefore(ctx: Telling, step: Step): readonly string[] {
  const changes = ctx.trace.steps.slice(0, step.id).flatMap((s) => {
    if (s.packetId !== step.packetId) return [];
    if (s.kind === 'nat' && s.by === 'rule') {
      const rule = s.parent === undefined ? undefined : ctx.trace.steps[s.parent];
      return rule?.kind === 'rule' ? [`${ruleName(rule)} (${s.host})`] : [];
    }
    return s.kind === 'ipvs' && s.op === 'schedule' ? [`IPVS (${s.host})`] : [];
  });
  return [...new Set(changes)];
}

/** The machine that had rewritten the request's destination and that its reply did not pass; undefined when it did. */
export function bypassed(ctx: Telling, replyStep: Step): string | undefined {
  const request = ctx.trace.steps.filter((s) => s.connection === replyStep.connection && s.role === 'request');
  const rewriter = request.find((s) => (s.kind === 'ipvs' && s.op !== 'no-destination') || (s.kind === 'nat' && s.manip === 'dst' && s.by === 'rule'));
  if (!rewriter) return undefined;
  const passed = ctx.trace.steps.some((s) => s.packetId === replyStep.packetId && s.host === rewriter.host && s.netns === rewriter.netns);
  return passed ? undefined : rewriter.host;
}

/** IPVS says only that it could not send: the step before says why. */
function trueReason(ctx: Telling, step: Step, reason: DropReason): DropReason {
  if (reason !== 'ipvs-unroutable') return reason;
  const before = lastOf(ctx, step, (s) => s.kind === 'fib' || s.kind === 'mtu');
  if (before?.kind === 'mtu') return 'too-big';
  if (before?.kind !== 'fib') return reason;
  if (before.result === 'no-route' || before.result === 'blackhole' || before.result === 'unreachable' || before.result === 'prohibit') return before.result;
  return (outerIp(step.packet)?.ttl ?? 64) <= 1 ? 'ttl' : reason;
}

export function dropTale(ctx: Telling, step: Extract<Step, { kind: 'drop' }> & Step): Tale {
  const ip = outerIp(step.packet);
  const reason = trueReason(ctx, step, step.reason);
  if (reason === 'too-big') {
    const mtu = lastOf(ctx, step, (s) => s.kind === 'mtu');
    if (mtu?.kind === 'mtu') return { kind: 'too-big', bytes: mtu.bytes, mtu: mtu.mtu, host: who(ctx, step), told: mtu.action === 'error' };
  }
  // IPVS fails on the way to the real server, not to the address that the packet still has.
  const fib = step.reason === 'ipvs-unroutable' ? lastOf(ctx, step, (s) => s.kind === 'fib') : undefined;
  const tag = reason === 'otherhost' ? lastOf(ctx, step, (s) => s.kind === 'receive')?.packet.find((h) => h.type === 'vlan') : undefined;
  return { kind: 'drop', reason, host: who(ctx, step), dev: step.dev, src: text(ip?.src), dst: text(fib?.kind === 'fib' ? fib.dst : ip?.dst), ...(tag ? { vlan: tag.id } : {}) };
}

/** The node that the packet, or the tunnel's packet around it, is for. */
const nodeOf = (ctx: Telling, step: Step): string | undefined => {
  const dst = outerIp(step.packet)?.dst;
  return dst === undefined ? undefined : ctx.world.names.nodes.find((n) => n.internalIps.includes(dst))?.name;
};

export function leftTale(ctx: Telling, step: Extract<Step, { kind: 'left' }> & Step): Tale {
  const dst = innerIp(step.packet)?.dst;
  return { kind: 'left', ip: text(step.next ?? dst), name: dst === undefined ? undefined : named(ctx, dst), dev: step.dev, assumed: step.assumed === 'pod-without-dump', node: nodeOf(ctx, step) };
}
