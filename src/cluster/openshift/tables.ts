import type { BridgeDraft } from '../draft/bridge.ts';
import { nwAddress } from './match.ts';
import type { SdnSpec } from './objects.ts';

/** What the rules of every br0 are made of. */
export interface Setup {
  readonly sdn: SdnSpec;
  /** The node's part of the pods' network, and tun0's address in it. */
  readonly subnet: string;
  readonly gateway: string;
  readonly tunMac: string;
  readonly nodeIp: string;
  /** Of the NIC that has the node's address. */
  readonly nodeMac: string;
  /** Minor version of OpenShift 4. */
  readonly release: number;
  readonly conntrack: boolean;
}

const VNID_IN = 'move:NXM_NX_TUN_ID[0..31]->NXM_NX_REG0[],goto_table:10';
const SWAPS_FOR_OVN = 14;
const DROPS_IN_60 = 12;

/** SetupOVS(), pkg/network/node/ovscontroller.go: what every br0 has before there are nodes and pods. */
export function writeTables(bridge: BridgeDraft, setup: Setup): void {
  const { because } = setup.sdn;
  const flow = (table: number, priority: number, match: string, actions: string): void => bridge.flow(table, priority, match, actions, because);
  writeEntry(flow, setup);
  writeRouting(flow, setup);
  writeEnds(flow, setup);
}

type WriteFlow = (table: number, priority: number, match: string, actions: string) => void;

/** Tables 0 to 27: where a packet comes from. */
function writeEntry(flow: WriteFlow, { sdn: { cidrs, vxlanPort }, subnet, gateway, tunMac, nodeMac, release, conntrack }: Setup): void {
  if (conntrack) flow(0, 1000, 'ct_state=-trk,ip', 'ct(table=0)');
  for (const cidr of cidrs) {
    flow(0, 200, `arp,in_port=1,arp_spa=${cidr},arp_tpa=${subnet}`, VNID_IN);
    flow(0, 200, `ip,in_port=1,nw_src=${cidr}`, VNID_IN);
    flow(0, 200, `ip,in_port=1,nw_dst=${cidr}`, VNID_IN);
  }
  flow(0, 150, 'in_port=1', 'drop');
  if (conntrack) {
    flow(0, 400, `ip,in_port=2,nw_src=${gateway}`, 'goto_table:30');
    for (const cidr of cidrs) flow(0, 300, `ip,in_port=2,nw_src=${subnet},nw_dst=${cidr}`, 'goto_table:25');
  }
  flow(0, 250, 'ip,in_port=2,nw_dst=224.0.0.0/4', 'drop');
  for (const cidr of cidrs) flow(0, 200, `arp,in_port=2,arp_spa=${gateway},arp_tpa=${cidr}`, 'goto_table:30');
  flow(0, 200, 'ip,in_port=2', 'goto_table:30');
  flow(0, 150, 'in_port=2', 'drop');
  flow(0, 100, 'arp', 'goto_table:20');
  flow(0, 100, 'ip', 'goto_table:20');
  flow(0, 0, '', 'drop');
  if (release >= SWAPS_FOR_OVN) {
    flow(10, 210, `ip,dl_dst=${nodeMac},nw_dst=${gateway}`, `set_field:${tunMac}->eth_dst,resubmit:10`);
    flow(10, 200, `ip,dl_dst=${nodeMac},nw_dst=${subnet}`, 'move:NXM_OF_IP_DST[]->NXM_OF_ETH_DST[0..31],load:0xa58->NXM_OF_ETH_DST[32..47],resubmit:10');
  }
  flow(10, 0, '', 'drop');
  flow(20, 300, `udp,tp_dst=${vxlanPort}`, 'drop');
  flow(20, 0, '', 'drop');
  if (conntrack) flow(25, 0, '', 'drop');
  flow(27, 0, '', 'drop');
}

/** Tables 30 and 31: where it goes. */
function writeRouting(flow: WriteFlow, { sdn: { cidrs, serviceNetwork }, subnet, gateway, conntrack }: Setup): void {
  flow(30, 0, '', 'goto_table:31');
  flow(31, 300, `arp,arp_tpa=${gateway}`, 'output:2');
  flow(31, 200, `arp,arp_tpa=${subnet}`, 'goto_table:40');
  for (const cidr of cidrs) flow(31, 100, `arp,arp_tpa=${cidr}`, 'goto_table:50');
  flow(31, 300, `ip,nw_dst=${gateway}`, 'output:2');
  flow(31, 100, `ip,nw_dst=${nwAddress(serviceNetwork)}`, 'goto_table:60');
  if (conntrack) flow(31, 250, `ct_state=+rpl,ip,nw_dst=${subnet}`, 'ct(table=70,nat)');
  flow(31, 200, `ip,nw_dst=${subnet}`, 'goto_table:70');
  for (const cidr of cidrs) flow(31, 100, `ip,nw_dst=${cidr}`, 'goto_table:90');
  flow(31, 50, 'ip,in_port=1,nw_dst=224.0.0.0/4', 'goto_table:120');
  flow(31, 25, 'ip,nw_dst=224.0.0.0/4', 'goto_table:110');
  flow(31, 0, 'ip', 'goto_table:99');
  flow(31, 0, 'arp', 'drop');
}

/** Tables 40 to 120: who gets it. */
function writeEnds(flow: WriteFlow, { gateway, nodeIp, release, conntrack }: Setup): void {
  flow(40, 0, '', 'drop');
  flow(50, 0, '', 'drop');
  flow(60, 200, conntrack ? '' : 'reg0=0', 'output:2');
  if (release <= DROPS_IN_60) flow(60, 0, '', 'drop');
  flow(70, 0, '', 'drop');
  flow(80, 300, `ip,nw_src=${gateway}`, 'output:NXM_NX_REG2[]');
  flow(80, 0, '', 'drop');
  flow(90, 0, '', 'drop');
  for (const proto of ['tcp', 'udp']) flow(99, 200, `${proto},nw_dst=${nodeIp},tp_dst=53`, 'output:2');
  flow(99, 0, '', 'goto_table:100');
  flow(100, 0, '', 'goto_table:101');
  flow(101, 150, 'ct_state=+rpl', 'output:2');
  flow(101, 0, '', 'output:2');
  flow(110, 0, '', 'drop');
  flow(111, 100, '', 'goto_table:120');
  flow(120, 0, '', 'drop');
}
