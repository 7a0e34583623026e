import { expect, it } from 'vitest';
import { worldOfObjects } from '../testing/cluster.ts';
import { nicBelow } from './lookup.ts';

it('finds the NIC under a macvlan in another namespace, and none under other devices', () => {
  const { world } = worldOfObjects([
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, status: { addresses: [{ type: 'InternalIP', address: '192.168.1.11' }], nodeInfo: { kubeProxyVersion: 'v1.31.0' } } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'default', annotations: { 'k8s.v1.cni.cncf.io/networks': 'mv' } }, spec: { nodeName: 'n1' }, status: { podIP: '10.244.0.5' } },
    { apiVersion: 'k8s.cni.cncf.io/v1', kind: 'NetworkAttachmentDefinition', metadata: { name: 'mv', namespace: 'default' }, spec: { config: '{"type":"macvlan","master":"eth0"}' } },
  ]);
  const links = world.hosts[0]?.netns.find((n) => n.name === 'a')?.links ?? [];
  const below = (dev: string): unknown => {
    const link = links.find((l) => l.name === dev);
    return link && nicBelow(world, link);
  };
  expect(below('net1')).toEqual({ host: 'n1', netns: null, dev: 'eth0' });
  expect(links.map((l) => l.name)).toContain('eth0');
  expect(below('eth0')).toBeUndefined();
});
