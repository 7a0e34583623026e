import { describe, expect, it } from 'vitest';
import { FIELDS } from '../world/openflowFields.ts';
import { formatFlow, parseFlow } from './ovsFlow.ts';

const word = (text: string, field: string): number | undefined => {
  const read = parseFlow(text);
  return 'flow' in read ? read.flow[FIELDS.get(field)?.word ?? -1] : undefined;
};

describe('parseFlow', () => {
  it.each`
    text                                  | field          | value
    ${'in_port=3,tcp,nw_src=10.1.0.5'}    | ${'nw_src'}    | ${0x0a010005}
    ${'in_port=3,tcp,nw_src=10.1.0.5'}    | ${'in_port'}   | ${3}
    ${'tcp,tcp_dst=80'}                   | ${'tp_dst'}    | ${80}
    ${'tcp,tcp_flags=+syn-ack'}           | ${'tcp_flags'} | ${2}
    ${'ct_state=+trk+est'}                | ${'ct_state'}  | ${0x22}
    ${'ct_state=trk|est'}                 | ${'ct_state'}  | ${0x22}
    ${'dl_vlan=5'}                        | ${'vlan_tci'}  | ${0x1005}
    ${'ip,nw_tos=4,nw_ecn=1'}             | ${'nw_tos'}    | ${5}
    ${'ip,nw_frag=later'}                 | ${'nw_frag'}   | ${3}
    ${'xxreg0=0x1'}                       | ${'reg3'}      | ${1}
    ${'arp,arp_op=2'}                     | ${'nw_proto'}  | ${2}
  `('$text has $field $value', ({ text, field, value }: { text: string; field: string; value: number }) => expect(word(text, field)).toBe(value));

  it('says what it does not understand', () => {
    expect(parseFlow('tcp,frob=1')).toEqual({ error: 'unknown-word', text: 'frob=1' });
    expect(parseFlow('tcp,in_port=veth9')).toEqual({ error: 'unknown-word', text: 'in_port=veth9' });
    expect(parseFlow('ip,nw_src=10.0.0.0/8')).toEqual({ error: 'masked', text: 'nw_src=10.0.0.0/8' });
  });
});

describe('formatFlow', () => {
  it.each([
    ['tcp,in_port=3,nw_src=10.1.0.5,nw_dst=10.2.0.7,nw_ttl=64,tp_src=1000,tp_dst=80,tcp_flags=syn,ct_state=trk|new', 'ct_state=new|trk,tcp,in_port=3,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,nw_src=10.1.0.5,nw_dst=10.2.0.7,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=syn'],
    ['udp,nw_frag=later,reg0=5', 'udp,reg0=0x5,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,nw_src=0.0.0.0,nw_dst=0.0.0.0,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=later'],
    ['arp,arp_op=1,arp_spa=1.2.3.4', 'arp,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,arp_spa=1.2.3.4,arp_tpa=0.0.0.0,arp_op=1,arp_sha=00:00:00:00:00:00,arp_tha=00:00:00:00:00:00'],
  ])('%s', (text, printed) => {
    const read = parseFlow(text);
    expect('flow' in read && formatFlow(read.flow)).toBe(printed);
    const again = parseFlow(printed);
    expect('flow' in read && 'flow' in again && again.flow).toEqual('flow' in read && read.flow);
  });
});
