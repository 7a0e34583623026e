import { describe, expect, it } from 'vitest';
import { parseBridgeFdb, printBridgeFdb } from './bridgeFdb.ts';
import { parseIpNeigh, printIpNeigh } from './ipNeigh.ts';
import { parseSs, printSs } from './ss.ts';
import { parseSysctl, printSysctl } from './sysctl.ts';

const lines = (...text: readonly string[]) => ({ input: 'x', firstLine: 1, lines: text });

describe('ip neigh', () => {
  it.each([
    ['10.0.0.2 dev eth0 lladdr 02:00:00:00:00:02 REACHABLE ', { ip: 0x0a000002, dev: 'eth0', mac: '02:00:00:00:00:02', state: 'REACHABLE' }],
    ['10.0.0.2 dev eth0 FAILED ', { mac: undefined, state: 'FAILED' }],
    ['10.0.0.2 dev eth0 INCOMPLETE ', { mac: undefined, state: 'INCOMPLETE' }],
    ['10.0.0.2 dev eth0 lladdr 02:00:00:00:00:02 router extern_learn NOARP ', { extra: ['router', 'extern_learn'], state: 'NOARP' }],
    ['10.0.0.2 dev eth0 lladdr 02:00:00:00:00:02 used 1/2/3 probes 4 STALE ', { state: 'STALE', extra: ['used', '1/2/3', 'probes', '4'] }],
  ])('reads %sand prints it again', (line, neighbour) => {
    const { value, diagnostics } = parseIpNeigh(lines(line));
    expect(value).toMatchObject([neighbour]);
    expect(diagnostics).toEqual([]);
    expect(printIpNeigh(value)).toEqual([line]);
  });

  it.each([
    ['fe80::1 dev eth0 lladdr 02:00:00:00:00:02 STALE', 'ipv6-skipped'],
    ['10.0.0.2 lladdr 02:00:00:00:00:02 STALE', 'unknown-line'],
    ['hello', 'unknown-line'],
  ])('leaves out %s', (line, code) => expect(parseIpNeigh(lines(line))).toMatchObject({ value: [], diagnostics: [{ code }] }));
});

describe('bridge fdb', () => {
  it.each([
    ['33:33:00:00:00:01 dev eth0 self permanent', { mac: '33:33:00:00:00:01', dev: 'eth0', dst: undefined, words: ['self', 'permanent'] }],
    ['00:00:00:00:00:00 dev vx0 dst 10.0.0.7 self permanent', { dst: 0x0a000007 }],
    ['5e:3d:ed:ea:47:16 dev veth1 vlan 1 master br0 ', { words: ['vlan', '1', 'master', 'br0'] }],
    ['5e:3d:ed:ea:47:16 dev vx0 dst fd00::1 self permanent', { dst: undefined, words: ['dst', 'fd00::1', 'self', 'permanent'] }],
  ])('reads %s and prints it again', (line, entry) => {
    const { value } = parseBridgeFdb(lines(line));
    expect(value).toMatchObject([entry]);
    expect(printBridgeFdb(value)).toEqual([line]);
  });

  it('reports a line without MAC or device', () => expect(parseBridgeFdb(lines('dev eth0', '33:33:00:00:00:01 self')).diagnostics.map((d) => [d.code, d.line])).toEqual([['unknown-line', 1], ['unknown-line', 2]]));
});

describe('sysctl', () => {
  it.each([
    ['net.ipv4.ip_forward = 1', 'net.ipv4.ip_forward', '1'],
    ['net.ipv4.ip_forward=1', 'net.ipv4.ip_forward', '1'],
    ['net.ipv4.ip_local_port_range = 32768\t60999', 'net.ipv4.ip_local_port_range', '32768\t60999'],
    ['net.ipv4.conf.eth0/100.forwarding = 1', 'net.ipv4.conf.eth0.100.forwarding', '1'],
    ['/proc/sys/net/ipv4/conf/all/rp_filter:2', 'net.ipv4.conf.all.rp_filter', '2'],
    ['kernel.domainname = ', 'kernel.domainname', ''],
    ['__proto__ = x', '__proto__', 'x'],
  ])('reads %s', (line, key, value) => expect(Object.entries(parseSysctl(lines(line)).value)).toEqual([[key, value]]));

  it('keeps the last value of a key', () => expect(parseSysctl(lines('a.b = 1', 'a.b = 2')).value).toEqual({ 'a.b': '2' }));
  it('prints keys in their order', () => expect(printSysctl(parseSysctl(lines('z.z = 1', 'a.a = 2')).value)).toEqual(['z.z = 1', 'a.a = 2']));
  it.each(['hello', '= 1', 'a b = 1'])('reports %s', (line) => expect(parseSysctl(lines(line)).diagnostics).toMatchObject([{ code: 'unknown-line' }]));
  it('says nothing of keys that sysctl could not read', () => expect(parseSysctl(lines('sysctl: permission denied on key "fs.x"')).diagnostics).toEqual([]));
});

