import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLink, encodeLink, LINK_DETAILS, LINK_LANGS, LINK_PROTOS, linkTo, type Link } from './link.ts';

const decoded = (hash: string): Link => {
  const result = decodeLink(hash);
  if (result.kind !== 'link') throw new Error(JSON.stringify(result));
  return result.link;
};

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const word = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' });
const host = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,30}(\/[a-z0-9-]{1,20})?$/);
const kind = fc.constantFrom('ipvs-rr', 'statistic', 'ecmp', 'port');
const pickKey = fc.tuple(host, kind, optional(fc.integer({ min: 2, max: 99 }))).map(([at, what, nth]) => [at, what, ...(nth === undefined ? [] : [nth])].join('/'));

const anyLink: fc.Arbitrary<Link> = fc.record({
  scenario: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/),
  params: fc.dictionary(fc.constantFrom('policy', 'tunnel', 'mode'), word, { noNullPrototype: true }),
  from: optional(word),
  via: optional(word),
  to: optional(word),
  proto: optional(fc.constantFrom(...LINK_PROTOS)),
  sport: optional(fc.integer({ min: 1, max: 65535 })),
  size: optional(fc.integer({ min: 0, max: 65507 })),
  picks: fc.dictionary(pickKey, fc.nat({ max: 999 }), { maxKeys: 4, noNullPrototype: true }),
  detail: optional(fc.constantFrom(...LINK_DETAILS)),
  step: optional(fc.integer({ min: 1, max: 100_000 })),
  lang: optional(fc.constantFrom(...LINK_LANGS)),
  packed: optional(fc.stringMatching(/^1d\.[a-z0-9]{1,7}\.[A-Za-z0-9_-]{0,40}$/)),
});

describe('links', () => {
  it('say a built-in state in words that a person can read', () => {
    const link: Link = { ...linkTo('ipvs-metallb'), from: 'client', to: '172.19.100.2:80', params: { policy: 'Local' }, step: 17 };
    expect(encodeLink(link)).toBe('#/ipvs-metallb?from=client&to=172.19.100.2:80&policy=Local&step=17');
  });

  it('name a taken branch by its host, its kind and the number of the option', () => {
    const link: Link = { ...linkTo('ipvs-metallb'), picks: { 'cy01-ceph142/ipvs-rr': 1, 'n1.example.org/pod-a/statistic/2': 0 } };
    expect(encodeLink(link)).toBe('#/ipvs-metallb?pick=cy01-ceph142.ipvs-rr.1&pick=n1.example.org/pod-a.statistic.2.0');
    expect(decoded(encodeLink(link))).toEqual(link);
  });

  it('keep the fullest built-in state within 200 characters', () => {
    const link: Link = {
      ...linkTo('ipvs-metallb'), from: 'cy01-ceph142/ng-test-rs-cwqr5', to: '10.233.36.144:80', proto: 'icmp', sport: 65535, size: 65507,
      params: { policy: 'Local' }, picks: { 'cy01-ceph142/ipvs-rr': 1 }, detail: 'hooks', step: 1234, lang: 'ko',
    };
    expect(`https://packetwalk.example/${encodeLink(link)}`.length).toBeLessThanOrEqual(220);
    expect(encodeLink(link).length).toBeLessThanOrEqual(200);
  });

  it('read back as what was written, whatever it is', () => {
    fc.assert(fc.property(anyLink, (link) => void expect(decoded(encodeLink(link))).toEqual(link)));
  });

  it('use only characters that chat tools leave alone', () => {
    fc.assert(fc.property(anyLink, (link) => void expect(encodeLink(link)).toMatch(/^#\/[A-Za-z0-9_.:/?=&%-]*$/)));
  });

  it('survive a chat tool that escapes the whole fragment value by value', () => {
    expect(decoded('#/ipvs-metallb?to=172.19.100.2%3A80&from=cy01-ceph142%2Fdbg-pod142')).toMatchObject({ to: '172.19.100.2:80', from: 'cy01-ceph142/dbg-pod142' });
  });

  it.each`
    hash                                              | code             | because
    ${'#nonsense here'}                               | ${'no-scenario'} | ${'there is no such form'}
    ${'#/UPPER?step=1'}                               | ${'no-scenario'} | ${'scenario names are lower-case'}
    ${'#/ipvs-metallb?step=0'}                        | ${'bad-value'}   | ${'steps count from 1'}
    ${'#/ipvs-metallb?step=1e3'}                      | ${'bad-value'}   | ${'a step is digits'}
    ${'#/ipvs-metallb?sport=70000'}                   | ${'bad-value'}   | ${'ports end at 65535'}
    ${'#/ipvs-metallb?detail=all'}                    | ${'bad-value'}   | ${'there is no such level'}
    ${'#/ipvs-metallb?pick=cy01-ceph142.ipvs-rr'}     | ${'bad-value'}   | ${'the option is missing'}
    ${'#/ipvs-metallb?from=client&to=172%'}           | ${'bad-escape'}  | ${'the escape lost its digits'}
    ${'#/ipvs-metallb?from=client&ste'}               | ${'bad-pair'}    | ${'the link was cut'}
    ${'#/ipvs-metallb?step=1&step=2'}                 | ${'repeated'}    | ${'which one counts is not said'}
    ${'#/ipvs-metallb?constructor=1'}                 | ${'bad-pair'}    | ${'it is no name of a parameter'}
    ${'#/ipvs-metallb?e=1d.abc.<script>'}             | ${'bad-value'}   | ${'packed text has an alphabet'}
  `('$hash is refused ($code): $because', ({ hash, code }: { hash: string; code: string }) => {
    const result = decodeLink(hash);
    expect(result).toMatchObject({ kind: 'damaged', problems: [{ code }] });
  });

  it('without anything in them are empty, not damaged', () => {
    for (const hash of ['', '#', '#/']) expect(decodeLink(hash)).toEqual({ kind: 'empty' });
  });

  it('never throw, whatever the address bar holds', () => {
    const hostile = fc.oneof(fc.string({ maxLength: 300, unit: 'binary' }), fc.tuple(anyLink, fc.nat(), fc.string({ maxLength: 3, unit: 'binary' })).map(([link, at, junk]) => {
      const text = encodeLink(link);
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + junk + text.slice(cut + junk.length);
    }));
    fc.assert(fc.property(hostile, (hash) => void expect(['empty', 'link', 'damaged']).toContain(decodeLink(hash).kind)), { numRuns: 500 });
  });
});
