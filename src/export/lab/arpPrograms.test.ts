import { expect, it } from 'vitest';
import { ip, worldFrom } from '../../testing/sample.ts';
import type { World } from '../../world/world.ts';
import { withoutArpPrograms } from './arpPrograms.ts';
import { labScript } from './lab.ts';

const nic = (n: number, more = ''): string => `$ ip -d addr show
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP
    link/ether 02:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff promiscuity 0
    inet 10.0.0.${n}/24 scope global eth0
$ ip route show
10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.${n}
${more}`;

const given = worldFrom({ 'client/a.txt': nic(9), 'other/a.txt': nic(8, '$ ip neigh show\n10.0.0.100 dev eth0 lladdr 02:00:00:00:00:77 REACHABLE\n'), 'n1/a.txt': nic(1) });
const world: World = { ...given, hosts: given.hosts.map((h) => (h.name === 'n1' ? { ...h, netns: h.netns.map((n) => ({ ...n, arpPrograms: [{ ip: ip('10.0.0.100'), dev: 'eth0', program: 'speaker', source: undefined }] })) } : h)) };

it('in a lab the answer of a program is known beforehand on its wire, and nowhere else', () => {
  const lines = labScript(world).script.split('\n').filter((l) => l.includes('10.0.0.100'));
  expect(lines.toSorted()).toEqual(['neigh replace 10.0.0.100 dev eth0 lladdr 02:00:00:00:00:01 nud permanent', 'neigh replace 10.0.0.100 dev eth0 lladdr 02:00:00:00:00:77 nud permanent']);
  expect(withoutArpPrograms(world).hosts.every((h) => h.netns.every((n) => n.arpPrograms === undefined))).toBe(true);
});

it('a world without such programs stays the same', () => {
  expect(withoutArpPrograms(given)).toBe(given);
});
