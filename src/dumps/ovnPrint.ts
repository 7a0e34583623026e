import type { LogicalAcl, LogicalFlow, LogicalLoadBalancer, LogicalNat, LogicalRouter, LogicalRouterPort, LogicalSwitch, LogicalSwitchPort, OvnChassis, OvnNetwork } from '../world/ovn.ts';
import { ovsCommand } from './ovsSection.ts';
import { quoted } from './ovsVsctl.ts';

/*
 * Listings of OVN printed back (utilities/ovn-nbctl.c, ovn-sbctl.c of OVN). What no listing said is not made up: then there is nothing to
 * print.
 */

/** What a command of OVN's tools prints; undefined when the listings do not tell. */
export function printOvn(ovn: OvnNetwork | undefined, words: readonly string[]): readonly string[] | undefined {
  const command = ovsCommand(words);
  if (!command || !ovn) return undefined;
  const { kind, args, options } = command;
  const [name, ...others] = args;
  if (others.length > 0) return undefined;
  switch (kind) {
    case 'ovn-nb-show':
      return some([...named(ovn.switches, name).filter((s) => s.uuid !== undefined).flatMap(printSwitch), ...named(ovn.routers, name).filter((r) => r.uuid !== undefined).flatMap(printRouter)]);
    case 'ovn-lb-list':
      return name === undefined && ovn.loadBalancers.length > 0 ? printBalancers(ovn.loadBalancers) : undefined;
    case 'ovn-acl-list':
      return name === undefined ? undefined : some(named(ovn.switches, name).flatMap((s) => s.acls.map(printAcl)));
    case 'ovn-sb-show':
      return name === undefined ? some(ovn.chassis.flatMap(printChassis)) : undefined;
    case 'ovn-lflow-list':
      return options.some((o) => o !== '--uuid') ? undefined : printFlows(ovn, name, options.includes('--uuid'));
    default:
      return undefined;
  }
}

/** No lines at all: nothing was listed. */
const some = (lines: readonly string[]): readonly string[] | undefined => (lines.length === 0 ? undefined : lines);

/** All without a name; else the one with it, or the only one of which it is the part before a dot. */
function named<T extends { readonly name: string }>(all: readonly T[], name: string | undefined): readonly T[] {
  if (name === undefined) return all;
  const same = all.filter((a) => a.name === name);
  const longer = all.filter((a) => a.name.startsWith(`${name}.`));
  return same.length > 0 ? same : longer.length === 1 ? longer : [];
}

const aka = (alias: string | undefined): string => (alias === undefined ? '' : ` (aka ${alias})`);
const list = (texts: readonly string[]): string => `[${texts.map((t) => `"${t}"`).join(', ')}]`;
const indented = (lines: readonly string[]): readonly string[] => lines.map((l) => `        ${l}`);

/** print_ls() */
const printSwitch = (s: LogicalSwitch): readonly string[] => [`switch ${s.uuid ?? ''} (${s.name})${aka(s.alias)}`, ...s.ports.flatMap((p) => [`    port ${p.name}${aka(p.alias)}`, ...indented(p.settings ?? switchPortLines(p))])];

const switchPortLines = ({ type, addresses, routerPort }: LogicalSwitchPort): readonly string[] => [
  ...(type === '' ? [] : [`type: ${type}`]),
  ...(addresses.length === 0 || (addresses.length === 1 && addresses[0] === 'router') ? [] : [`addresses: ${list(addresses)}`]),
  ...(routerPort === undefined ? [] : [`router-port: ${routerPort}`]),
];

/** print_lr() */
const printRouter = (r: LogicalRouter): readonly string[] => [
  `router ${r.uuid ?? ''} (${r.name})${aka(r.alias)}`,
  ...r.ports.flatMap((p) => [`    port ${p.name}`, ...indented(p.settings ?? routerPortLines(p))]),
  ...r.nats.flatMap((n) => (n.uuid === undefined ? [] : [`    nat ${n.uuid}`, ...indented(n.settings ?? natLines(n))])),
];

const routerPortLines = ({ mac, networks }: LogicalRouterPort): readonly string[] => [...(mac === undefined ? [] : [`mac: "${mac}"`]), ...(networks.length === 0 ? [] : [`networks: ${list(networks)}`])];
const natLines = ({ externalIp, logicalIp, type }: LogicalNat): readonly string[] => [`external ip: "${externalIp}"`, `logical ip: "${logicalIp}"`, `type: "${type}"`];

/** lb_info_print(): a balancer's other addresses stand below its first. */
function printBalancers(balancers: readonly LogicalLoadBalancer[]): readonly string[] {
  const width = Math.max(...balancers.map((b) => b.vip.length)) + 4;
  const row = (uuid: string, name: string, protocol: string, vip: string, ips: string): string => `${uuid.padEnd(40)}${name.padEnd(20)}${protocol.padEnd(11)}${vip.padEnd(width)}${ips}`;
  return [
    row('UUID', 'LB', 'PROTO', 'VIP', 'IPs'),
    ...balancers.map((b, i) => {
      const first = b.uuid === undefined || b.uuid !== balancers[i - 1]?.uuid;
      return row(first ? (b.uuid ?? '') : '', first ? b.name.slice(0, 16) : '', b.protocol, b.vip, b.backends.join(','));
    }),
  ];
}

/** nbctl_acl_print() */
const printAcl = ({ direction, priority, match, action }: LogicalAcl): string => `${direction.padStart(10)} ${String(priority).padStart(5)} (${match}) ${action}`;

/** cmd_show_row() of lib/db-ctl-base.c, with the tables of ovn-sbctl. */
const printChassis = ({ name, hostname, encaps, ports }: OvnChassis): readonly string[] => [
  `Chassis ${quoted(name)}`,
  ...(hostname === undefined ? [] : [`    hostname: ${quoted(hostname)}`]),
  ...encaps.flatMap((e) => [`    Encap ${quoted(e.type)}`, `        ip: "${e.ip}"`, ...(e.options === undefined ? [] : [`        options: ${e.options}`])]),
  ...ports.map((p) => `    Port_Binding ${quoted(p)}`),
];

/** cmd_lflow_list(): a heading before each pipeline. */
function printFlows({ flows, flowHeads }: OvnNetwork, datapath: string | undefined, uuids: boolean): readonly string[] | undefined {
  const wanted = flows && (datapath === undefined ? flows : flows.filter((f) => f.datapath === datapath));
  if (!wanted || wanted.length === 0 || (uuids && wanted.some((f) => f.uuid === undefined))) return undefined;
  return wanted.flatMap((f, i) => {
    const before = wanted[i - 1];
    const heads = before?.datapath === f.datapath && before.pipeline === f.pipeline ? [] : [`Datapath: ${flowHeads?.[f.datapath] ?? `"${f.datapath}"`}  Pipeline: ${f.pipeline}`];
    return [...heads, printFlow(f, uuids)];
  });
}

const printFlow = ({ uuid, table, stage, priority, match, actions }: LogicalFlow, uuids: boolean): string =>
  `  ${uuids ? `uuid=0x${uuid ?? ''}, ` : ''}table=${String(table).padEnd(2)}(${stage.padEnd(19)}), priority=${String(priority).padEnd(5)}, match=(${match}), action=(${actions})`;
