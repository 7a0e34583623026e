import { describe, expect, it } from 'vitest';
import { worldOf } from '../world.ts';
import { objectsOf, runFlow } from './flows/run.ts';
import type { FlowTable } from './flows/table.ts';

const services: FlowTable['services'] = [{ name: 'svc1', spec: { type: 'NodePort', clusterIP: '172.30.0.41', ports: [{ port: 80, nodePort: 30001 }] }, endpoints: ['10.180.0.1@n1'] }];

/** The World of a cluster whose kube-proxy runs in a mode that tables of flows do not have. */
function inMode(mode: string, minor: number) {
  const table: FlowTable = { name: mode, versions: [minor], settings: { mode }, services, flows: [] };
  const { world, diagnostics } = worldOf({ 'objects.yaml': objectsOf(table, minor) });
  return { said: diagnostics.map((d) => `${d.code} ${d.text}`), ends: (from: string, to: string) => runFlow(table, { from, to, ends: 'none' }, world).ends };
}

describe('modes of kube-proxy that are not modelled', () => {
  it.each`
    mode           | minor | from         | to
    ${'nftables'}  | ${33} | ${'pod'}     | ${'172.30.0.41:80'}
    ${'nftables'}  | ${33} | ${'node'}    | ${'172.30.0.41:80'}
    ${'nftables'}  | ${33} | ${'outside'} | ${'192.168.0.2:30001'}
    ${'userspace'} | ${20} | ${'pod'}     | ${'172.30.0.41:80'}
    ${'userspace'} | ${20} | ${'node'}    | ${'172.30.0.41:80'}
    ${'userspace'} | ${20} | ${'outside'} | ${'192.168.0.2:30001'}
  `('$mode: $from → $to is unknown, and said so', ({ mode, minor, from, to }: { mode: string; minor: number; from: string; to: string }) => {
    const { said, ends } = inMode(mode, minor);
    expect(said).toContain(`${mode === 'userspace' ? 'userspace-mode' : 'unmodelled'} kube-proxy --proxy-mode=${mode}`);
    expect(ends(from, to)).toBe('unknown');
  });

  it('userspace leaves packets for others alone', () => expect(inMode('userspace', 20).ends('pod', '8.8.8.8:53/udp')).toBe('none'));
});
