import { describe, expect, it } from 'vitest';
import { logicalPath } from '../engine/ovn/logicalPath.ts';
import type { Probe } from '../engine/probe.ts';
import { trace } from '../engine/trace.ts';
import { parseIp4 } from '../packet/address.ts';
import { ovnKubernetesWorld } from '../testing/ovnKubernetes.ts';
import { at, tcp } from '../testing/sample.ts';
import type { Lang } from './lang.ts';
import { type HopText, hopText } from './logicalText.ts';
import { nameOf } from './names.ts';

const world = ovnKubernetesWorld();
const W = 'worker1.twcm.cloud';
const POD = at(W, 'client-0');

const told = (probe: Probe, lang: Lang, given = world): readonly HopText[] => (logicalPath(given, trace(given, probe)).find((w) => w.role === 'request')?.hops ?? []).map((h) => hopText(h, lang));

describe('a pod’s way to the Internet', () => {
  const probe = tcp(POD, '198.51.100.80', 443);

  it('in English', () =>
    expect(told(probe, 'en').map((h) => [h.title, h.ports, ...h.effects, ...(h.end === undefined ? [] : [h.end])])).toEqual([
      [`switch ${W}`, `in by almighty_client-0, out by stor-${W}`],
      ['router ovn_cluster_router', `in by rtos-${W}, out by rtoj-ovn_cluster_router`, 'TTL 64 → 63'],
      ['switch join', `in by jtor-ovn_cluster_router, out by jtor-GR_${W}`],
      [`router GR_${W}`, `in by rtoj-GR_${W}, out by rtoe-GR_${W}`, 'TTL 63 → 62', 'source 10.131.0.21:41068 → 50.50.51.24:41068, zone 0'],
      [`switch ext_${W}`, `in by etor-GR_${W}, out by br-ex_${W}`, `leaves the bridge by patch-br-int-to-br-ex_${W}`],
    ]));

  it('in Korean', () => {
    const [first, , , gateway] = told(probe, 'ko');
    expect(first?.title).toBe(`스위치 ${W}`);
    expect(gateway?.effects).toEqual(['TTL 63 → 62', '출발지 10.131.0.21:41068 → 50.50.51.24:41068, 존 0']);
  });

  it.each(['en', 'ko'] as const)('says what each is for, in %s', (lang) => {
    const purposes = told(probe, lang).map((h) => h.purpose);
    expect(new Set(purposes).size).toBe(5);
    expect(purposes).not.toContain(undefined);
  });
});

it.each([
  ['what the access list drops', tcp(at(W, 'dns-default-x7k2p'), '10.131.0.30', 8080), 'dropped in ls_out_acl: reg0[9] == 1 && (outport == @a15081338053472190000_ingressDefaultDeny)', 'ls_out_acl에서 버려짐: reg0[9] == 1 && (outport == @a15081338053472190000_ingressDefaultDeny)'],
  ['what the controller answers', tcp(POD, '172.30.99.1', 80), 'to the controller, for reject', '컨트롤러로 감: reject'],
])('%s', (_, probe, en, ko) => expect([told(probe, 'en').at(-1)?.end, told(probe, 'ko').at(-1)?.end]).toEqual([en, ko]));

it('says where the other half of a router is, and what the tunnel is called', () => {
  const hops = told(tcp(POD, '10.128.0.15', 8080), 'en');
  expect([hops[1]?.end, hops[2]?.continued]).toEqual(['into the tunnel, port ovn-f95ec3-0', 'goes on at master1.twcm.cloud']);
});

it('has numbers where no listing gave names', () => {
  const bare = ovnKubernetesWorld((path, text) => (path.startsWith('ovn-') ? undefined : text));
  expect(told(tcp(POD, '10.131.0.20', 8080), 'en', bare)[0]).toMatchObject({ title: 'logical datapath 0x4', purpose: undefined, ports: 'in by 0x5, out by 0x7' });
});

it.each([
  ['100.64.0.5', `logical router GR_${W}`],
  ['10.131.0.1', 'logical router ovn_cluster_router'],
  // The node has the address, too.
  ['50.50.51.24', W],
  ['100.64.0.50', undefined],
])('calls %s %s', (ip, name) => expect(nameOf(world, parseIp4(ip) ?? 0, 'en')).toBe(name));
