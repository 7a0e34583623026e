import { describe, expect, it } from 'vitest';
import { worldOf } from '../../cluster/world.ts';
import { trace } from '../../engine/trace.ts';
import type { Trace } from '../../engine/trace-types.ts';
import { PROTO_TCP } from '../../packet/packet.ts';
import { loadScenario } from '../../scenarios/files.node.ts';
import { ovsDpdk } from '../../scenarios/ovs-dpdk/scenario.ts';
import { ovnWorld } from '../../testing/ovn.ts';
import { at, ip, tcp } from '../../testing/sample.ts';
import { readTrace } from '../../text/reading.ts';
import type { Detail } from '../../text/reading-types.ts';
import type { OvsPort } from '../../world/openflow.ts';
import type { World } from '../../world/world.ts';
import { overlaps, within } from './geometry.ts';
import { type Layout, layoutOf } from './layout.ts';
import { trailTo, walkOf } from './path.ts';
import { sceneAt, groundOf, withWalk } from './scene.ts';
import { stageStrings } from './strings.ts';
import { waysOf } from './ways.ts';

/* Two nodes of OVN-Kubernetes: br-int with pods, the management port and tunnels, br-ex with the NIC, and a patch between them. */

const world = ovnWorld();
const client = at('worker1', 'client-0');
const acrossNodes = trace(world, tcp(client, '10.128.0.15', 8080));
const toInternet = trace(world, tcp(client, '203.0.113.9', 443));
const nodePort = trace(world, { from: { kind: 'outside', ip: ip('198.51.100.7'), host: 'worker1', dev: 'enp131s0f0' }, dst: ip('50.50.51.24'), proto: PROTO_TCP, dport: 31785 });
const hostToService = trace(world, tcp(at('worker1'), '172.30.44.86', 80));
const walks: readonly (readonly [string, Trace])[] = [['across nodes', acrossNodes], ['to the Internet', toInternet], ['to a node port', nodePort], ['from the host', hostToService]];

const of = (layout: Layout, host: string, dev: string) => layout.boxes.get(`${host}/${dev}`) ?? layout.boxes.get([...layout.boxes.keys()].find((id) => id.startsWith(host) && id.endsWith(dev)) ?? '');
/** The boxes that the packet of one run goes through, in order. */
function passedIn(t: Trace, detail: Detail, run = 0): readonly string[] {
  const layout = layoutOf(world, t);
  const walk = walkOf(layout, waysOf(layout, world), t, readTrace(t, world, detail));
  return walk.stops.filter((s) => s.run === run).flatMap((s) => s.passed).map((id) => layout.boxes.get(id)?.title ?? id).filter((name, i, all) => name !== all[i - 1]);
}

