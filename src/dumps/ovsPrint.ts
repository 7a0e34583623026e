import type { DatapathFlow } from '../world/datapathFlow.ts';
import type { OvsBridge } from '../world/openflow.ts';
import type { Host } from '../world/world.ts';
import { printDpFlows } from './ovsDpFlows.ts';
import { printBridgeRule, printRule } from './ovsFlows.ts';
import { printFdbShow } from './ovsFdb.ts';
import { printGroup } from './ovsGroups.ts';
import { bridgeNames, type OvsNames } from './ovsNames.ts';
import { ovsCommand } from './ovsSection.ts';
import { printDpifShow, printOfctlShow, printVsctlList } from './ovsShow.ts';
import { printTlvMap } from './ovsTlvMap.ts';
import { groupIn, ruleIn, versionMark, versionOf } from './ovsVersion.ts';
import { printVsctlShow } from './ovsVsctl.ts';

/**
 * Numbers alone, as in a pipe. A name whose number nobody told stays a name.
 */
function numbersOf(bridge: OvsBridge): OvsNames {
  const assumed = new Map(bridge.ports.flatMap((p) => (p.ofportAssumed && p.ofport !== undefined ? [[p.ofport, p.name] as const] : [])));
  return { portName: (ofport) => assumed.get(ofport), tableName: (table) => bridge.tableNames?.[String(table)] };
}

/**
 * What a command of Open vSwitch prints on a machine; undefined when nothing in the world tells. `words` are those of the command
 * itself, without sudo and path.
 */
export function printOvs(host: Host, words: readonly string[]): readonly string[] | undefined {
  const command = ovsCommand(words);
  if (!command) return undefined;
  const { kind, args, options } = command;
  if (kind === 'ovs-dp-flows') return args.length > 0 || words[1] === 'dpif/dump-flows' ? undefined : printCache(host.datapathFlows, options);
  if (kind === 'ovs-list') return args.length > 2 || options.length > 0 ? undefined : host.ovsRecords && printVsctlList(host.ovsRecords, args[0] ?? '', args[1]);
  if (!host.ovs) return undefined;
  if (kind === 'ovs-dpif-show') return printDpifShow(host.ovs);
  if (kind === 'ovs-vsctl') return printVsctlShow(host.ovs, host.netns[0]?.headings?.ovsVsctl);
  const bridge = host.ovs.find((b) => b.name === args[0]);
  const asked = options.find((o) => /^(?:-O|--protocols)=?OpenFlow/.test(o))?.replace(/^(?:-O|--protocols)=?/, '') ?? optionValue(options, '-O', '--protocols');
  const version = versionOf(asked);
  if (!bridge || args.length > 1 || version === undefined) return undefined;
  if (kind === 'ovs-fdb') return bridge.macs.length === 0 ? undefined : printFdbShow(bridge);
  if (words[0] === 'ovs-appctl') return kind === 'ovs-flows' ? bridge.flows?.map(printBridgeRule) : undefined;
  const mark = versionMark(version);
  const named = options.includes('--names');
  const names = named ? bridgeNames(bridge) : numbersOf(bridge);
  switch (kind) {
    case 'ovs-ofctl-show':
      return printOfctlShow(bridge, mark);
    case 'ovs-flows': {
      const stats = !options.includes('--no-stats');
      const rules = bridge.flows?.map((r) => ` ${printRule(ruleIn(r, version), { names, stats })}`);
      // Without the numbers of a reply there is no heading either (ofctl_dump_flows(), utilities/ovs-ofctl.c).
      return rules && (named || !stats ? rules : [version === '1.0' ? 'NXST_FLOW reply (xid=0x4):' : `OFPST_FLOW reply${mark} (xid=0x2):`, ...rules]);
    }
    case 'ovs-groups':
      return bridge.groups && [version === '1.0' ? 'NXST_GROUP_DESC reply (xid=0x2):' : `OFPST_GROUP_DESC reply${mark} (xid=0x2):`, ...bridge.groups.map((g) => ` ${printGroup(groupIn(g, version), names)}`)];
    case 'ovs-tlv-map':
      return bridge.tlvs.length === 0 ? undefined : ['NXT_TLV_TABLE_REPLY (xid=0x2):', ...printTlvMap(bridge.tlvs)];
    default:
      return undefined;
  }
}

/** The listing as it was asked for: what `-m` adds nobody can make up, and names alone stand there with it or with `--names`. */
function printCache(flows: readonly DatapathFlow[] | undefined, options: readonly string[]): readonly string[] | undefined {
  const more = options.some((o) => o === '-m' || o === '--more');
  const named = more || options.includes('--names');
  const isNamed = flows?.some((f) => f.inPort !== undefined && !/^\d+$/.test(f.inPort)) ?? false;
  return flows && (flows.length === 0 || (isNamed === named && flows.some((f) => f.ufid !== undefined) === more)) ? printDpFlows(flows) : undefined;
}

const optionValue = (options: readonly string[], ...keys: readonly string[]): string | undefined => {
  const at = options.findIndex((o) => keys.includes(o));
  return at < 0 ? undefined : options[at + 1];
};
