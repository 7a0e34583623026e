import { describe, expect, it, test } from 'vitest';
import { formatIp4 } from '../../packet/address.ts';
import { ipOf, PROTO_SCTP, PROTO_UDP } from '../../packet/packet.ts';
import { packetBytes } from '../../packet/sizes.ts';
import { ovnControllerWorld } from '../../testing/ovnController.ts';
import { at, ip } from '../../testing/sample.ts';
import type { Probe } from '../probe.ts';
import type { Step } from '../step.ts';
import { trace } from '../trace.ts';
import type { Trace } from '../trace-types.ts';

/*
 * What ovn-controller answers: each frame here was put into port va or vb of a switch that ovn-controller 23.03.1 runs, and this is what
 * came out of its ports (bytes of the frame, addresses, TTL, what is in it).
 */

const world = ovnControllerWorld();
const A = at('n1', 'a');
const udp = (from: Probe['from'], dst: string, sport: number, dport: number, size = 0): Probe => ({ from, dst: ip(dst), proto: PROTO_UDP, sport, dport, size });

/** The frame that the answer is when it leaves the switch by a port. */
const answerAt = (t: Trace, dev: string, roles: readonly Step['role'][]): string | undefined => {
  const sent = t.steps.find((s) => s.kind === 'transmit' && s.dev === dev && roles.includes(s.role));
  if (!sent) return undefined;
  const { src, dst, ttl } = ipOf(sent.packet);
  return `${packetBytes(sent.packet)} ${formatIp4(src)} > ${formatIp4(dst)} ttl ${ttl}`;
};
const controllers = (t: Trace): readonly (string | undefined)[] => t.steps.flatMap((s) => (s.kind === 'ovs-action' && s.action.kind === 'controller' ? [s.action.what] : []));

describe('DHCP', () => {
  const ask = (size: number): Probe => udp(A, '255.255.255.255', 68, 67, size);

  test.each([
    ['DHCPDISCOVER is offered the address of the port', 0, '337 10.1.0.1 > 10.1.0.10 ttl 64'],
    ['DHCPREQUEST for it is acknowledged', 1, '337 10.1.0.1 > 10.1.0.10 ttl 64'],
    ['DHCPREQUEST for another address is refused', 2, '294 10.1.0.1 > 10.1.0.10 ttl 64'],
  ])('%s', (_, option, frame) => {
    const t = trace(world, ask(250), { 'n1/ovn-dhcp': option });
    expect(answerAt(t, 'va', ['reply'])).toBe(frame);
    expect(t.outcomes).toMatchObject([{ request: { verdict: 'delivered', host: 'n1', dev: 'br-int' } }]);
    expect(t.steps.find((s) => s.kind === 'transmit' && s.dev === 'va' && s.role === 'reply')?.packet.slice(-2)).toMatchObject([{ type: 'udp', sport: 67, dport: 68 }, { type: 'payload' }]);
  });

  it('what is no question to it goes on to where it was sent', () => {
    const t = trace(world, { ...ask(250), reply: false }, { 'n1/ovn-dhcp': 3 });
    expect([answerAt(t, 'va', ['reply']), answerAt(t, 'vb', ['request'])]).toEqual([undefined, `${14 + 28 + 250} 10.1.0.10 > 255.255.255.255 ttl 64`]);
  });

  it('what is too short to be one goes on, and nothing is left to say', () => {
    const t = trace(world, ask(242));
    expect(t.choices.map((c) => c.kind)).toEqual([]);
    expect(answerAt(t, 'vb', ['request'])).toBe(`${14 + 28 + 242} 10.1.0.10 > 255.255.255.255 ttl 64`);
  });

  it('a question to the server’s own address is answered to the one who asked', () => expect(trace(world, udp(A, '10.1.0.1', 68, 67, 250)).outcomes).toMatchObject([{ client: 'answer' }]));
});

