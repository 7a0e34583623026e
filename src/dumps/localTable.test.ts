import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Netns } from '../world/world.ts';
import { parseBundle } from './bundle.ts';
import { printIpRoute } from './ipRoute.ts';
import { localTableOf } from './localTable.ts';

const samples = fileURLToPath(new URL('../scenarios/ipvs-metallb/cluster', import.meta.url));
const files = readdirSync(samples, { recursive: true, withFileTypes: true }).filter((f) => f.name.endsWith('.txt'));
const bundle = Object.fromEntries(files.map((f) => [`${f.parentPath}/${f.name}`.slice(samples.length + 1), readFileSync(`${f.parentPath}/${f.name}`, 'utf8')]));
const real = readFileSync(new URL('./fixtures/iproute2-6.1.0.txt', import.meta.url), 'utf8');
const namespaces = [...parseBundle(bundle).world.hosts, ...parseBundle({ 'real/x.txt': real }).world.hosts].flatMap((h) => h.netns.map((n) => [`${h.name} ${n.name ?? ''}`, n] as const));

const local = (netns: Pick<Netns, 'routes'>) => printIpRoute(netns.routes.filter((r) => r.table === 'local'), 'local', false).toSorted((a, b) => a.localeCompare(b));

describe('localTableOf', () => {
  // The kernel's own table local, as `ip route show table all` printed it, is what the addresses must give.
  it.each(namespaces)('gives %s the local table that the kernel made there', (_, netns) => {
    const derived = local({ routes: localTableOf(netns.links) });
    expect(derived).toEqual(local(netns));
    expect(derived.length).toBeGreaterThan(3);
  });
});

describe('a dump of ip route alone', () => {
  const ADDR = ['$ ip addr', '2: eth0: <UP> mtu 1500 qdisc mq state UP', '    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff', '    inet 10.0.0.2/24 brd 10.0.0.255 scope global eth0'];
  const netnsOf = (...lines: readonly string[]) => {
    const { world, diagnostics } = parseBundle({ 'n1/x.txt': [...ADDR, ...lines].join('\n') });
    return { routes: world.hosts[0]?.netns[0]?.routes.map((r) => `${r.type} ${r.table}`), codes: diagnostics.map((d) => d.code) };
  };

  it('gets the local table from the addresses, and says so', () => {
    const { routes, codes } = netnsOf('$ ip route', 'default via 10.0.0.1 dev eth0');
    expect(routes).toEqual(['unicast main', 'local local', 'broadcast local']);
    expect(codes).toContain('local-table-derived');
  });

  it('is left as it is when it shows the table', () => {
    const { routes, codes } = netnsOf('$ ip route show table all', 'default via 10.0.0.1 dev eth0', 'local 10.0.0.2 dev eth0 table local proto kernel scope host src 10.0.0.2');
    expect(routes).toEqual(['unicast main', 'local local']);
    expect(codes).not.toContain('local-table-derived');
  });

  it('is asked for when there is none; what the addresses alone make is known', () => {
    const { routes, codes } = netnsOf();
    expect(codes).toContain('missing-routes');
    expect(routes).toEqual(['local local', 'broadcast local']);
  });
});

describe('which tables a dump lists', () => {
  const listed = (...lines: readonly string[]) => parseBundle({ 'n1/x.txt': ['$ ip rule', '0:\tfrom all lookup local', ...lines].join('\n') }).world.hosts[0]?.netns[0]?.routesListed;
  it.each`
    what                                   | lines                                                                                                     | tables
    ${'no listing'}                        | ${[]}                                                                                                     | ${[]}
    ${'ip route'}                          | ${['$ ip route', 'default via 10.0.0.1 dev eth0']}                                                         | ${['main']}
    ${'an empty ip route'}                 | ${['$ ip route']}                                                                                          | ${['main']}
    ${'two tables by name'}                | ${['$ ip route show table main', '10.0.0.0/8 dev eth0', '$ ip route show table 100', 'default dev eth0']}  | ${['main', '100']}
    ${'main by its number'}                | ${['$ ip r s table 254', '10.0.0.0/8 dev eth0']}                                                           | ${['main']}
    ${'all'}                               | ${['$ ip route show table all', '10.0.0.0/8 dev eth0']}                                                    | ${undefined}
    ${'all, in a file of its own'}         | ${['$ ip route', 'default via 10.0.0.1 dev eth0', 'default dev eth1 table 100']}                           | ${undefined}
  `('$what', ({ lines, tables }: { lines: readonly string[]; tables: readonly string[] | undefined }) => expect(listed(...lines)).toEqual(tables));
});
