import { describe, expect, it } from 'vitest';
import { protocolName } from '../packet/protocols.ts';
import { protocolNumber } from './words.ts';

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
