import { describe, expect, it } from 'vitest';
import { addPort, addService, insertObjects, setField, setNetwork, setNodes, setPodsPerNode, setProxyMode, setServiceType, setVersion } from '../cluster/edit/edits.ts';
import { type Files, type FormService, readForm } from '../cluster/edit/form.ts';
import { NETWORKS, OBJECTS_FILE, STARTER } from '../cluster/starter.ts';
import { clusterLink, readClusterLink, starterFiles } from './clusterLink.ts';
import { decodeLink, encodeLink, linkTo, NEW_CLUSTER, SAFE_LINK_LENGTH } from './link.ts';

const service = (files: Files, name = 'web'): FormService => {
  const found = readForm(files).services.find((s) => s.name === name);
  if (!found) throw new Error(`no service ${name}`);
  return found;
};
const policy = (files: Files, name: string, field: string, value: string): Files => setField(files, service(files, name).place, ['spec', field], value);
const replaced = (files: Files, from: string, to: string): Files => ({ ...files, [OBJECTS_FILE]: (files[OBJECTS_FILE] ?? '').replace(from, to) });

/** As typed into the editor. */
const NETWORK_POLICY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: only-web
  namespace: default
spec:
  podSelector:
    matchLabels:
      app: web
  policyTypes: [Ingress]
  ingress:
  - from:
    - podSelector:
        matchLabels:
          role: client
    ports:
    - protocol: TCP
      port: 8080
`;

/** What people do to a cluster, by form and by hand. */
const EDITS: readonly ((files: Files) => Files)[] = [
  (f) => setNodes(f, 5),
  (f) => policy(f, 'web', 'externalTrafficPolicy', 'Local'),
  addService,
  (f) => setServiceType(f, service(f, 'web2'), 'LoadBalancer'),
  (f) => policy(f, 'web2', 'sessionAffinity', 'ClientIP'),
  (f) => addPort(f, service(f, 'web2')),
  (f) => setProxyMode(f, 'ipvs'),
  (f) => insertObjects(f, OBJECTS_FILE, 0, [NETWORK_POLICY]),
  (f) => replaced(f, 'metadata: {name: web-1-1, namespace: default, labels: {app: web}}', 'metadata: {name: web-1-1, namespace: default, labels: {app: web, role: client}}'),
  (f) => replaced(f, 'natOutgoing: true', 'natOutgoing: false\n  blockSize: 24'),
];

const hashOf = (started: typeof STARTER, files: Files): string => {
  const { params, packed } = clusterLink(started, files);
  return encodeLink({ ...linkTo(NEW_CLUSTER), params, packed, from: 'node1/web-1-1', to: '10.96.0.80:80', detail: 'rules', step: 117, lang: 'ko' });
};

describe('the link to a cluster that was built here', () => {
  it.each(NETWORKS)('holds ten edits of a cluster with %s in 2,000 characters, and they come back', (network) => {
    const started = { ...STARTER, network };
    const files = EDITS.reduce((all, edit) => edit(all), starterFiles(started));
    const hash = hashOf(started, files);
    expect(hash.length).toBeLessThanOrEqual(SAFE_LINK_LENGTH);
    const decoded = decodeLink(hash);
    if (decoded.kind !== 'link') throw new Error(decoded.kind);
    expect(readClusterLink(decoded.link.params, decoded.link.packed)).toMatchObject({ kind: 'cluster', files });
  });

  it('is a few words while nothing but the choices was changed, however they were', () => {
    const files = setVersion(setNetwork(setPodsPerNode(setNodes(starterFiles(STARTER), 12), 5), 'calico-vxlan'), '1.20');
    expect(clusterLink(STARTER, files)).toEqual({ params: { nodes: '12', net: 'calico-vxlan', k8s: '1.20', pods: '5' }, packed: undefined });
  });

  it('of a large cluster with one line changed is short', () => {
    const started = { ...STARTER, nodes: 60, podsPerNode: 10 };
    expect(hashOf(started, policy(starterFiles(started), 'web', 'internalTrafficPolicy', 'Local')).length).toBeLessThan(300);
  });

  it('with a parameter that means nothing, or with damaged edits, is not taken', () => {
    expect(readClusterLink({ net: 'token-ring' }, undefined)).toEqual({ kind: 'bad-param', key: 'net' });
    const { packed = '' } = clusterLink(STARTER, policy(starterFiles(STARTER), 'web', 'internalTrafficPolicy', 'Local'));
    expect(readClusterLink({}, packed.slice(0, -2))).toEqual({ kind: 'bad', reason: 'damaged' });
    expect(readClusterLink({ nodes: '4' }, packed)).toMatchObject({ kind: 'bad', reason: 'base' });
  });
});
