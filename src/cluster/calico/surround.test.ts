import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../dumps/diagnostic.ts';
import { HostDraft } from '../draft/host.ts';
import type { ClusterModel } from '../model.ts';
import { calicoObject, nodeAt as nodeOf } from '../../testing/calico.ts';
import { clusterOf, podOf } from '../../testing/cluster.ts';
import { calicoOf } from './calico.ts';

const because = { kind: 'Fabric', namespace: undefined, name: 'fabric' };
const tor = { name: 'tor', interfaces: [{ dev: 'eth0', addresses: ['10.0.0.254/24'], mtu: undefined, mac: undefined }], gateway: undefined, routes: [], bgp: true, run: [], runAt: () => ({ input: 'objects.yaml', line: 1 }), because };

const cluster = (spec: object, documents: ClusterModel['documents'] = [], router = tor): ClusterModel =>
  clusterOf({
    nodes: [nodeOf('n1', '10.0.0.1/24'), nodeOf('n2', '10.0.1.2/24')],
    pods: [podOf('a', 'n1', '10.244.0.5'), podOf('b', 'n2', '10.244.0.70')],
    documents: [calicoObject('IPPool', 'p', { cidr: '10.244.0.0/16', ...spec }), ...documents],
    fabric: { nodes: [], routers: [router], clients: [], spec: undefined, because },
  });

/** What the router has learnt, and what was said about it. */
function learnt(model: ClusterModel): { readonly routes: readonly string[]; readonly said: readonly string[] } {
  const host = new HostDraft('tor');
  host.own.device({ name: 'eth0', kind: 'nic', mtu: 1500, mac: '02:00:00:00:00:fe', addresses: [{ address: '10.0.0.254/24' }] });
  host.own.route('10.0.1.0/24 via 10.0.0.253 dev eth0');
  const found = new DiagnosticList();
  calicoOf(model, found)?.surround?.({ cluster: model, found, host: () => host });
  return { routes: host.own.routes.filter((r) => r.includes('bgp')), said: found.items.map((d) => `${d.code} ${d.text}`) };
}

const both = ['10.244.0.0/26 via 10.0.0.1 dev eth0 proto bgp metric 20', '10.244.0.64/26 via 10.0.0.253 dev eth0 proto bgp metric 20'];

describe('a router with BGP', () => {
  const peer = (spec: object) => calicoObject('BGPPeer', 'tor', { peerIP: '10.0.0.254', asNumber: 65_000, ...spec });
  it.each`
    pool                         | peers                      | expected     | because
    ${{}}                        | ${[]}                      | ${both}      | ${'without tunnels pods are only reached by routes'}
    ${{ ipipMode: 'Always' }}    | ${[]}                      | ${[]}        | ${'no peer was asked for, and tunnels do without'}
    ${{ ipipMode: 'Always' }}    | ${[peer({})]}              | ${both}      | ${'a BGPPeer names it'}
    ${{}}                        | ${[peer({ node: 'n1' })]}  | ${[both[0]]} | ${'one node peers with it'}
    ${{ disableBGPExport: true }} | ${[peer({})]}             | ${[]}        | ${'the pool is not told to anybody'}
  `('learns $expected: $because', ({ pool, peers, expected }) => expect(learnt(cluster(pool as object, peers as ClusterModel['documents'])).routes).toEqual(expected));

  it('learns nothing when it does not speak BGP, and a peer that nobody is gets a remark', () => {
    expect(learnt(cluster({}, [], { ...tor, bgp: false })).routes).toEqual([]);
    expect(learnt(cluster({}, [peer({ peerIP: '10.0.0.77' })])).said).toEqual(['bgp-peer-silent 10.0.0.77']);
  });
});
