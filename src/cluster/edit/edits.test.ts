import { describe, expect, it } from 'vitest';
import { NETWORKS, OBJECTS_FILE, STARTER, starterText } from '../starter.ts';
import { addPort, addService, insertObjects, removeObject, setField, setNetwork, setNodes, setPodsPerNode, setProxyMode, setServiceType, setVersion } from './edits.ts';
import { type Files, type FormService, readForm } from './form.ts';

const starter = (part: Partial<typeof STARTER> = {}): Files => ({ [OBJECTS_FILE]: starterText({ ...STARTER, ...part }) });
const textOf = (files: Files): string => files[OBJECTS_FILE] ?? '';
const service = (files: Files, name = 'web'): FormService => {
  const found = readForm(files).services.find((s) => s.name === name);
  if (!found) throw new Error(`no service ${name}`);
  return found;
};
/** Lines that one text has and the other has not, without their order. */
const changed = (before: Files, after: Files): readonly string[] => {
  const [a, b] = [textOf(before).split('\n'), textOf(after).split('\n')];
  return [...a.filter((l) => !b.includes(l)).map((l) => `-${l}`), ...b.filter((l) => !a.includes(l)).map((l) => `+${l}`)];
};

describe('the form reads', () => {
  it.each(NETWORKS)('the network of a starter: %s', (network) => {
    expect(readForm(starter({ network })).network).toBe(network);
  });

  it('counts, version, mode and the service', () => {
    const form = readForm(starter({ nodes: 4, podsPerNode: 3, proxy: 'ipvs', version: '1.25' }));
    expect([form.nodes.length, form.podsPerNode, form.proxy.mode, form.version]).toEqual([4, 3, 'ipvs', '1.25']);
    expect(form.services[0]).toMatchObject({ namespace: 'default', name: 'web', type: 'NodePort', clusterIp: '10.96.0.80', externalTrafficPolicy: 'Cluster', clientIpAffinity: false });
    expect(form.services[0]?.ports).toEqual([{ name: 'http', protocol: 'TCP', port: 80, targetPort: '8080', nodePort: 30_080 }]);
  });

  it('where an object stands', () => {
    const files = starter();
    const lines = textOf(files).split('\n');
    for (const { name, place } of readForm(files).nodes) expect(lines.slice(place.line - 1, place.line + 3).join('\n')).toContain(`kind: Node\nmetadata:\n  name: ${name}`);
  });

  it('a List, as kubectl prints several objects', () => {
    const files = { [OBJECTS_FILE]: 'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: a\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: b # the second\n' };
    expect(readForm(files).services.map((s) => [s.name, s.place.line])).toEqual([['a', 4], ['b', 8]]);
    const local = setField(files, service(files, 'b').place, ['spec', 'externalTrafficPolicy'], 'Local');
    expect(textOf(local)).toBe(`${textOf(files)}  spec:\n    externalTrafficPolicy: Local\n`);
    expect(readForm(removeObject(local, service(local, 'a').place)).services.map((s) => s.name)).toEqual(['b']);
  });
});

describe('a change by the form is the text that a starter with that choice has', () => {
  it.each<{ what: string; made: Files; wanted: Files }>([
    { what: 'more nodes', made: setNodes(starter(), 5), wanted: starter({ nodes: 5 }) },
    { what: 'fewer nodes', made: setNodes(starter({ nodes: 5 }), 2), wanted: starter({ nodes: 2 }) },
    { what: 'more nodes in two networks', made: setNodes(starter({ subnets: 2 }), 6), wanted: starter({ subnets: 2, nodes: 6 }) },
    { what: 'more pods', made: setPodsPerNode(starter(), 4), wanted: starter({ podsPerNode: 4 }) },
    { what: 'no pods', made: setPodsPerNode(starter(), 0), wanted: starter({ podsPerNode: 0 }) },
    { what: 'pods again', made: setPodsPerNode(setPodsPerNode(starter(), 0), 2), wanted: starter() },
    { what: 'IPVS', made: setProxyMode(starter(), 'ipvs'), wanted: starter({ proxy: 'ipvs' }) },
    { what: 'an older version', made: setVersion(starter(), '1.20'), wanted: starter({ version: '1.20' }) },
    { what: 'VXLAN', made: setNetwork(starter(), 'calico-vxlan-cross'), wanted: starter({ network: 'calico-vxlan-cross' }) },
    { what: 'no plugin, and back', made: setNetwork(setNetwork(starter(), 'none'), 'calico-ipip'), wanted: starter() },
    { what: 'Flannel', made: setNetwork(starter({ network: 'flannel-vxlan' }), 'flannel-host-gw'), wanted: starter({ network: 'flannel-host-gw' }) },
    { what: 'OpenShift SDN', made: setNetwork(starter({ network: 'flannel-vxlan' }), 'openshift-sdn'), wanted: starter({ network: 'openshift-sdn' }) },
    { what: 'OpenShift SDN, and back', made: setNetwork(setNetwork(starter(), 'openshift-sdn'), 'calico-ipip'), wanted: starter() },
  ])('$what', ({ made, wanted }) => expect(textOf(made)).toBe(textOf(wanted)));
});

