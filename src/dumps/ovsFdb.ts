import type { OvsMac } from '../world/openflow.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { type OvsNames, parsePort } from './ovsNames.ts';
import { parseDecimal, parseMac } from './words.ts';

/** `ovs-appctl fdb/show`. A port whose name no listing tells keeps its number. Never throws on any text. */
export function parseFdbShow({ input, firstLine, lines }: Lines, names: OvsNames, bridge: string): Parsed<readonly OvsMac[]> {
  const found = new DiagnosticList();
  const macs: OvsMac[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || /^ *port +VLAN +MAC/.test(line)) continue;
    const source = { input, line: firstLine + i };
    const [portText = '', vlanText, macText] = line.trim().split(/\s+/);
    const number = parsePort(portText, names);
    const [vlan, mac] = [parseDecimal(vlanText, 4095), parseMac(macText)];
    if (vlan === undefined || mac === undefined) {
      found.add('unknown-line', source, line);
      continue;
    }
    const port = portText === 'LOCAL' ? bridge : (number === undefined ? undefined : names.portName?.(number)) ?? portText;
    macs.push({ port, vlan, mac, source });
  }
  return { value: macs, diagnostics: found.items };
}
