import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { becauseOf, field, type KubeDocument, listOf, textOf, textsOf } from './document.ts';
import { type FabricSpec, type InterfaceSpec, type MachineSpec, NO_FABRIC } from './fabric.ts';
import { Fields } from './values.ts';

/** Names that a machine or a device may have: they become folders and words of commands. */
const MACHINE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;
const DEVICE = /^[A-Za-z0-9_][A-Za-z0-9._:-]{0,14}$/;
const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;
const MAX_MTU = 65_535;

/** All Fabric objects together: later ones add machines. */
export function readFabric(documents: readonly KubeDocument[], found: DiagnosticList): FabricSpec {
  return documents
    .filter((d) => d.kind === 'Fabric')
    .reduce<FabricSpec>((known, document) => {
      const fields = new Fields(document, found);
      const machines = (list: string): readonly MachineSpec[] => listOf(fields.get('spec', list)).flatMap((machine, i) => machineOf(fields, ['spec', list, i], machine));
      return {
        nodes: [...known.nodes, ...machines('nodes')],
        routers: [...known.routers, ...machines('routers')],
        clients: [...known.clients, ...machines('clients')],
        spec: known.spec === undefined ? fields.get('spec') : { ...(known.spec as object), ...(fields.get('spec') as object) },
        because: becauseOf(document),
      };
    }, NO_FABRIC);
}

function machineOf(fields: Fields, path: readonly (string | number)[], machine: unknown): readonly MachineSpec[] {
  const name = textOf(field(machine, 'name')) ?? '';
  if (!MACHINE.test(name)) {
    fields.bad([...path, 'name'], name, 'node-1');
    return [];
  }
  const gateway = fields.ip([...path, 'gateway'], field(machine, 'gateway'));
  return [
    {
      name,
      interfaces: listOf(field(machine, 'interfaces')).flatMap((nic, i) => interfaceOf(fields, [...path, 'interfaces', i], nic)),
      gateway: gateway === undefined ? undefined : textOf(field(machine, 'gateway')),
      routes: textsOf(field(machine, 'routes')),
      bgp: field(machine, 'bgp') === true,
      run: textsOf(field(machine, 'run')),
      runAt: (index) => fields.document.at(...path, 'run', index),
      because: becauseOf(fields.document, name),
    },
  ];
}

function interfaceOf(fields: Fields, path: readonly (string | number)[], nic: unknown): readonly InterfaceSpec[] {
  const dev = textOf(field(nic, 'dev')) ?? '';
  if (!DEVICE.test(dev)) {
    fields.bad([...path, 'dev'], dev, 'eth0');
    return [];
  }
  const given = [field(nic, 'address'), ...listOf(field(nic, 'addresses'))].filter((a) => a !== undefined);
  const mac = textOf(field(nic, 'mac'))?.toLowerCase();
  if (mac !== undefined && !MAC.test(mac)) fields.bad([...path, 'mac'], mac, '02:00:00:00:00:01');
  return [
    {
      dev,
      addresses: given.flatMap((a) => fields.cidr([...path, 'address'], a) ?? []).map((a) => (a.includes('/') ? a : `${a}/24`)),
      mtu: fields.int([...path, 'mtu'], field(nic, 'mtu'), 68, MAX_MTU),
      mac: mac !== undefined && MAC.test(mac) ? mac : undefined,
    },
  ];
}
