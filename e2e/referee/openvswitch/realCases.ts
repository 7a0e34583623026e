import type { ProbeJson } from '../../../src/cli/probeJson.ts';

/** Rules for a bridge between two pods (10.0.0.1 behind port 1, 10.0.0.2 behind port 2), and what the first sends to the second. */
export interface RealCase {
  readonly name: string;
  readonly flows: readonly string[];
  /** UDP to port 80 unless told otherwise. */
  readonly probe?: Partial<ProbeJson>;
  /** Nobody listens there. */
  readonly refuses?: boolean;
}

const BACK = 'table=0, in_port=2,ip actions=output:1';
const nat = (words: string): readonly string[] => [`table=0, in_port=1,ip actions=ct(commit,zone=1,table=1,${words})`, 'table=1, actions=output:2', 'table=0, in_port=2,ip actions=ct(table=2,zone=1,nat)', 'table=2, actions=output:1'];
/** A firewall that knows its connections: new ones from port 1 only. */
const firewall = (commit: string, back: string): readonly string[] => [
  'table=0, ip actions=ct(table=1,zone=3)',
  `table=1, priority=20,in_port=1,ct_state=+new+trk,ip actions=ct(commit,zone=3${commit}),output:2`,
  'table=1, priority=20,in_port=1,ct_state=+est+trk,ip actions=output:2',
  `table=1, priority=20,in_port=2,${back},ip actions=output:1`,
  'table=1, priority=0 actions=drop',
];

export const realCases: readonly RealCase[] = [
  { name: 'commits in a zone', flows: ['table=0, in_port=1,ip actions=ct(commit,zone=5),output:2', BACK] },
  { name: 'commits in two zones', flows: ['table=0, in_port=1,ip actions=ct(commit,zone=1),ct(commit,zone=2),output:2', BACK] },
  { name: 'commits in zone 0', flows: ['table=0, in_port=1,ip actions=ct(commit),output:2', BACK] },
  { name: 'keeps mark and label', flows: ['table=0, in_port=1,ip actions=ct(commit,zone=5,exec(load:0x2->NXM_NX_CT_MARK[],load:0x5->NXM_NX_CT_LABEL[0..63])),output:2', BACK] },
  { name: 'writes bits of a mark one after the other', flows: ['table=0, in_port=1,ip actions=ct(commit,zone=5,exec(load:1->NXM_NX_CT_MARK[1])),ct(commit,zone=5,exec(load:1->NXM_NX_CT_MARK[3])),output:2', BACK] },
  { name: 'translates the source, and turns the reply back', flows: nat('nat(src=10.0.0.100)') },
  { name: 'translates source address and port', flows: nat('nat(src=10.0.0.100:5000)') },
  { name: 'translates the destination port, and turns the reply back', flows: nat('nat(dst=10.0.0.2:8080)') },
  { name: 'translates the destination address', flows: nat('nat(dst=10.0.0.2:8080)'), probe: { dst: '10.0.0.101', dport: 443 } },
  { name: 'translates without an address', flows: nat('nat(src)') },
  { name: 'asks for the translation of a connection that nobody committed', flows: ['table=0, in_port=1,ip actions=ct(zone=1,table=1,nat)', 'table=1, actions=output:2', 'table=0, in_port=2,ip actions=ct(table=2,zone=1,nat)', 'table=2, actions=output:1'] },
  { name: 'leaves a reply translated where no rule asks for nat', flows: ['table=0, in_port=1,ip actions=ct(commit,zone=1,table=1,nat(src=10.0.0.100))', 'table=1, actions=output:2', BACK] },
  { name: 'lets replies through as established', flows: firewall('', 'ct_state=+est+rpl+trk') },
  { name: 'lets nothing through as new from the other side', flows: firewall('', 'ct_state=+new+trk') },
  { name: 'lets replies through by the mark of their connection', flows: firewall(',exec(load:0x7->NXM_NX_CT_MARK[])', 'ct_mark=0x7') },
  { name: 'keeps replies out by another mark', flows: firewall(',exec(load:0x7->NXM_NX_CT_MARK[])', 'ct_mark=0x6') },
  { name: 'lets replies through by the label of their connection', flows: firewall(',exec(load:0x9->NXM_NX_CT_LABEL[64..71])', 'ct_label=0x90000000000000000') },
  { name: 'does not know a connection in another zone', flows: ['table=0, in_port=1,ip actions=ct(commit,zone=1),output:2', 'table=0, in_port=2,ip actions=ct(table=1,zone=2)', 'table=1, ct_state=+est+trk,ip actions=output:1', 'table=1, ct_state=+new+trk,ip actions=drop'] },
  { name: 'forgets what it knew behind ct_clear', flows: ['table=0, ip actions=ct(table=1,zone=1)', 'table=1, actions=ct_clear,resubmit(,2)', 'table=2, priority=9,ct_state=-trk,in_port=1,ip actions=output:2', 'table=2, priority=9,ct_state=-trk,in_port=2,ip actions=output:1'] },
  { name: 'turns a connection round by force', flows: ['table=0, in_port=1,ip actions=ct(commit,zone=1),output:2', 'table=0, in_port=2,ip actions=ct(commit,force,zone=1),output:1'] },
  { name: 'knows echo replies', flows: firewall('', 'ct_state=+est+rpl+trk'), probe: { proto: 'icmp' } },
  { name: 'translates an echo', flows: nat('nat(src=10.0.0.100)'), probe: { proto: 'icmp' } },
  { name: 'counts the TTL down on the way through', flows: ['table=0, in_port=1,ip actions=dec_ttl,ct(commit,zone=1,table=1,nat(dst=10.0.0.2:8080))', 'table=1, actions=dec_ttl,output:2', 'table=0, in_port=2,ip actions=ct(table=2,zone=1,nat)', 'table=2, actions=output:1'] },
  { name: 'translates the handshake of TCP', flows: nat('nat(src=10.0.0.100)'), probe: { proto: 'tcp' } },
];
