import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';

/**
 * Parses `sysctl -a` (`key = value`), and files of /proc/sys as `grep . -r` prints them (`/proc/sys/net/ipv4/ip_forward:1`).
 * The last line of a key counts. In a device's name sysctl writes `/` for a dot (`net.ipv4.conf.eth0/100.forwarding`); the key here
 * has the dot. Never throws on any text.
 */
export function parseSysctl({ input, firstLine, lines }: Lines): Parsed<Readonly<Record<string, string>>> {
  const found = new DiagnosticList();
  const values = new Map<string, string>();
  for (const [i, raw] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith('sysctl: ')) continue;
    const proc = /^\/proc\/sys\/([^:]{1,200}):(.*)$/.exec(line);
    if (proc) {
      values.set((proc[1] ?? '').replaceAll('/', '.'), (proc[2] ?? '').trim());
      continue;
    }
    const equals = line.indexOf('=');
    const key = line.slice(0, equals).trim();
    if (equals < 1 || /\s/.test(key)) found.add('unknown-line', source, line);
    else values.set(key.replaceAll('/', '.'), line.slice(equals + 1).trim());
  }
  return { value: Object.fromEntries(values), diagnostics: found.items };
}

/** The lines of `sysctl -a`, in the order of the world. */
export const printSysctl = (sysctls: Readonly<Record<string, string>>): readonly string[] => Object.entries(sysctls).map(([key, value]) => `${key} = ${value}`);
