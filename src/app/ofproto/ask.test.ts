import { describe, expect, it } from 'vitest';
import { trace } from '../../engine/trace.ts';
import type { OvsStep, StepBase } from '../../engine/step.ts';
import { ovnWorld } from '../../testing/ovn.ts';
import { at, tcp } from '../../testing/sample.ts';
import { flowText } from '../../text/openflow/flowText.ts';
import { askFlow, type FlowQuestion, offersIn, traceCommand } from './ask.ts';

const world = ovnWorld();
const t = trace(world, tcp(at('worker1', 'client-0'), '10.128.0.15', 8080));
const question = (part: Partial<FlowQuestion>): FlowQuestion => ({ host: 'worker1', bridge: 'br-int', flow: 'in_port=3', ctNext: [], choices: {}, size: undefined, ...part });

describe('askFlow', () => {
  it.each([
    ['nothing', { flow: ' ' }, { kind: 'empty' }],
    ['a bridge that is not there', { bridge: 'br9' }, { kind: 'no-bridge' }],
    ['a field that is none', { flow: 'tcp,nw_scr=10.0.0.1' }, { kind: 'unknown-word', text: 'nw_scr=10.0.0.1' }],
    ['a range', { flow: 'ip,nw_src=10.0.0.0/8' }, { kind: 'masked', text: 'nw_src=10.0.0.0/8' }],
    ['a port that is not there', { flow: 'in_port=eth7,tcp' }, { kind: 'no-port', text: 'eth7' }],
  ])('says what is wrong with %s', (_, part, problem) => expect(askFlow(world, question(part))).toMatchObject({ kind: 'problem', problem }));

  it('offers every bridge whose rules are known, and no other', () => {
    expect(offersIn(world)).toContainEqual({ host: 'worker1', bridge: 'br-ex' });
    expect(offersIn(ovnWorld({ without: 'master1' })).some((o) => o.host === 'master1')).toBe(false);
  });
});

describe('flowText', () => {
  const bridgeOf = (s: StepBase & OvsStep) => world.hosts.find((h) => h.name === s.host)?.ovs?.find((b) => b.name === s.bridge);
  const entries = t.steps.filter((s): s is StepBase & OvsStep & { readonly kind: 'ovs' } => s.kind === 'ovs' && s.role === 'request' && s.how === 'port');

  it.each(entries.map((s) => [`${s.host} ${s.bridge} from ${s.port}`, s] as const))('is the packet of the walk: its first pass asks the same rules (%s)', (_, step) => {
    const result = askFlow(world, question({ host: step.host, bridge: step.bridge, flow: flowText(t, step, bridgeOf(step)) }));
    const walked = t.steps.filter((s) => s.kind === 'openflow' && s.parent === step.id).map((s) => (s.kind === 'openflow' ? [s.table, s.rule?.source?.line] : []));
    expect(walked.length).toBeGreaterThan(0);
    expect(result.kind === 'answer' && result.answer.passes[0]?.visits.filter((v) => v.bridge === step.bridge).map((v) => [v.table, v.rule?.source?.line])).toEqual(walked);
  });

  it('has entries on both nodes, one of them out of the tunnel', () => {
    expect(new Set(entries.map((s) => s.host)).size).toBe(2);
    expect(entries.map((s) => flowText(t, s, bridgeOf(s))).some((f) => f.includes('tun_id=') && f.includes('tun_src=') && f.includes('tun_metadata0='))).toBe(true);
  });
});

it('names the command for the machine, with the states that are not the default', () => {
  expect(traceCommand(question({ flow: 'in_port=3,tcp', ctNext: ['trk,new', 'trk,est', 'trk,new'] }), 4)).toBe("ovs-appctl ofproto/trace br-int 'in_port=3,tcp' --ct-next 'trk,new' --ct-next 'trk,est'");
  expect(traceCommand(question({}), 1)).toBe("ovs-appctl ofproto/trace br-int 'in_port=3'");
});