describe('bridges of Open vSwitch on the stage', () => {
  const layout = layoutOf(world, acrossNodes);

  it('stand under the cables of their pods, or between hooks and NICs, with their ports beside them', () => {
    expect(of(layout, 'worker1', 'br-int')).toMatchObject({ kind: 'device', icon: 'ovs', label: 'br-int', note: 'Open vSwitch' });
    expect(of(layout, 'worker1', 'br-int')?.rect.y).toBe(layout.rows.bridge);
    expect(of(layout, 'worker1', 'br-ex')).toMatchObject({ icon: 'ovs', note: '50.50.51.24' });
    expect(of(layout, 'worker1', 'br-ex')?.rect.y).toBe(layout.rows.device);
    expect(of(layout, 'worker1', 'ovn-k8s-mp0')).toMatchObject({ kind: 'port', icon: 'port-internal', note: '10.131.0.2' });
    expect(of(layout, 'worker1', 'ovn-k8s-mp0')?.rect.y).toBe(layout.rows.ports);
    expect(of(layout, 'worker1', 'pint')).toMatchObject({ kind: 'port', icon: 'port-patch', label: '→ br-ex', title: 'pint (br-int)' });
    expect(of(layout, 'worker1', 'pex')).toMatchObject({ icon: 'port-patch', label: '→ br-int' });
  });

  it('count the ports that are drawn nowhere, and draw them when asked to', () => {
    // The cable of the other pod.
    expect(of(layout, 'worker1', 'br-int+ports')).toMatchObject({ kind: 'more', words: 'morePorts', count: 1 });
    const all = layoutOf(world, acrossNodes, true);
    expect([...all.boxes.values()].filter((b) => b.words === 'morePorts')).toEqual([]);
    expect(of(all, 'worker1', '83cf7b04f35b763')).toMatchObject({ kind: 'device', icon: 'veth' });
  });

  it('fold forty ports without a device of their own into one count', () => {
    const queues = Array.from({ length: 40 }, (_, i): OvsPort => ({ name: `vhu${i}`, ofport: 100 + i, type: 'dpdkvhostuser', typeText: 'dpdkvhostuser', peer: undefined, tunnel: undefined, tag: undefined, trunks: undefined, vlanMode: undefined, mac: undefined, source: undefined }));
    const crowded: World = { ...world, hosts: world.hosts.map((h) => ({ ...h, ...(h.ovs && { ovs: h.ovs.map((b) => (b.name === 'br-int' ? { ...b, ports: [...b.ports, ...queues] } : b)) }) })) };
    expect(of(layoutOf(crowded, acrossNodes), 'worker1', 'br-int+ports')).toMatchObject({ count: 41 });
    expect(of(layoutOf(crowded, acrossNodes, true), 'worker1', 'vhu39')).toMatchObject({ kind: 'port', icon: 'port-queue', label: 'vhu39' });
  });

  it('show the device of all tunnel ports once, with the port that is used, as a mouth of the tube', () => {
    expect(of(layout, 'worker1', 'genev_sys_6081')).toMatchObject({ icon: 'tun', note: 'ovn-f95ec3-0 +2' });
    expect(layout.pipes).toMatchObject([{ kind: 'Geneve' }]);
  });

  it.each(walks)('let no two boxes overlap, folded or not, and keep them in sight: %s', (_, t) => {
    for (const unfolded of [false, true]) {
      const { boxes, bounds } = layoutOf(world, t, unfolded);
      const all = [...boxes.values()];
      expect(all.flatMap((a, i) => all.slice(i + 1).filter((b) => overlaps(a.rect, b.rect)).map((b) => `${a.id} × ${b.id}`))).toEqual([]);
      expect(all.filter((b) => !within(b.rect, bounds)).map((b) => b.id)).toEqual([]);
    }
  });

  it.each(walks)('do not move between steps and levels of detail, and no capsule covers a box: %s', (_, t) => {
    for (const detail of ['story', 'hooks'] as const) {
      const reading = readTrace(t, world, detail);
      const ground = withWalk(groundOf(world, t, false), t, reading);
      const covered = reading.stops.flatMap((s) => {
        const rect = sceneAt(world, t, reading, ground, s.index, undefined, stageStrings('en'))?.berth?.rect;
        return rect ? [...ground.layout.boxes.values()].filter((b) => overlaps(b.rect, { ...rect, w: rect.w - 4 })).map((b) => `${s.index} ${b.id}`) : [];
      });
      expect(covered).toEqual([]);
    }
  });

  it('lead a packet for the outside by the patch, never by a hook of the node', () => {
    const names = passedIn(toInternet, 'story');
    expect(names.slice(0, 7)).toEqual(['client-0 10.131.0.21', 'd10af31c1d33dac', 'br-int (Open vSwitch)', 'pint (br-int)', 'pex (br-ex)', 'br-ex (Open vSwitch) 50.50.51.24', 'enp131s0f0']);
    expect(names).not.toContain('PREROUTING');
  });

  it('lead a node port’s packet from the NIC to the pod without a hook', () => {
    const names = passedIn(nodePort, 'story');
    expect(names).toEqual(expect.arrayContaining(['enp131s0f0', 'pex (br-ex)', 'pint (br-int)', 'web-0 10.131.0.20']));
    expect(names.filter((n) => ['PREROUTING', 'FORWARD', 'INPUT', 'OUTPUT', 'POSTROUTING'].includes(n))).toEqual([]);
  });

  it('lead what the host sends by br-ex’s own port and the patch', () => {
    const names = passedIn(hostToService, 'story');
    expect(names.join(' > ')).toMatch(/POSTROUTING > br-ex .* > pex \(br-ex\) > pint \(br-int\) > br-int \(Open vSwitch\)/);
  });

  it('draw every stretch horizontally or vertically', () => {
    const reading = readTrace(acrossNodes, world, 'story');
    const layout_ = layoutOf(world, acrossNodes);
    const walk = walkOf(layout_, waysOf(layout_, world), acrossNodes, reading);
    const slanted = reading.stops.flatMap((s) => trailTo(walk, s.index).flatMap((p, i, line) => (i > 0 && line[i - 1]?.x !== p.x && line[i - 1]?.y !== p.y ? [`${s.index}`] : [])));
    expect(slanted).toEqual([]);
  });
});

describe('a bridge that shares memory with pods (vhost-user)', () => {
  const { world: dpdk } = worldOf(loadScenario(ovsDpdk, {}));
  const near = trace(dpdk, tcp(at('worker-1', 'generator'), '192.168.200.12', 9000));
  const layout = layoutOf(dpdk, near);

  it('is reached along the wall: not by the pod’s cable, nor by any hook', () => {
    const walk = walkOf(layout, waysOf(layout, dpdk), near, readTrace(near, dpdk, 'story'));
    expect(walk.stops.filter((s) => s.run === 0).flatMap((s) => s.passed).map((id) => layout.boxes.get(id)?.title ?? id).filter((name, i, all) => name !== all[i - 1])).toEqual(['generator 192.168.200.11', '3f9c2d71a8b4-net1 (br0)', 'br0 (Open vSwitch)', '8e04b7d2516f-net1 (br0)', 'forwarder 192.168.200.12']);
  });

  it('has its queues drawn on it', () => expect(['3f9c2d71a8b4-net1', '8e04b7d2516f-net1'].map((name) => of(layout, 'worker-1', name)?.icon)).toEqual(['port-queue', 'port-queue']));
});
