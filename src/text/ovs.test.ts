import { describe, expect, it, test } from 'vitest';
import { trace } from '../engine/trace.ts';
import type { Probe } from '../engine/probe.ts';
import { ovnControllerWorld } from '../testing/ovnController.ts';
import { ovnWorld } from '../testing/ovn.ts';
import { choiceText } from './choices.ts';
import { at, ip, tcp } from '../testing/sample.ts';
import { headline } from './headline.ts';
import type { Detail } from './reading-types.ts';
import { readTrace } from './reading.ts';
import { seeYourself } from './seeYourself.ts';
import { trustOf } from './trust.ts';
import { why } from './why.ts';
import type { Lang } from './lang.ts';

const world = ovnWorld();
const CLIENT = at('worker1', 'client-0');

function told(probe: Probe, detail: Detail, lang: Lang) {
  const t = trace(world, probe);
  const reading = readTrace(t, world, detail);
  const ctx = { trace: t, world, reading, lang };
  return reading.stops.map((stop) => ({ stop, headline: headline(ctx, stop), why: why(ctx, stop).map((p) => p.text).join(''), see: seeYourself(ctx, stop) }));
}

const NODE_PORT: Probe = { from: { kind: 'outside', ip: ip('198.51.100.7'), host: 'worker1', dev: 'enp131s0f0' }, dst: ip('50.50.51.24'), proto: 6, dport: 31785 };

describe('the story of a NodePort', () => {
  const story = told(NODE_PORT, 'story', 'en');

  it('has one stop a bridge, and one for each address that is translated', () =>
    expect(story.filter((s) => s.stop.kind === 'switch' || s.stop.kind === 'nat').map((s) => s.headline)).toEqual([
      'br-ex takes it in at enp131s0f0 and sends it to pex',
      'br-int has it next, without any device between, and sends it to 83cf7b04f35b763',
      'br-int has the destination translated from 50.50.51.24:31785 to 10.131.0.20:8080',
      'br-int has the source translated from 198.51.100.7 to 100.64.0.5',
    ]));
  it('says that iptables takes no part', () => expect(story.find((s) => s.stop.kind === 'nat')?.why).toContain('No rule of iptables takes part'));
  it('is told in Korean, too', () => expect(told(NODE_PORT, 'story', 'ko')[1]?.headline).toBe('br-ex가 포트 enp131s0f0에서 받습니다: pex로 보냅니다'));
  it('stands at the bridges', () => expect(story.filter((s) => s.stop.kind === 'switch').map((s) => s.stop.place)).toMatchObject([{ kind: 'device', dev: 'br-ex' }, { kind: 'device', dev: 'br-int' }]));
});

describe('table by table', () => {
  const stops = told(tcp(CLIENT, '172.30.44.86', 80), 'hooks', 'en');
  const first = stops.filter((s) => s.stop.kind === 'switch');

  it('names the rule that was taken, and what it changed', () => {
    expect(first[1]?.headline).toBe('Table 0 of br-int takes the rule in_port=d10af31c1d33dac: reg13 becomes 0x11, and four more');
    expect(first[1]?.why).toContain('It changes reg13 from 0 to 0x11');
  });
  it('says how to see the rule on the node', () => expect(first[1]?.see).toEqual({ host: 'worker1', command: 'ovs-ofctl dump-flows br-int table=0', expected: '… priority=100,in_port=3 actions=…' }));
  it('tells a table without a rule', () => expect(told(NODE_PORT, 'hooks', 'en').map((s) => s.headline)).toContain('Table 73 of br-int has no rule for it'));
  it('tells what conntrack found, in which zone', () => expect(stops.map((s) => s.headline)).toContain('br-int has the connection looked up in zone 17: new|trk'));
});

it('tells who answers for a service without endpoints', () =>
  expect(told(tcp(CLIENT, '172.30.99.1', 80), 'story', 'en').map((s) => s.headline)).toContain('Not passed on: the controller of br-int answers in its stead'));

test.each([['story'], ['hooks'], ['rules']] as const)('every stop of %s has a sentence in both languages', (detail) => {
  for (const probe of [NODE_PORT, tcp(CLIENT, '10.128.0.15', 8080)]) {
    const [en, ko] = [told(probe, detail, 'en'), told(probe, detail, 'ko')];
    expect([...en, ...ko].filter((s) => s.headline === '' || /undefined|NaN/.test(s.headline + s.why))).toEqual([]);
    // What is not the same in both is not just a list of names.
    expect(ko.filter((s, i) => s.stop.kind === 'switch' && s.headline === en[i]?.headline)).toEqual([]);
  }
});

it('trusts look-ups as far as the switch has been asked about them', () => {
  const t = trace(world, NODE_PORT);
  const step = t.steps.find((s) => s.kind === 'openflow');
  expect(step && trustOf(world, [step], { date: '', kernels: [{ release: '6.1', cases: 1, probes: 1, randomPairs: 0 }], features: {}, known: [] })).toEqual({ kind: 'modelled' });
});

describe('what OVN’s controller answers by itself', () => {
  const services = ovnControllerWorld();
  const t = trace(services, { from: at('n1', 'a'), dst: ip('10.1.0.1'), proto: 17, sport: 68, dport: 67, size: 250 });

  test.each([
    ['en', 'The controller of br-int answers it itself, as the DHCP server', 'What does the packet ask of OVN’s DHCP on n1? What a packet carries is not part of a probe'],
    ['ko', 'br-int의 컨트롤러가 DHCP 서버로서 직접 답합니다', '패킷은 n1의 OVN DHCP에 무엇을 묻는가? 패킷의 내용은 probe에 없습니다'],
  ] as const)('%s', (lang, headlineOf, question) => {
    const ctx = { trace: t, world: services, reading: readTrace(t, services, 'story'), lang };
    expect(ctx.reading.stops.map((stop) => headline(ctx, stop))).toContain(headlineOf);
    expect(t.choices.map((c) => choiceText(c, services, lang))).toEqual([question]);
  });
});
