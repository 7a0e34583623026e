import { describe, expect, it } from 'vitest';
import { trace } from '../engine/trace.ts';
import { parseIp4 } from '../packet/address.ts';
import { PROTO_UDP } from '../packet/packet.ts';
import { parseBundle } from './bundle.ts';

const link = (index: number, name: string, more = '', address = ''): string =>
  `${index}: ${name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n    link/ether 02:00:00:00:00:0${index} brd ff:ff:ff:ff:ff:ff promiscuity 0\n${more}${address === '' ? '' : `    inet ${address} scope global ${name}\n`}`;
/** A machine between 10.1.0.0/24, where m with 10.1.0.1 is, and 10.2.0.0/24. */
const between = (...links: readonly string[]): string =>
  ['$ ip -d addr', ...[link(2, 'eth0', '', '10.1.0.254/24'), link(3, 'eth1', '', '10.2.0.254/24'), ...links].map((l) => l.trimEnd()), '$ ip route', '10.1.0.0/24 dev eth0 scope link', '10.2.0.0/24 dev eth1 scope link', '$ ip neigh', '10.2.0.9 dev eth1 lladdr 02:00:00:00:09:09 PERMANENT', ''].join('\n');
const asker = ['$ ip -d addr', link(4, 'eth0', '', '10.1.0.1/24').trimEnd(), '$ ip route', 'default via 10.1.0.254 dev eth0', '10.1.0.0/24 dev eth0 scope link', '$ ip neigh', '10.1.0.254 dev eth0 lladdr 02:00:00:00:00:02 PERMANENT', ''].join('\n');
const CALI = link(7, 'cali0123456789a@if3', '    veth\n');
const settings = (text: string) => {
  const { world, diagnostics } = parseBundle({ 'n/n.txt': text, 'm/m.txt': asker });
  const own = world.hosts[0]?.netns[0];
  return { sysctls: own?.sysctls, unlisted: own?.sysctlsUnlisted, said: diagnostics.filter((d) => d.code === 'missing-sysctls').map((d) => d.text), world };
};

describe('a machine without sysctl -a', () => {
  it('that is a node has what nodes have, and this is said', () => {
    const { sysctls, unlisted, said } = settings(between(CALI));
    expect(sysctls).toMatchObject({ 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.cali0123456789a.proxy_arp': '1' });
    expect(sysctls).not.toHaveProperty('net.ipv4.vs.conntrack');
    expect(unlisted).toBeUndefined();
    expect(said).toEqual(['n']);
  });

  it('has those of IPVS where it has virtual servers, and those of bridges where it has one', () => {
    const { sysctls } = settings(`${between(CALI, link(8, 'cni0', '    bridge forward_delay 1500\n'))}$ ipvsadm -Sn\n-A -t 10.96.0.1:443 -s rr\n`);
    expect(sysctls).toMatchObject({ 'net.ipv4.vs.conntrack': '1', 'net.bridge.bridge-nf-call-iptables': '1' });
  });

  it('keeps what it said itself, be it little', () => {
    const { sysctls, said } = settings(`${between(CALI)}$ sysctl net.ipv4.ip_forward\nnet.ipv4.ip_forward = 0\n`);
    expect(sysctls).toEqual({ 'net.ipv4.ip_forward': '0' });
    expect(said).toEqual([]);
  });

  it.each`
    what                                | text                                                            | verdict
    ${'that is a node forwards'}        | ${between(CALI)}                                                | ${'left'}
    ${'that may be anything is asked'}  | ${between()}                                                    | ${'unknown'}
    ${'that said no does not forward'}  | ${`${between()}$ sysctl -a\nnet.ipv4.ip_forward = 0\n`}          | ${'dropped'}
    ${'that said yes forwards'}         | ${`${between()}$ sysctl -a\nnet.ipv4.ip_forward = 1\n`}          | ${'left'}
    ${'with a list that leaves it out has the kernel’s default'} | ${`${between()}$ sysctl -a\nnet.ipv4.ip_default_ttl = 64\n`} | ${'dropped'}
  `('$what', ({ text, verdict }: { text: string; verdict: string }) => {
    const { world } = settings(text);
    const t = trace(world, { from: { kind: 'netns', host: 'm', netns: null }, dst: parseIp4('10.2.0.9') ?? 0, proto: PROTO_UDP, dport: 53 });
    expect(t.outcomes[0]?.request.verdict).toBe(verdict);
    expect(t.steps.flatMap((s) => (s.kind === 'unknown' ? [`${s.what} ${s.name}: ${s.ask ?? ''}`] : []))).toEqual(verdict === 'unknown' ? ['dump net.ipv4.ip_forward: sysctl -a'] : []);
  });
});
