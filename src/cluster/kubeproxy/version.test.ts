import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../dumps/diagnostic.ts';
import { kubeProxyOf } from './kubeProxy.ts';
import { cluster, node, service } from './models.fixture.ts';
import { nearestRead } from './version.ts';

describe('nearestRead', () => {
  it.each`
    given                        | minor | because
    ${{ major: 1, minor: 19 }}   | ${19} | ${'it was read'}
    ${{ major: 1, minor: 21 }}   | ${20} | ${'the nearest older one'}
    ${{ major: 1, minor: 26 }}   | ${25} | ${'the nearest older one'}
    ${{ major: 1, minor: 30 }}   | ${27} | ${'the nearest older one'}
    ${{ major: 1, minor: 35 }}   | ${34} | ${'the nearest older one'}
    ${{ major: 1, minor: 99 }}   | ${36} | ${'the newest'}
    ${{ major: 2, minor: 0 }}    | ${36} | ${'the newest'}
    ${{ major: 1, minor: 16 }}   | ${18} | ${'nothing older was read'}
    ${{ major: 0, minor: 9 }}    | ${18} | ${'nothing older was read'}
    ${undefined}                 | ${36} | ${'no version is given'}
  `('$given is taken for 1.$minor: $because', ({ given, minor }: { given: { major: number; minor: number } | undefined; minor: number }) => expect(nearestRead(given).minor).toBe(minor));
});

describe('what the user is told', () => {
  const told = (model: Parameters<typeof kubeProxyOf>[0]): readonly string[] => {
    const found = new DiagnosticList();
    kubeProxyOf(model, found);
    return found.items.map((d) => `${d.severity} ${d.code} ${d.text}`);
  };

  it('says once which version stands in for another', () => expect(told(cluster([node('n1', '192.168.0.2', 26), node('n2', '192.168.0.3', 27), node('n3', '192.168.0.4', 26)], []))).toEqual(['info proxy-version-mapped 1.26 → 1.25']));

  it('says once which one is taken where Nodes name none', () =>
    expect(told(cluster(['n1', 'n2'].map((n) => node(n, '192.168.0.2', 0, { kubeProxyVersion: undefined })), []))).toEqual(['info proxy-version-assumed 1.36']));

  it('says which services get no rules, and why', () =>
    expect(
      told(
        cluster(
          [node('n1', '192.168.0.2', 27)],
          [
            [service('plain', { clusterIp: '172.30.0.41' }), []],
            [service('headless', {}), []],
            [service('alias', { type: 'ExternalName', clusterIp: '172.30.55.4' }), []],
            [service('other', { clusterIp: '172.30.0.42', labels: { 'service.kubernetes.io/service-proxy-name': 'x' } }), []],
          ],
        ),
      ),
    ).toEqual(['info service-headless ns1/headless', 'info service-external-name ns1/alias', 'info service-other-proxy ns1/other']));

  it('is part of every cluster with nodes', () => expect(kubeProxyOf(cluster([], []), new DiagnosticList())).toBeUndefined());
});
