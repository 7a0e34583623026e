import { describe, expect, it } from 'vitest';
import { parseBundle } from './bundle.ts';
import { parseDumpConntrack } from './ovsConntrack.ts';

const read = (...lines: readonly string[]) => parseDumpConntrack({ input: 'f', firstLine: 1, lines });

const TCP = 'tcp,orig=(src=10.131.0.21,dst=172.30.44.86,sport=40000,dport=80),reply=(src=10.131.0.20,dst=10.131.0.21,sport=8080,dport=40000)';
const UDP = 'udp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=5,dport=53),reply=(src=10.0.0.2,dst=10.0.0.1,sport=53,dport=5)';

describe('dpctl/dump-conntrack', () => {
  it('reads both directions, zone, mark, labels and the state of TCP', () => {
    expect(read(`${TCP},zone=13,mark=2,labels=0x50000000000000001,protoinfo=(state=ESTABLISHED)`).value).toMatchObject([
      { proto: 6, state: 'ESTABLISHED', zone: 13, mark: 2, label: [0, 5, 0, 1], seenReply: true, assured: true, timeout: undefined, orig: { src: 0x0a830015, dst: 0xac1e2c56, sport: 40000, dport: 80 }, reply: { src: 0x0a830014, sport: 8080 } },
    ]);
  });

  it.each`
    tail                                                                                | seenReply | assured  | state
    ${',protoinfo=(state=SYN_SENT)'}                                                    | ${false}  | ${false} | ${'SYN_SENT'}
    ${',protoinfo=(state=FIN_WAIT_2)'}                                                  | ${true}   | ${false} | ${'FIN_WAIT'}
    ${',id=7,status=SEEN_REPLY|ASSURED|CONFIRMED,timeout=30,protoinfo=(state_orig=ESTABLISHED,state_reply=ESTABLISHED,flags_orig=WINDOW_SCALE)'} | ${true} | ${true} | ${'ESTABLISHED'}
    ${',id=7,status=CONFIRMED,protoinfo=(state_orig=SYN_SENT,state_reply=SYN_SENT)'}    | ${false}  | ${false} | ${'SYN_SENT'}
  `('$tail', ({ tail, ...told }: { tail: string }) => expect(read(TCP + tail).value).toMatchObject([told]));

  it('goes by the status for what has no state, and asks for it', () => {
    expect(read(`${UDP},id=1,status=SEEN_REPLY|CONFIRMED`).value).toMatchObject([{ proto: 17, seenReply: true, assured: false }]);
    expect(read(UDP, UDP)).toMatchObject({ value: [], diagnostics: [{ code: 'ovs-conntrack-status', text: 'ovs-appctl dpctl/dump-conntrack -m' }] });
  });

  it('reads ICMP, and counters', () => {
    expect(read('icmp,orig=(src=10.0.0.1,dst=10.0.0.2,id=3,type=8,code=0,packets=1,bytes=98),reply=(src=10.0.0.2,dst=10.0.0.1,id=3,type=0,code=0,packets=0,bytes=0),status=CONFIRMED').value).toMatchObject([{ proto: 1, orig: { icmp: { type: 8, code: 0, id: 3 }, extra: ['packets=1', 'bytes=98'] }, seenReply: false }]);
  });

  it('passes over IPv6, and reports what it does not understand', () => {
    expect(read('tcp,orig=(src=fe80::1,dst=fe80::2,sport=1,dport=2),reply=(src=fe80::2,dst=fe80::1,sport=2,dport=1)', 'tcp,orig=(src=10.0.0.1', 'nonsense').diagnostics.map((d) => d.code)).toEqual(['ipv6-skipped', 'unknown-line', 'unknown-line']);
  });
});

describe('on a machine', () => {
  const line = `${TCP},protoinfo=(state=ESTABLISHED)`;
  const bundle = (datapath: string): Record<string, string> => ({ 'n1/all.txt': `$ ip rule\n$ ovs-vsctl show\n4a87da81-1b60-4bd4-9d61-0edc3941b336\n    Bridge br0\n        datapath_type: ${datapath}\n        Port br0\n            Interface br0\n                type: internal\n$ ovs-appctl dpctl/dump-conntrack\n${line}\n` });

  it('are connections of its kernel', () => expect(parseBundle(bundle('system')).world.hosts[0]?.netns[0]?.conntrack).toHaveLength(1));
  it('are none of the kernel where the datapath is in user space', () => expect(parseBundle(bundle('netdev')).world.hosts[0]?.netns[0]?.conntrack).toBeUndefined());
  it('are told by conntrack -L where that is there', () => {
    const files = bundle('system');
    expect(parseBundle({ 'n1/all.txt': `${files['n1/all.txt'] ?? ''}$ conntrack -L\n` }).world.hosts[0]?.netns[0]?.conntrack).toEqual([]);
  });
});