it('gives more pods addresses that no other pod has', () => {
  const files = { [OBJECTS_FILE]: 'kind: Node\nmetadata: {name: a}\nspec: {podCIDR: 10.1.0.0/24}\n---\nkind: Pod\nmetadata: {name: mine}\nspec: {nodeName: a}\nstatus: {podIP: 10.1.0.3}\n' };
  expect(readForm(setPodsPerNode(files, 2)).pods.map((p) => [p.name, p.ip])).toEqual([['web-1-1', '10.1.0.2'], ['web-1-2', '10.1.0.4'], ['mine', '10.1.0.3']]);
});

describe('services', () => {
  it('get one line for a policy, and lose it again', () => {
    const files = starter();
    const local = setField(files, service(files).place, ['spec', 'externalTrafficPolicy'], 'Local');
    expect(changed(files, local)).toEqual(['+  externalTrafficPolicy: Local']);
    expect(setField(local, service(local).place, ['spec', 'externalTrafficPolicy'], undefined)).toEqual(files);
  });

  it('become LoadBalancer with an address and MetalLB, and ClusterIP again without', () => {
    const files = starter();
    const balanced = setServiceType(files, service(files), 'LoadBalancer');
    expect(service(balanced)).toMatchObject({ type: 'LoadBalancer', balancerIps: ['192.168.10.200'] });
    expect(readForm(balanced).hasBalancer).toBe(true);
    expect(changed(files, balanced)).toContain('+status: {loadBalancer: {ingress: [{ip: 192.168.10.200}]}}');
    const plain = setServiceType(balanced, service(balanced), 'ClusterIP');
    expect(service(plain)).toMatchObject({ type: 'ClusterIP', balancerIps: [] });
    expect(service(plain).ports[0]?.nodePort).toBeUndefined();
  });

  it('come with a name, an address and node ports that are free', () => {
    const two = addService(addService(starter()));
    expect(readForm(two).services.map((s) => [s.name, s.clusterIp])).toEqual([['web', '10.96.0.80'], ['web2', '10.96.0.81'], ['web3', '10.96.0.82']]);
    const ported = setServiceType(two, service(two, 'web2'), 'NodePort');
    expect(service(ported, 'web2').ports[0]?.nodePort).toBe(30_081);
  });

  it('take another port', () => {
    const files = starter();
    expect(service(addPort(files, service(files))).ports.map((p) => [p.name, p.port])).toEqual([['http', 80], ['port2', 81]]);
  });
});

describe('what its author wrote', () => {
  const own = '# mine\napiVersion: v1\nkind: Service\nmetadata:\n    name: web   # four columns\nspec:\n    ports:\n        - port: 80\n---\n# another\n{apiVersion: v1,   kind: Node, metadata: {name: n1}}\n';
  const files = { [OBJECTS_FILE]: own };

  it('stays in every document but the one that is changed, comments and order too', () => {
    const after = textOf(setField(files, service(files).place, ['spec', 'type'], 'NodePort'));
    expect(after).toContain('# mine\n');
    expect(after).toContain('# four columns');
    expect(after).toContain('type: NodePort');
    expect(after.slice(after.indexOf('---'))).toBe(own.slice(own.indexOf('---')));
  });

  it('is not lost when an object is put before it or taken away', () => {
    const more = insertObjects(files, OBJECTS_FILE, -1, ['kind: Pod\n']);
    expect(textOf(more)).toBe(`kind: Pod\n---\n${own}`);
    expect(textOf(removeObject(files, service(files).place))).toBe('# another\n{apiVersion: v1,   kind: Node, metadata: {name: n1}}\n');
  });

  it('with a fault in it is passed over and kept', () => {
    const broken = { [OBJECTS_FILE]: `kind: Node\n  bad: [\n---\n${own}` };
    const after = textOf(setField(broken, service(broken).place, ['spec', 'type'], 'NodePort'));
    expect(after.startsWith('kind: Node\n  bad: [\n---\n')).toBe(true);
    expect(readForm({ [OBJECTS_FILE]: after }).services[0]?.type).toBe('NodePort');
  });
});
