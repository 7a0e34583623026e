import { describe, expect, it } from 'vitest';
import { documentsOf, printDocument } from './edit/documents.ts';
import { NETWORKS, readStarterParams, readSubnet, STARTER, starterParams, type StarterChoices, starterText } from './starter.ts';

const all: readonly StarterChoices[] = [
  ...NETWORKS.map((network) => ({ ...STARTER, network })),
  { ...STARTER, subnets: 2, nodes: 4 },
  { ...STARTER, subnet: '172.16.32.0/20', network: 'none', proxy: 'ipvs', version: '1.19' },
  { ...STARTER, subnet: '10.0.0.16/28', nodes: 5, podsPerNode: 0 },
];

describe.each(all)('a new cluster with $network, $nodes nodes in $subnet', (choices) => {
  const text = starterText(choices);
  const objects = documentsOf(text).map((d) => d.yaml.toJS() as { kind: string; spec?: { podCIDR?: string }; status?: { podIP?: string; addresses?: { address: string }[] } });

  it('is YAML without a fault, and prints again as it was written', () => {
    for (const { yaml, text: written } of documentsOf(text)) {
      expect(yaml.errors).toEqual([]);
      expect(printDocument(yaml, written)).toBe(written);
    }
  });

  it('has its nodes and pods, each with an address of its own', () => {
    const nodes = objects.filter((o) => o.kind === 'Node');
    const pods = objects.filter((o) => o.kind === 'Pod');
    expect([nodes.length, pods.length]).toEqual([choices.nodes, choices.nodes * choices.podsPerNode]);
    const addresses = [...nodes.map((n) => n.status?.addresses?.[0]?.address), ...pods.map((p) => p.status?.podIP)];
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  it('travels as a few words of a link', () => {
    expect(readStarterParams(starterParams(choices))).toEqual({ ok: true, choices });
  });
});

it('puts every other node into the second network, beyond the router', () => {
  const text = starterText({ ...STARTER, nodes: 3, subnets: 2 });
  expect(text.match(/InternalIP, address: ([\d.]+)/g)).toEqual(['192.168.10.11', '192.168.11.12', '192.168.10.13'].map((ip) => `InternalIP, address: ${ip}`));
  expect(text).toContain('{dev: eth1, address: 192.168.11.1/24}');
});

it.each`
  params                               | key
  ${{ nodes: '0' }}                    | ${'nodes'}
  ${{ nodes: '101' }}                  | ${'nodes'}
  ${{ subnet: '10.0.0.0/30' }}         | ${'subnet'}
  ${{ subnet: '10.0.0.0/28', nodes: '40' }} | ${'subnet'}
  ${{ net: 'cilium' }}                 | ${'net'}
  ${{ k8s: '2.0' }}                    | ${'k8s'}
  ${{ colour: 'red' }}                 | ${'colour'}
`('a link with $params is not taken, because of $key', ({ params, key }: { params: Record<string, string>; key: string }) => {
  expect(readStarterParams(params)).toEqual({ ok: false, key });
});

it('takes any address of a network for the network', () => {
  expect(readSubnet('192.168.10.77/24')).toEqual({ ip: 0xc0a8_0a00, prefixLen: 24 });
  expect(readSubnet('192.168.10.0')).toBeUndefined();
});
