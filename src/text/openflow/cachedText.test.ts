import { expect, it, test } from 'vitest';
import { answerProbe } from '../../cli/traceCommand.ts';
import { trace } from '../../engine/trace.ts';
import { cacheFixture, cacheWorld } from '../../testing/datapathCache.ts';
import { at, tcp } from '../../testing/sample.ts';
import type { World } from '../../world/world.ts';
import { traceLines } from '../lines.ts';
import { agreementOf } from './cachedActions.ts';
import { type CachedTold, cachedText } from './cachedText.ts';

const world = cacheWorld(cacheFixture('dp-flows.txt'));

function toldOf(given: World, dst: string, lang: 'en' | 'ko' = 'en'): CachedTold | undefined {
  const [host] = given.hosts;
  const step = trace(given, { ...tcp(at('h', 'p1'), dst, 80), reply: false }).steps.find((s) => s.kind === 'ovs');
  return host && step?.kind === 'ovs' && step.cached ? cachedText(host, step.cached, lang) : undefined;
}

it('tells how often the flow was used, and that it does what the rules say', () => {
  const told = toldOf(world, '10.0.0.100');
  expect(told?.summary).toBe('The cache of the real switch has this flow for the packet.');
  expect(told?.flows.map(({ stats, verdict, computed, open }) => [stats, verdict, computed, open])).toEqual([['1 packet (118 bytes) after the one that made it, the last one 1.51 s before the listing', 'It does what the rules say here.', undefined, undefined]]);
});

it('says plainly where it does not, with both', () => {
  const listed = 'ipv4(dst=10.0.0.100,frag=no), packets:1, bytes:118, used:1.510s, flags:., actions:ct(commit,zone=5,nat(dst=10.0.0.';
  const older = cacheWorld(cacheFixture('dp-flows.txt').replace(`${listed}2`, `${listed}9`));
  const [flow] = toldOf(older, '10.0.0.100')?.flows ?? [];
  expect([flow?.agreement, flow?.flow.actions, flow?.computed]).toEqual(['other', 'ct(commit,zone=5,nat(dst=10.0.0.9)),recirc(0x1)', 'ct(commit,zone=5,nat(dst=10.0.0.2)),recirc(0x1)']);
  expect(flow?.verdict).toMatch(/something else/);
});

test.each(['en', 'ko'] as const)('has words for a packet that the switch never saw (%s)', (lang) => {
  const told = toldOf(cacheWorld('$ ovs-appctl dpctl/dump-flows\nrecirc_id(0),in_port(2),eth_type(0x0800),ipv4(frag=no), packets:0, bytes:0, used:never, actions:drop\n'), '10.0.0.100', lang);
  expect(told?.flows).toEqual([]);
  expect(told?.summary).toMatch(lang === 'en' ? /has no flow/ : /플로가 없습니다/);
});

it('names what the packet cannot be asked', () => {
  const [flow] = toldOf(world, '10.0.4.7')?.flows ?? [];
  expect([flow?.open, flow?.behind]).toEqual(['Nobody can ask this packet about dp_hash(0xf257392e/0xf).', 'Before it, another flow has the packet’s hash taken: hash(l4(0)),recirc(0x2)']);
});

it('stands in the command line’s answers, as text and as JSON', () => {
  const lines = traceLines(trace(world, { ...tcp(at('h', 'p1'), '10.0.0.100', 80), reply: false }));
  expect(lines.filter((l) => l.includes('(cached: ')).map((l) => l.slice(l.indexOf('(cached')))).toEqual(['(cached: packets:1, actions:ct(commit,zone=5,nat(dst=10.0.0.2)),recirc(0x1))', '(cached: packets:2, actions:2)']);
  const answer = JSON.parse(answerProbe(world, JSON.stringify({ from: { host: 'h', netns: 'p1' }, dst: '10.0.0.100', proto: 'tcp', dport: 80, reply: false }), { all: false, steps: false, format: 'json' }).text) as { readonly outcomes: readonly { readonly cached?: readonly object[] }[] };
  expect(answer.outcomes[0]?.cached).toMatchObject([
    { packet: 'request', host: 'h', bridge: 'br0', pass: 0, actions: 'ct(commit,zone=5,nat(dst=10.0.0.2)),recirc(0x1)', flows: [{ packets: 1, bytes: 118, used: 1.51, agrees: 'same', open: [] }] },
    { pass: 1, actions: 'veth2', flows: [{ packets: 2, actions: '2', agrees: 'same' }] },
  ]);
});

it('is no part of an answer where no cache was listed', () => {
  const answer = JSON.parse(answerProbe(cacheWorld(''), JSON.stringify({ from: { host: 'h', netns: 'p1' }, dst: '10.0.0.100', proto: 'tcp', dport: 80 }), { all: false, steps: false, format: 'json' }).text) as { readonly outcomes: readonly object[] };
  expect(answer.outcomes[0]).not.toHaveProperty('cached');
});

it('compares actions inside of actions without end', () => {
  const [host] = world.hosts;
  expect(host && agreementOf(host, `${'clone('.repeat(50_000)}drop`, [])).toBe('other');
});
