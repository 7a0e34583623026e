import { expect, it, test } from 'vitest';
import { readWireActions } from './wireActions.ts';

const bytes = (text: string): readonly number[] => text.split('.').map((b) => Number.parseInt(b, 16));

test.each([
  ['set_field of a MAC address', '00.19.00.10.80.00.06.06.ff.ff.ff.ff.ff.ff.00.00', { kind: 'set_field', field: 'dl_dst', value: [0xffff, 0xffffffff], mask: undefined }],
  ['set_field of a register with a mask', '00.19.00.10.00.01.15.08.00.00.00.01.00.00.00.01', { kind: 'set_field', field: 'reg10', value: [1], mask: [1] }],
  ['set_field of an address', '00.19.00.10.80.00.16.04.64.40.00.05.00.00.00.00', { kind: 'set_field', field: 'nw_src', value: [0x64400005], mask: undefined }],
  ['set_field of a byte', '00.19.00.10.80.00.26.01.0b.00.00.00.00.00.00.00', { kind: 'set_field', field: 'icmp_type', value: [11], mask: undefined }],
  ['copy_field', '00.1c.00.18.00.20.00.60.00.00.00.00.00.01.de.10.80.00.2e.04.00.00.00.00', { kind: 'move', src: { field: 'xxreg0', from: 96, to: 127 }, dst: { field: 'arp_tpa', from: 0, to: 31 } }],
  ['push', 'ff.ff.00.18.00.00.23.20.00.1b.00.00.00.01.1c.04.00.20.00.00.00.00.00.00', { kind: 'push', src: { field: 'reg14', from: 0, to: 31 } }],
  ['pop', 'ff.ff.00.18.00.00.23.20.00.1c.00.00.00.01.1e.04.00.20.00.00.00.00.00.00', { kind: 'pop', dst: { field: 'reg15', from: 0, to: 31 } }],
  ['resubmit', 'ff.ff.00.10.00.00.23.20.00.0e.ff.f8.25.00.00.00', { kind: 'resubmit', port: undefined, table: 37, ct: false }],
  ['a question to the controller that waits', 'ff.ff.00.28.00.00.23.20.00.25.00.00.00.00.00.00.00.03.00.0e.00.00.00.0d.00.00.00.00.03.e8.00.00.00.04.00.04.00.00.00.00', { kind: 'controller', maxLen: 65535, id: 0, reason: 'action', userdata: '00.00.00.0d.00.00.00.00.03.e8', pause: true, meterId: undefined }],
  ['one with its meter', 'ff.ff.00.18.00.00.23.20.00.25.00.00.00.00.00.00.00.05.00.08.00.00.00.07', { kind: 'controller', maxLen: 65535, id: 0, reason: 'action', userdata: undefined, pause: false, meterId: 7 }],
  ['note', 'ff.ff.00.10.00.00.23.20.00.08.6f.76.6e.00.00.00', { kind: 'note', hex: '6f.76.6e.00.00.00' }],
])('reads %s', (_, text, action) => expect(readWireActions(bytes(text))).toEqual([action]));

it('reads one after the other', () => expect(readWireActions(bytes('00.19.00.10.80.00.26.01.0b.00.00.00.00.00.00.00.ff.ff.00.10.00.00.23.20.00.0e.ff.f8.25.00.00.00'))?.map((a) => a.kind)).toEqual(['set_field', 'resubmit']));

test.each([
  ['an action that we do not know', 'ff.ff.00.10.00.00.23.20.00.2a.ff.f8.25.00.00.00'],
  ['a field that we do not know', '00.19.00.10.80.00.fe.06.ff.ff.ff.ff.ff.ff.00.00'],
  ['a message that is cut off', '00.19.00.10.80.00.06.06.ff'],
  ['a question to the controller with something that we do not know', 'ff.ff.00.18.00.00.23.20.00.25.00.00.00.00.00.00.00.09.00.08.00.00.00.07'],
  ['a length of nothing', '00.19.00.00'],
])('does not guess at %s', (_, text) => expect(readWireActions(bytes(text))).toBeUndefined());
