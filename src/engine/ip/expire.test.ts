import { describe, expect, it } from 'vitest';
import { formatIp4 } from '../../packet/address.ts';
import { ipOf, PROTO_UDP } from '../../packet/packet.ts';
import { ipBytes } from '../../packet/sizes.ts';
import { at, ip, worldFrom } from '../../testing/sample.ts';
import { trace } from '../trace.ts';

/** Two machines on a wire; `rules` are b's, by table. A datagram of 3,000 bytes comes in pieces of 1500, 1500 and 68 bytes. */
function wire(rules: readonly string[], sysctl = ''): Parameters<typeof trace>[0] {
  const machine = (n: 1 | 2, more: string): string =>
    [
      '$ ip -d addr show',
      '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000',
      '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 ',
      '    inet 127.0.0.1/8 scope host lo',
      '2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000',
      `    link/ether 02:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff promiscuity 0 `,
      `    inet 10.1.0.${n}/24 scope global eth0`,
      '$ ip route show',
      `10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.${n}`,
      '$ ip neigh show',
      `10.1.0.${3 - n} dev eth0 lladdr 02:00:00:00:00:0${3 - n} REACHABLE`,
      more,
    ].join('\n');
  return worldFrom({ 'a/a.txt': machine(1, ''), 'b/b.txt': machine(2, `${sysctl}$ iptables-save\n${rules.join('\n')}\n`) });
}

const raw = (rule: string): readonly string[] => ['*raw', ':PREROUTING ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', `-A PREROUTING ${rule}`, 'COMMIT'];
const SMALL = '-m length --length 0:200 -j DROP';
const FIRST = '! -f -j DROP';

const lost = (world: Parameters<typeof trace>[0]) => trace(world, { from: at('a'), dst: ip('10.1.0.2'), proto: PROTO_UDP, dport: 53, size: 3000 });
const errors = (t: ReturnType<typeof lost>): readonly string[] => t.steps.flatMap((s) => (s.kind === 'send' && s.what === 'icmp-error' ? [`${s.host} ${formatIp4(ipOf(s.packet).src)} ${s.icmp?.icmptype}/${s.icmp?.code} ${ipBytes(s.packet)} bytes`] : []));
const late = (t: ReturnType<typeof lost>): readonly string[] => t.steps.flatMap((s) => (s.kind === 'drop' && s.reason === 'reassembly-timeout' ? [s.host] : []));

describe('a datagram whose pieces do not all come', () => {
  it('is given up, and its machine tells the sender about the first piece, within 576 bytes', () => {
    const t = lost(wire(raw(SMALL)));
    expect(late(t)).toEqual(['b']);
    expect(errors(t)).toEqual(['b 10.1.0.2 11/1 576 bytes']);
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'rejected', host: 'b', error: { kind: 'icmp', icmptype: 11, code: 1 } } });
    expect(t.steps[t.outcomes[0]?.request.step ?? 0]).toMatchObject({ kind: 'drop', reason: 'rule' });
  });

  it('is given up in silence without its first piece', () => {
    const t = lost(wire(raw(FIRST)));
    expect(late(t)).toEqual(['b']);
    expect(errors(t)).toEqual([]);
    expect(t.outcomes[0]?.request.verdict).toBe('dropped');
  });

  it('leaves nothing behind when all of them come', () => {
    expect(late(lost(wire(raw('-m length --length 0:60 -j DROP'))))).toEqual([]);
  });
});
