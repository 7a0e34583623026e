import { type Document, isMap, isSeq, type YAMLMap } from 'yaml';
import { formatIp4, parseIp4 } from '../../packet/address.ts';
import { networkTexts, type NetworkChoice, OBJECTS_FILE, POD_NETWORK, poolModes } from '../starter.ts';
import { kubeProxyText, metallbTexts, nodeText, podText, serviceText } from '../starterTexts.ts';
import { documentsOf, objectsIn, printDocument } from './documents.ts';
import { type ClusterForm, type Files, type FormNode, type FormService, type ObjectPlace, readForm, yamlFiles } from './form.ts';

type Path = readonly (string | number)[];

/*
 * Changes of objects as text → text. Only the document that is meant is printed anew, with its comments and its order; every other
 * one stays as its author left it.
 */

/** Changes one document of a file; the file as it was when there is no such document. */
function changeDocument(files: Files, place: Pick<ObjectPlace, 'file' | 'document'>, change: (document: Document) => void): Files {
  const documents = documentsOf(files[place.file] ?? '');
  const target = documents[place.document];
  if (!target) return files;
  const yaml = target.yaml.clone();
  change(yaml);
  const printed = printDocument(yaml, target.text);
  return { ...files, [place.file]: documents.map((d, i) => (i === place.document ? printed : d.text)).join('') };
}

/** Sets a field of an object; undefined takes it away. A map on the way that is missing is made. */
export const setField = (files: Files, place: ObjectPlace, path: Path, value: string | number | boolean | undefined): Files =>
  changeDocument(files, place, (document) => {
    const full = [...place.path, ...path];
    if (value === undefined) document.deleteIn(full);
    else document.setIn(full, value);
  });

/** Takes an object away: its document, or its item of a List. */
export function removeObject(files: Files, place: ObjectPlace): Files {
  if (place.path.length > 0) return changeDocument(files, place, (document) => document.deleteIn(place.path));
  const rest = documentsOf(files[place.file] ?? '').flatMap((d, i) => (i === place.document ? [] : [d.text]));
  // The first document of a file needs no line that opens it.
  return { ...files, [place.file]: rest.map((text, i) => (i === 0 ? text.replace(/^---[ \t]*\n/, '') : text)).join('') };
}

/** Puts objects into a file behind the document with this number; -1 puts them first. */
export function insertObjects(files: Files, file: string, behind: number, texts: readonly string[]): Files {
  const documents = documentsOf(files[file] ?? '').map((d) => d.text);
  const all = [...documents.slice(0, behind + 1), ...texts, ...documents.slice(behind + 1)];
  const opened = all.map((text, i) => (i === 0 || /^---(?:\s|$)/.test(text) ? text : `---\n${text}`));
  return { ...files, [file]: opened.map((text, i) => (text.endsWith('\n') || i === opened.length - 1 ? text : `${text}\n`)).join('') };
}

const fileFor = (files: Files, near: ObjectPlace | undefined): string => near?.file ?? yamlFiles(files)[0] ?? OBJECTS_FILE;

/** Behind the given object; at the end of the first YAML file without one. */
function insertNear(files: Files, near: ObjectPlace | undefined, texts: readonly string[]): Files {
  const file = fileFor(files, near);
  return insertObjects(files, file, near ? near.document : documentsOf(files[file] ?? '').length, texts);
}

/** kube-proxy's mode, with a configuration made where there is none. */
export const setProxyMode = (files: Files, mode: string): Files => {
  const { proxy } = readForm(files);
  return proxy.place ? setField(files, proxy.place, ['mode'], mode) : insertNear(files, undefined, [kubeProxyText(mode, POD_NETWORK)]);
};

/** The version of kube-proxy and kubelet of every node. */
export const setVersion = (files: Files, version: string): Files =>
  readForm(files).nodes.reduce((all, { place }) => {
    const set = setField(all, place, ['status', 'nodeInfo', 'kubeProxyVersion'], `v${version}.0`);
    return setField(set, place, ['status', 'nodeInfo', 'kubeletVersion'], `v${version}.0`);
  }, files);

/** Another network plugin or mode. A pool of Calico keeps whatever else it says. */
export function setNetwork(files: Files, network: NetworkChoice): Files {
  const form = readForm(files);
  if (network.startsWith('calico') && form.pools.length > 0) {
    const modes = poolModes(network as Parameters<typeof poolModes>[0]);
    const bare = [form.flannel, form.sdn].flatMap((place) => place ?? []).toSorted((a, b) => b.document - a.document).reduce(removeObject, files);
    return readForm(bare).pools.reduce((all, place) => setField(setField(all, place, ['spec', 'ipipMode'], modes.ipipMode), place, ['spec', 'vxlanMode'], modes.vxlanMode), bare);
  }
  // From the end, so that the places before stay true.
  const old = [...form.pools, ...[form.flannel, form.sdn].flatMap((place) => place ?? [])].toSorted((a, b) => b.document - a.document || String(b.path).localeCompare(String(a.path)));
  const bare = old.reduce(removeObject, files);
  const first = old.at(-1);
  const annotated = network.startsWith('calico') ? annotate(bare) : bare;
  if (!first) return insertNear(annotated, readForm(annotated).proxy.place, networkTexts(network));
  return insertObjects(annotated, first.file, first.path.length > 0 ? first.document : first.document - 1, networkTexts(network));
}

