import { describe, expect, it } from 'vitest';
import type { DpAction, DpTunnel } from '../engine/openflow/types.ts';
import { emptyFlow } from '../engine/openflow/fields.ts';
import { bridge, FOUR, port } from '../testing/openflowBed.ts';
import type { CtNat } from '../world/openflow.ts';
import { datapathPort, printDpActions } from './dpActions.ts';

const print = (...actions: readonly DpAction[]): string => printDpActions(actions, (_, name) => name);
const out = (name: string): DpAction => ({ kind: 'output', bridge: 'br0', port: name, tunnel: false });
const set = (header: Extract<DpAction, { kind: 'set' }>['header'], ...changes: Extract<DpAction, { kind: 'set' }>['changes']): DpAction => ({ kind: 'set', header, changes, form: 'either' });
const whole = [0xffffffff];
const tunnel: DpTunnel = { id: [0, 2], src: 0, dst: 0x32323315, tos: 0, ttl: 64, dstPort: 6081, csum: true, df: true, key: true, options: [] };
const ct = (more: Partial<Extract<DpAction, { kind: 'ct' }>>): DpAction => ({ kind: 'ct', commit: false, force: false, zone: 0, nat: undefined, mark: undefined, label: undefined, alg: undefined, ...more });
const nat = (more: Partial<CtNat>): DpAction => ct({ commit: true, nat: { kind: 'src', ips: undefined, ports: undefined, flags: [], ...more } });
const ip = { from: 0x0a000001, to: 0x0a000001 };

