import { describe, expect, it } from 'vitest';
import { protocolName } from '../packet/protocols.ts';
import { protocolNumber, wordsOf } from './words.ts';

describe('protocolNumber', () => {
  // `iptables-legacy -A INPUT -p NAME; iptables-legacy-save` on Debian 12.
  it.each([
    ['ipencap', 4],
    ['IP-ENCAP', 4],
    ['ipip', 94],
    ['94', 94],
    ['vrrp', 112],
    ['ospf', 89],
    ['ah', 51],
    ['253', 253],
    ['256', undefined],
    ['ip-in-ip', undefined],
  ])('reads %s as %s', (text, proto) => expect(protocolNumber(text)).toBe(proto));

  it('reads back every name that is printed', () => {
    for (let proto = 1; proto < 256; proto++) expect(protocolNumber(protocolName(proto))).toBe(proto);
  });
});

it.each([
  ['', []],
  ['   \t ', []],
  ['default via 10.0.0.1', ['default', 'via', '10.0.0.1']],
  ['  32000:\tfrom  all \r', ['32000:', 'from', 'all']],
  ['a\u00a0b\u3000c\u200bd', ['a', 'b', 'c\u200bd']],
])('wordsOf splits %j at what is white space', (line, words) => {
  expect(wordsOf(line)).toEqual(words);
  expect(line.split(/\s+/).filter((w) => w !== '')).toEqual(words);
});