/** Calico's nodes say their address with its prefix. */
const annotate = (files: Files): Files =>
  readForm(files).nodes.reduce((all, { place, ip, prefixLen }) => (ip === undefined || prefixLen !== undefined ? all : setField(all, place, ['metadata', 'annotations', 'projectcalico.org/IPv4Address'], `${ip}/24`)), files);

/** The number at the end of a name, one or more further on. */
const further = (name: string, by: number): string => (/\d+$/.test(name) ? name.replace(/\d+$/, (n) => String(Number(n) + by).padStart(n.length, '0')) : `${name}${by + 1}`);

const ipFurther = (ip: string | undefined, by: number): string => {
  const number = parseIp4(ip ?? '');
  return number === undefined ? '' : formatIp4((number + by) >>> 0);
};

/** Node and pods of the next number, as the nodes before it go on. */
function nextNode(form: ClusterForm): { readonly node: FormNode; readonly texts: readonly string[] } | undefined {
  const { nodes } = form;
  const last = nodes.at(-1);
  if (!last) return undefined;
  // Nodes may take turns between networks: then the one before the last is like the next.
  const networks = new Set(nodes.map((n) => n.ip?.replace(/\.\d+$/, ''))).size;
  const like = nodes[nodes.length - (networks === 2 ? 2 : 1)] ?? last;
  const by = nodes.length - nodes.indexOf(like);
  const [cidr = '', length = '24'] = last.podCidr?.split('/') ?? [];
  const podCidr = last.podCidr === undefined ? undefined : `${ipFurther(cidr, 2 ** (32 - Number(length)))}/${length}`;
  const node = { ...last, name: further(last.name, 1), ip: ipFurther(like.ip, by), podCidr, prefixLen: like.prefixLen };
  return { node, texts: [nodeText({ ...node, ip: node.ip })] };
}

/** Pods for a node behind those that it has: names by its number among the nodes, addresses from its range, else behind the last pod's. */
function morePods(form: ClusterForm, node: FormNode, from: number, count: number): readonly string[] {
  const place = form.nodes.findIndex((n) => n.name === node.name) + 1;
  const names = new Set(form.pods.map((p) => p.name));
  const addresses = new Set(form.pods.map((p) => p.ip));
  const base = node.podCidr?.split('/')[0] ?? form.pods.findLast((p) => p.ip !== undefined)?.ip ?? '10.244.0.1';
  return Array.from({ length: count }, (_, i) => {
    const number = from + i;
    const name = free((n) => `web-${place}-${number + n}`, names);
    const ip = free((n) => ipFurther(base, number + 1 + n), addresses);
    return podText({ name, node: node.name, ip });
  });
}

/** The first that nobody has; it is taken then. */
function free(make: (n: number) => string, taken: Set<string | undefined>): string {
  let n = 0;
  while (taken.has(make(n))) n++;
  taken.add(make(n));
  return make(n);
}

/** More or fewer nodes: the last ones go with their pods, new ones get as many as the others have. */
export function setNodes(files: Files, count: number): Files {
  let all = files;
  for (let form = readForm(all); form.nodes.length !== count; form = readForm(all)) {
    const last = form.nodes.at(-1);
    if (!last) return all;
    if (form.nodes.length > count) {
      const gone = [last.place, ...form.pods.filter((p) => p.node === last.name).map((p) => p.place)].toSorted((a, b) => b.document - a.document || (Number(b.path[1] ?? 0) - Number(a.path[1] ?? 0)));
      all = gone.reduce(removeObject, all);
      continue;
    }
    const next = nextNode(form);
    if (!next) return all;
    all = insertNear(all, last.place, next.texts);
    all = setPodsOn(all, next.node.name, form.podsPerNode ?? 0);
  }
  return all;
}

/** As many pods of the starter's kind on every node. */
export const setPodsPerNode = (files: Files, count: number): Files => readForm(files).nodes.reduce((all, { name }) => setPodsOn(all, name, count), files);

function setPodsOn(files: Files, name: string, count: number): Files {
  const form = readForm(files);
  const node = form.nodes.find((n) => n.name === name);
  if (!node) return files;
  const own = form.pods.filter((p) => p.serial && p.node === name);
  if (own.length > count) return own.slice(count).map((p) => p.place).toReversed().reduce(removeObject, files);
  const before = form.nodes.slice(0, form.nodes.indexOf(node)).map((n) => n.name);
  const near = own.at(-1) ?? form.pods.findLast((p) => p.serial && before.includes(p.node ?? '')) ?? form.nodes.at(-1);
  const texts = morePods(form, node, own.length + 1, count - own.length);
  return texts.length > 0 ? insertNear(files, near?.place, texts) : files;
}