// As Open vSwitch 3.1 printed them (format_odp_actions(), lib/odp-util.c).
describe('actions of the datapath read as the switch prints them', () => {
  it.each([
    [print(), 'drop'],
    [print(out('p1'), out('p2')), 'p1,p2'],
    [print(set('eth', { field: 'dl_dst', value: [0x0001, 0x02030405], mask: [0xffff, 0xffffffff] })), 'set(eth(dst=00:01:02:03:04:05))'],
    [print(set('eth', { field: 'dl_src', value: [0, 5], mask: [0, 0xff] })), 'set(eth(src=00:00:00:00:00:05/00:00:00:00:00:ff))'],
    [print(set('ipv4', { field: 'nw_src', value: [0x0a000001], mask: whole }, { field: 'nw_ttl', value: [63], mask: [0xff] })), 'set(ipv4(src=10.0.0.1,ttl=63))'],
    [print(set('ipv4', { field: 'nw_tos', value: [0x20], mask: [0xfc] })), 'set(ipv4(tos=0x20/0xfc))'],
    [print(set('ipv4', { field: 'nw_tos', value: [0], mask: [0xff] })), 'set(ipv4(tos=0))'],
    [print(set('ipv6', { field: 'nw_ttl', value: [63], mask: [0xff] }, { field: 'nw_tos', value: [4], mask: [0xff] })), 'set(ipv6(hlimit=63,tclass=0x4))'],
    [print(set('tcp', { field: 'tp_dst', value: [80], mask: [0xffff] })), 'set(tcp(dst=80))'],
    [print(set('skb_mark', { field: 'pkt_mark', value: [5], mask: whole })), 'set(skb_mark(0x5))'],
    [print(set('skb_mark', { field: 'pkt_mark', value: [0], mask: [0xf] })), 'set(skb_mark(0/0xf))'],
    [print(set('arp', { field: 'arp_op', value: [2], mask: [0xffff] }, { field: 'arp_tpa', value: [0x0a000001], mask: whole })), 'set(arp(op=2,tip=10.0.0.1))'],
    [print({ kind: 'push-vlan', tpid: 0x8100, tci: 0x7005 }), 'push_vlan(vid=5,pcp=3)'],
    [print({ kind: 'push-vlan', tpid: 0x88a8, tci: 0x1005 }), 'push_vlan(tpid=0x88a8,vid=5,pcp=0)'],
    [print({ kind: 'pop-vlan' }), 'pop_vlan'],
    [print({ kind: 'set-tunnel', tunnel }), 'set(tunnel(tun_id=0x2,dst=50.50.51.21,ttl=64,tp_dst=6081,flags(df|csum|key)))'],
    [print({ kind: 'set-tunnel', tunnel: { ...tunnel, options: [{ optClass: 0x102, optType: 0x80, hex: '00020005' }] } }), 'set(tunnel(tun_id=0x2,dst=50.50.51.21,ttl=64,tp_dst=6081,geneve({class=0x102,type=0x80,len=4,0x20005}),flags(df|csum|key)))'],
    [print({ kind: 'set-tunnel', tunnel: { ...tunnel, options: [{ optClass: 0x102, optType: 0x80, hex: '00000000' }] } }), 'set(tunnel(tun_id=0x2,dst=50.50.51.21,ttl=64,tp_dst=6081,geneve({class=0x102,type=0x80,len=4,0}),flags(df|csum|key)))'],
    [print({ kind: 'set-tunnel', tunnel: { ...tunnel, id: [0, 0], csum: false } }), 'set(tunnel(tun_id=0x0,dst=50.50.51.21,ttl=64,tp_dst=6081,flags(df|key)))'],
    [print({ kind: 'set-tunnel', tunnel: { ...tunnel, id: [0, 0], key: false, csum: false, df: false, dstPort: 0, src: 1, tos: 8 } }), 'set(tunnel(src=0.0.0.1,dst=50.50.51.21,tos=0x8,ttl=64))'],
    [print(ct({})), 'ct'],
    [print(ct({ commit: true, zone: 5 })), 'ct(commit,zone=5)'],
    [print(ct({ commit: true, force: true })), 'ct(force_commit)'],
    [print(ct({ commit: true, mark: { value: [0], mask: [1] }, label: { value: [0, 0, 0, 0], mask: [0, 0, 0, 1] }, alg: 'ftp' })), 'ct(commit,mark=0/0x1,label=0/0x1,helper=ftp)'],
    [print(ct({ nat: { kind: 'nat', ips: undefined, ports: undefined, flags: [] } })), 'ct(nat)'],
    [print(nat({})), 'ct(commit,nat(src))'],
    [print(nat({ ips: ip })), 'ct(commit,nat(src=10.0.0.1))'],
    [print(nat({ kind: 'dst', ips: { ...ip, to: 0x0a000009 }, ports: { from: 5, to: 9 }, flags: ['persistent', 'hash'] })), 'ct(commit,nat(dst=10.0.0.1-10.0.0.9:5-9,persistent,hash))'],
    [print({ kind: 'ct-clear' }, { kind: 'recirc', id: 10 }), 'ct_clear,recirc(0xa)'],
    [print({ kind: 'hash', symmetric: true, basis: 0 }), 'hash(sym_l4(0))'],
    [print({ kind: 'clone', actions: [ct({}), out('p1')] }, out('p2')), 'clone(ct,p1),p2'],
    [print({ kind: 'check-pkt-len', bytes: 1414, greater: [], lessEqual: [out('p1')] }), 'check_pkt_len(size=1414,gt(drop),le(p1))'],
    [print({ kind: 'trunc', maxLen: 100 }, { kind: 'meter', id: 3 }), 'trunc(100),meter(3)'],
    [print({ kind: 'controller', action: { kind: 'controller', maxLen: 64, id: 2, reason: 'action', userdata: undefined, pause: false, meterId: undefined }, flow: emptyFlow(), bridge: 'br0', cookie: '1f' }), 'userspace(pid=0,controller(reason=1,dont_send=0,continuation=0,recirc_id=0,rule_cookie=0x1f,controller_id=2,max_len=64))'],
  ])('%s', (printed, expected) => expect(printed).toBe(expected));

  it('with the device that tunnel ports share', () => {
    const config = { remoteIp: 'flow', localIp: undefined, key: 'flow', dstPort: 4789, csum: false, df: true, ttl: undefined, tos: undefined } as const;
    const bridges = [bridge({ ports: [...FOUR, port('a', 7, { type: 'vxlan', tunnel: config }), port('b', 8, { type: 'geneve', tunnel: { ...config, dstPort: 6081 } }), port('c', 9, { type: 'gre', tunnel: config })] })];
    expect(['p1', 'a', 'b', 'c', 'br0'].map((name) => datapathPort(bridges, 'br0', name))).toEqual(['p1', 'vxlan_sys_4789', 'genev_sys_6081', 'gre_sys', 'br0']);
  });
});
