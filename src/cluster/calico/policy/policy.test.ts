import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dumps/diagnostic.ts';
import { calicoObject, namespaceOf, nodeAt } from '../../../testing/calico.ts';
import { clusterOf, documentOf, podOf, runOn } from '../../../testing/cluster.ts';
import type { HostDraft } from '../../draft/host.ts';
import type { ClusterModel, PodModel } from '../../model.ts';
import type { KubeDocument } from '../../objects/document.ts';
import { readNetworkPolicy } from '../../objects/policyReader.ts';
import { calicoOf } from '../calico.ts';

const ports = (...given: readonly (readonly [string, number, 'TCP' | 'UDP'])[]): PodModel['ports'] => given.map(([name, containerPort, protocol]) => ({ name, containerPort, protocol, hostPort: undefined, hostIp: undefined }));

const PODS = [
  podOf('web', 'n1', '10.244.0.5', { namespace: 'alpha', labels: { app: 'web' }, ports: ports(['http', 8080, 'TCP']) }),
  podOf('client', 'n2', '10.244.0.70', { namespace: 'alpha', labels: { run: 'access' } }),
  podOf('stranger', 'n2', '10.244.0.71', { namespace: 'beta', labels: { run: 'access' }, ports: ports(['http', 80, 'TCP']) }),
  podOf('host', 'n2', '10.0.0.2', { namespace: 'alpha', labels: { run: 'access' }, hostNetwork: true, netns: null }),
];
const WEB = 'cali9bc9b3e02f6';

function programmed(documents: readonly KubeDocument[], { version = 'v3.20.6', found = new DiagnosticList() } = {}): HostDraft {
  const model: ClusterModel = clusterOf({
    nodes: [nodeAt('n1', '10.0.0.1/24'), nodeAt('n2', '10.0.0.2/24')],
    namespaces: [namespaceOf('alpha', { team: 'a' }), namespaceOf('beta', { team: 'b' })],
    pods: PODS,
    policies: documents.filter((d) => d.apiVersion === 'networking.k8s.io/v1').map((d) => readNetworkPolicy(d, found)),
    documents: [calicoObject('ClusterInformation', 'default', { calicoVersion: version }), ...documents],
  });
  return runOn(calicoOf(model, found), model, 'n1', found);
}

const policy = (name: string, spec: object, namespace = 'alpha'): KubeDocument => documentOf('NetworkPolicy', name, { metadata: { name, namespace }, spec }, namespace, 'networking.k8s.io/v1');

const rules = (host: HostDraft, chain: string): readonly string[] => host.own.firewall.rules('filter', chain).map((r) => r.replace(/ ?-m comment --comment "cali:[\w-]{16}"/, '').trim());
const sets = (host: HostDraft): readonly string[] => host.own.sets.print().text.split('\n').filter((l) => /cali40[sn]/.test(l));
/** The only chain of a policy for a direction. */
const policyChain = (host: HostDraft, prefix: 'cali-pi-' | 'cali-po-'): string => /:(cali-p[io]-\S+) /.exec(host.own.firewall.print().text.split('\n').find((l) => l.startsWith(`:${prefix}`)) ?? '')?.[1] ?? '';

const ALLOW = '-j MARK --set-xmark 0x10000/0x10000';
const RETURN = '-m mark --mark 0x10000/0x10000 -j RETURN';
const C = (text: string): string => `-m comment --comment "${text}"`;
const web = { podSelector: { matchLabels: { app: 'web' } } };

