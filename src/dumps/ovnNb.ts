import type { LogicalAcl, LogicalLoadBalancer, LogicalNat, LogicalPolicy, LogicalRoute, LogicalRouter, LogicalRouterPort, LogicalSwitch, LogicalSwitchPort } from '../world/ovn.ts';
import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { unquoted } from './ovsNames.ts';

/** Values of `["a", "b"]` or `"a"`. */
const texts = (value: string): readonly string[] => [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text);

export interface LogicalTopology {
  readonly switches: readonly LogicalSwitch[];
  readonly routers: readonly LogicalRouter[];
}

interface RouterDraft {
  readonly router: LogicalRouter;
  readonly ports: LogicalRouterPort[];
  readonly nats: { type: string; externalIp: string; logicalIp: string; readonly uuid?: string; readonly settings?: string[]; readonly source: SourceRef }[];
}

const NAT_TYPES = ['snat', 'dnat', 'dnat_and_snat'] as const;

const natOf = ({ type, externalIp, logicalIp, uuid, settings, source }: RouterDraft['nats'][number]): readonly LogicalNat[] => {
  const known = NAT_TYPES.find((t) => t === type);
  return known ? [{ type: known, externalIp, logicalIp, ...(uuid === undefined ? {} : { uuid }), ...(settings ? { settings } : {}), source }] : [];
};

/** Parses `ovn-nbctl show`. Never throws on any text. */
export function parseNbShow({ input, firstLine, lines }: Lines): Parsed<LogicalTopology> {
  const found = new DiagnosticList();
  const switches: { readonly base: LogicalSwitch; readonly ports: LogicalSwitchPort[] }[] = [];
  const routers: RouterDraft[] = [];
  let inSwitch = false;
  let inNat = false;
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    if (line.trim() === '') continue;
    const [, kind, uuid, name = '', aka] = /^(switch|router) ([0-9a-f-]{36})(?: \((.*?)\))?(?: \(aka (.*)\))?\s*$/.exec(line) ?? [];
    const [, item, itemName = '', itemAka] = /^ {4}(port|nat) (\S+)(?: \(aka (.*)\))?/.exec(line) ?? [];
    const alias = aka ?? itemAka;
    const also = alias === undefined ? {} : { alias };
    const [, key, value = ''] = /^ {8}([\w ()-]+?): (.*?)\s*$/.exec(line) ?? [];
    const [lastSwitch, lastRouter] = [switches.at(-1), routers.at(-1)];
    if (kind === 'switch') {
      switches.push({ base: { name, ...also, uuid, ports: [], acls: [], source }, ports: [] });
      inSwitch = true;
    } else if (kind === 'router') {
      routers.push({ router: { name, ...also, uuid, ports: [], routes: [], policies: [], nats: [], source }, ports: [], nats: [] });
      inSwitch = false;
    } else if (item === 'port' && inSwitch && lastSwitch) lastSwitch.ports.push({ name: unquoted(itemName), ...also, type: '', addresses: [], routerPort: undefined, source });
    else if (item === 'port' && !inSwitch && lastRouter) {
      lastRouter.ports.push({ name: unquoted(itemName), mac: undefined, networks: [], source });
      inNat = false;
    } else if (item === 'nat' && !inSwitch && lastRouter) {
      lastRouter.nats.push({ type: '', externalIp: '', logicalIp: '', uuid: itemName, settings: [], source });
      inNat = true;
    } else if (key !== undefined && inSwitch && lastSwitch) setSwitchPort(lastSwitch.ports, key, value);
    else if (key !== undefined && lastRouter && inNat) {
      const nat = lastRouter.nats.at(-1);
      const [text = value] = texts(value);
      nat?.settings?.push(`${key}: ${value}`);
      if (nat && key === 'external ip') nat.externalIp = text;
      else if (nat && key === 'logical ip') nat.logicalIp = text;
      else if (nat && key === 'type') nat.type = text;
    } else if (key !== undefined && lastRouter) setRouterPort(lastRouter.ports, key, value);
    else found.add('unknown-line', source, line);
  }
  return {
    value: { switches: switches.map(({ base, ports }) => ({ ...base, ports })), routers: routers.map(({ router, ports, nats }) => ({ ...router, ports, nats: nats.flatMap(natOf) })) },
    diagnostics: found.items,
  };
}

function setSwitchPort(ports: LogicalSwitchPort[], key: string, value: string): void {
  const last = ports.at(-1);
  if (!last) return;
  const port = { ...last, settings: [...(last.settings ?? []), `${key}: ${value}`] };
  ports[ports.length - 1] = port;
  if (key === 'type') ports[ports.length - 1] = { ...port, type: unquoted(value) };
  else if (key === 'addresses') ports[ports.length - 1] = { ...port, addresses: texts(value) };
  else if (key === 'router-port') ports[ports.length - 1] = { ...port, routerPort: unquoted(value) };
}

function setRouterPort(ports: LogicalRouterPort[], key: string, value: string): void {
  const last = ports.at(-1);
  if (!last) return;
  const port = { ...last, settings: [...(last.settings ?? []), `${key}: ${value}`] };
  ports[ports.length - 1] = port;
  if (key === 'mac') ports[ports.length - 1] = { ...port, mac: texts(value)[0] };
  else if (key === 'networks') ports[ports.length - 1] = { ...port, networks: texts(value) };
}

