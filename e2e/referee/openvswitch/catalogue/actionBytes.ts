import type { OvsCase, OvsPacket } from '../case.ts';
import { packet } from './packets.ts';

/*
 * A list of datapath actions that passes 64 kB ends the walk. Where it does so tells how many bytes each action is: the list is written
 * by a thousand look-ups of one rule, and the last of them that the switch visits is the one that passed the limit.
 */

// Not here: lists that become too long inside of a clone or behind a question for the length. ovs-vswitchd 3.1 ends on them (assertion in
// nl_msg_end_nested(), lib/netlink.c).

/** Look-ups of the rule that writes: two to the power of this. */
const LEVELS = 10;

interface Long {
  readonly name: string;
  /** One round of the rule: at least 64 bytes, or the list never becomes too long. */
  readonly writes: string;
  /** What the rules match, for actions that ask for it. */
  readonly match?: string;
  readonly packet?: OvsPacket;
  readonly bridge?: string;
  readonly first?: string;
  readonly groups?: OvsCase['groups'];
  readonly tlvs?: OvsCase['tlvs'];
}

const long = ({ name, writes, match = '', packet: through = packet('tcp'), bridge = 'br0', first = '', groups, tlvs }: Long): OvsCase => ({
  name: `stops at 64 kB of ${name}`,
  covers: ['limit:actions'],
  flows: { [bridge]: [`${match}actions=${first}resubmit(,1),output:4`, ...Array.from({ length: LEVELS }, (_, i) => `table=${i + 1},actions=resubmit(,${i + 2}),resubmit(,${i + 2})`), `table=${LEVELS + 1},${match}actions=${writes}`] },
  ...(groups ? { groups } : {}),
  ...(tlvs ? { tlvs } : {}),
  packets: [{ ...through, bridge }],
});

const twice = (a: string, b: string): string => `${a},output:2,${b},output:2`;
const times = (n: number, what: string): string => Array.from({ length: n }, () => what).join(',');

export const actionBytes: readonly OvsCase[] = [
  long({ name: 'outputs', writes: times(9, 'output:2') }),
  long({ name: 'MAC addresses', writes: times(2, twice('mod_dl_src:00:00:00:00:00:11,mod_dl_dst:00:00:00:00:00:12', 'mod_dl_src:00:00:00:00:00:13,mod_dl_dst:00:00:00:00:00:14')) }),
  long({ name: 'MAC addresses of one side', writes: times(2, twice('mod_dl_src:00:00:00:00:00:11', 'mod_dl_src:00:00:00:00:00:12')) }),
  long({ name: 'IPv4 headers', match: 'tcp,', writes: twice('mod_nw_src:10.1.0.1', 'mod_nw_src:10.1.0.2') }),
  long({ name: 'IPv6 headers', match: 'ipv6,', packet: packet('tcp6'), writes: twice('set_field:fd00::11->ipv6_src', 'set_field:fd00::12->ipv6_src') }),
  long({ name: 'TCP ports', match: 'tcp,', writes: times(2, twice('mod_tp_src:1,mod_tp_dst:2', 'mod_tp_src:3,mod_tp_dst:4')) }),
  long({ name: 'UDP ports', match: 'udp,', packet: packet('udp'), writes: times(2, twice('mod_tp_src:1,mod_tp_dst:2', 'mod_tp_src:3,mod_tp_dst:4')) }),
  long({ name: 'ICMP types', match: 'icmp,', packet: packet('icmp'), writes: times(2, twice('set_field:3->icmp_type', 'set_field:4->icmp_type')) }),
  long({ name: 'ARP headers', match: 'arp,', packet: packet('arp'), first: 'set_field:00:00:00:00:00:21->arp_sha,set_field:00:00:00:00:00:22->arp_tha,set_field:10.3.0.1->arp_tpa,set_field:1->arp_op,', writes: twice('set_field:10.2.0.1->arp_spa', 'set_field:10.2.0.2->arp_spa') }),
  long({ name: 'marks', writes: times(2, twice('set_field:1->pkt_mark', 'set_field:2->pkt_mark')) }),
  long({ name: 'queues', writes: times(2, twice('set_queue:1', 'set_queue:2')) }),
  long({ name: 'VLAN tags', writes: times(3, 'push_vlan:0x8100,output:2,strip_vlan,output:2') }),
  long({ name: 'packets to the controller', writes: 'controller,output:2' }),
  long({ name: 'questions to conntrack', match: 'ip,', writes: times(4, 'ct(zone=7),output:2') }),
  long({ name: 'questions to conntrack with translation', match: 'ip,', writes: times(4, 'ct(nat),output:2') }),
  long({ name: 'commits', match: 'tcp,', writes: 'ct(commit,zone=7,alg=ftp,nat(src=10.7.0.1-10.7.0.9:2000-3000,random,persistent),exec(load:1->NXM_NX_CT_MARK[],load:2->NXM_NX_CT_LABEL[0..31])),output:2' }),
  long({ name: 'commits by force', match: 'tcp,', writes: times(3, 'ct(commit,force,zone=7,nat(dst)),output:2') }),
  long({ name: 'cuts', writes: times(5, 'output(port=2,max_len=100)') }),
  long({ name: 'clones', match: 'ip,', writes: times(3, 'clone(ct(zone=7),output:2),output:3') }),
  long({ name: 'questions for the length', writes: 'check_pkt_larger(100)->NXM_NX_REG0[0],output:2,output:3,output:4' }),
  long({ name: 'outputs of a group', writes: 'group:1', groups: { br0: [`group_id=1,type=all,${Array.from({ length: 9 }, (_, i) => `bucket=bucket_id:${i},actions=output:2`).join(',')}`] } }),
  long({ name: 'outputs of another bridge', writes: times(9, 'output:9') }),
  long({ name: 'outputs by Geneve', bridge: 'brt', packet: packet('tcp', { in_port: 't1' }), writes: 'set_field:10.9.0.7->tun_dst,set_field:0x22->tun_id,output:13,set_field:10.9.0.8->tun_dst,output:13' }),
  long({ name: 'outputs by Geneve with an option', bridge: 'brt', tlvs: { brt: ['{class=0x102,type=0x80,len=4}->tun_metadata0'] }, packet: packet('tcp', { in_port: 't1' }), writes: 'set_field:10.9.0.7->tun_dst,set_field:0x20005->tun_metadata0,output:13,set_field:10.9.0.8->tun_dst,output:13' }),
];
