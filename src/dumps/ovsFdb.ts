import type { OvsBridge, OvsMac } from '../world/openflow.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { formatPort, type OvsNames, parsePort } from './ovsNames.ts';
import { parseDecimal, parseMac } from './words.ts';

/** `ovs-appctl fdb/show`. A port whose name no listing tells keeps its number. Never throws on any text. */
export function parseFdbShow({ input, firstLine, lines }: Lines, names: OvsNames, bridge: string): Parsed<readonly OvsMac[]> {
  const found = new DiagnosticList();
  const macs: OvsMac[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || /^ *port +VLAN +MAC/.test(line)) continue;
    const source = { input, line: firstLine + i };
    const [portText = '', vlanText, macText, age] = line.trim().split(/\s+/);
    const number = parsePort(portText, names);
    const [vlan, mac] = [parseDecimal(vlanText, 4095), parseMac(macText)];
    if (vlan === undefined || mac === undefined) {
      found.add('unknown-line', source, line);
      continue;
    }
    const port = portText === 'LOCAL' ? bridge : (number === undefined ? undefined : names.portName?.(number)) ?? portText;
    macs.push({ port, vlan, mac, ...(age === undefined ? {} : { age }), source });
  }
  return { value: macs, diagnostics: found.items };
}

/** The lines of `fdb/show` (ofproto_unixctl_fdb_show(), ofproto/ofproto-dpif.c): ports by number. */
export function printFdbShow({ macs, ports, name }: OvsBridge): readonly string[] {
  const numberOf = (port: string): string => {
    const ofport = ports.find((p) => p.name === port)?.ofport;
    return port === name ? 'LOCAL' : ofport === undefined ? port : formatPort(ofport);
  };
  return [' port  VLAN  MAC                Age', ...macs.map(({ port, vlan, mac, age = '0' }) => `${numberOf(port).padStart(5)}  ${String(vlan).padStart(4)}  ${mac}  ${age === 'static' ? age : age.padStart(3)}`)];
}