/** Cells of a listing whose columns stand under their headings; a heading that is not there has no cell. */
function cells(heading: string, line: string): (column: string) => string {
  const starts = [...heading.matchAll(/\S+/g)].map((m) => ({ name: m[0], at: m.index }));
  return (column) => {
    const k = starts.findIndex((s) => s.name === column);
    const start = starts[k];
    return start === undefined ? '' : line.slice(start.at, starts[k + 1]?.at).trim();
  };
}

/** Parses `ovn-nbctl lb-list`: one entry for each virtual address; rows without a UUID go on with the balancer above. */
export function parseLbList({ input, firstLine, lines }: Lines): Parsed<readonly LogicalLoadBalancer[]> {
  const found = new DiagnosticList();
  const balancers: LogicalLoadBalancer[] = [];
  let heading: string | undefined;
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    if (line.trim() === '') continue;
    if (/^UUID +LB +PROTO +VIP/.test(line)) heading = line;
    else {
      const cell = cells(heading ?? '', line);
      const [uuid, vip] = [cell('UUID'), cell('VIP')];
      const above = uuid === '' ? balancers.at(-1) : undefined;
      if (!/^(?:\[[0-9a-f:.]+\]|[0-9a-f.:]+)(?::\d+)?$/i.test(vip) || (uuid === '' && !above)) found.add('unknown-line', source, line);
      else balancers.push({ name: above?.name ?? cell('LB'), uuid: above?.uuid ?? uuid, protocol: cell('PROTO'), vip, backends: cell('IPs').split(',').filter((b) => b !== ''), source });
    }
  }
  return { value: balancers, diagnostics: found.items };
}

/** Parses `ovn-nbctl acl-list`. */
export function parseAclList({ input, firstLine, lines }: Lines): Parsed<readonly LogicalAcl[]> {
  const found = new DiagnosticList();
  const acls: LogicalAcl[] = [];
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    if (line.trim() === '') continue;
    const [, direction, priority, match, action] = /^\s*(from-lport|to-lport)\s+(\d{1,5})\s+\((.*)\)\s+((?:allow|drop|reject|pass)\S*(?: .*)?)$/.exec(line) ?? [];
    if (direction === undefined || match === undefined || action === undefined) found.add('unknown-line', source, line);
    else acls.push({ direction: direction === 'to-lport' ? 'to-lport' : 'from-lport', priority: Number(priority), match, action: action.trim(), source });
  }
  return { value: acls, diagnostics: found.items };
}

/** Parses `ovn-nbctl lr-route-list`. */
export function parseRouteList({ input, firstLine, lines }: Lines): Parsed<readonly LogicalRoute[]> {
  const found = new DiagnosticList();
  const routes: LogicalRoute[] = [];
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    if (line.trim() === '' || /^(?:IPv[46] Routes|Route Table .*:)\s*$/.test(line)) continue;
    const [, prefix, nexthop, policy, outputPort] = /^\s*(\S+)\s+(\S+)\s+(dst-ip|src-ip)(?:\s+(\S+))?/.exec(line) ?? [];
    if (prefix === undefined || nexthop === undefined) found.add('unknown-line', source, line);
    else routes.push({ prefix, nexthop, policy: policy === 'src-ip' ? 'src-ip' : 'dst-ip', outputPort: outputPort?.startsWith('(') || outputPort === 'ecmp' ? undefined : outputPort, source });
  }
  return { value: routes, diagnostics: found.items };
}

/** Parses `ovn-nbctl lr-policy-list`. */
export function parsePolicyList({ input, firstLine, lines }: Lines): Parsed<readonly LogicalPolicy[]> {
  const found = new DiagnosticList();
  const policies: LogicalPolicy[] = [];
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    if (line.trim() === '' || line.startsWith('Routing Policies')) continue;
    const [, priority, match, action, rest = ''] = /^\s*(\d{1,5})\s+(.*\S)\s+(allow|drop|reroute|jump)(?:\s+(.*\S))?\s*$/.exec(line) ?? [];
    if (match === undefined || action === undefined) found.add('unknown-line', source, line);
    else policies.push({ priority: Number(priority), match, action, nexthop: action === 'reroute' && rest !== '' ? rest : undefined, source });
  }
  return { value: policies, diagnostics: found.items };
}

/** Parses `ovn-nbctl lr-nat-list`. */
export function parseNatList({ input, firstLine, lines }: Lines): Parsed<readonly LogicalNat[]> {
  const found = new DiagnosticList();
  const nats: LogicalNat[] = [];
  let heading = '';
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    if (line.trim() === '') continue;
    if (line.startsWith('TYPE')) {
      heading = line;
      continue;
    }
    const cell = cells(heading, line);
    const nat = natOf({ type: cell('TYPE'), externalIp: cell('EXTERNAL_IP'), logicalIp: cell('LOGICAL_IP'), source });
    if (nat.length === 0) found.add('unknown-line', source, line);
    nats.push(...nat);
  }
  return { value: nats, diagnostics: found.items };
}
