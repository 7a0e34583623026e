import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { patchObjects } from './patch.ts';

const values = (text: string): readonly unknown[] => parseAllDocuments(text).map((d): unknown => d.toJS());

const SERVICE = 'kind: Service\nmetadata: {name: a}\nspec: {type: NodePort, ports: [{port: 80}]}\n';

describe('patchObjects', () => {
  it.each([
    ['sets a field', 'kind: Service\nmetadata: {name: a}\nspec: {externalTrafficPolicy: Local}', [{ kind: 'Service', metadata: { name: 'a' }, spec: { type: 'NodePort', ports: [{ port: 80 }], externalTrafficPolicy: 'Local' } }]],
    ['replaces a list as a whole', 'kind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 81}, {port: 82}]}', [{ kind: 'Service', metadata: { name: 'a' }, spec: { type: 'NodePort', ports: [{ port: 81 }, { port: 82 }] } }]],
    ['takes a field away', 'kind: Service\nmetadata: {name: a}\nspec: {type: null}', [{ kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } }]],
    ['removes an object', 'kind: Service\nmetadata: {name: a}\n$patch: delete', []],
    ['leaves an object of another namespace alone and adds its own', 'kind: Service\nmetadata: {name: a, namespace: b}\nspec: {}', [{ kind: 'Service', metadata: { name: 'a' }, spec: { type: 'NodePort', ports: [{ port: 80 }] } }, { kind: 'Service', metadata: { name: 'a', namespace: 'b' }, spec: {} }]],
  ])('%s', (_, patch, wanted) => {
    expect(values(patchObjects(SERVICE, patch))).toEqual(wanted);
  });

  it('keeps comments and the order of what stays', () => {
    const text = '# the nodes\nkind: Node\nmetadata:\n  name: n1 # the first\n---\nkind: KubeProxyConfiguration\nmode: iptables\n';
    const patched = patchObjects(text, 'kind: KubeProxyConfiguration\nmode: ipvs\n');
    expect(patched).toContain('# the nodes');
    expect(patched).toContain('# the first');
    expect(patched.indexOf('Node')).toBeLessThan(patched.indexOf('mode: ipvs'));
  });

  it('makes nothing else of objects that no patch names', () => {
    const text = `${SERVICE}---\nkind: Pod\nmetadata: {name: p}\n`;
    expect(values(patchObjects(text, 'kind: Pod\nmetadata: {name: p}\nspec: {nodeName: n}'))[0]).toEqual(values(SERVICE)[0]);
  });
});
