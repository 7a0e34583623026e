import type { ProbeJson } from '../../../src/cli/probeJson.ts';
import { type FlowGroup, POLICY_FLOWS } from '../../../src/cluster/kubeproxy/flows/ipvsFlows.ts';
import { MORE_FLOWS } from '../../../src/cluster/kubeproxy/flows/ipvsFlowsMore.ts';
import { ADDRESSES, NODE_OF, objectsOf } from '../../../src/cluster/kubeproxy/flows/ipvsObjects.ts';
import { worldOf } from '../../../src/cluster/world.ts';
import type { RefereeCase } from '../case.ts';

/**
 * What kube-proxy in IPVS mode would write on two nodes, compiled from objects: rules, sets and virtual servers must load, and packets go
 * as the flows say. Full runs alone judge them: a guest takes minutes to set them up.
 */

const GROUPS: readonly FlowGroup[] = [...POLICY_FLOWS, ...MORE_FLOWS];

type To = readonly [from: string, to: string, port: number | undefined, more?: Readonly<Record<string, unknown>>];

const probe = ([from, to, dport, more = {}]: To): ProbeJson => ({
  from: NODE_OF[from] === undefined ? { host: from } : { host: NODE_OF[from] ?? '', netns: from },
  dst: ADDRESSES[to] ?? to,
  ...(dport === undefined ? { proto: 'icmp' } : { proto: 'tcp', sport: 41_000, dport }),
  ...more,
});

function compiled(about: string, minor: number, covers: readonly string[], to: readonly To[]): RefereeCase {
  const group = GROUPS.find((g) => g.about === about);
  if (!group) throw new Error(`no flows about ${about}`);
  return { name: `kube-proxy 1.${minor}, IPVS: ${about}`, covers, needs: ['ip_vs', 'dummy'], full: true, files: { ...worldOf({ 'objects.yaml': objectsOf(group, minor) }).files }, probes: to.map(probe) };
}

const everyWay = (to: string, port: number): readonly To[] => [['pod', to, port], ['n1', to, port], ['client', to, port], ['e1', to, port]];

export const kubeProxyIpvs: readonly RefereeCase[] = [
  compiled('load balancer', 19, ['ipvs:nat', 'set:hash:ip,port'], [...everyWay('VIP', 80), ...everyWay('clusterIP', 80), ['client', 'n1', 30_080]]),
  compiled('load balancer, externalTrafficPolicy Local', 31, ['ipvs:nat', 'match:addrtype'], [...everyWay('VIP', 80), ['client', 'n1', 30_080], ['client', 'VIP', 31_999]]),
  compiled('load balancer, externalTrafficPolicy Local, none local', 24, ['ipvs:nat'], [['client', 'VIP', 80], ['n1', 'VIP', 80]]),
  compiled('source ranges without the client and the nodes', 24, ['set:hash:ip,port,net'], everyWay('VIP', 80)),
  compiled('source ranges without the client and the nodes', 31, ['set:hash:ip,port,net', 'match:ipvs'], everyWay('VIP', 80)),
  compiled('source ranges with the client and the nodes', 22, ['set:hash:ip,port,ip'], everyWay('VIP', 80)),
  compiled('external IP', 31, ['match:physdev'], everyWay('externalIP', 80)),
  compiled('external IP, externalTrafficPolicy Local', 27, ['target:REJECT'], [['client', 'externalIP', 80], ['n1', 'externalIP', 80]]),
  compiled('other ports of addresses of services', 36, ['target:REJECT'], [['client', 'clusterIP', 22], ['n1', 'clusterIP', 22], ['client', 'clusterIP', undefined], ['client', 'n1', 22]]),
  compiled('no endpoints', 20, ['ipvs:weight-0'], [['pod', 'clusterIP', 80], ['n1', 'clusterIP', 80], ['client', 'n1', 30_080]]),
  compiled('node port', 20, ['ipvs:nat'], [['n1', 'localhost', 30_080], ['client', 'n2', 30_080]]),
  compiled('node port', 25, ['ipvs:nat'], [['n1', 'localhost', 30_080]]),
  compiled('node port', 27, ['ipvs:nat'], [['n1', 'localhost', 30_080]]),
  compiled('SCTP, externalTrafficPolicy Local', 22, ['ipvs:sctp'], [['client', 'n1', 30_080, { proto: 'sctp' }]]),
  compiled('SCTP, externalTrafficPolicy Local', 31, ['ipvs:sctp'], [['client', 'n1', 30_080, { proto: 'sctp' }]]),
  compiled('sessionAffinity ClientIP', 31, ['ipvs:persistence'], [['client', 'VIP', 80, { count: 3 }]]),
  compiled('external IP that is the node’s own address, endpoint on the other node', 31, ['drop:martian'], [['client', 'n1', 80]]),
  compiled('a real server in the node’s own network namespace', 31, ['ipvs:nat'], [['pod', 'clusterIP', 80], ['client', 'n1', 30_080]]),
];
