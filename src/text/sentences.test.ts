import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBundle } from '../dumps/bundle.ts';
import { trace as walk } from '../engine/trace.ts';
import { sampleFiles, sampleWorld } from '../testing/sample.ts';
import { sampleNamed, samples, type Sample } from '../testing/walks.ts';
import { choiceText, optionText } from './choices.ts';
import { decider, eyebrow, headline, nextLine } from './headline.ts';
import { LANGS } from './lang.ts';
import { readTrace } from './reading.ts';
import { seeYourself } from './seeYourself.ts';
import type { Telling } from './telling.ts';
import { verdictLine, verdictPieces } from './verdict.ts';
import { why } from './why.ts';

const all = samples();
const telling = ({ trace, world }: Sample, lang: Telling['lang'], detail: 'story' | 'hooks' | 'rules' = 'story'): Telling => ({ trace, world, lang, reading: readTrace(trace, world, detail) });

/** What a value that was not there, or markup that was not taken apart, leaves in a text. */
const DEBRIS = /undefined|NaN|null|\[object|\?\?|[`*\ue000\ue001]|이\/가|을\/를|은\/는| {2}|[.!?][”’]?\.(?!\.)/;
/** The question mark that stands in a sentence for what the trace should have had. */
const HOLE = /(?:^|\s)\?(?:\s|$)/;

/** What is wrong with the sentences of a trace, in one language at one level. */
function faults(sample: Sample, lang: Telling['lang'], detail: 'story' | 'hooks' | 'rules'): readonly string[] {
  const bad: string[] = [];
  const ctx = telling(sample, lang, detail);
  for (const stop of ctx.reading.stops) {
    const last = stop.index === ctx.reading.stops.length - 1;
    const texts = { headline: headline(ctx, stop), eyebrow: eyebrow(ctx, stop), why: why(ctx, stop).map((p) => p.text).join(''), ...(last ? {} : { next: nextLine(ctx, stop) }) };
    for (const [what, text] of Object.entries(texts)) if (text.trim() === '' || DEBRIS.test(text) || (what !== 'next' && HOLE.test(text))) bad.push(`${sample.name} ${stop.index + 1} ${what}: “${text}”`);
    const see = seeYourself(ctx, stop);
    if (see && (see.command.trim() === '' || /undefined|NaN|\?/.test(`${see.host} ${see.command} ${see.expected ?? ''}`))) bad.push(`${sample.name} ${stop.index + 1} see: ${see.command} ${see.expected}`);
    const by = decider(ctx, stop);
    if (by !== undefined && /undefined|\?/.test(by)) bad.push(`${sample.name} ${stop.index + 1} decider: ${by}`);
  }
  for (const connection of sample.trace.outcomes.keys()) {
    const text = verdictPieces(ctx, connection).map((p) => p.text).join('');
    if (DEBRIS.test(text) || HOLE.test(text)) bad.push(`${sample.name} verdict: ${text}`);
  }
  for (const choice of sample.trace.choices) if (DEBRIS.test(choiceText(choice, sample.world, lang))) bad.push(`${sample.name} choice: ${choiceText(choice, sample.world, lang)}`);
  return bad;
}

describe('every stop of every sample', () => {
  it.each(LANGS.flatMap((lang) => (['story', 'hooks', 'rules'] as const).map((detail) => [lang, detail] as const)))('has its sentences in %s at level %s', (lang, detail) => {
    expect(all.flatMap((sample) => faults(sample, lang, detail))).toEqual([]);
  });

  it('has them also when lines of the dumps are missing', () => {
    const files = { cluster: sampleFiles('cluster'), local: sampleFiles('local') };
    const { names } = sampleWorld('cluster');
    const probes = [...new Set(all.map((s) => s.trace.probe))].filter((p) => p.from.kind === 'netns');
    fc.assert(
      fc.property(fc.constantFrom('cluster' as const, 'local' as const), fc.constantFrom(...probes), fc.array(fc.nat(400), { minLength: 1, maxLength: 12 }), fc.constantFrom(...LANGS), (policy, probe, gone, lang) => {
        const cut = Object.entries(files[policy]).map(([path, text]) => [path, path.startsWith('cy01') && path.endsWith('node.txt') ? text.split('\n').filter((line, i) => line.startsWith('$') || !gone.includes(i)).join('\n') : text]);
        const { world } = parseBundle(Object.fromEntries(cut), names);
        expect(faults({ name: JSON.stringify(probe), world, trace: walk(world, probe) }, lang, 'story')).toEqual([]);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('never says in Korean what it says in English', () => {
    const same: string[] = [];
    for (const sample of all) {
      const en = telling(sample, 'en');
      for (const stop of en.reading.stops) if (headline(en, stop) === headline({ ...en, lang: 'ko' }, stop)) same.push(headline(en, stop));
    }
    expect(same).toEqual([]);
  });
});

describe('the story of a request that is masqueraded into a tunnel', () => {
  const sample = sampleNamed('client to the address, Cluster 10.233.125.24:80', all);
  const told = (lang: Telling['lang']): readonly string[] => {
    const ctx = telling(sample, lang);
    return ctx.reading.stops.map((stop) => headline(ctx, stop));
  };

  it('reads as a colleague would tell it', () => {
    expect(told('en')).toEqual([
      'The client opens a connection to 172.19.100.2, port 80',
      'l3 hands it on to cy01-ceph142, where it comes in on ens4',
      '172.19.100.2,tcp:80 is in the set KUBE-LOAD-BALANCER, so the packet gets the mark 0x4000',
      '172.19.100.2 is an address of cy01-ceph142’s own: the dummy device kube-ipvs0 holds it',
      'IPVS picks one of three real servers: pod ng-test-rs-kllg4 on cy01-ceph143',
      'Sent again as a local packet; the way to 10.233.125.24 goes through tunl0',
      'The mark pays off: MASQUERADE writes tunl0’s address 10.233.98.0 over 10.10.6.91',
      'tunl0 wraps it: a second IP header, from 10.10.4.142 to 10.10.4.143',
      'On the wire it runs from cy01-ceph142 to cy01-ceph143; the inner addresses ride inside',
      'tunl0 on cy01-ceph143 takes the outer header off again',
      'Routed to the veth of pod ng-test-rs-kllg4; cy01-ceph143 only forwards',
      'Delivered, but pod ng-test-rs-kllg4 sees 10.233.98.0, not the client',
      'Pod ng-test-rs-kllg4 answers the address it saw, 10.233.98.0',
      'Back into the tunnel: 10.233.98.0 is behind cy01-ceph142',
      'The reply crosses the underlay the other way, to cy01-ceph142',
      'Unwrapped at cy01-ceph142, which knows the connection',
      'Both rewrites are undone: it goes to 10.10.6.91 and comes from 172.19.100.2 again',
      'The client hears from 172.19.100.2, and suspects nothing',
    ]);
  });

  it('reads in Korean with the particles that the names ask for', () => {
    expect(told('ko').slice(2, 8)).toEqual([
      '172.19.100.2,tcp:80이 집합 KUBE-LOAD-BALANCER에 있으므로 패킷에 마크 0x4000을 답니다',
      '172.19.100.2는 cy01-ceph142 자신의 주소입니다. 더미 장치 kube-ipvs0이 갖고 있습니다',
      'IPVS가 리얼 서버 3개 가운데 cy01-ceph143의 파드 ng-test-rs-kllg4를 고릅니다',
      '로컬 패킷으로 다시 나갑니다. 10.233.125.24로 가는 길은 tunl0입니다',
      '마크의 결과: MASQUERADE가 출발지 10.10.6.91을 tunl0의 주소 10.233.98.0으로 바꿉니다',
      'tunl0이 감쌉니다. 10.10.4.142에서 10.10.4.143으로 가는 IP 헤더가 하나 더 생깁니다',
    ]);
  });

  it.each`
    stop  | by                        | command
    ${3}  | ${'KUBE-SERVICES 1'}      | ${'ipset test KUBE-LOAD-BALANCER 172.19.100.2,tcp:80'}
    ${4}  | ${'local'}                | ${'ip route get 172.19.100.2 from 10.10.6.91 iif ens4 mark 0x4000'}
    ${5}  | ${'rr'}                   | ${'ipvsadm -Lnc'}
    ${6}  | ${'→ tunl0'}              | ${'ip route get 10.233.125.24'}
    ${7}  | ${'KUBE-POSTROUTING 4'}   | ${'iptables -t nat -nvL KUBE-POSTROUTING --line-numbers'}
    ${9}  | ${undefined}              | ${"tcpdump -ni ens5 'ip proto 4'"}
    ${17} | ${undefined}              | ${'conntrack -L -p tcp -s 10.10.6.91 --sport 41068'}
  `('names $by as the decider of stop $stop, and “$command” to see it', ({ stop, by, command }: { stop: number; by: string | undefined; command: string }) => {
    const ctx = telling(sample, 'en');
    const at = ctx.reading.stops[stop - 1];
    expect(at && decider(ctx, at)).toBe(by);
    expect(at && seeYourself(ctx, at)?.command).toBe(command);
  });

  it('says which policy is behind a source that was rewritten', () => {
    const ctx = telling(sample, 'en');
    const pod = ctx.reading.stops[11];
    expect(pod && why(ctx, pod).map((p) => p.text).join('')).toBe(
      'The source was rewritten on the way: 10.10.6.91 became 10.233.98.0. The addresses were changed by IPVS (cy01-ceph142) and KUBE-POSTROUTING 4 (cy01-ceph142). ' +
        'The service ng-svc has externalTrafficPolicy: Cluster; under Local a node sends only to endpoints of its own and leaves the source alone.',
    );
  });

  it('shows on the wire both packets, as tcpdump does', () => {
    const ctx = telling(sample, 'en');
    const wire = ctx.reading.stops[8];
    expect(wire && seeYourself(ctx, wire)?.expected).toBe('IP 10.10.4.142 > 10.10.4.143: IP 10.233.98.0.20001 > 10.233.125.24.80: Flags [S], options [mss 1460,…], length 0');
  });
});

describe('verdictLine', () => {
  it.each`
    name                                                | tone         | outcome                                     | client                                                            | reason
    ${'client to the address, Cluster 10.233.125.24:80'} | ${'good'}    | ${'Delivered and answered'}                 | ${'The client gets its answer'}                                   | ${'Pod ng-test-rs-kllg4 takes 10.233.98.0 for its client; the true one, 10.10.6.91, is nowhere in the packet'}
    ${'client to the address, Local'}                   | ${'good'}    | ${'Delivered and answered'}                 | ${'The client gets its answer'}                                   | ${'Pod ng-test-rs-cwqr5 sees its true client, 10.10.6.91'}
    ${'no real server'}                                 | ${'bad'}     | ${'Rejected'}                               | ${'The client is refused at once (ECONNREFUSED)'}                 | ${'IPVS has no real server for TCP 172.19.100.2:80, so it refuses'}
    ${'to an address nobody has'}                       | ${'bad'}     | ${'Dropped'}                                | ${'Pod dbg-pod142 hears nothing and times out'}                   | ${'The route to 10.233.125.99 is a blackhole'}
    ${'unknown scheduler'}                              | ${'unknown'} | ${'Unknown'}                                | ${'What the client gets is unknown'}                              | ${'Unknown from here on: whom IPVS picks (mh) is not modelled'}
    ${'outside client 10.233.125.24:80'}                | ${'bad'}     | ${'Delivered, but the reply is lost'}       | ${'The client 203.0.113.7 hears nothing and times out'}           | ${'l3 has no route to 203.0.113.7'}
  `('sums up: $name', ({ name, tone, outcome, client, reason }: Record<string, string>) => {
    const sample = sampleNamed(name ?? '', all);
    expect(verdictLine({ trace: sample.trace, world: sample.world, lang: 'en' }, 0)).toMatchObject({ tone, outcome, client, reason });
  });

  it('says why an answer that takes another way back is refused', () => {
    const { trace, world } = sampleNamed('no mark 10.233.125.24:80', all);
    const line = verdictLine({ trace, world, lang: 'en' }, 0);
    expect(line).toMatchObject({ outcome: 'Delivered, but the reply is refused', place: 'at the client' });
    expect(line.reason).toBe(
      'The client waits for an answer from 172.19.100.2; one from 10.233.125.24 means nothing to it. The reply takes a way that does not pass cy01-ceph142, which had rewritten the request, so it comes from 10.233.125.24 instead of 172.19.100.2',
    );
  });

  it.each`
    name                     | by
    ${'dropped by a rule'}   | ${'KUBE-FIREWALL 1 DROP (cy01-ceph142/node.txt:'}
    ${'forward policy drop'} | ${'FORWARD DROP (cy01-ceph142/node.txt:'}
    ${'rejected by a rule'}  | ${'KUBE-FIREWALL 1 REJECT (cy01-ceph142/node.txt:'}
    ${'no real server'}      | ${'TCP 172.19.100.2:80 rr (cy01-ceph142/node.txt:'}
  `('names the line that decided: $name', ({ name, by }: { name: string; by: string }) => {
    const { trace, world } = sampleNamed(name, all);
    expect(verdictLine({ trace, world, lang: 'en' }, 0).decidedBy).toContain(by);
  });

  it('does not know a connection that the probe does not have', () => {
    const { trace, world } = sampleNamed('IPv6', all);
    expect(verdictLine({ trace, world, lang: 'en' }, 7).tone).toBe('unknown');
  });
});

describe('choiceText', () => {
  it('asks what was left to chance, and names the options', () => {
    const { trace, world } = sampleNamed('client to the address, Cluster 10.233.125.24:80', all);
    const choice = trace.choices[0];
    expect(choice && choiceText(choice, world, 'en')).toBe('Whose turn is it? Round robin on cy01-ceph142 takes one of 3 real servers');
    expect(optionText(choice?.options[0] ?? '', world, 'en')).toBe('10.233.125.24:80, pod ng-test-rs-kllg4');
  });

  it.each`
    option                                    | lang    | text
    ${'group:4 bucket:1'}                     | ${'en'} | ${'bucket 1 of group 4'}
    ${'group:4 bucket:1'}                     | ${'ko'} | ${'그룹 4의 버킷 1'}
    ${'group:4 bucket:0 10.233.125.24:80'}    | ${'en'} | ${'10.233.125.24:80, pod ng-test-rs-kllg4, bucket 0 of group 4'}
    ${'group:4 bucket:0 198.51.100.99:80'}    | ${'ko'} | ${'198.51.100.99:80, 그룹 4의 버킷 0'}
    ${'gone'}                                 | ${'en'} | ${'gone'}
  `('says where a bucket leads if it says so: $option in $lang', ({ option, lang, text }) => {
    expect(optionText(option, sampleNamed('client to the address, Cluster 10.233.125.24:80', all).world, lang)).toBe(text);
  });
});
