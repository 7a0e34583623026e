import { expect, it } from 'vitest';
import { parseObjects } from '../dumps/kubectl.ts';
import { parseBundle } from '../dumps/bundle.ts';
import { trace } from '../engine/trace.ts';
import { readProbe } from '../share/probeWords.ts';
import { sampleFiles } from '../testing/sample.ts';
import type { Lang } from './lang.ts';
import { answerTo, type AnswerKind } from './answer.ts';

const answer = (policy: 'cluster' | 'local', kind: AnswerKind, from: string, to: string, lang: Lang = 'en'): string => {
  const files = sampleFiles(policy);
  const { world } = parseBundle(files, parseObjects(files).names);
  const probe = readProbe(world, { from, to, proto: 'tcp', via: undefined, sport: undefined, size: undefined });
  if (!probe.ok) throw new Error(probe.problem.code);
  return answerTo(kind, { trace: trace(world, probe.value), world, lang });
};

it.each([
  ['the tunnel address of the node that took it', 'cluster', 'client', 'client', '172.19.100.2:80', '10.233.98.0 (tunl0 · cy01-ceph142)'],
  ['the client itself under policy Local', 'local', 'client', 'client', '172.19.100.2:80', '10.10.6.91 (eth0 · client)'],
  ['who answered', 'local', 'server', 'client', '172.19.100.2:80', 'pod ng-test-rs-cwqr5 (10.233.98.39, cy01-ceph142)'],
] as const)('tells %s', (_, policy, kind, from, to, wanted) => {
  expect(answer(policy, kind, from, to)).toBe(wanted);
});

it('tells the end of a packet that nobody got, whatever was asked', () => {
  expect(answer('cluster', 'client', 'cy01-ceph142/dbg-pod142', '10.233.36.144:81')).toBe(answer('cluster', 'end', 'cy01-ceph142/dbg-pod142', '10.233.36.144:81'));
  expect(answer('cluster', 'end', 'client', '172.19.100.2:80', 'ko')).toMatch(/[가-힣]/);
});
