import { describe, expect, it } from 'vitest';
import { setField, setNodes } from '../../../cluster/edit/edits.ts';
import { readForm } from '../../../cluster/edit/form.ts';
import { OBJECTS_FILE, STARTER } from '../../../cluster/starter.ts';
import { trace } from '../../../engine/trace.ts';
import { starterFiles, starterWords } from '../../../share/clusterLink.ts';
import type { Files } from '../../../share/packed.ts';
import { Answerer } from './answer.ts';
import type { Question, WalkAnswer } from './protocol.ts';

const files = starterFiles(STARTER);
const words = starterWords(STARTER);

/** What arrives on the page is a copy. */
function ask(answerer: Answerer, part: Partial<Extract<Question, { kind: 'walk' }>> = {}): WalkAnswer {
  const answer = structuredClone(answerer.answer({ kind: 'walk', files, words, choices: {}, fresh: false, ...part }));
  if (answer.kind !== 'walk') throw new Error(answer.kind);
  return answer;
}

const traceOf = ({ result }: WalkAnswer) => {
  if (result.kind !== 'trace') throw new Error(JSON.stringify(result));
  return result.trace;
};

it('brings what the walk enters and no more: the same walk can be walked again in it, as the inspector does to explain what was skipped', () => {
  const answer = ask(new Answerer());
  const done = traceOf(answer);
  expect(done.outcomes[0]?.request.verdict).toBe('delivered');
  expect(trace(answer.world, done.probe)).toEqual(done);
  const chains = answer.world.hosts.flatMap((h) => h.netns[0]?.tables?.flatMap((t) => t.chains) ?? []);
  expect(chains.some((c) => c.rules.length === 0 && c.name.startsWith('KUBE-SEP-'))).toBe(true);
  const firewalls = answer.world.hosts.filter((h) => h.netns[0]?.tables !== undefined).map((h) => h.name);
  expect(firewalls.sort()).toEqual(['node1', 'node2']);
  expect(answer.paths).toContain('node3/firewall.txt');
  expect(Object.keys(answer.texts)).not.toContain('node3/firewall.txt');
});

it('says why each line of a compiled text is there', () => {
  const { texts } = ask(new Answerer());
  const { text = '', reasons = [] } = texts['node2/firewall.txt'] ?? {};
  const line = text.split('\n').findIndex((l) => l.includes('default/web:http cluster IP'));
  expect(line).toBeGreaterThan(0);
  expect(reasons[line]).toMatchObject({ kind: 'Service', namespace: 'default', name: 'web' });
});

it('makes the text of a machine that no packet has entered when it is asked for', () => {
  const answerer = new Answerer();
  ask(answerer);
  const answer = answerer.answer({ kind: 'text', path: 'node3/firewall.txt' });
  expect(answer.kind === 'text' && answer.text.text).toContain('*nat');
});

it('keeps the last good world while the YAML has faults or describes no machine, and says what is wrong', () => {
  const answerer = new Answerer();
  const good = ask(answerer);
  const broken: Files = { [OBJECTS_FILE]: `${files[OBJECTS_FILE] ?? ''}\n\tx: 1\n` };
  const kept = ask(answerer, { files: broken });
  expect(kept.faults.map((f) => f.code)).toEqual(['tab']);
  expect(traceOf(kept)).toEqual(traceOf(good));
  const nobody = ask(answerer, { files: { [OBJECTS_FILE]: 'kind: Pod\nmetadata: {name: x}\n' } });
  expect(nobody.world.hosts.map((h) => h.name)).toEqual(good.world.hosts.map((h) => h.name));
  expect(ask(answerer, { files: setNodes(files, 4) }).world.hosts.map((h) => h.name)).toContain('node4');
});

it('sees an edit, and forgets the world before for another cluster', () => {
  const answerer = new Answerer();
  const place = readForm(files).services[0]?.place;
  if (!place) throw new Error('no service');
  const before = traceOf(ask(answerer));
  const local = traceOf(ask(answerer, { files: setField(files, place, ['spec', 'internalTrafficPolicy'], 'Local') }));
  expect([before.outcomes[0]?.request.host, local.outcomes[0]?.request.host]).toEqual(['node1', 'node2']);
  const nothing = ask(answerer, { files: { [OBJECTS_FILE]: '' }, fresh: true });
  expect(nothing.world.hosts).toEqual([]);
});

it('asks a first question of its own where none is given, and says so when nobody is there', () => {
  expect(ask(new Answerer(), { words: undefined }).words).toMatchObject({ to: '10.96.0.80:80' });
  expect(ask(new Answerer(), { files: { [OBJECTS_FILE]: '' }, words: undefined })).toMatchObject({ words: undefined, result: { kind: 'words' } });
});

it('knows all outcomes and the lab of the cluster it was asked about', () => {
  const answerer = new Answerer();
  ask(answerer);
  if (!words) throw new Error('no words');
  const outcomes = answerer.answer({ kind: 'outcomes', words });
  const sum = outcomes.kind === 'outcomes' ? (outcomes.outcomes?.branches.reduce((all, b) => all + b.probability, 0) ?? 0) : 0;
  expect(sum).toBeCloseTo(1, 9);
  const lab = answerer.answer({ kind: 'lab', words });
  expect(lab.kind === 'lab' && lab.lab.script).toContain('node3');
});

describe('a bundle of dumps and objects', () => {
  const mixed: Files = { ...files, 'old/network.txt': '$ ip addr\n1: eth0: <UP> mtu 1500\n    inet 192.168.10.99/24 scope global eth0\n$ ip route\n192.168.10.0/24 dev eth0\n', 'old/rules.txt': '$ iptables-save\n*filter\n:INPUT DROP [0:0]\nCOMMIT\n' };

  it('has all of the machines with dumps, entered or not, and no texts of theirs but the page’s own', () => {
    const answer = ask(new Answerer(), { files: mixed });
    expect(traceOf(answer).outcomes[0]?.request.verdict).toBe('delivered');
    expect(answer.world.hosts.find((h) => h.name === 'old')?.netns[0]?.tables?.map((t) => t.name)).toEqual(['filter']);
    expect(answer.compiled).not.toContain('old');
    expect([...answer.paths, ...Object.keys(answer.texts)].filter((path) => path.startsWith('old/'))).toEqual([]);
  });

  it('that the page had from elsewhere is its last good world when the first edit has a fault or leaves no machine', () => {
    const good = ask(new Answerer(), { files: mixed });
    for (const broken of [`${files[OBJECTS_FILE] ?? ''}\n\tx: 1\n`, 'kind: Pod\nmetadata: {name: x}\n']) {
      const answerer = new Answerer();
      ask(answerer, { files: setNodes(files, 5), fresh: true });
      const kept = ask(answerer, { files: { [OBJECTS_FILE]: broken }, fresh: true, last: mixed });
      expect(kept.world.hosts.map((h) => h.name)).toEqual(good.world.hosts.map((h) => h.name));
      expect(kept.paths).toEqual(good.paths);
    }
  });
});
