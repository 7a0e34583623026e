import { describe, expect, it } from 'vitest';
import { at, ip, tcp, worldFrom } from '../../testing/sample.ts';
import type { ArpProgram, World } from '../../world/world.ts';
import { traceAll } from '../trace.ts';

const nic = (n: number, more = ''): string => `$ ip -d addr show
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP
    link/ether 02:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff promiscuity 0
    inet 10.0.0.${n}/24 scope global eth0
${more}
$ ip route show
10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.${n}
`;
const DUMMY = `3: kube-ipvs0: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN
    link/ether 02:00:00:00:00:ff brd ff:ff:ff:ff:ff:ff promiscuity 0
    dummy
    inet 10.0.0.100/32 scope global kube-ipvs0`;
const STRICT = '\n$ sysctl -a\nnet.ipv4.conf.all.arp_ignore = 1\nnet.ipv4.conf.all.arp_announce = 2\n';
const NO_SERVICE = '\n$ ipvsadm -Sn\n';
const DNAT = '\n$ iptables-save\n*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -d 10.0.0.100/32 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 80\nCOMMIT\n';

const speaks = (host: string, program: Partial<ArpProgram> = {}) => (world: World): World => ({
  ...world,
  hosts: world.hosts.map((h) => (h.name === host ? { ...h, netns: h.netns.map((n) => ({ ...n, arpPrograms: [{ ip: ip('10.0.0.100'), dev: 'eth0', program: 'speaker', source: undefined, ...program }] })) } : h)),
});

/** Where a client's connection to 10.0.0.100 ends, in each outcome. */
function ends(world: World): readonly string[] {
  return traceAll(world, tcp(at('client'), '10.0.0.100', 80)).branches.map(({ trace, probability }) => `${trace.outcomes[0]?.request.verdict} ${trace.outcomes[0]?.request.host} ${probability.toFixed(2)}`);
}

describe('an address for which a program answers ARP', () => {
  const plain = worldFrom({ 'client/a.txt': nic(9), 'n1/a.txt': nic(1) + DNAT, 'n2/a.txt': nic(2) + DNAT });

  it('is no described machine’s without the program', () => {
    expect(ends(plain)).toEqual(['left client 1.00']);
  });

  it('leads to the machine where the program runs, though its kernel does not have the address', () => {
    expect(ends(speaks('n2')(plain))).toEqual(['delivered n2 1.00']);
    expect(ends(speaks('n1')(plain))).toEqual(['delivered n1 1.00']);
  });

  it('is shown as the program’s answer, not the kernel’s', () => {
    const [branch] = traceAll(speaks('n2')(plain), tcp(at('client'), '10.0.0.100', 80)).branches;
    // The kernel of n2 learns nothing from it: it asks for the client when it answers.
    expect(branch?.trace.steps.filter((s) => s.kind === 'arp')).toMatchObject([{ host: 'n2', dev: 'eth0', op: 'reply', by: 'program', program: 'speaker' }, { host: 'client', op: 'reply', by: 'own-address' }]);
  });

  it('is not answered on another device, nor for another address', () => {
    expect(ends(speaks('n2', { dev: 'eth1' })(plain))).toEqual(['left client 1.00']);
    expect(ends(speaks('n2', { ip: ip('10.0.0.101') })(plain))).toEqual(['left client 1.00']);
  });
});

describe('an address that several machines have', () => {
  const ipvs = (sysctls: string): World => worldFrom({ 'client/a.txt': nic(9), 'n1/a.txt': nic(1, DUMMY) + NO_SERVICE + sysctls, 'n2/a.txt': nic(2, DUMMY) + NO_SERVICE + sysctls });

  it('is answered by all of them: which one the client takes is chance', () => {
    expect(ends(ipvs(''))).toEqual(['delivered n1 0.50', 'delivered n2 0.50']);
    const [first] = traceAll(ipvs(''), tcp(at('client'), '10.0.0.100', 80)).branches;
    expect(first?.trace.choices).toMatchObject([{ kind: 'arp', at: 'client', options: ['n1 02:00:00:00:00:01', 'n2 02:00:00:00:00:02'] }]);
  });

  it('is answered by the program alone with strictARP, where kernels keep to the addresses of the asked device', () => {
    // Nobody answers, and the client's own kernel says so (EHOSTUNREACH).
    expect(ends(ipvs(STRICT))).toEqual(['rejected client 1.00']);
    expect(ends(speaks('n2')(ipvs(STRICT)))).toEqual(['delivered n2 1.00']);
  });

  it('does not become likelier on a machine whose kernel and program both answer', () => {
    expect(ends(speaks('n2')(ipvs('')))).toEqual(['delivered n1 0.50', 'delivered n2 0.50']);
  });
});
