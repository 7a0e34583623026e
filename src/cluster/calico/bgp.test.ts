import { describe, expect, it } from 'vitest';
import { bgpTopology } from './bgp.ts';
import { calicoNodes } from './nodes.ts';
import { calicoObject, nodeAt as nodeOf } from '../../testing/calico.ts';
import { clusterOf } from '../../testing/cluster.ts';

const RR = { 'projectcalico.org/RouteReflectorClusterID': '244.0.0.1' };
const names = ['n1', 'n2', 'n3', 'n4'];
const nodes = (annotations: Readonly<Record<string, Record<string, string>>> = {}) =>
  names.map((name, i) => nodeOf(name, `10.0.0.${i + 1}/24`, { annotations: annotations[name] ?? {}, labels: annotations[name] ? { rr: 'true' } : {} }));
const noMesh = calicoObject('BGPConfiguration', 'default', { nodeToNodeMeshEnabled: false });

/** For each node, whose routes it has. */
function learnt(cluster: ReturnType<typeof clusterOf>): readonly string[] {
  const bgp = bgpTopology(cluster, calicoNodes(cluster));
  return names.map((at) => `${at}: ${names.filter((origin) => origin !== at && bgp.reaches(origin, at)).join(' ')}`.trim());
}

describe('who learns whose routes', () => {
  it('is everybody in the mesh', () => {
    expect(learnt(clusterOf({ nodes: nodes() }))).toEqual(['n1: n2 n3 n4', 'n2: n1 n3 n4', 'n3: n1 n2 n4', 'n4: n1 n2 n3']);
  });

  it('is nobody without a mesh and without peers', () => {
    expect(learnt(clusterOf({ nodes: nodes(), documents: [noMesh] }))).toEqual(['n1:', 'n2:', 'n3:', 'n4:']);
  });

  it('leaves a route reflector out of the mesh', () => {
    expect(learnt(clusterOf({ nodes: nodes({ n1: RR }) }))).toEqual(['n1:', 'n2: n3 n4', 'n3: n2 n4', 'n4: n2 n3']);
  });

  it('is everybody again through a reflector that all nodes peer with', () => {
    const peers = calicoObject('BGPPeer', 'to-rr', { nodeSelector: 'all()', peerSelector: "rr == 'true'" });
    expect(learnt(clusterOf({ nodes: nodes({ n1: RR }), documents: [noMesh, peers] }))).toEqual(['n1: n2 n3 n4', 'n2: n1 n3 n4', 'n3: n1 n2 n4', 'n4: n1 n2 n3']);
  });

  it('is everybody through two reflectors of one cluster that peer with each other', () => {
    const peers = calicoObject('BGPPeer', 'to-rr', { nodeSelector: 'all()', peerSelector: "rr == 'true'" });
    expect(learnt(clusterOf({ nodes: nodes({ n1: RR, n2: RR }), documents: [noMesh, peers] }))).toEqual(['n1: n2 n3 n4', 'n2: n1 n3 n4', 'n3: n1 n2 n4', 'n4: n1 n2 n3']);
  });

  it('goes no further than one session where nobody reflects', () => {
    const chain = [
      calicoObject('BGPPeer', 'a', { node: 'n1', peerIP: '10.0.0.2', asNumber: 64512 }),
      calicoObject('BGPPeer', 'b', { node: 'n2', peerIP: '10.0.0.3', asNumber: 64512 }),
    ];
    expect(learnt(clusterOf({ nodes: nodes(), documents: [noMesh, ...chain] }))).toEqual(['n1: n2', 'n2: n1 n3', 'n3: n2', 'n4:']);
  });

  it('goes on between different AS', () => {
    const as = (n: number) => ({ 'projectcalico.org/ASNumber': String(n) });
    const all = [['n1', 1], ['n2', 2], ['n3', 3]] as const;
    const cluster = clusterOf({
      nodes: [...all.map(([name, n]) => nodeOf(name, `10.0.0.${n}/24`, { annotations: as(n) })), nodeOf('n4', '10.0.0.4/24')],
      documents: [noMesh, calicoObject('BGPPeer', 'a', { node: 'n1', peerIP: '10.0.0.2' }), calicoObject('BGPPeer', 'b', { node: 'n2', peerIP: '10.0.0.3' })],
    });
    expect(learnt(cluster)).toEqual(['n1: n2 n3', 'n2: n1 n3', 'n3: n1 n2', 'n4:']);
  });
});

it('tells which nodes a peer outside hears', () => {
  const cluster = clusterOf({ nodes: nodes(), documents: [calicoObject('BGPPeer', 'tor', { node: 'n2', peerIP: '10.0.0.254', asNumber: 65000 })] });
  expect(bgpTopology(cluster, calicoNodes(cluster)).peersOf('10.0.0.254')).toEqual(['n2']);
});