/** Free addresses and ports are counted on from the last one in use. */
export function addService(files: Files): Files {
  const { services } = readForm(files);
  const ips = new Set(services.map((s) => s.clusterIp));
  const names = new Set(services.map((s) => s.name));
  const number = Array.from({ length: 1000 }, (_, i) => i + 2).find((n) => !names.has(`web${n}`)) ?? 2;
  const first = parseIp4(services.find((s) => parseIp4(s.clusterIp ?? '') !== undefined)?.clusterIp ?? '10.96.0.80') ?? 0;
  const clusterIp = Array.from({ length: 250 }, (_, i) => formatIp4((first + i + 1) >>> 0)).find((ip) => !ips.has(ip)) ?? '10.96.1.1';
  return insertNear(files, services.at(-1)?.place, [serviceText({ name: `web${number}`, type: 'ClusterIP', clusterIp, port: 80, targetPort: 8080, nodePort: undefined })]);
}

export const SERVICE_TYPES = ['ClusterIP', 'NodePort', 'LoadBalancer'] as const;
export type ServiceType = (typeof SERVICE_TYPES)[number];

/** Another type, with what it needs: node ports, an address of a load balancer, and MetalLB to announce it where nothing else does. */
export function setServiceType(files: Files, service: FormService, type: ServiceType): Files {
  const form = readForm(files);
  let all = setField(files, service.place, ['spec', 'type'], type);
  const taken = new Set(form.services.flatMap((s) => s.ports.map((p) => p.nodePort)));
  for (const [i, port] of service.ports.entries()) {
    if (type === 'ClusterIP' && port.nodePort !== undefined) all = setField(all, service.place, ['spec', 'ports', i, 'nodePort'], undefined);
    if (type !== 'ClusterIP' && port.nodePort === undefined) {
      const free = Array.from({ length: 2767 }, (_, n) => 30_080 + n).find((n) => !taken.has(n)) ?? 30_080;
      taken.add(free);
      all = setField(all, service.place, ['spec', 'ports', i, 'nodePort'], free);
    }
  }
  if (type === 'ClusterIP') all = setField(all, service.place, ['spec', 'externalTrafficPolicy'], undefined);
  if (type !== 'LoadBalancer') return service.balancerIps.length > 0 ? setField(all, service.place, ['status'], undefined) : all;
  if (service.balancerIps.length > 0) return all;
  const [from, to] = balancerRange(form);
  const used = new Set(form.services.flatMap((s) => s.balancerIps));
  const ip = Array.from({ length: 20 }, (_, i) => ipFurther(from, i)).find((one) => !used.has(one)) ?? from;
  all = changeDocument(all, service.place, (document) => {
    const object = objectAt(document, service.place);
    object?.set('status', document.createNode({ loadBalancer: { ingress: [{ ip }] } }, { flow: true }));
  });
  return form.hasBalancer ? all : insertNear(all, readForm(all).proxy.place, metallbTexts(`${from}-${to}`));
}

const objectAt = (document: Document, place: ObjectPlace): YAMLMap | undefined => objectsIn(document).find((o) => String(o.path) === String(place.path))?.map;

/** Addresses in the first node's network, far from the nodes. */
function balancerRange(form: ClusterForm): readonly [string, string] {
  const ip = form.nodes[0]?.ip;
  const prefixLen = form.nodes[0]?.prefixLen ?? 24;
  const number = parseIp4(ip ?? '') ?? 0xc0a8_0a00;
  if (prefixLen > 24) return ['203.0.113.200', '203.0.113.219'];
  const network = (number & (-1 << (32 - prefixLen))) >>> 0;
  return [formatIp4(network + 200), formatIp4(network + 219)];
}

/** One more port for a service; a Service with several ports wants them named. */
export function addPort(files: Files, service: FormService): Files {
  const number = service.ports.length + 1;
  const port = Math.max(79, ...service.ports.map((p) => p.port ?? 0)) + 1;
  const named = service.ports.reduce((all, p, i) => (p.name === undefined ? setField(all, service.place, ['spec', 'ports', i, 'name'], `port${i + 1}`) : all), files);
  return changeDocument(named, service.place, (document) => {
    const ports = objectAt(document, service.place)?.getIn(['spec', 'ports'], true);
    if (!isSeq(ports)) return;
    const like = ports.items.find((item) => isMap(item));
    ports.add(document.createNode({ name: `port${number}`, protocol: 'TCP', port, targetPort: 8080 }, { flow: like?.flow === true }));
  });
}

export const removePort = (files: Files, service: FormService, index: number): Files => setField(files, service.place, ['spec', 'ports', index], undefined);
