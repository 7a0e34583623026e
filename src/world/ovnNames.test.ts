import { describe, expect, it } from 'vitest';
import { bridgeFrom } from '../testing/ovs.ts';
import { NO_OVN, type OvnNetwork } from './ovn.ts';
import { ovnNames, ovnTables } from './ovnNames.ts';
import type { Host, World } from './world.ts';

/* Rules of a small network as ovn-controller of another release might number its tables: two switches and a router between them. */

const CLEAR = Array.from({ length: 10 }, (_, i) => `load:0->NXM_NX_REG${i}[]`).join(',');

const FLOWS = `
 table=0, priority=100,in_port=1 actions=load:0x1->OXM_OF_METADATA[],load:0x1->NXM_NX_REG14[],resubmit(,10)
 table=0, priority=100,in_port=2 actions=load:0x2->OXM_OF_METADATA[],load:0x2->NXM_NX_REG14[],resubmit(,10)
 table=0, priority=100,in_port=3 actions=move:NXM_NX_TUN_ID[0..23]->OXM_OF_METADATA[0..23],resubmit(,50)
 table=10, priority=50,reg14=0x1,metadata=0x3,dl_dst=00:00:00:00:ff:01 actions=load:0xff01->NXM_NX_REG9[],resubmit(,11)
 table=10, priority=50,reg14=0x2,metadata=0x3,dl_dst=00:00:00:00:ff:02 actions=load:0xff02->NXM_NX_REG9[],resubmit(,11)
 table=30, priority=50,metadata=0x1,dl_dst=00:00:00:00:00:01 actions=load:0x1->NXM_NX_REG15[],resubmit(,45)
 table=30, priority=50,metadata=0x1,dl_dst=00:00:00:00:ff:01 actions=load:0x3->NXM_NX_REG15[],resubmit(,45)
 table=30, priority=50,metadata=0x2,dl_dst=00:00:00:00:ff:02 actions=load:0x3->NXM_NX_REG15[],resubmit(,45)
 table=30, priority=70,metadata=0x2,dl_dst=ff:ff:ff:ff:ff:ff actions=load:0x8000->NXM_NX_REG15[],resubmit(,45)
 table=46, priority=100,reg15=0x7,metadata=0x3 actions=load:0x2->NXM_NX_REG15[],resubmit(,48)
 table=48, priority=0 actions=${CLEAR},resubmit(,49)
`.trim();

const port = (name: string, addresses: readonly string[], more: { readonly type?: string; readonly routerPort?: string } = {}) => ({ name, type: more.type ?? '', addresses, routerPort: more.routerPort, source: undefined });
const routerPort = (name: string, mac: string) => ({ name, mac, networks: [], source: undefined });

const NETWORK: OvnNetwork = {
  ...NO_OVN,
  switches: [
    { name: 'left', uuid: undefined, acls: [], source: undefined, ports: [port('vm', ['00:00:00:00:00:01 10.0.0.1']), port('left-r', ['router'], { type: 'router', routerPort: 'r-left' })] },
    { name: 'right', uuid: undefined, acls: [], source: undefined, ports: [port('wire', ['unknown'], { type: 'localnet' }), port('right-r', [], { type: 'router', routerPort: 'r-right' })] },
  ],
  routers: [{ name: 'r', uuid: undefined, routes: [], policies: [], nats: [], source: undefined, ports: [routerPort('r-left', '00:00:00:00:ff:01'), routerPort('r-right', '00:00:00:00:FF:02')] }],
};

const worldOf = (ovn: OvnNetwork | undefined, flows = FLOWS): World => {
  const host: Host = { name: 'n', role: 'machine', netns: [], ovs: [bridgeFrom({ name: 'br-int', ports: [], flows })] };
  return { hosts: [host], segments: [], names: { pods: [], services: [], nodes: [] }, ...(ovn ? { ovn } : {}) };
};
const bridgeOf = (flows: string) => bridgeFrom({ name: 'br-int', ports: [], flows });

describe('where the pipelines begin', () => {
  it('is told by what leads there', () => expect(ovnTables(bridgeOf(FLOWS))).toEqual({ ingress: 10, output: 45, egress: 49 }));

  it.each([
    ['rules of nobody', ' table=0, priority=0 actions=NORMAL'],
    ['no table that clears the registers', FLOWS.replace(CLEAR, 'drop')],
    ['no table that sends a MAC address to a port', FLOWS.replaceAll(/^ table=30.*\n/gm, '')],
  ])('is not known of %s', (_, flows) => expect(ovnTables(bridgeOf(flows))).toBeUndefined());
});

describe('names', () => {
  const { datapaths, ports } = ovnNames(worldOf(NETWORK));
  it('of datapaths', () => expect([...datapaths.values()]).toEqual(expect.arrayContaining([{ key: 1, name: 'left', kind: 'switch' }, { key: 2, name: 'right', kind: 'switch' }, { key: 3, name: 'r', kind: 'router' }])));

  it.each([
    ['1/1', 'vm'],
    ['1/3', 'left-r'],
    ['2/3', 'right-r'],
    ['3/1', 'r-left'],
    ['3/2', 'r-right'],
    ['3/7', 'cr-r-right'],
    ['2/2', 'wire'],
    // A group of ports is none.
    ['2/32768', undefined],
  ])('of port %s: %s', (key, name) => expect(ports.get(key)).toBe(name));

  it('come from the lists of bindings where there are some', () => {
    const listed = ovnNames(worldOf({ ...NETWORK, datapaths: [{ name: 'sinister', uuid: 'u1', key: 1, source: undefined }], bindings: [{ port: 'machine', datapath: 'u1', key: 1, source: undefined }] }));
    expect([listed.datapaths.get(1)?.name, listed.ports.get('1/1'), listed.datapaths.get(3)?.name]).toEqual(['sinister', 'machine', 'r']);
  });

  it('are none without a listing', () => expect(ovnNames(worldOf(undefined)).datapaths.size).toBe(0));
});
