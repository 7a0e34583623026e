import { describe, expect, it } from 'vitest';
import { parseIpvsadmList, parseIpvsadmSave, printIpvsadmList, printIpvsadmSave, withConnections } from './ipvsadm.ts';

const save = (...lines: readonly string[]) => parseIpvsadmSave({ input: 'x', firstLine: 1, lines }, true);
const list = (...lines: readonly string[]) => parseIpvsadmList({ input: 'x', firstLine: 1, lines }, true);
const HEAD = ['IP Virtual Server version 1.2.1 (size=4096)', 'Prot LocalAddress:Port Scheduler Flags', '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn'];

describe('ipvsadm -Sn', () => {
  it.each([
    ['-A -t 10.0.0.1:80 -s rr', { key: { kind: 'address', proto: 'tcp', ip: 0x0a000001, port: 80 }, scheduler: 'rr', persistentSec: undefined, unknown: [] }],
    ['-A -u 10.0.0.1:53 -s wrr -p 10800', { key: { kind: 'address', proto: 'udp', ip: 0x0a000001, port: 53 }, scheduler: 'wrr', persistentSec: 10800 }],
    ['-A --sctp-service 10.0.0.1:7 -s rr -p', { key: { kind: 'address', proto: 'sctp', ip: 0x0a000001, port: 7 }, persistentSec: 300 }],
    ['-A -f 7 -s lc', { key: { kind: 'fwmark', mark: 7 }, scheduler: 'lc' }],
    ['-A -t 10.0.0.1:80', { scheduler: 'wlc' }],
    ['-A -u 10.0.0.1:53 -s rr -o', { onePacket: true, unknown: [] }],
    ['-A -u 10.0.0.1:54 -s rr -p 100 --pe sip -o', { onePacket: true, unknown: ['--pe', 'sip'] }],
    ['-A -t 10.0.0.1:80 -s rr -p 600 -M 255.255.255.0', { netmask: 0xffffff00 }],
    ['-A -t 10.0.0.1:80 -s sh -b sh-fallback,nonsense', { unknown: ['-b', 'sh-fallback,nonsense'] }],
    ['-A -t 10.0.0.1:80 -s sh -b sh-fallback,sh-port', { scheduler: 'sh', schedFlags: ['sh-fallback', 'sh-port'] }],
  ])('reads the service %s', (line, server) => expect(save(line).value.servers).toMatchObject([server]));

  it.each([
    ['-r 10.0.0.2:80 -m -w 1', { ip: 0x0a000002, port: 80, forward: 'masq', weight: 1 }],
    ['-r 10.0.0.2:80 -g -w 0', { forward: 'route', weight: 0 }],
    ['-r 10.0.0.2:80 -i -w 100', { forward: 'tunnel', weight: 100 }],
    ['-r 10.0.0.2:80 -i -w 1 --tun-type gue --tun-port 6080', { extra: ['--tun-type', 'gue', '--tun-port', '6080'] }],
    ['-r 10.0.0.2:80', { forward: 'route', weight: 1 }],
    ['-r 10.0.0.2:80 -m -w 3 -x 10 -y 4', { weight: 3, thresholds: { upper: 10, lower: 4 } }],
  ])('reads the real server %s', (line, real) => expect(save('-A -t 10.0.0.1:80 -s rr', `-a -t 10.0.0.1:80 ${line}`).value.servers[0]?.realServers).toMatchObject([real]));

  it.each([
    ['-a -t 10.0.0.9:80 -r 10.0.0.2:80 -m -w 1', 'unknown-service'],
    ['-A -t 10.0.0.1 -s rr', 'bad-address'],
    ['-A -t 10.0.0.1:99999 -s rr', 'bad-address'],
    ['-A -t [fd00::1]:80 -s rr', 'ipv6-skipped'],
    ['-C', 'unknown-line'],
  ])('reports %s', (line, code) => expect(save(line).diagnostics.map((d) => d.code)).toEqual([code]));

  it('prints what ipvsadm 1.31 prints', () => {
    const lines = [
      '-A -t 10.0.0.1:0 -s rr -p 360',
      '-A -t 10.0.0.1:80 -s sh -p 600 -M 255.255.255.0 -b sh-fallback,sh-port',
      '-a -t 10.0.0.1:80 -r 10.0.0.3:80 -g -w 2',
      '-a -t 10.0.0.1:80 -r 10.0.0.4:80 -i -w 0 --tun-type gue --tun-port 6080 --tun-nocsum',
      '-a -t 10.0.0.1:80 -r 10.0.0.6:80 -i -w 1 --tun-type ipip',
      '-A -u 10.0.0.1:54 -s rr -p 100 --pe sip -o',
      '-A --sctp-service 10.0.0.1:99 -s nq',
      '-a --sctp-service 10.0.0.1:99 -r 10.0.0.9:99 -m -w 65535',
      '-A -f 7 -s lc -p 300',
      '-a -f 7 -r 10.0.0.9:0 -g -w 1',
    ];
    expect(printIpvsadmSave(save(...lines).value.servers)).toEqual(lines);
  });

  it('keeps the order of services and real servers', () => {
    const lines = ['-A -t 10.0.0.9:80 -s rr', '-a -t 10.0.0.9:80 -r 10.0.0.5:80 -m -w 1', '-a -t 10.0.0.9:80 -r 10.0.0.3:80 -m -w 0', '-A -f 1 -s rr -p 300', '-a -f 1 -r 10.0.0.3:0 -g -w 2'];
    expect(printIpvsadmSave(save(...lines).value.servers)).toEqual(lines);
  });
});

