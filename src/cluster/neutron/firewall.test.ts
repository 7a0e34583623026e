import { describe, expect, it } from 'vitest';
import { build, DEFAULT_GROUP, GROUP, PORT1, TWO_HOSTS, vm } from '../../testing/neutronCluster.ts';
import type { NetnsDraft } from '../draft/netns.ts';
import { iptablesProtocol, protocolArgs } from './protocol.ts';

const compute1 = (spec: object): NetnsDraft => {
  const host = build(spec).hosts.find((h) => h.name === 'compute1');
  if (!host) throw new Error('compute1 is missing');
  return host.own;
};
const withRules = (rules: readonly object[], port: object = {}): NetnsDraft => compute1({ securityGroups: [{ ...DEFAULT_GROUP, rules }], computeHosts: [{ name: 'compute1', vms: [vm('k1', PORT1, port)] }, TWO_HOSTS[1]] });

const KNOWN = '-m state --state RELATED,ESTABLISHED -m comment --comment "Direct packets associated with a known session to the RETURN chain." -j RETURN';
const INVALID = '-m state --state INVALID -m comment --comment "Drop packets that appear related to an existing connection (e.g. TCP ACK/FIN) but do not have an entry in conntrack." -j DROP';
const FALLBACK = '-m comment --comment "Send unmatched traffic to the fallback chain." -j neutron-openvswi-sg-fallback';
const SET = 'NIPv47c5e3f00-1111-4222-8333-';

/** Forms as iptables 1.8.9 (legacy) saves them. */
describe('protocolArgs', () => {
  it.each([
    ['tcp', { from: 80, to: 80 }, '-p tcp -m tcp --dport 80'],
    ['6', { from: 80, to: 80 }, '-p tcp -m tcp --dport 80'],
    ['udp', { from: 1, to: 65_535 }, '-p udp -m udp -m multiport --dports 1:65535'],
    ['udplite', { from: 80, to: 80 }, '-p udplite -m multiport --dports 80'],
    ['sctp', { from: 80, to: 81 }, '-p sctp -m sctp -m multiport --dports 80:81'],
    ['tcp', undefined, '-p tcp'],
    ['4', undefined, '-p ipencap'],
    ['94', undefined, '-p ipip'],
    ['ipip', undefined, '-p ipip'],
    ['ospf', undefined, '-p ospf'],
    ['pgm', undefined, '-p 113'],
    ['253', undefined, '-p 253'],
    ['4', { from: 80, to: 80 }, '-p ipencap'],
    ['0', undefined, ''],
    ['ip', undefined, ''],
    ['any', undefined, ''],
    [undefined, undefined, ''],
  ])('writes %s %o as %j', (protocol, ports, args) => expect(protocolArgs(protocol, ports, undefined).join(' ')).toBe(args));

  it.each([
    [{ type: 8, code: undefined }, '-p icmp -m icmp --icmp-type 8'],
    [{ type: 3, code: 0 }, '-p icmp -m icmp --icmp-type 3/0'],
    [undefined, '-p icmp'],
  ])('writes ICMP %o as %j', (icmp, args) => expect(protocolArgs('icmp', undefined, icmp).join(' ')).toBe(args));

  it('reads “ipip” as /etc/protocols does, not as the API means it', () => expect([iptablesProtocol('ipip'), iptablesProtocol('4')]).toEqual([94, 4]));
});