describe('DNS', () => {
  const ask = (size: number): Probe => udp(A, '10.1.0.11', 5000, 53, size);

  it('a name that OVN knows is answered in the name of the server that was asked', () => {
    const t = trace(world, ask(29), { 'n1/ovn-dns': 1 });
    expect(answerAt(t, 'va', ['reply'])).toBe('98 10.1.0.11 > 10.1.0.10 ttl 64');
    expect(t.outcomes).toMatchObject([{ client: 'answer', request: { verdict: 'delivered', dev: 'br-int' } }]);
  });
  it('another one goes to the server', () => expect(answerAt(trace(world, ask(29)), 'vb', ['request'])).toBe('71 10.1.0.10 > 10.1.0.11 ttl 64'));
  it('what is too short to be a question goes to the server, and nothing is left to say', () => {
    const t = trace(world, ask(16));
    expect([t.choices, answerAt(t, 'vb', ['request'])]).toEqual([[], '58 10.1.0.10 > 10.1.0.11 ttl 64']);
  });
});

it('tables that ask the controller again and again end', () => {
  const asking = ovnControllerWorld(() => 'arp actions=FLOOD\nudp actions=controller(userdata=00.00.00.06.00.00.00.00.00.01.de.10.00.00.00.64,pause),resubmit(,0)\n');
  const t = trace(asking, { from: A, dst: ip('10.1.0.11'), proto: PROTO_UDP, sport: 5000, dport: 53, size: 29 });
  expect(t.steps.find((s) => s.kind === 'unknown')).toMatchObject({ what: 'bound', name: '32 passes' });
});

it('a controller whose answers come back to it ends', () => {
  // icmp4 { resubmit(,0) }: an error about each error.
  const answering = ovnControllerWorld(() => 'arp actions=FLOOD\nip actions=controller(userdata=00.00.00.0a.00.00.00.00.ff.ff.00.10.00.00.23.20.00.0e.ff.f8.00.00.00.00)\n');
  const t = trace(answering, { from: A, dst: ip('10.1.0.11'), proto: PROTO_UDP, dport: 53 });
  expect(t.steps.find((s) => s.kind === 'unknown')).toMatchObject({ what: 'bound', name: '32 packets of the controller' });
});

describe('reject', () => {
  it('ends SCTP with an ABORT', () => {
    const t = trace(world, { from: A, dst: ip('10.1.0.11'), proto: PROTO_SCTP, sport: 5000, dport: 99 });
    expect(answerAt(t, 'va', ['error'])).toBe('50 10.1.0.11 > 10.1.0.10 ttl 63');
    expect(t.steps.find((s) => s.kind === 'transmit' && s.dev === 'va' && s.role === 'error')?.packet.at(-1)).toEqual({ type: 'sctp', sport: 99, dport: 5000, chunk: 6 });
    expect(t.outcomes).toMatchObject([{ client: 'refused', request: { verdict: 'rejected', dev: 'br-int' } }]);
  });

  it('answers UDP with port unreachable', () => {
    const t = trace(world, udp(at('n1', 'b'), '10.1.0.10', 5000, 99));
    expect(answerAt(t, 'vb', ['error'])).toBe('70 10.1.0.10 > 10.1.0.11 ttl 255');
  });
});

describe('gateway_mtu', () => {
  const t = trace(world, udp(A, '10.2.0.10', 5000, 99, 1172));

  it('what is too long is told the MTU of the way, by the router', () => {
    expect(answerAt(t, 'va', ['error'])).toBe('576 10.1.0.1 > 10.1.0.10 ttl 254');
    expect(t.outcomes).toMatchObject([{ request: { verdict: 'rejected', error: { kind: 'icmp', icmptype: 3, code: 4, mtu: 1000, from: ip('10.1.0.1') } } }]);
    expect(controllers(t)).toEqual(['icmp4_error', 'put_icmp4_frag_mtu']);
  });

  it('newer releases say it in a note, with the same answer', () => {
    // encode_OVNFIELD_LOAD() since 24.09: NXAST_NOTE with "ovn", the field's number and the MTU in place of another question to the controller.
    const nested = 'ff.ff.00.28.00.00.23.20.00.25.00.00.00.00.00.00.00.03.00.0e.00.00.00.0d.00.00.00.00.03.e8.00.00.00.04.00.04.00.00.00.00';
    const note = 'ff.ff.00.18.00.00.23.20.00.08.6f.76.6e.00.00.00.00.00.03.e8.00.00.00.00';
    const newer = trace(ovnControllerWorld((text) => text.replaceAll(nested, note)), udp(A, '10.2.0.10', 5000, 99, 1172));
    expect([controllers(newer), newer.outcomes[0]?.request.error]).toEqual([['icmp4_error'], t.outcomes[0]?.request.error]);
  });
});
