import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dumps/diagnostic.ts';
import { readDocuments } from '../../../dumps/kubeDocuments.ts';
import { dumpText } from '../../../dumps/print.ts';
import { formatIp4 } from '../../../packet/address.ts';
import { sampleFiles, sampleWorld } from '../../../testing/sample.ts';
import { findNetns } from '../../../world/lookup.ts';
import type { World } from '../../../world/world.ts';
import { HostDraft } from '../../draft/host.ts';
import { readCluster } from '../../readCluster.ts';
import { kubeProxyOf } from '../kubeProxy.ts';
import { addressesBound, DUMMY, textsOf } from './dummy.ts';

/**
 * The first scenario was recorded on a cluster with kube-proxy 1.19.7. What is compiled from its objects, on machines with the devices
 * of the recording, is compared with the recording line by line. The differences that remain are these:
 */
const DIFFERENCES = {
  /** The recording has only sets that have members or that some rule of its time names. */
  setsNotRecorded: ['KUBE-EXTERNAL-IP-LOCAL', 'KUBE-NODE-PORT-LOCAL-SCTP-HASH', 'KUBE-NODE-PORT-SCTP-HASH'],
  /** ipset 7.17 adds what the kernel made up: the size of its buckets and a random start value. */
  wordsOfNewerIpset: / bucketsize \d+ initval 0x[0-9a-f]{8}$/,
  /** Members of hash sets, virtual servers and addresses have no order: kube-proxy goes through Go maps, the kernel through hashes. */
  order: (lines: readonly string[]): readonly string[] => lines.toSorted(),
} as const;

const NODES = ['cy01-ceph141', 'cy01-ceph142', 'cy01-ceph143'];

/** A node of the recording, compiled. */
function compiled(policy: 'cluster' | 'local', recorded: World, name: string): HostDraft {
  const found = new DiagnosticList();
  const cluster = readCluster(readDocuments(sampleFiles(policy)).documents, found);
  const node = cluster.nodes.find((n) => n.name === name);
  if (!node) throw new Error(`no node ${name}`);
  const host = new HostDraft(name);
  const links = findNetns(recorded, name, null)?.links ?? [];
  const add = (only: (kind: string) => boolean): void => {
    for (const link of links) {
      if (link.name === DUMMY || link.name === 'lo' || !only(link.kind)) continue;
      host.own.device({ name: link.name, kind: 'nic', mtu: link.mtu, addresses: link.addresses.map((a) => ({ address: `${formatIp4(a.ip)}/${a.prefixLen}` })) });
    }
  };
  // NICs are there before kube-proxy starts; the network plugin's devices come later.
  add((kind) => kind === 'nic');
  const context = { cluster, node, host, found };
  const component = kubeProxyOf(cluster, found);
  component?.wire?.(context);
  add((kind) => kind !== 'nic');
  component?.program?.(context);
  return host;
}

const linesOf = (text: string | undefined): readonly string[] => (text ?? '').split('\n').filter((l) => l !== '');
const kubeRules = (text: string | undefined): readonly string[] => linesOf(text).filter((l) => l.startsWith('-A KUBE-') || / -j KUBE-\S+$/.test(l));

describe.each(['cluster', 'local'] as const)('kube-proxy and kubelet 1.19 compiled from the objects of the recording, policy %s', (policy) => {
  const recorded = sampleWorld(policy);
  const hosts = new Map(NODES.map((name) => [name, compiled(policy, recorded, name)]));
  const own = (name: string): HostDraft['own'] => {
    const host = hosts.get(name);
    if (!host) throw new Error(`no node ${name}`);
    return host.own;
  };

  it.each(NODES)('%s has the rules of the recording, in its order', (name) => {
    const tables = (text: string | undefined): Readonly<Record<string, readonly string[]>> => Object.fromEntries((text ?? '').split(/^\*/m).slice(1).map((table) => [table.split('\n')[0] ?? '', kubeRules(table)]));
    const before = tables(dumpText(recorded, name, null, 'iptables-save'));
    expect(before['nat']?.length).toBeGreaterThan(15);
    expect(tables(own(name).firewall.print().text)).toMatchObject({ nat: before['nat'], filter: before['filter'] });
  });

  it.each(NODES)('%s has its sets and their members', (name) => {
    const before = linesOf(dumpText(recorded, name, null, 'ipset save')).map((l) => l.replace(DIFFERENCES.wordsOfNewerIpset, ''));
    const after = linesOf(own(name).sets.print().text);
    expect(DIFFERENCES.order(before.filter((l) => !after.includes(l)))).toEqual([]);
    expect(DIFFERENCES.order(after.filter((l) => !before.includes(l)).map((l) => l.split(' ')[1] ?? ''))).toEqual(DIFFERENCES.setsNotRecorded);
  });

  it.each(NODES)('%s has its virtual and real servers', (name) => {
    expect(DIFFERENCES.order(linesOf(own(name).ipvs.print().text))).toEqual(DIFFERENCES.order(linesOf(dumpText(recorded, name, null, 'ipvsadm -Sn'))));
  });

  it.each(NODES)('%s has its addresses on kube-ipvs0, which is the same but for its MAC', (name) => {
    const link = findNetns(recorded, name, null)?.links.find((l) => l.name === DUMMY);
    expect(DIFFERENCES.order(textsOf(addressesBound(own(name))))).toEqual(DIFFERENCES.order(link?.addresses.map((a) => formatIp4(a.ip)) ?? []));
    const printed = own(name).printWiring(() => undefined).text;
    expect(printed).toContain(`: ${DUMMY}: <${link?.flags.join(',')}> mtu ${link?.mtu} qdisc noop state DOWN`);
  });

  it.each(NODES)('%s has its sysctls', (name) => {
    const before = new Map(linesOf(dumpText(recorded, name, null, 'sysctl -a')).map((l) => l.split(' = ') as [string, string]));
    const keys = ['conf.all.arp_announce', 'conf.all.arp_ignore', 'conf.all.route_localnet', 'ip_forward', 'vs.conn_reuse_mode', 'vs.conntrack', 'vs.expire_nodest_conn', 'vs.expire_quiescent_template'].map((k) => `net.ipv4.${k}`);
    expect(keys.map((k) => `${k} ${own(name).sysctlOf(k)}`)).toEqual(keys.map((k) => `${k} ${before.get(k)}`));
  });
});