describe('the chains of a port', () => {
  it('take in what belongs to a known connection, DHCP answers and what a group allows', () =>
    expect(withRules([{ remoteGroup: 'k8s', protocol: 4 }, { protocol: 'tcp', ports: 22, remotePrefix: '10.0.0.7/8' }, { protocol: 'icmp', remotePrefix: '0.0.0.0/0' }]).firewall.rules('filter', 'neutron-openvswi-i1b5c0f4c-a')).toEqual([
      KNOWN,
      '-d 10.100.200.4/32 -p udp -m udp --sport 67 --dport 68 -j RETURN',
      '-d 255.255.255.255/32 -p udp -m udp --sport 67 --dport 68 -j RETURN',
      `-p ipencap -m set --match-set ${SET} src -j RETURN`,
      '-s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j RETURN',
      '-p icmp -j RETURN',
      INVALID,
      FALLBACK,
    ]));

  it('let out DHCP questions, then only the port’s own addresses, no DHCP answers, and what a group allows', () =>
    expect(withRules([{ direction: 'egress', protocol: 'tcp', ports: '80-90', remoteGroup: GROUP }]).firewall.rules('filter', 'neutron-openvswi-o1b5c0f4c-a')).toEqual([
      '-s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 --dport 67 -m comment --comment "Allow DHCP client traffic." -j RETURN',
      '-j neutron-openvswi-s1b5c0f4c-a',
      '-p udp -m udp --sport 68 --dport 67 -m comment --comment "Allow DHCP client traffic." -j RETURN',
      '-p udp -m udp --sport 67 --dport 68 -m comment --comment "Prevent DHCP Spoofing by VM." -j DROP',
      KNOWN,
      '-j RETURN',
      `-p tcp -m tcp -m multiport --dports 80:90 -m set --match-set ${SET} dst -j RETURN`,
      INVALID,
      FALLBACK,
    ]));

  it('know the allowed pairs before the fixed address, and nobody else', () =>
    expect(withRules([], { allowedAddressPairs: ['172.16.5.1/16', { ip: '10.100.200.100', mac: 'FA:16:3E:00:00:01' }, '0.0.0.0/0'] }).firewall.rules('filter', 'neutron-openvswi-s1b5c0f4c-a')).toEqual([
      '-s 172.16.0.0/16 -m mac --mac-source fa:16:3e:09:06:eb -m comment --comment "Allow traffic from defined IP/MAC pairs." -j RETURN',
      '-s 10.100.200.100/32 -m mac --mac-source fa:16:3e:00:00:01 -m comment --comment "Allow traffic from defined IP/MAC pairs." -j RETURN',
      '-m mac --mac-source fa:16:3e:09:06:eb -m comment --comment "Allow traffic from defined IP/MAC pairs." -j RETURN',
      '-s 10.100.200.4/32 -m mac --mac-source fa:16:3e:09:06:eb -m comment --comment "Allow traffic from defined IP/MAC pairs." -j RETURN',
      '-m comment --comment "Drop traffic without an IP/MAC allow rule." -j DROP',
    ]));

  it('hold each form of a rule once', () => expect(withRules([{ protocol: 'tcp', ports: 22 }, { protocol: 6, ports: '22:22' }]).firewall.rules('filter', 'neutron-openvswi-i1b5c0f4c-a').filter((r) => r.includes('--dport 22 '))).toHaveLength(1));

  it('keep the way out shut without a rule for it', () => expect(compute1({ securityGroups: [{ ...DEFAULT_GROUP, defaultEgress: false }], computeHosts: TWO_HOSTS }).firewall.rules('filter', 'neutron-openvswi-o1b5c0f4c-a')).not.toContain('-j RETURN'));
});

describe('the set of a remote group', () => {
  it('holds the fixed addresses of its ports and their pairs, a /0 as two halves', () =>
    expect(withRules([{ remoteGroup: 'k8s' }], { allowedAddressPairs: ['172.16.0.0/16', '0.0.0.0/0'] }).sets.print().text).toBe(
      [`create ${SET} hash:net family inet hashsize 1024 maxelem 65536`, ...['10.100.200.4', '172.16.0.0/16', '0.0.0.0/1', '128.0.0.0/1', '10.100.200.21'].map((m) => `add ${SET} ${m}`), ''].join('\n'),
    ));

  it('is not there for a group without ports, nor is the rule that names it', () => {
    const own = compute1({ securityGroups: [{ ...DEFAULT_GROUP, rules: [{ remoteGroup: 'empty' }] }, { name: 'empty' }], computeHosts: TWO_HOSTS });
    expect(own.sets.print().text).toBe('');
    expect(own.firewall.print().text).not.toContain('--match-set');
  });
});

describe('a port without port security', () => {
  it('has no chains, and everything passes', () => {
    const { firewall } = withRules([{}], { portSecurity: false, securityGroups: [] });
    const accept = '--physdev-is-bridged -m comment --comment "Accept all packets when port security is disabled." -j ACCEPT';
    expect(firewall.rules('filter', 'neutron-openvswi-FORWARD')).toEqual([`-m physdev --physdev-out tap1b5c0f4c-a1 ${accept}`, `-m physdev --physdev-in tap1b5c0f4c-a1 ${accept}`]);
    expect(firewall.rules('filter', 'neutron-openvswi-INPUT')).toEqual([`-m physdev --physdev-in tap1b5c0f4c-a1 ${accept}`]);
    expect(firewall.has('filter', 'neutron-openvswi-i1b5c0f4c-a')).toBe(false);
    expect(firewall.rules('raw', 'neutron-openvswi-PREROUTING')).toEqual([]);
  });
});

describe('every line', () => {
  it('names the port, the rule of the security group, the pair or the host that made it', () => {
    const own = withRules([{ remoteGroup: 'k8s', protocol: 4 }], { allowedAddressPairs: ['172.16.0.0/16'] });
    for (const paper of [own.firewall.print(), own.sets.print()]) {
      const lines = paper.text.split('\n');
      const bare = lines.filter((line, i) => /^(?:-A|create|add) /.test(line) && paper.reasons[i] === undefined);
      expect(bare).toEqual([]);
      expect(lines.length).toBeGreaterThan(3);
    }
    const paper = own.firewall.print();
    const whyOf = (part: string): unknown => paper.reasons[paper.text.split('\n').findIndex((l) => l.startsWith('-A') && l.includes(part))];
    expect(whyOf('-p ipencap')).toMatchObject({ kind: 'SecurityGroup', name: 'k8s', part: 'rule 1', source: { input: 'spec.securityGroups.0.rules.0' } });
    expect(whyOf('-s 172.16.0.0/16')).toMatchObject({ kind: 'Port', name: PORT1, part: 'allowed address pair 1', source: { input: 'spec.computeHosts.0.vms.0.allowedAddressPairs.0' } });
    expect(whyOf('o1b5c0f4c-a -j RETURN')).toMatchObject({ kind: 'SecurityGroup', part: 'default egress' });
  });
});

