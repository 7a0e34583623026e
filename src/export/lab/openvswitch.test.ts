import { expect, it } from 'vitest';
import { ovnWorld } from '../../testing/ovn.ts';
import { labScript } from './lab.ts';

const { script, cannot } = labScript(ovnWorld());

it('says of each bridge of Open vSwitch that it is not built', () =>
  expect(cannot.filter((c) => c.includes('Open vSwitch')).map((c) => c.split(',')[0])).toEqual(['worker1: the Open vSwitch bridge br-int', 'worker1: the Open vSwitch bridge br-ex', 'master1: the Open vSwitch bridge br-int', 'master1: the Open vSwitch bridge br-ex']));

it('gives the machine the ports that hold its addresses, and no master that is not there', () => {
  expect(script).toContain('link add name br-ex type dummy');
  expect(script).not.toContain('master ovs-system');
});