describe('a Kubernetes policy', () => {
  it('becomes a chain of the name, and a set of the members, that public dumps have', () => {
    const host = programmed([policy('access-nginx', { ...web, ingress: [{ from: [{ podSelector: { matchLabels: { run: 'access' } } }], ports: [{ port: 80 }] }] })]);
    expect(rules(host, 'cali-pi-_e8MLrhOHDfNlfSa51Ak')).toEqual([`-p tcp -m set --match-set cali40s:XZEFRy4u2E2Kz28IwtNm0u8 src -m multiport --dports 80 ${ALLOW}`, RETURN]);
    expect(sets(host)).toEqual(['create cali40s:XZEFRy4u2E2Kz28IwtNm0u8 hash:net family inet hashsize 1024 maxelem 1048576', 'add cali40s:XZEFRy4u2E2Kz28IwtNm0u8 10.244.0.70']);
  });

  it('drops what no policy allows, before the profiles are asked, in one direction alone', () => {
    const host = programmed([policy('deny', { ...web, policyTypes: ['Ingress'] })]);
    const chain = policyChain(host, 'cali-pi-');
    expect(rules(host, chain)).toEqual([]);
    expect(rules(host, `cali-tw-${WEB}`).slice(2, 8)).toEqual([
      '-j MARK --set-xmark 0x0/0x10000', `${C('Start of policies')} -j MARK --set-xmark 0x0/0x20000`,
      `-m mark --mark 0x0/0x20000 -j ${chain}`, `${C('Return if policy accepted')} ${RETURN}`,
      `${C('Drop if no policies passed packet')} -m mark --mark 0x0/0x20000 -j DROP`, '-j cali-pri-kns.alpha',
    ]);
    expect(rules(host, `cali-fw-${WEB}`).some((r) => r.includes('cali-po-'))).toBe(false);
  });

  it.each`
    what                       | rule                                                                                                           | expected
    ${'everybody'}             | ${{}}                                                                                                          | ${[ALLOW]}
    ${'all of a protocol'}     | ${{ ports: [{ protocol: 'UDP' }, { protocol: 'UDP', port: 53 }] }}                                             | ${[`-p udp ${ALLOW}`]}
    ${'protocols by name'}     | ${{ ports: [{ protocol: 'UDP', port: 53 }, { port: 53 }] }}                                                    | ${[`-p tcp -m multiport --dports 53 ${ALLOW}`, `-p udp -m multiport --dports 53 ${ALLOW}`]}
    ${'ports as ranges'}       | ${{ ports: [{ port: 82 }, { port: 80 }, { port: 81 }, { port: 443 }, { port: 8000, endPort: 8080 }] }}         | ${[`-p tcp -m multiport --dports 80:82,443,8000:8080 ${ALLOW}`]}
    ${'an ipBlock'}            | ${{ from: [{ ipBlock: { cidr: '192.0.2.0/24' } }] }}                                                           | ${[`-s 192.0.2.0/24 ${ALLOW}`]}
    ${'an ipBlock but a part'} | ${{ from: [{ ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.7/32'] } }] }}                                 | ${['-j MARK --set-xmark 0x40000/0xc0000', '-s 192.0.2.7/32 -j MARK --set-xmark 0x0/0x40000', `-s 192.0.2.0/24 -m mark --mark 0x40000/0x40000 ${ALLOW}`]}
    ${'only IPv6'}             | ${{ from: [{ ipBlock: { cidr: '2001:db8::/32' } }] }}                                                          | ${[]}
  `('allows $what', ({ rule, expected }) => {
    const host = programmed([policy('p', { ...web, ingress: [rule as object] })]);
    expect(rules(host, policyChain(host, 'cali-pi-')).filter((r) => r !== RETURN)).toEqual(expected);
  });

  it('selects namespaces by their labels, and pods of any orchestrator’s kind as Kubernetes’ own', () => {
    const host = programmed([policy('p', { ...web, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'b' } } }] }, { from: [{ namespaceSelector: {}, podSelector: { matchExpressions: [{ key: 'run', operator: 'In', values: ['access', 'x'] }] } }] }] })]);
    expect(sets(host).filter((l) => l.startsWith('add')).map((l) => l.split(' ')[2])).toEqual(['10.244.0.71', '10.244.0.70', '10.244.0.71']);
  });

  it('asks for a named port in a set of addresses and ports', () => {
    const host = programmed([policy('p', { ...web, policyTypes: ['Ingress', 'Egress'], ingress: [{ ports: [{ port: 'http' }] }], egress: [{ to: [{ namespaceSelector: { matchLabels: { team: 'b' } } }], ports: [{ port: 'http' }] }] })]);
    const name = (direction: 'cali-pi-' | 'cali-po-'): string => /--match-set (\S+) dst,dst/.exec(rules(host, policyChain(host, direction))[0] ?? '')?.[1] ?? '';
    expect(rules(host, policyChain(host, 'cali-pi-'))).toEqual([`-p tcp -m set --match-set ${name('cali-pi-')} dst,dst ${ALLOW}`, RETURN]);
    const members = (set: string): readonly string[] => sets(host).filter((l) => l.startsWith(`add ${set} `)).map((l) => l.split(' ')[2] ?? '');
    expect(members(name('cali-pi-'))).toEqual(['10.244.0.5,tcp:8080', '10.244.0.71,tcp:80']);
    expect(members(name('cali-po-'))).toEqual(['10.244.0.71,tcp:80']);
  });

  it('needs several rules for numbers and names, and for more than 15 ports', () => {
    const host = programmed([policy('p', { ...web, ingress: [{ ports: [{ port: 'http' }, { port: 80 }] }, { ports: Array.from({ length: 16 }, (_, i) => ({ port: 100 + 2 * i })) }] })]);
    const shape = rules(host, policyChain(host, 'cali-pi-')).map((r) => r.replaceAll(/cali40n:\S+/g, 'NAMED'));
    const numbers = Array.from({ length: 15 }, (_, i) => 100 + 2 * i).join(',');
    expect(shape).toEqual([
      '-j MARK --set-xmark 0x0/0xc0000', '-p tcp -m multiport --dports 80 -j MARK --set-xmark 0x40000/0x40000', '-m set --match-set NAMED dst,dst -j MARK --set-xmark 0x40000/0x40000', `-p tcp -m mark --mark 0x40000/0x40000 ${ALLOW}`, RETURN,
      '-j MARK --set-xmark 0x0/0xc0000', `-p tcp -m multiport --dports ${numbers} -j MARK --set-xmark 0x40000/0x40000`, '-p tcp -m multiport --dports 130 -j MARK --set-xmark 0x40000/0x40000', `-p tcp -m mark --mark 0x40000/0x40000 ${ALLOW}`, RETURN,
    ]);
  });

  it('says which of its rules made a line', () => {
    const host = programmed([policy('p', { ...web, ingress: [{}, { ports: [{ port: 80 }] }] })]);
    const paper = host.own.firewall.print();
    const line = paper.text.split('\n').findIndex((l) => l.includes('--dports 80 '));
    expect(paper.reasons[line]).toMatchObject({ kind: 'NetworkPolicy', namespace: 'alpha', name: 'p', part: 'ingress rule 2' });
  });
});

