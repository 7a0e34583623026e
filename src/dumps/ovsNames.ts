import { OFPP, type OvsBridge, type OvsPort } from '../world/openflow.ts';

/** Names in rules: dumps with --names print ports, and tables that have a name, by it. What is left out has none. */
export interface OvsNames {
  readonly portNumber?: (name: string) => number | undefined;
  readonly portName?: (ofport: number) => string | undefined;
  readonly tableNumber?: (name: string) => number | undefined;
  readonly tableName?: (table: number) => string | undefined;
}

/** Ports from 0xff00 on have no device (OFPP_MAX, include/openflow/openflow-1.0.h). */
const OFPP_MAX = 0xff00;
/** OpenFlow 1.1 and later put the reserved ports at the end of 32 bits. */
const OFPP11_OFFSET = 0xffff_0000;

const RESERVED: ReadonlyMap<string, number> = new Map<string, number>([...Object.entries(OFPP), ['ANY', OFPP.NONE], ['UNSET', 0xfff7]]);
/** As OVS prints them: the last of two names for one number. */
const RESERVED_NAMES: ReadonlyMap<number, string> = new Map([...RESERVED].map(([name, port]) => [port, name]));

/** A word as it is without the quotes that stand around names with unusual characters. */
export const unquoted = (text: string): string => (text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text);

/** A port by number or name (ofputil_port_from_string(), lib/ofp-port.c); undefined when nobody knows it. */
export function parsePort(text: string, names: OvsNames = {}): number | undefined {
  if (/^\d{1,10}$/.test(text)) {
    const number = Number(text);
    if (number <= 0xffff) return number;
    return number > OFPP11_OFFSET + OFPP_MAX && number <= 0xffff_ffff ? number - OFPP11_OFFSET : undefined;
  }
  return RESERVED.get(text.toUpperCase()) ?? names.portNumber?.(unquoted(text));
}

/** A name as the tools print it: in quotes unless it is letters and digits alone (name_needs_quotes(), lib/namemap.c). */
const quotedWhereNeeded = (name: string): string => (/^[A-Za-z][A-Za-z0-9]*$/.test(name) ? name : JSON.stringify(name));

/** ofputil_format_port(), lib/ofp-port.c. */
export function formatPort(port: number, names: OvsNames = {}): string {
  const reserved = RESERVED_NAMES.get(port);
  if (reserved !== undefined) return reserved;
  const name = names.portName?.(port);
  return name === undefined ? String(port) : quotedWhereNeeded(name);
}

/** True for a number that `output:` stands in front of; the reserved ones stand alone. */
export const isPlainPort = (port: number): boolean => port < OFPP_MAX;

/** A table by number or name; undefined when nobody knows it. */
export function parseTable(text: string, names: OvsNames = {}): number | undefined {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 255) return Number(text);
  return names.tableNumber?.(unquoted(text));
}

/** ofputil_format_table(), lib/ofp-table.c. */
export function formatTable(table: number, names: OvsNames = {}): string {
  const name = names.tableName?.(table);
  return name === undefined ? String(table) : quotedWhereNeeded(name);
}

/** OFP_MAX_PORT_NAME_LEN - 1: OpenFlow cuts names off here, and rules name ports by what is left. */
export const SHOWN_NAME = 15;

/** The names of a bridge's ports, for reading (whole or cut off) and printing (cut off). One that two ports share names neither. */
export function portNames(ports: readonly OvsPort[]): OvsNames {
  const numbers = new Map<string, number>();
  const cut = new Map<string, number | undefined>();
  const byNumber = new Map<number, string>();
  for (const { name, ofport } of ports) {
    if (ofport === undefined) continue;
    const shown = name.slice(0, SHOWN_NAME);
    numbers.set(name, ofport);
    cut.set(shown, cut.has(shown) ? undefined : ofport);
    byNumber.set(ofport, shown);
  }
  return {
    portNumber: (name) => numbers.get(name) ?? cut.get(name),
    portName: (ofport) => {
      const shown = byNumber.get(ofport);
      return shown !== undefined && cut.get(shown) === ofport ? shown : undefined;
    },
  };
}

/** The names of a bridge's ports and of its tables, for printing. */
export const bridgeNames = (bridge: Pick<OvsBridge, 'ports' | 'tableNames'> | undefined): OvsNames => ({ ...portNames(bridge?.ports ?? []), tableName: (table) => bridge?.tableNames?.[String(table)] });
