import { readProbe } from '../../src/cli/probeJson.ts';
import { worldOf } from '../../src/cluster/world.ts';
import { trace } from '../../src/engine/trace.ts';

/*
 * Clusters from objects: prints figures with what they are held against, as one line of JSON, for bench.mjs. Run with --expose-gc.
 */

interface Figure {
  readonly name: string;
  readonly figure: string;
  readonly budget: string;
  readonly ok: boolean;
}

const SMALL = { nodes: 3, pods: 30, services: 50, budgetMs: 50 };
const LARGE = { nodes: 100, pods: 3_000, services: 5_000, budgetMs: 3_000, budgetBytes: 500_000_000 };

/** Objects as `kubectl get -o json` prints them: pods on the nodes in turn, each service with three of them behind it. */
function objects(nodes: number, pods: number, services: number): string {
  const ip = (base: number, n: number): string => [24, 16, 8, 0].map((s) => ((base + n) >>> s) & 255).join('.');
  const podIp = (i: number): string => `10.244.${i % nodes}.${10 + Math.floor(i / nodes)}`;
  const items: unknown[] = [
    ...Array.from({ length: nodes }, (_, i) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: `node-${i}` }, spec: { podCIDR: `10.244.${i}.0/24` }, status: { addresses: [{ type: 'InternalIP', address: ip(0xc0a80000, 11 + i) }], nodeInfo: { kubeProxyVersion: 'v1.31.0' } } })),
    ...Array.from({ length: pods }, (_, i) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: `pod-${i}`, namespace: 'default' }, spec: { nodeName: `node-${i % nodes}` }, status: { phase: 'Running', podIP: podIp(i) } })),
    ...Array.from({ length: services }, (_, i) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: `svc-${i}`, namespace: 'default' }, spec: { type: 'NodePort', clusterIP: ip(0x0a600000, 100 + i), ports: [{ port: 80, nodePort: 30_000 + (i % 2_767) }] } })),
    ...Array.from({ length: services }, (_, i) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `svc-${i}-x`, namespace: 'default', labels: { 'kubernetes.io/service-name': `svc-${i}` } },
      addressType: 'IPv4',
      endpoints: [0, 1, 2].map((k) => ({ addresses: [podIp((i + k * 7) % pods)], conditions: { ready: true }, nodeName: `node-${((i + k * 7) % pods) % nodes}` })),
      ports: [{ port: 8080, protocol: 'TCP' }],
    })),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-flannel-cfg', namespace: 'kube-flannel' }, data: { 'net-conf.json': '{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}' } },
    { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration', mode: 'iptables', clusterCIDR: '10.244.0.0/16' },
  ];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, undefined, 1);
}

function firstTrace(text: string): void {
  const { world } = worldOf({ 'objects.json': text });
  const probe = readProbe(world, { from: { host: 'node-0', netns: 'pod-0' }, dst: '10.96.0.105', proto: 'tcp', dport: 80 });
  if (!probe.ok) throw new Error(probe.error);
  const [outcome] = trace(world, probe.value.probe).outcomes;
  if (outcome?.request.verdict !== 'delivered') throw new Error(`the packet was ${outcome?.request.verdict ?? 'lost'}`);
}

const ms = (n: number): string => `${n < 10 ? n.toFixed(2) : Math.round(n)} ms`;
const timed = (work: () => void): number => {
  const started = performance.now();
  work();
  return performance.now() - started;
};
const gc = (): void => void (globalThis as { gc?: () => void }).gc?.();

const figures: Figure[] = [];
const small = objects(SMALL.nodes, SMALL.pods, SMALL.services);
const runs = Array.from({ length: 15 }, () => timed(() => firstTrace(small))).toSorted((a, b) => a - b);
const median = runs[7] ?? Number.NaN;
figures.push({ name: `objects to trace: ${SMALL.nodes} nodes, ${SMALL.pods} pods, ${SMALL.services} services, median`, figure: ms(median), budget: `< ${SMALL.budgetMs} ms`, ok: median < SMALL.budgetMs });

const large = objects(LARGE.nodes, LARGE.pods, LARGE.services);
gc();
const before = process.memoryUsage().heapUsed;
let kept: unknown;
const taken = timed(() => {
  const compiled = worldOf({ 'objects.json': large });
  kept = compiled;
  const probe = readProbe(compiled.world, { from: { host: 'node-0', netns: 'pod-0' }, dst: '10.96.0.105', proto: 'tcp', dport: 80 });
  if (!probe.ok) throw new Error(probe.error);
  if (trace(compiled.world, probe.value.probe).outcomes[0]?.request.verdict !== 'delivered') throw new Error('the packet was lost');
});
gc();
const bytes = process.memoryUsage().heapUsed - before;
figures.push({ name: `objects to first trace: ${LARGE.nodes} nodes, ${LARGE.pods} pods, ${LARGE.services} services`, figure: ms(taken), budget: `< ${LARGE.budgetMs} ms`, ok: taken < LARGE.budgetMs });
figures.push({ name: `  memory of it${kept === undefined ? ' (lost)' : ''}`, figure: `${Math.round(bytes / 1e6)} MB`, budget: `< ${LARGE.budgetBytes / 1e6} MB`, ok: bytes < LARGE.budgetBytes });
console.log(JSON.stringify(figures));
