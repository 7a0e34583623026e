import { describe, expect, it } from 'vitest';
import type { EndpointModel, ServiceModel } from '../model.ts';
import { chooseEndpoints, endpointsOf } from './endpoints.ts';
import { cluster, endpoint, node, service } from './models.fixture.ts';
import { unitsOf } from './units.ts';
import { nearestRead } from './version.ts';

function chosen(minor: number, spec: Partial<ServiceModel>, endpoints: readonly EndpointModel[], zone?: string) {
  const nodePort = { ports: [{ name: 'p80', protocol: 'TCP' as const, port: 80, nodePort: 30001 }], type: 'NodePort' as const };
  const { clusterIp: _, ...more } = { ...(spec.externalTrafficPolicy === undefined ? {} : nodePort), ...spec };
  const model = cluster([node('n1', '192.168.0.2', minor, zone === undefined ? {} : { labels: { 'topology.kubernetes.io/zone': zone } })], [[service('svc1', { ...more, externalIps: [], clusterIp: '172.30.0.41' }), endpoints]]);
  const [unit] = unitsOf(model, nearestRead({ major: 1, minor }));
  const [own] = model.nodes;
  if (!unit || !own) throw new Error('no unit');
  const { cluster: everywhere, local, reachable, any } = chooseEndpoints(unit, model, own, nearestRead({ major: 1, minor }));
  const last = (list: typeof local): string => list.map((e) => e.ip.split('.')[3]).join(' ');
  return { cluster: last(everywhere), local: last(local), reachable: last(reachable), any };
}

const L = 'Local';
const C = 'Cluster';
const ready = [endpoint('10.0.0.0@n1'), endpoint('10.0.0.1@n2')];
const away = [endpoint('10.0.0.0@n2'), endpoint('10.0.0.1@n2')];
const leavingAway = [endpoint('10.0.0.0@n2 terminating'), endpoint('10.0.0.1@n2 terminating')];
const mixed = [endpoint('10.0.0.0@n2'), endpoint('10.0.0.1@n1 unready'), endpoint('10.0.0.2@n1 terminating'), endpoint('10.0.0.3@n2 terminating')];

describe('chooseEndpoints', () => {
  // CategorizeEndpoints(): pkg/proxy/topology_test.go has the same situations.
  it.each`
    minor | iTP  | eTP          | endpoints                                                                   | expected                                                       | because
    ${27} | ${C} | ${undefined} | ${[]}                                                                       | ${{ cluster: '', local: '', reachable: '', any: false }}       | ${'there are none'}
    ${27} | ${L} | ${undefined} | ${away}                                                                     | ${{ cluster: '', local: '', reachable: '', any: true }}        | ${'others can use them'}
    ${27} | ${L} | ${undefined} | ${ready}                                                                    | ${{ cluster: '', local: '0', reachable: '0', any: true }}      | ${'nothing is served by the whole cluster'}
    ${27} | ${C} | ${undefined} | ${ready}                                                                    | ${{ cluster: '0 1', local: '', reachable: '0 1', any: true }}  | ${'nothing is local'}
    ${27} | ${C} | ${undefined} | ${[endpoint('10.0.0.0@n1 unready'), endpoint('10.0.0.1@n1 serving')]}       | ${{ cluster: '', local: '', reachable: '', any: false }}       | ${'none is ready and none leaves'}
    ${27} | ${C} | ${undefined} | ${leavingAway}                                                              | ${{ cluster: '0 1', local: '', reachable: '0 1', any: true }}  | ${'those that leave still serve'}
    ${25} | ${C} | ${undefined} | ${leavingAway}                                                              | ${{ cluster: '', local: '', reachable: '', any: false }}       | ${'the gate is off up to 1.25'}
    ${27} | ${L} | ${C}         | ${ready}                                                                    | ${{ cluster: '0 1', local: '0', reachable: '0 1', any: true }} | ${'a node port is served by the cluster'}
    ${27} | ${C} | ${L}         | ${ready}                                                                    | ${{ cluster: '0 1', local: '0', reachable: '0 1', any: true }} | ${'pods reach all'}
    ${27} | ${L} | ${L}         | ${away}                                                                     | ${{ cluster: '0 1', local: '', reachable: '0 1', any: true }}  | ${'pods reach all by the node port'}
    ${25} | ${L} | ${L}         | ${leavingAway}                                                              | ${{ cluster: '', local: '', reachable: '', any: false }}       | ${'the gate is off up to 1.25'}
    ${27} | ${L} | ${L}         | ${leavingAway}                                                              | ${{ cluster: '0 1', local: '', reachable: '0 1', any: true }}  | ${'those that leave still serve'}
    ${25} | ${C} | ${L}         | ${mixed}                                                                    | ${{ cluster: '0', local: '', reachable: '0', any: true }}      | ${'the gate is off up to 1.25'}
    ${27} | ${C} | ${L}         | ${mixed}                                                                    | ${{ cluster: '0', local: '2', reachable: '0 2', any: true }}   | ${'here one that leaves is all there is'}
    ${23} | ${L} | ${C}         | ${ready}                                                                    | ${{ cluster: '0', local: '0', reachable: '0', any: true }}     | ${'one list serves everybody'}
    ${23} | ${L} | ${L}         | ${ready}                                                                    | ${{ cluster: '0 1', local: '0', reachable: '0 1', any: true }} | ${'the outer policy hides the inner'}
    ${20} | ${L} | ${C}         | ${ready}                                                                    | ${{ cluster: '0 1', local: '0', reachable: '0 1', any: true }} | ${'the inner policy is not known yet'}
  `('1.$minor, internal $iTP, external $eTP: $because', ({ minor, iTP, eTP, endpoints, expected }) =>
    expect(chosen(minor, { internalTrafficPolicy: iTP, ...(eTP === undefined ? {} : { externalTrafficPolicy: eTP }) }, endpoints)).toEqual(expected));

  it('reaches what hints and what the node itself leave over', () =>
    expect(chosen(31, { externalTrafficPolicy: 'Local' }, [endpoint('10.0.0.0@n1', { forZones: ['a'] }), endpoint('10.0.0.1@n1', { forZones: ['b'] }), endpoint('10.0.0.2@n2', { forZones: ['a'] }), endpoint('10.0.0.3@n2', { forZones: ['b'] })], 'a')).toEqual({
      cluster: '0 2', local: '0 1', reachable: '0 1 2', any: true,
    }));
});

describe('endpointsOf', () => {
  const unit = { service: 'ns1/svc1', portName: 'p80', protocol: 'TCP' } as const;
  const of = (endpoints: readonly EndpointModel[]): readonly string[] => endpointsOf(unit, cluster([], [[service('svc1', {}), endpoints]]), 'n1').map((e) => `${e.text}${e.local ? ' local' : ''}`);

  it('sorts by text, not by number', () => expect(of(['10.0.0.2', '10.0.0.10', '9.0.0.1'].map((ip) => endpoint(ip)))).toEqual(['10.0.0.10:80', '10.0.0.2:80', '9.0.0.1:80']));
  it('has each address once, of two the one on the node', () => expect(of([endpoint('10.0.0.1@n2'), endpoint('10.0.0.1@n1'), endpoint('10.0.0.1@n2')])).toEqual(['10.0.0.1:80 local']));
  it('takes ports of the same name and protocol alone', () =>
    expect(of([endpoint('10.0.0.1', { ports: [{ name: 'p80', protocol: 'UDP', port: 1 }, { name: 'q', protocol: 'TCP', port: 2 }, { name: 'p80', protocol: 'TCP', port: 3 }] })])).toEqual(['10.0.0.1:3']));
});
