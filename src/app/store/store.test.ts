import { beforeEach, describe, expect, it, vi } from 'vitest';
import { formatIp4 } from '../../packet/address.ts';
import { ipOf } from '../../packet/packet.ts';
import { scenarios } from '../../scenarios/catalogue.ts';
import { readFolder } from '../../scenarios/files.node.ts';
import { decodeLink, encodeLink } from '../../share/link.ts';

// The store asks the browser for language and theme when it is made.
vi.stubGlobal('matchMedia', () => ({ matches: false }));
vi.stubGlobal('navigator', { languages: ['en-US'], userAgent: '' });
const { choose, editFile, openFlow, openPanel, redoEdit, resetEdits, seek, setDetail, setWords, show, undoEdit, usePage, walkIn, isEdited } = await import('./store.ts');
const { carriedBy, linkOf } = await import('./address.ts');
const { loadFor } = await import('./parser.ts');
const { loadEngine } = await import('./engine.ts');
await loadEngine();

const files = readFolder(new URL('../../scenarios/ipvs-metallb/cluster', import.meta.url).pathname);
await loadFor(files);
const NODE = 'cy01-ceph142/node.txt';
const MARK_RULE = '-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ\n';
const RR = 'cy01-ceph142/ipvs-rr';
const state = usePage.getState;
const text = (): string => state().loaded?.files[NODE] ?? '';
const podLogs = (): string => formatIp4(ipOf(walkIn(state())?.trace.outcomes[0]?.request.seen ?? []).src);
const pick = (endpoint: string): void => {
  const choice = walkIn(state())?.trace.choices.find((c) => c.key === RR);
  choose(RR, choice?.options.findIndex((o) => o.startsWith(`${endpoint}:`)) ?? -1);
};

const start = (): void =>
  show(
    { origin: { kind: 'scenario', scenario: scenarios[0], params: { policy: 'Cluster' } }, base: files, files, notes: [], words: { from: 'client', via: undefined, to: '172.19.100.2:80', proto: 'tcp', sport: undefined, size: undefined }, choices: {} },
    { detail: 'story', index: 0 },
  );

beforeEach(start);

describe('the page', () => {
  it('closes the question to a bridge when another cluster comes, and no other panel', () => {
    openFlow({ host: 'node', bridge: 'br0', flow: 'in_port=1' });
    start();
    expect(state()).toMatchObject({ panel: undefined, flowAt: undefined });
    openPanel('help');
    start();
    expect(state().panel).toBe('help');
  });

  it('walks anew when a dump is edited, and as before when that is undone', () => {
    pick('10.233.98.39');
    expect(podLogs()).toBe('10.10.1.142');
    editFile(NODE, text().replace(MARK_RULE, ''));
    expect(podLogs()).toBe('10.10.6.91');
    undoEdit();
    expect(podLogs()).toBe('10.10.1.142');
    expect(isEdited(state())).toBe(false);
    redoEdit();
    expect(podLogs()).toBe('10.10.6.91');
    expect(isEdited(state())).toBe(true);
  });

  it('resets all edits in one step, which can be undone too', () => {
    editFile(NODE, text().replace(MARK_RULE, ''));
    resetEdits();
    expect(state().loaded?.files).toBe(files);
    undoEdit();
    expect(text()).not.toContain(MARK_RULE);
  });

  it('keeps a text that says nothing any more, and walks what is left of it', () => {
    editFile(NODE, 'no dump at all');
    expect(text()).toBe('no dump at all');
    expect(state().loaded?.result.kind).toBe('walk');
    expect(state().loaded?.parsed.diagnostics.some((d) => d.input === NODE)).toBe(true);
  });

  it('says what is missing when an edit takes the sender away', () => {
    editFile('client/node.txt', '');
    const result = state().loaded?.result;
    expect(result?.kind === 'walk' ? walkIn(state())?.trace.outcomes[0]?.client : result?.kind).not.toBe('answer');
  });

  it('does not run the engine when a step is taken or the detail changes', () => {
    const before = state().loaded;
    seek(5);
    setDetail('rules');
    setDetail('story');
    expect(state().loaded).toBe(before);
    expect(state().index).toBe(5);
  });

  it('stays within the walk', () => {
    seek(10_000);
    const last = (walkIn(state())?.readings.story.stops.length ?? 0) - 1;
    expect(state().index).toBe(last);
    seek(-4);
    expect(state().index).toBe(0);
  });

  it('starts another packet at its first step and without the old picks', () => {
    pick('10.233.98.39');
    seek(6);
    setWords({ from: 'cy01-ceph142/dbg-pod142', via: undefined, to: '10.233.36.144:80', proto: 'tcp', sport: undefined, size: undefined });
    expect(state().index).toBe(0);
    expect(state().loaded?.choices).toEqual({});
  });
});

describe('the address', () => {
  it('says what differs from the defaults and nothing else', async () => {
    const hash = async () => {
      const { loaded } = state();
      return loaded ? encodeLink(linkOf(state(), loaded, await carriedBy(loaded, false), 'en')) : '';
    };
    expect(await hash()).toBe('#/ipvs-metallb?from=client&to=172.19.100.2:80');
    seek(16);
    choose(RR, 1);
    usePage.setState({ lang: 'ko' });
    expect(await hash()).toMatch(/^#\/ipvs-metallb\?from=client&to=172\.19\.100\.2:80&pick=cy01-ceph142\.ipvs-rr\.1&step=\d+&lang=ko$/);
    usePage.setState({ lang: 'en' });
    editFile(NODE, text().replace(MARK_RULE, ''));
    const edited = await hash();
    expect(edited).toMatch(/&e=1d\.[a-z0-9]+\.[A-Za-z0-9_-]+$/);
    expect(edited.length).toBeLessThan(200);
    expect(decodeLink(edited).kind).toBe('link');
  });

  it('holds no text that the user brought unless they said yes', async () => {
    const { loaded } = state();
    if (!loaded) throw new Error('nothing loaded');
    const own = { ...loaded, origin: { kind: 'own', inLink: false } as const };
    expect((await carriedBy(own, false)).packed).toBeUndefined();
    expect((await carriedBy(own, true)).packed?.length).toBeGreaterThan(2_000);
  });
});