describe('ipvsadm -Ln', () => {
  it('reads services with flags, real servers and counts, and prints them in the same columns', () => {
    const lines = [
      ...HEAD,
      'TCP  172.19.100.2:80 sh (sh-fallback,sh-port) persistent 10800 mask 255.255.255.0',
      '  -> 10.233.98.39:80              Masq    1      5          12        ',
      '  -> 10.233.110.33:80             Route   0      0          0         ',
      'FWM  1 wlc',
      '  -> 10.0.0.2:0                   Tunnel  3      0          0         ',
      'UDP  10.0.0.1:53 rr pe sip ops',
      '  -> 10.0.0.3:53                  Local   1      0          0         ',
    ];
    const { value, diagnostics } = list(...lines);
    expect(value.servers.map((s) => [s.persistentSec, s.unknown, s.realServers.map((r) => [r.forward, r.weight, r.connections])])).toEqual([
      [10800, [], [['masq', 1, { active: 5, inactive: 12 }], ['route', 0, { active: 0, inactive: 0 }]]],
      [undefined, [], [['tunnel', 3, { active: 0, inactive: 0 }]]],
      [undefined, ['--pe', 'sip'], [['route', 1, { active: 0, inactive: 0 }]]],
    ]);
    expect(diagnostics.map((d) => [d.code, d.text])).toEqual([['unknown-attribute', 'pe sip']]);
    expect(printIpvsadmList(value.servers, value.heading)).toEqual(lines);
  });

  it('reads /proc/net/ip_vs, whose order is the one in which the kernel picks', () => {
    const { value } = list('IP Virtual Server version 1.2.1 (size=4096)', 'TCP  AC136402:0050 rr ', '  -> 0AE96227:0050      Masq    1      0          0');
    expect(value.servers).toMatchObject([{ key: { ip: 0xac136402, port: 80 }, sorted: false, realServers: [{ ip: 0x0ae96227, port: 80 }] }]);
  });

  it('reads what /proc/net/ip_vs says of persistence and marks: jiffies and hexadecimal', () => {
    const { value, diagnostics } = list('TCP  0A000001:0050 sh  persistent 150000 FFFFFF00', 'UDP  0A000001:0035 wrr ops  ', 'FWM  0000000B lc persistent 75000 FFFFFFFF', '  -> 0A000007:0063      Masq    1      0          0');
    expect(diagnostics).toEqual([]);
    expect(value.servers).toMatchObject([{ persistentSec: 600, netmask: 0xffffff00 }, { onePacket: true }, { key: { mark: 11 }, persistentSec: 300, sorted: false, realServers: [{ port: 99 }] }]);
    expect(value.servers[2]).not.toHaveProperty('netmask');
  });

  it('reads thresholds, which only complete another listing', () => {
    const listed = list(HEAD[0] ?? '', 'Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn ', '  -> RemoteAddress:Port', 'TCP  10.0.0.1:80 rr', '  -> 10.0.0.5:80                  10         4          1          2         ').value;
    expect(listed.partial).toBe(true);
    const saved = save('-A -t 10.0.0.1:80 -s rr', '-a -t 10.0.0.1:80 -r 10.0.0.5:80 -g -w 7').value.servers;
    expect(withConnections(saved, listed.servers)[0]?.realServers).toMatchObject([{ forward: 'route', weight: 7, thresholds: { upper: 10, lower: 4 }, connections: { active: 1, inactive: 2 } }]);
  });

  it('leaves IPv6 services out with their real servers', () => {
    const { value, diagnostics } = list('TCP  [fd00::1]:80 rr', '  -> [fd00::2]:80   Masq 1 0 0', 'TCP  10.0.0.1:80 rr');
    expect(value.servers).toHaveLength(1);
    expect(diagnostics.map((d) => d.code)).toEqual(['ipv6-skipped']);
  });

  it.each([
    ['  -> 10.0.0.2:80 Masq 1 0 0', 'unknown-service'],
    ['FOO  10.0.0.1:80 rr', 'unknown-line'],
    ['TCP  10.0.0.1 rr', 'bad-address'],
  ])('reports %s', (line, code) => expect(list(line).diagnostics.map((d) => d.code)).toEqual([code]));
});

it('adds the connection counts of -Ln to the servers of -Sn', () => {
  const saved = save('-A -t 10.0.0.1:80 -s rr', '-a -t 10.0.0.1:80 -r 10.0.0.2:80 -m -w 1', '-a -t 10.0.0.1:80 -r 10.0.0.3:80 -m -w 1').value.servers;
  const listed = list('TCP  10.0.0.1:80 rr', '  -> 10.0.0.3:80 Masq 1 4 0').value.servers;
  expect(withConnections(saved, listed)[0]?.realServers.map((r) => r.connections)).toEqual([undefined, { active: 4, inactive: 0 }]);
});
