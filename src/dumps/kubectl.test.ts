import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatIp4 } from '../packet/address.ts';
import { readDocuments } from './kubeDocuments.ts';
import { parseObjects } from './kubectl.ts';

const objects = (text: string, path = 'objects.yaml') => parseObjects({ [path]: text });

describe('the sample objects', () => {
  const { names, diagnostics } = objects(readFileSync(new URL('../scenarios/ipvs-metallb/local/objects.yaml', import.meta.url), 'utf8'));

  it('name nodes, pods and services without a complaint', () => {
    expect(diagnostics).toEqual([]);
    expect(names.nodes.map((n) => [n.name, n.internalIps.map(formatIp4), n.kubeProxyVersion, n.source.line])).toEqual([
      ['cy01-ceph141', ['10.10.2.141'], 'v1.19.7', 1],
      ['cy01-ceph142', ['10.10.2.142'], 'v1.19.7', 13],
      ['cy01-ceph143', ['10.10.2.143'], 'v1.19.7', 25],
    ]);
    expect(names.pods.map((p) => [p.namespace, p.name, p.node, p.ips.map(formatIp4), p.hostNetwork])).toContainEqual(['default', 'ng-test-rs-cwqr5', 'cy01-ceph142', ['10.233.98.39'], false]);
    expect(names.services[0]).toMatchObject({
      namespace: 'default',
      name: 'ng-svc',
      type: 'LoadBalancer',
      clusterIps: [0x0ae92490],
      loadBalancerIps: [0xac136402],
      externalTrafficPolicy: 'Local',
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: '80', nodePort: 31778 }],
    });
  });
});

describe('parseObjects', () => {
  it('reads a List in JSON, as kubectl get -o json prints it, with a line for each item', () => {
    const { names } = objects('{\n"apiVersion": "v1",\n"kind": "List",\n"items": [\n{"kind": "Pod", "metadata": {"name": "a"}, "spec": {"hostNetwork": true}, "status": {"podIP": "10.0.0.1"}},\n{"kind": "Node", "metadata": {"name": "n"}}]}', 'x.json');
    expect(names.pods).toMatchObject([{ namespace: 'default', name: 'a', node: undefined, ips: [0x0a000001], hostNetwork: true, source: { input: 'x.json', line: 5 } }]);
    expect(names.nodes).toMatchObject([{ name: 'n', internalIps: [], source: { line: 6 } }]);
  });

  it('finds objects behind a prompt inside another file', () => {
    const { names } = parseObjects({ 'n1/node.txt': '$ ip rule\n0:\tfrom all lookup local\n$ kubectl get pod a -o yaml\nkind: Pod\nmetadata:\n  name: a\n' });
    expect(names.pods).toMatchObject([{ name: 'a', source: { input: 'n1/node.txt', line: 4 } }]);
  });

  it('keeps IPv4 of a dual-stack service and leaves None out', () => {
    const { names } = objects('kind: Service\nmetadata: {name: s}\nspec: {clusterIP: None, clusterIPs: [10.0.0.1, "fd00::1"], externalIPs: [1.2.3.4], ports: [{port: 80, targetPort: web}, {port: 99999}]}');
    expect(names.services).toMatchObject([{ type: 'ClusterIP', clusterIps: [0x0a000001], externalIps: [0x01020304], ports: [{ port: 80, targetPort: 'web', protocol: 'TCP', nodePort: undefined }] }]);
  });

  it.each([
    ['damaged YAML', 'kind: Pod\nmetadata: {name: a', 'bad-yaml'],
    ['an object without a name', 'kind: Pod\nmetadata: {}', 'bad-object'],
    ['a kind that we have no use for', 'kind: Secret\nmetadata: {name: a}', 'unknown-object'],
    ['aliases made to explode', `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'.split('').map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(',')}]`).join('\n')}\nkind: Pod\n`, 'bad-yaml'],
    ['nesting made to overflow', `kind: Pod\nx: ${'['.repeat(20_000)}`, 'bad-yaml'],
  ])('reports %s', (_, text, code) => expect(objects(text).diagnostics.map((d) => d.code)).toContain(code));

  it('says nothing of kinds that belong in a bundle', () => expect(objects('kind: IPPool\nmetadata: {name: p}\n---\nkind: Fabric\n').diagnostics).toEqual([]));

  it('takes nothing from the prototype of objects', () => {
    const { names } = objects('kind: Pod\nmetadata: {name: a, __proto__: {namespace: evil}}\nspec: {toString: 1}');
    expect(names.pods).toMatchObject([{ namespace: 'default', node: undefined }]);
  });
});

describe('readDocuments', () => {
  const json = JSON.stringify({ kind: 'List', items: [{ kind: 'Pod', metadata: { name: 'a "items": [{', labels: { path: 'C:\\\\' } } }, 7, { kind: 'Node', metadata: { name: 'n' }, spec: { podCIDR: '10.0.0.0/24' } }] }, undefined, 2);

  it.each([
    ['JSON', json],
    ['the same as YAML', `# as YAML, by its comment\n${json}`],
  ])('reads a list as %s, with the line of each object and field', (_, text) => {
    const { documents, diagnostics } = readDocuments({ 'o.json': text });
    expect(diagnostics).toEqual([]);
    expect(documents.map((d) => [d.kind, d.name])).toEqual([['Pod', 'a "items": [{'], ['Node', 'n']]);
    const lines = text.split('\n');
    const [pod, node] = documents;
    expect([pod, node].map((d) => lines[(d?.source.line ?? 0) - 1])).toEqual(['    {', '    {']);
    expect(lines[(node?.at('spec', 'podCIDR').line ?? 0) - 1]).toContain('podCIDR');
  });
});
