import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { OvnNetwork } from '../world/ovn.ts';
import { ovnNames, portKey } from '../world/ovnNames.ts';
import { parseBundle } from './bundle.ts';
import { fileNameKind } from './section.ts';

const folder = fileURLToPath(new URL('fixtures/', import.meta.url));
const filesOf = (name: string): Record<string, string> => Object.fromEntries(readdirSync(`${folder}${name}`).map((f) => [f, readFileSync(`${folder}${name}/${f}`, 'utf8')]));

/** A node's bridges beside the listings of the whole cluster. */
const bundle: Record<string, string> = { ...filesOf('ovn'), ...Object.fromEntries(Object.entries(filesOf('ovs')).flatMap(([f, text]) => (f.startsWith('ovn-') ? [[`worker1/${f.slice(4)}`, text]] : []))) };
const parsed = parseBundle(bundle);
const read = (files: Record<string, string>): OvnNetwork => {
  const { ovn } = parseBundle(files).world;
  if (!ovn) throw new Error('no network');
  return ovn;
};
const network = read(bundle);

describe('the listings of a cluster', () => {
  it('are understood, belong to no machine, and leave the machines as they are', () => {
    expect(parsed.diagnostics).toEqual([]);
    expect(parsed.world.hosts.map((h) => h.name)).toEqual(['worker1']);
  });

  it('is found below a wrapping folder, too', () => {
    const { world } = parseBundle(Object.fromEntries(Object.entries(bundle).map(([f, text]) => [`cluster/${f}`, text])));
    expect(world.hosts.map((h) => h.name)).toEqual(['worker1']);
    expect(world.ovn?.switches).toHaveLength(network.switches.length);
  });

  it('tell switches and their ports', () => {
    expect(network.switches).toHaveLength(9);
    const worker = network.switches.find((s) => s.name === 'worker1.twcm.cloud');
    expect(worker?.ports.find((p) => p.name === 'almighty_web-0')).toMatchObject({ type: '', addresses: ['0a:58:0a:83:00:14 10.131.0.20'] });
    expect(worker?.ports.find((p) => p.name === 'stor-worker1.twcm.cloud')).toMatchObject({ type: 'router', routerPort: 'rtos-worker1.twcm.cloud' });
    expect(worker?.acls).toMatchObject([{ direction: 'to-lport', priority: 1001, match: 'ip4.src==10.131.0.2', action: 'allow-related' }]);
    expect(network.switches.find((s) => s.name === 'ext_master1.twcm.cloud')?.ports.map((p) => p.type)).toEqual(['router', 'localnet']);
  });

  it('tell routers: ports, routes, policies, translations', () => {
    const gateway = network.routers.find((r) => r.name === 'GR_worker1.twcm.cloud');
    expect(gateway?.ports).toHaveLength(2);
    expect(gateway?.ports[0]).toMatchObject({ mac: expect.stringMatching(/^[0-9a-f:]{17}$/) as string, networks: [expect.stringContaining('/') as string] });
    expect(gateway?.routes).toMatchObject([
      { prefix: '10.128.0.0/14', nexthop: '100.64.0.1', policy: 'dst-ip', outputPort: undefined },
      { prefix: '0.0.0.0/0', nexthop: '50.50.51.10', policy: 'dst-ip', outputPort: 'rtoe-GR_worker1.twcm.cloud' },
    ]);
    expect(gateway?.nats).toHaveLength(5);
    expect(gateway?.nats.find((n) => n.logicalIp === '10.131.0.20')).toMatchObject({ type: 'snat', externalIp: '50.50.51.24', logicalIp: '10.131.0.20' });
    const cluster = network.routers.find((r) => r.name === 'ovn_cluster_router');
    expect(cluster?.routes.map((r) => r.policy)).toEqual([...Array.from({ length: 4 }, () => 'dst-ip'), ...Array.from({ length: 4 }, () => 'src-ip')]);
    expect(cluster?.policies[0]).toMatchObject({ priority: 1004, match: 'inport == "rtos-master1.twcm.cloud" && ip4.dst == 50.50.51.21 /* master1.twcm.cloud */', action: 'reroute', nexthop: '10.128.0.2' });
    expect(cluster?.policies.at(-1)).toMatchObject({ action: 'allow', nexthop: undefined });
  });

  it('tell load balancers, also without endpoints', () => {
    expect(network.loadBalancers).toHaveLength(9);
    expect(network.loadBalancers[2]).toMatchObject({ name: 'Service_almighty', protocol: 'tcp', vip: '172.30.99.1:80', backends: [] });
    expect(network.loadBalancers[6]).toMatchObject({ name: 'Service_default/', vip: '172.30.0.1:443', backends: ['50.50.51.21:6443', '50.50.51.22:6443', '50.50.51.23:6443'] });
  });

  it('tell chassis', () => {
    expect(network.chassis.map((c) => [c.hostname, c.encaps[0]?.ip, c.ports.length])).toEqual([['master1.twcm.cloud', '50.50.51.21', 8], ['worker1.twcm.cloud', '50.50.51.24', 11], ['master2.twcm.cloud', '50.50.51.22', 0], ['master3.twcm.cloud', '50.50.51.23', 0]]);
  });

  it('tell logical flows', () => {
    expect(network.flows).toHaveLength(642);
    expect(network.flows?.[0]).toMatchObject({ datapath: 'GR_worker1.twcm.cloud', pipeline: 'ingress', table: 0, stage: 'lr_in_admission', priority: 100, match: 'vlan.present || eth.src[40]', actions: 'drop;', uuid: undefined });
  });
});