describe('what is wrong in a Fabric', () => {
  const ruled = (rule: object): object => ({ securityGroups: [{ ...DEFAULT_GROUP, rules: [rule] }], computeHosts: TWO_HOSTS });
  it.each([
    ['a protocol that the API refuses', ruled({ protocol: 'ipencap' }), 'bad-field', 'spec.securityGroups.0.rules.0.protocol', 'spec.securityGroups[0].rules[0].protocol: ipencap (tcp, udp, icmp, 0…255)'],
    ['a number too high', ruled({ protocol: 256 }), 'bad-field', 'spec.securityGroups.0.rules.0.protocol', 'spec.securityGroups[0].rules[0].protocol: 256 (tcp, udp, icmp, 0…255)'],
    ['ports', ruled({ protocol: 'tcp', ports: '80,81' }), 'bad-field', 'spec.securityGroups.0.rules.0.ports', 'spec.securityGroups[0].rules[0].ports: 80,81 (80, 8000:8080)'],
    ['an ICMP type', ruled({ protocol: 'icmp', icmpType: 999 }), 'bad-field', 'spec.securityGroups.0.rules.0.icmpType', 'spec.securityGroups[0].rules[0].icmpType: 999 (0…255)'],
    ['a direction', ruled({ direction: 'in' }), 'bad-field', 'spec.securityGroups.0.rules.0.direction', 'spec.securityGroups[0].rules[0].direction: in (ingress, egress)'],
    ['a prefix', ruled({ remotePrefix: '10.0.0/8' }), 'bad-field', 'spec.securityGroups.0.rules.0.remotePrefix', 'spec.securityGroups[0].rules[0].remotePrefix: 10.0.0/8 (192.0.2.0/24)'],
    ['a remote group', ruled({ remoteGroup: 'other' }), 'missing-object', 'spec.securityGroups.0.rules.0.remoteGroup', 'Fabric fabric: SecurityGroup other'],
    ['a port’s group', { computeHosts: [{ name: 'c', vms: [vm('k1', PORT1)] }] }, 'missing-object', 'spec.computeHosts.0.vms.0.securityGroups.0', 'Fabric fabric: SecurityGroup k8s'],
    ['a VM’s node', { computeHosts: [{ name: 'c', vms: [{ node: 'k9' }] }] }, 'missing-object', 'spec.computeHosts.0.vms.0.node', 'Fabric fabric: k9'],
    ['a VM’s NIC', { computeHosts: [{ name: 'c', vms: [{ node: 'k1', dev: 'ens4' }] }] }, 'missing-object', 'spec.computeHosts.0.vms.0.node', 'Fabric fabric: k1 ens4'],
    ['a pair', { computeHosts: [{ name: 'c', vms: [{ node: 'k1', allowedAddressPairs: [{ mac: 'x' }] }] }] }, 'bad-field', 'spec.computeHosts.0.vms.0.allowedAddressPairs.0', 'spec.computeHosts[0].vms[0].allowedAddressPairs[0]: {"mac":"x"} (192.0.2.0/24)'],
    ['a host’s address', { computeHosts: [{ name: 'c', address: 'x' }] }, 'bad-field', 'spec.computeHosts.0.address', 'spec.computeHosts[0].address: x (192.0.2.0/24)'],
    ['a host without a name', { computeHosts: [{ vms: [] }] }, 'bad-field', 'spec.computeHosts.0.name', 'spec.computeHosts[0].name: null (compute1)'],
    ['a group without a name', { securityGroups: [{ rules: [] }], computeHosts: [{ name: 'c' }] }, 'bad-field', 'spec.securityGroups.0.name', 'spec.securityGroups[0].name: null (default)'],
    ['a VLAN', { network: { vlan: 4095 }, computeHosts: [{ name: 'c' }] }, 'bad-field', 'spec.network.vlan', 'spec.network.vlan: 4095 (1…4094)'],
    ['a tunnel’s network', { network: { vni: 5 }, computeHosts: [{ name: 'c' }] }, 'bad-field', 'spec.network.vni', 'spec.network.vni: 5 (vlan: 100)'],
    ['another firewall driver', { computeHosts: [{ name: 'c', firewallDriver: 'openvswitch' }] }, 'bad-field', 'spec.computeHosts.0.firewallDriver', 'spec.computeHosts[0].firewallDriver: openvswitch (iptables_hybrid)'],
    ['a command', { computeHosts: [{ name: 'c', run: ['reboot'] }] }, 'bad-command', 'spec.computeHosts.0.run.0', 'reboot'],
  ])('is said, with its place: %s', (_, spec, code, input, text) => expect(build(spec).found.items.map((d) => [d.code, d.input, d.text])).toEqual([[code, input, text]]));
});