describe('ss', () => {
  const HEADING = 'Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process';
  it.each([
    ['tcp   LISTEN 0      511          0.0.0.0:80        0.0.0.0:*', { proto: 'tcp', ip: 0, port: 80, dev: undefined }],
    ['udp   UNCONN 0      0          127.0.0.1:53        0.0.0.0:*', { proto: 'udp', ip: 0x7f000001, port: 53 }],
    ['tcp   LISTEN 0      128     0.0.0.0%eth0:99        0.0.0.0:*', { ip: 0, dev: 'eth0', port: 99 }],
    ['tcp   LISTEN 0      5                  *:8080            *:*', { ip: 0, port: 8080 }],
    ['tcp   LISTEN 0      5            0.0.0.0:22        0.0.0.0:*    users:(("sshd",pid=1,fd=3))', { port: 22 }],
  ])('reads %s and prints it again', (line, listener) => {
    const { value, diagnostics } = parseSs(lines(HEADING, line));
    expect(value.listeners).toMatchObject([listener]);
    expect(diagnostics).toEqual([]);
    expect(printSs(value.listeners, value.heading)).toEqual([HEADING, line]);
  });

  it.each([
    ['State  Recv-Q Send-Q Local Address:Port Peer Address:Port', 'LISTEN 0      128          0.0.0.0:22        0.0.0.0:*', 'tcp'],
    ['State  Recv-Q Send-Q Local Address:Port Peer Address:Port', 'UNCONN 0      0            0.0.0.0:68        0.0.0.0:*', 'udp'],
  ])('tells the protocol of ss -lnt and ss -lnu by the state', (heading, line, proto) => expect(parseSs(lines(heading, line)).value.listeners).toMatchObject([{ proto }]));

  it('reads a listing that was pasted with a margin', () => expect(parseSs(lines(`  ${HEADING}`, '  tcp   LISTEN 0      511          0.0.0.0:80        0.0.0.0:*', '  \t cubic cwnd:10')).value.listeners).toMatchObject([{ port: 80 }]));

  it('sets columns for sockets that come from no dump', () => {
    const listener = { proto: 'tcp', ip: 0, port: 10250, dev: 'eth0.100', source: undefined } as const;
    const text = printSs([listener, { ...listener, port: 80, dev: undefined }], undefined);
    expect(text).toEqual([
      'Netid State  Recv-Q Send-Q    Local Address:Port  Peer Address:Port Process',
      'tcp   LISTEN 0      128    0.0.0.0%eth0.100:10250      0.0.0.0:*',
      'tcp   LISTEN 0      128             0.0.0.0:80         0.0.0.0:*',
    ]);
  });

  it.each([
    ['tcp   LISTEN 0 5 [::1]:500 [::]:*', ['ipv6-skipped']],
    ['tcp   LISTEN 0 5 10.0.0.1:http 0.0.0.0:*', ['bad-address']],
    ['tcp   ESTAB 0 5 10.0.0.1:1 10.0.0.2:2', []],
    ['nl    UNCONN 0 0 4:26485 * sk=0 cb=0', []],
    ['u_str LISTEN 0 511 /run/x.sock 70054014 * 0 users:(("node",pid=1,fd=18))', []],
    ['\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d0) bbr cwnd:10', []],
    ['hello', ['unknown-line']],
  ])('has no listener in %s', (line, codes) => {
    const { value, diagnostics } = parseSs(lines(line));
    expect(value.listeners).toEqual([]);
    expect(diagnostics.map((d) => d.code)).toEqual(codes);
  });
});