describe('Calico’s own policies', () => {
  const gnp = (name: string, spec: object): KubeDocument => calicoObject('GlobalNetworkPolicy', name, { selector: "app == 'web'", types: ['Ingress'], ...spec });
  it('are asked by order, then by name; Kubernetes’ stand at 1000', () => {
    const host = programmed([policy('k', { ...web, policyTypes: ['Ingress'] }), gnp('late', { order: 2000 }), gnp('never', {}), gnp('b', { order: 5 }), gnp('default.a', { order: 5 }), calicoObject('NetworkPolicy', 'np', { order: 6, selector: 'all()' }, 'alpha')]);
    const jumps = rules(host, `cali-tw-${WEB}`).flatMap((r) => /-j (cali-pi-\S+)$/.exec(r)?.[1] ?? []);
    expect(jumps).toEqual(['cali-pi-default.a', 'cali-pi-default.b', 'cali-pi-alpha/default.np', expect.stringMatching(/^cali-pi-(?:_|alpha\/knp\.default\.k$)/), 'cali-pi-default.late', 'cali-pi-default.never']);
  });

  it.each`
    version      | name                                    | expected
    ${'v3.20.6'} | ${'cali-pi-default.p'}                  | ${['-p icmp -m icmp --icmp-type 8 -j DROP', `! -p udp ${ALLOW}`, RETURN, '-j MARK --set-xmark 0x20000/0x20000', '-m mark --mark 0x20000/0x20000 -j RETURN']}
    ${'v3.22.5'} | ${'cali-pi-default.p'}                  | ${[`-p icmp ${C('Policy default.p ingress')} -m icmp --icmp-type 8 -j DROP`, `! -p udp ${ALLOW}`, RETURN, '-j MARK --set-xmark 0x20000/0x20000', '-m mark --mark 0x20000/0x20000 -j RETURN']}
    ${'v3.29.2'} | ${'cali-pi-default/default.p'}          | ${[`-p icmp ${C('Policy default.p ingress')} -m icmp --icmp-type 8 -j DROP`, `! -p udp ${ALLOW}`, RETURN, '-j MARK --set-xmark 0x20000/0x20000']}
    ${'v3.30.2'} | ${'cali-pi-default/default.p'}          | ${[`-p icmp ${C('Policy default.p ingress')} -m icmp --icmp-type 8 -j MARK --set-xmark 0x40000/0x40000`, '-m mark --mark 0x40000/0x40000 -j DROP', `! -p udp ${ALLOW}`, RETURN, '-j MARK --set-xmark 0x20000/0x20000']}
    ${'v3.32.0'} | ${'cali-pi-gnp/p'}                      | ${[`-p icmp ${C('GlobalNetworkPolicy p ingress')} -m icmp --icmp-type 8 -j MARK --set-xmark 0x40000/0x40000`, '-m mark --mark 0x40000/0x40000 -j DROP', `! -p udp ${ALLOW}`, RETURN, '-j MARK --set-xmark 0x20000/0x20000']}
  `('stand in $name in $version: deny, allow, pass', ({ version, name, expected }) => {
    const host = programmed([gnp('p', { ingress: [{ action: 'Deny', protocol: 'ICMP', icmp: { type: 8 } }, { action: 'Allow', notProtocol: 'UDP' }, { action: 'Pass' }] })], { version: version as string });
    expect(rules(host, name as string)).toEqual(expected);
  });

  it.each`
    version      | start                        | end
    ${'v3.20.6'} | ${'Start of policies'}       | ${'Drop if no policies passed packet'}
    ${'v3.28.2'} | ${undefined}                 | ${'Drop if no policies passed packet'}
    ${'v3.29.2'} | ${'Start of tier default'}   | ${'Drop if no policies passed packet'}
    ${'v3.30.2'} | ${'Start of tier default'}   | ${'End of tier default. Drop if no policies passed packet'}
  `('begin with $start and end with $end in $version', ({ version, start, end }) => {
    const texts = rules(programmed([gnp('p', {})], { version: version as string }), `cali-tw-${WEB}`).flatMap((r) => /--comment "([^"]+)"/.exec(r)?.[1] ?? []);
    expect(texts).toEqual([...(start === undefined ? [] : [start as string]), 'Return if policy accepted', end as string, 'Return if profile accepted', 'Return if profile accepted', 'Drop if no profiles matched']);
  });

  it('with one selector share a chain from 3.28 on, in which only every fifth return is written', () => {
    const six = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => gnp(name, { order: 1 }));
    const host = programmed([...six, gnp('z', { order: 2, selector: 'all()' })], { version: 'v3.28.2' });
    const [group = '', last] = rules(host, `cali-tw-${WEB}`).flatMap((r) => /-j (cali-[gp]i-\S+)$/.exec(r)?.[1] ?? []);
    expect(group).toMatch(/^cali-gi-[\w-]{20}$/);
    expect(last).toBe('cali-pi-default.z');
    expect(rules(host, group)).toEqual([
      '-j cali-pi-default.a', ...['b', 'c', 'd', 'e'].map((n) => `-m mark --mark 0x0/0x30000 -j cali-pi-default.${n}`), `${C('Return on verdict')} -m mark ! --mark 0x0/0x30000 -j RETURN`, '-j cali-pi-default.f',
    ]);
  });

  it('stand in tiers by their order from 3.29 on; a tier that passes has no end', () => {
    const documents = [calicoObject('Tier', 'security', { order: 10, defaultAction: 'Pass' }), gnp('security.p', { tier: 'security' }), gnp('q', {})];
    const texts = (version: string): readonly string[] => rules(programmed(documents, { version }), `cali-tw-${WEB}`).flatMap((r) => /"((?:Start|End) of [^"]+)"/.exec(r)?.[1] ?? []);
    expect(texts('v3.30.2')).toEqual(['Start of tier security', 'Start of tier default', 'End of tier default. Drop if no policies passed packet']);
    expect(texts('v3.20.6')).toEqual(['Start of policies']);
  });

  it('know network sets, service accounts, services and negated selectors', () => {
    const host = programmed([
      calicoObject('GlobalNetworkSet', 'offices', { nets: ['192.0.2.0/24', '0.0.0.0/0'] }),
      { ...calicoObject('GlobalNetworkSet', 'labelled', { nets: ['198.51.100.7/32'] }), value: { metadata: { labels: { kind: 'office' } }, spec: { nets: ['198.51.100.7/32', '0.0.0.0/0'] } } },
      gnp('p', { ingress: [{ action: 'Allow', source: { selector: "kind == 'office'" } }, { action: 'Allow', source: { serviceAccounts: { names: ['default'] }, notSelector: "run == 'access'" } }, { action: 'Allow', source: { notSelector: "run == 'access'" } }] }),
    ]);
    const members = rules(host, 'cali-pi-default.p').filter((r) => r.includes('--match-set')).map((r) => {
      const name = /--match-set (\S+)/.exec(r)?.[1] ?? '';
      return [r.includes('! --match-set'), ...sets(host).filter((l) => l.startsWith(`add ${name} `)).map((l) => l.split(' ')[2])];
    });
    expect(members).toEqual([[false, '198.51.100.7', '0.0.0.0/1', '128.0.0.0/1'], [false, '10.244.0.5'], [true, '10.244.0.70', '10.244.0.71']]);
  });

  it('log and reject as they are told', () => {
    const documents = [gnp('p', { ingress: [{ action: 'Log', protocol: 'TCP' }, { action: 'Deny' }] }), calicoObject('FelixConfiguration', 'default', { iptablesFilterDenyAction: 'Reject', logPrefix: 'seen' })];
    expect(rules(programmed(documents, { version: 'v3.26.4' }), 'cali-pi-default.p')).toEqual([`-p tcp ${C('Policy default.p ingress')} -j LOG --log-prefix "seen: " --log-level 5`, '-j REJECT --reject-with icmp-port-unreachable']);
    expect(rules(programmed(documents), 'cali-pi-default.p').at(-1)).toBe('-j DROP');
  });

  it('that cannot be read are reported, those for host endpoints and for IPv6 are not', () => {
    const found = new DiagnosticList();
    programmed([gnp('a', { selector: 'app ==' }), gnp('b', { ingress: [{ action: 'Dance' }] }), gnp('c', { doNotTrack: true, selector: '§' }), gnp('d', { ingress: [{ action: 'Allow', ipVersion: 6 }, { action: 'Allow', source: { nets: ['2001:db8::/32'] } }] })], { found });
    expect(found.items.map((d) => `${d.code} ${d.text}`)).toEqual(['bad-object GlobalNetworkPolicy a', 'bad-object GlobalNetworkPolicy b ingress rule 1']);
  });
});
