import type { TlvMapping } from '../world/openflow.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { parseNumber } from './ovsWords.ts';

const HEADING = /^(?:NXT_TLV_TABLE_REPLY\b.*| max option space=.*| allocated option space=.*| mapping table:| {2}class {2}type {2}length {2}match field| [- ]+)$/;
const ROW = /^\s*(0x[0-9a-f]+|\d+)\s+(0x[0-9a-f]+|\d+)\s+(\d+)\s+tun_metadata(\d+)\s*$/i;
/** What `add-tlv-map` takes. */
const ADDED = /^\s*\{class=(0x[0-9a-f]+|\d+),type=(0x[0-9a-f]+|\d+),len=(\d+)\}->tun_metadata(\d+)\s*$/i;

/** `ovs-ofctl dump-tlv-map`, and lines of `add-tlv-map`. Never throws on any text. */
export function readTlvMap({ input, firstLine, lines }: Lines): Parsed<readonly TlvMapping[]> {
  const found = new DiagnosticList();
  const mappings: TlvMapping[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || HEADING.test(line)) continue;
    const source = { input, line: firstLine + i };
    const [optClass, optType, length, index] = ((ROW.exec(line) ?? ADDED.exec(line))?.slice(1) ?? []).map((n) => parseNumber(n) ?? Number(n));
    if (optClass !== undefined && optType !== undefined && length !== undefined && index !== undefined && optClass <= 0xffff && optType <= 0xff && index < 64) mappings.push({ optClass, optType, length, index, source });
    else found.add('unknown-line', source, line);
  }
  return { value: mappings, diagnostics: found.items };
}

/** The lines of `dump-tlv-map` (ofputil_format_tlv_table_reply() and print_tlv_table(), lib/ofp-util.c), without the heading. */
export function printTlvMap(mappings: readonly TlvMapping[]): readonly string[] {
  return [
    ' max option space=256 max fields=64',
    ` allocated option space=${mappings.reduce((sum, m) => sum + m.length, 0)}`,
    '',
    ' mapping table:',
    '  class  type  length  match field',
    ' ------  ----  ------  --------------',
    ...mappings.map((m) => `${hex(m.optClass).padStart(7)}${hex(m.optType).padStart(6)}${String(m.length).padStart(8)}  tun_metadata${m.index}`),
  ];
}

const hex = (n: number): string => `0x${n.toString(16)}`;
