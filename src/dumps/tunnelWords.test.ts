import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { worldFrom } from '../testing/sample.ts';
import type { GeneveTunnel, GreTunnel, IpipTunnel, Tunnel, VxlanTunnel } from '../world/tunnel.ts';
import { isTunnelKind, parseTunnel, tunnelWords } from './tunnelWords.ts';

const u32 = fc.integer({ min: 1, max: 0xffffffff });
const host = fc.option(fc.integer({ min: 1, max: 0xdfffffff }), { nil: undefined });
const dev = fc.option(fc.constantFrom('eth0', 'bond0.5', 'remote'), { nil: undefined });
const ttl = fc.oneof(fc.constant('inherit' as const), fc.integer({ min: 1, max: 255 }));
const tos = fc.oneof(fc.constant('inherit' as const), fc.integer({ min: 0, max: 255 }).filter((n) => n !== 1));
const df = fc.constantFrom('unset' as const, 'set' as const, 'inherit' as const);
const port = fc.integer({ min: 0, max: 65535 });
const vni = fc.integer({ min: 0, max: 0xffffff });
const flag = fc.boolean();
const unknown = fc.constant<readonly string[]>([]);
const key = fc.option(fc.integer({ min: 0, max: 0xffffffff }), { nil: undefined });

const base = { local: host, remote: host, dev, ttl, tos, pmtudisc: flag, fwmark: fc.oneof(fc.constant(0), u32), unknown };
const tunnel: fc.Arbitrary<Tunnel> = fc.oneof(
  fc.record({ kind: fc.constant('ipip' as const), ...base }) satisfies fc.Arbitrary<IpipTunnel>,
  fc.record({ kind: fc.constantFrom('gre' as const, 'gretap' as const), ...base, ikey: key, okey: key, iseq: flag, oseq: flag, icsum: flag, ocsum: flag, ignoreDf: flag }) satisfies fc.Arbitrary<GreTunnel>,
  fc.record({ kind: fc.constant('vxlan' as const), vni, local: host, remote: fc.option(fc.integer({ min: 1, max: 0xefffffff }), { nil: undefined }), dev, srcport: fc.record({ from: port, to: port }), dstport: port, learning: flag, proxy: flag, rsc: flag, l2miss: flag, l3miss: flag, tos, ttl: fc.oneof(ttl, fc.constant('auto' as const)), df, unknown }) satisfies fc.Arbitrary<VxlanTunnel>,
  fc.record({ kind: fc.constant('geneve' as const), vni, remote: host, ttl: fc.oneof(ttl, fc.constant('auto' as const)), tos, df, dstport: port, unknown }) satisfies fc.Arbitrary<GeneveTunnel>,
);

describe('a VXLAN device in a listing without details', () => {
  const files = (fdb: string) => ({
    'n/n.txt': `$ ip addr\n2: flannel.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN group default\n    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n    inet 10.244.1.0/32 scope global flannel.1\n\n$ bridge fdb\n${fdb}\n`,
  });
  it.each([
    ['02:00:00:00:00:02 dev flannel.1 dst 192.168.1.12 self permanent', 'unknown', 'vxlan'],
    ['33:33:00:00:00:01 dev flannel.1 self permanent', 'nic', ''],
  ])('shows by its entry %s', (fdb, kind, kindText) => expect(worldFrom(files(fdb)).hosts[0]?.netns[0]?.links[0]).toMatchObject({ kind, kindText }));
});

describe('the words of a tunnel', () => {
  it('say what was read from them', () => {
    fc.assert(
      fc.property(tunnel, (t) => {
        const words = [t.kind, ...tunnelWords(t)];
        expect(parseTunnel(t.kind, words)).toEqual({ tunnel: t, taken: words.length });
      }),
    );
  });

  it('never break the reader', () => {
    fc.assert(fc.property(fc.constantFrom('ipip', 'gre', 'gretap', 'vxlan', 'geneve'), fc.array(fc.oneof(fc.string(), fc.constantFrom('remote', 'local', 'ttl', 'id', 'srcport', 'any', 'constructor', '__proto__')), { maxLength: 30 }), (kind, words) => isTunnelKind(kind) && parseTunnel(kind, [kind, ...words]).taken <= words.length + 1));
  });
});
