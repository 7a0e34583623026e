import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { worldOf } from '../../../src/cluster/world.ts';
import { loadScenario } from '../../../src/scenarios/files.node.ts';
import { openshiftSdn } from '../../../src/scenarios/openshift-sdn/scenario.ts';
import type { OvsPacket } from './case.ts';
import { judgePacket, ovsDifferenceText } from './judge.ts';
import { missingForOvs, type Sandbox, startSandbox } from './sandbox.ts';
import { traceOn } from './switch.ts';

/*
 * br0 as OpenShift SDN's compiler writes it, put into a real switch: it must take every rule and print it back letter by letter, and
 * follow packets through it as the engine does.
 */

const missing = missingForOvs();

describe.skipIf(missing.length > 0)('br0 of OpenShift SDN in a real switch', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  }, 60_000);
  afterAll(async () => await sandbox.stop());

  const said = (reply: { readonly ok: boolean; readonly text: string }): string => {
    if (!reply.ok) throw new Error(reply.text);
    return reply.text;
  };
  /** Without headings and ages, in an order of its own: the switch prints its tables as a hash has them. */
  const listed = (text: string): readonly string[] => text.split('\n').filter((l) => /^ (?:cookie|group_id)=/.test(l)).map((l) => l.replace(/duration=[\d.]+s, /, '')).toSorted();

  const options = (key: string): readonly string[] => openshiftSdn.parameters.find((p) => p.key === key)?.options ?? [];
  it.each(['worker1', 'worker2'].flatMap((host) => options('mode').flatMap((mode) => options('policy').map((policy) => ({ host, mode, policy })))))('$host, mode $mode, policy $policy', async ({ host: name, ...params }) => {
    const { world, files } = worldOf(loadScenario(openshiftSdn, params));
    const host = world.hosts.find((h) => h.name === name);
    const [bridge] = host?.ovs ?? [];
    if (!bridge) throw new Error('no br0');
    const ports = bridge.ports.filter((p) => p.name !== 'br0');
    const make = ports.flatMap((p) => ['--', 'add-port', 'br0', p.name, '--', 'set', 'Interface', p.name, `ofport_request=${p.ofport ?? 0}`, ...(p.type === 'vxlan' ? ['type=vxlan', 'options:remote_ip=flow', 'options:key=flow'] : p.type === 'internal' ? ['type=internal'] : [])]);
    said(sandbox.vsctl('--if-exists', 'del-br', 'br0'));
    said(sandbox.vsctl('add-br', 'br0', '--', 'set', 'Bridge', 'br0', 'fail_mode=secure', 'protocols=OpenFlow13', ...make));
    said(await sandbox.ask('dpif/set-dp-features', 'br0', 'tnl_push_pop', 'false'));
    const text = String(files[`${name}/openflow.txt`]);
    const [groups, flows] = [text.split('\n').filter((l) => l.startsWith(' group_id=')), text.split('\n').filter((l) => l.startsWith(' cookie='))];
    const ofctl = (command: string, input?: readonly string[]): string => said(sandbox.ofctl(['-O', 'OpenFlow13', command, 'br0', ...(input ? ['-'] : [])], input?.map((l) => `${l}\n`).join('')));
    said(sandbox.ofctl(['-O', 'OpenFlow13', 'set-frags', 'br0', 'nx-match']));
    if (groups.length > 0) ofctl('add-groups', groups);
    ofctl('add-flows', flows);
    expect(listed(ofctl('dump-flows'))).toEqual(listed(text).filter((l) => l.startsWith(' cookie')));
    expect(listed(ofctl('dump-groups'))).toEqual(listed(text).filter((l) => l.startsWith(' group')));

    const different: string[] = [];
    // A hash is given, or the trace would end where the switch has the datapath compute one.
    for (const packet of packets(ports.map((p) => p.name))) {
      const traced = await traceOn(sandbox, packet);
      const judgement = judgePacket(packet, traced, [bridge]);
      if (judgement.kind !== 'agree') different.push(ovsDifferenceText({ test: { name: `${name} ${JSON.stringify(params)}`, covers: [], flows: {}, packets: [] }, packet, judgement, traced }));
    }
    expect(different).toEqual([]);
  }, 120_000);
});

/** Pods of both workers, their gateways, a client, the service and the way out, from every port, as each state of a connection. */
function packets(ports: readonly string[]): readonly OvsPacket[] {
  const addresses = ['10.131.0.1', '10.131.0.20', '10.131.0.30', '10.131.0.50', '10.128.2.1', '10.128.2.151', '172.30.88.144', '10.10.6.91', '198.51.100.7', '224.1.2.3'];
  const numbers = [0, 0x8d2f41, 0x1f03c2, 0x2ab001];
  const states = [['trk,new', 'trk,new'], ['trk,est', 'trk,est'], ['trk,est,rpl', 'trk,est,rpl']];
  const tunnelled = (port: string, i: number): string => (port === 'vxlan0' ? `,tun_id=${numbers[i % 4] ?? 0},tun_src=10.10.12.${21 + (i % 3)},tun_dst=10.10.12.22` : '');
  return ports.flatMap((port) =>
    addresses.flatMap((src, s) =>
      addresses.flatMap((dst, d): readonly OvsPacket[] => {
        if (src === dst || src.startsWith('224')) return [];
        const i = s * addresses.length + d;
        const l4 = i % 3 === 0 ? `udp,udp_src=4000,udp_dst=${i % 2 === 0 ? 53 : 4789}` : `tcp,tcp_src=4000,tcp_dst=${i % 2 === 0 ? 8080 : 53}`;
        const ip: OvsPacket = { flow: `in_port=${port},dp_hash=1,${l4},nw_src=${src},nw_dst=${dst},nw_ttl=64${tunnelled(port, i)}`, ctNext: states[i % 3] ?? [] };
        const mac = `0a:58:${src.split('.').map((n) => Number(n).toString(16).padStart(2, '0')).join(':')}`;
        const arp: OvsPacket = { flow: `in_port=${port},arp,arp_op=1,arp_spa=${src},arp_tpa=${dst},arp_sha=${i % 5 === 0 ? '0a:58:00:00:00:01' : mac},dl_src=${mac}${tunnelled(port, i)}` };
        return i % 4 === 0 ? [ip, arp] : [ip];
      }),
    ),
  );
}