describe('numbers and UUIDs', () => {
  const files = {
    'ovn-sbctl_--uuid_lflow-list': `Datapath: "sw0" (7eda7754-e9bb-47de-9122-a73df06d3ac4)  Pipeline: ingress
  uuid=0x0042c824, table=0 (ls_in_check_port_sec), priority=50   , match=(1), action=(next;)
Datapath: "sw1" (7eda7754-e9bb-47de-9122-a73df06d3ac5)  Pipeline: ingress
  uuid=0x0042c824, table=0 (ls_in_check_port_sec), priority=50   , match=(1), action=(next;)
  uuid=0xffffffff, table=1 (ls_in_x), priority=7, match=(ip4.src == {1.2.3.4, 5.6.7.8} && (tcp)), action=(ct_lb(backends=1.2.3.4:80);)
`,
    'ovn-sbctl-list-datapath_binding.txt': `_uuid               : 7eda7754-e9bb-47de-9122-a73df06d3ac4
external_ids        : {logical-switch="x", name=sw0}
load_balancers      : []
tunnel_key          : 1

_uuid               : 7eda7754-e9bb-47de-9122-a73df06d3ac5
external_ids        : {logical-switch="y", name=sw1}
tunnel_key          : 2
`,
    'ovn-sbctl-list-port_binding.txt': `_uuid               : 11111111-e9bb-47de-9122-a73df06d3ac5
datapath            : 7eda7754-e9bb-47de-9122-a73df06d3ac5
logical_port        : "pod-1"
tunnel_key          : 3
type                : ""
`,
  };
  const listed = read({ ...files, 'n1/all.txt': '$ ip rule\n' });

  it('stand with the flows: the first digits of a UUID are the cookie of its rules', () => {
    expect(listed.flows?.map((f) => [f.datapath, f.uuid, f.match, f.actions])).toEqual([
      ['sw0', '0042c824', '1', 'next;'],
      ['sw1', '0042c824', '1', 'next;'],
      ['sw1', 'ffffffff', 'ip4.src == {1.2.3.4, 5.6.7.8} && (tcp)', 'ct_lb(backends=1.2.3.4:80);'],
    ]);
  });

  it('are listed for datapaths and ports', () => {
    expect(listed.datapaths).toMatchObject([{ name: 'sw0', uuid: '7eda7754-e9bb-47de-9122-a73df06d3ac4', key: 1 }, { name: 'sw1', key: 2 }]);
    expect(listed.bindings).toMatchObject([{ port: 'pod-1', datapath: '7eda7754-e9bb-47de-9122-a73df06d3ac5', key: 3 }]);
    expect(ovnNames(parseBundle({ ...files, 'n1/all.txt': '$ ip rule\n' }).world).ports.get(portKey(2, 3))).toBe('pod-1');
  });
});

describe('damage', () => {
  it.each(Object.keys(filesOf('ovn')))('%s: a cut-off listing, shuffled words and noise are reported, not fatal', (file) => {
    const text = bundle[file] ?? '';
    for (const damaged of [text.slice(0, text.length / 3), text.replace(/\(/g, ''), text.split('\n').toReversed().join('\n'), `${text}\n)(][ "\n`, text.replace(/ +/g, ' ')]) {
      const { diagnostics } = parseBundle({ [file]: damaged, 'n1/r.txt': '$ ip rule\n' });
      expect(diagnostics.every((d) => ['unknown-line', 'unknown-section', 'ovs-bridge-unnamed', 'too-many-diagnostics'].includes(d.code))).toBe(true);
    }
  });
});

describe('files by name', () => {
  it.each([
    ['ovn-nbctl-show.txt', 'ovn-nb-show'],
    ['ovn-nbctl-acl-list-worker1.txt', 'ovn-acl-list'],
    ['ovn-nbctl_lr-route-list_ovn_cluster_router', 'ovn-route-list'],
    ['ovn-sbctl-lflow-list.txt', 'ovn-lflow-list'],
    ['ovn-sbctl_--uuid_lflow-list', 'ovn-lflow-list'],
    ['ovn-sbctl_list_port_binding', 'ovn-list'],
  ])('%s', (name, kind) => expect(fileNameKind(name)).toBe(kind));
});
