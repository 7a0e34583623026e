import { printRule, readDumpFlows } from '../../../src/dumps/ovsFlows.ts';
import { printGroup, readDumpGroups } from '../../../src/dumps/ovsGroups.ts';
import type { OvsNames } from '../../../src/dumps/ovsNames.ts';
import { groupIn, type OpenFlowVersion, ruleIn } from '../../../src/dumps/ovsVersion.ts';
import { BED } from './bed.ts';
import { ovsCatalogue } from './catalogue/index.ts';
import type { Sandbox } from './sandbox.ts';
import { namesOf, EMPTY_BED } from './world.ts';

/*
 * Whether our printers say what ovs-ofctl says, in each version of OpenFlow and with each option, and ovs-ofctl takes what they say.
 */

const VERSIONS: readonly (readonly [option: string, version: OpenFlowVersion])[] = [
  ['OpenFlow10', '1.0'],
  ['OpenFlow13', '1.3'],
  ['OpenFlow15', '1.5'],
];

export interface PrintDifference {
  readonly where: string;
  readonly ours: string | undefined;
  readonly real: string | undefined;
}

export interface PrintResult {
  /** Lines that were compared. */
  readonly lines: number;
  readonly differences: readonly PrintDifference[];
}

const rulesIn = (text: string): readonly string[] => text.split('\n').filter((l) => l.trim() !== '' && !/^(?:NXST|OFPST)_/.test(l));
const listing = (text: string) => ({ input: 'switch', firstLine: 1, lines: text.split('\n') });

/** Sorted, without those that nobody can tell. */
const clear = (list: readonly string[]): readonly string[] => list.filter((l) => !AMBIGUOUS.test(l)).toSorted();

function compareLines(where: string, ours: readonly string[], real: readonly string[], into: PrintDifference[]): number {
  for (let i = 0; i < Math.max(ours.length, real.length); i++) if (ours[i] !== real[i]) into.push({ where, ours: ours[i], real: real[i] });
  return real.length;
}

/**
 * One bridge with whatever is in it. `base`: the version in which its rules were put in, from whose dump the others can be told. `readd`:
 * what we print is put in, and must come out the same.
 */
export function checkPrints(sandbox: Sandbox, bridge: string, names: OvsNames, base: string, readd: boolean): PrintResult {
  const differences: PrintDifference[] = [];
  let lines = 0;
  const dump = (version: string, command: string, ...flags: readonly string[]): string => sandbox.ofctl(['-O', version, command, ...flags, bridge]).text;
  const plain = readDumpFlows(listing(dump(base, 'dump-flows')), names).value;
  const groups = readDumpGroups(listing(dump('OpenFlow15', 'dump-groups')), names).value;
  for (const [option, version] of VERSIONS) {
    for (const flags of [[], ['--names'], ['--no-stats'], ['--names', '--no-stats']]) {
      const text = dump(option, 'dump-flows', ...flags);
      const style = { names: flags.includes('--names') ? names : {}, stats: !flags.includes('--no-stats') };
      const read = readDumpFlows(listing(text), names).value;
      lines += compareLines(`${bridge} dump-flows ${option} ${flags.join(' ')}`, read.map((r) => ` ${printRule(r, style)}`), rulesIn(text), differences);
      if (style.stats) continue;
      // Told by a dump of another version.
      lines += compareLines(`${bridge} dump-flows ${base} as ${option} ${flags.join(' ')}`, clear(plain.map((r) => ` ${printRule(ruleIn(r, version), style)}`)), clear(rulesIn(text)), differences);
    }
    const text = dump(option, 'dump-groups');
    lines += compareLines(`${bridge} dump-groups ${option}`, readDumpGroups(listing(text), names).value.map((g) => ` ${printGroup(g)}`), rulesIn(text), differences);
    lines += compareLines(`${bridge} dump-groups OpenFlow15 as ${option}`, groups.map((g) => ` ${printGroup(groupIn(g, version))}`).toSorted(), rulesIn(text).toSorted(), differences);
  }
  if (!readd) return { lines, differences };
  const ours = plain.map((r) => printRule(r, { stats: false }));
  const put = sandbox.ofctl(['-O', base, 'add-flows', bridge, '-'], `delete\n${ours.join('\n')}\n`);
  if (!put.ok) differences.push({ where: `${bridge} add-flows`, ours: put.text.slice(0, 2000), real: undefined });
  else lines += compareLines(`${bridge} put in again`, ours.map((l) => ` ${l}`).toSorted(), rulesIn(dump(base, 'dump-flows', '--no-stats')).toSorted(), differences);
  return { lines, differences };
}

/** Rules that ovs-ofctl refuses though it dumped them: what only OpenFlow 1.0 lets a rule without a tag do, a mask of an IPv6 address that ends in colons. */
const OLD_ONLY = /strip_vlan|pop_vlan|enqueue|IPV6_SRC\[64/;
/** Rules that one version tells in the words of another rule: `mod_vlan_vid` is a push and a set_field in OpenFlow 1.5, a masked address has no mask in 1.0. */
const AMBIGUOUS = /vlan|VLAN|0\.0\.8\.0|IP_DST\[8/;

/** The rule with another priority, and that for a cookie. */
function withPriority(flow: string, priority: number): string {
  const at = flow.indexOf('actions=');
  const head = flow.slice(0, at).split(/[, ]/).filter((w) => w !== '' && !/^(?:priority|cookie)=/.test(w));
  return [`cookie=0x${priority.toString(16)}`, `priority=${priority}`, ...head, flow.slice(at)].join(',');
}

/** All rules of the catalogue at once, each with a priority of its own, on the bridges of the bed. */
export function checkCataloguePrints(sandbox: Sandbox): PrintResult {
  const results = BED.map(({ name }): PrintResult => {
    // Its own dump of write_metadata in OpenFlow 1.0 is no dump to ovs-ofctl.
    const own = ovsCatalogue.flatMap((c) => c.flows[name] ?? []).filter((f) => !f.includes('write_metadata')).map((f, i) => withPriority(f, i + 1));
    const groups = ovsCatalogue.flatMap((c) => c.groups?.[name] ?? []).map((g, i) => g.replace(/^group_id=\d+/, `group_id=${i + 10}`));
    const again = own.filter((f) => !OLD_ONLY.test(f));
    const tlvs = ovsCatalogue.flatMap((c) => c.tlvs?.[name] ?? []).slice(0, 1);
    const all = (version: string, command: string, input: readonly string[]): string => (input.length === 0 ? '' : (({ ok, text }) => (ok ? '' : text))(sandbox.ofctl(['-O', version, command, name, '-'], `${input.join('\n')}\n`)));
    for (const command of ['del-flows', 'del-groups', 'del-tlv-map']) sandbox.ofctl(['-O', 'OpenFlow15', command, name]);
    if (tlvs[0] !== undefined) sandbox.ofctl(['-O', 'OpenFlow15', 'add-tlv-map', name, tlvs[0]]);
    const base = ['group_id=1,type=all,bucket=output:1', 'group_id=2,type=all,bucket=output:1'];
    const refused = [all('OpenFlow15', 'add-groups', [...base, ...groups]), all('OpenFlow15', 'add-flows', again)].filter((r) => r !== '');
    const bridge = EMPTY_BED.find((b) => b.name === name);
    const names = bridge ? namesOf(bridge) : {};
    const first = checkPrints(sandbox, name, names, 'OpenFlow15', true);
    const old = own.filter((f) => OLD_ONLY.test(f));
    const second = old.length === 0 || all('OpenFlow10', 'add-flows', ['delete', ...old]) !== '' ? { lines: 0, differences: [] } : checkPrints(sandbox, name, names, 'OpenFlow10', false);
    return { lines: first.lines + second.lines, differences: [...refused.map((r) => ({ where: `${name}: rules of the catalogue`, ours: r, real: undefined })), ...first.differences, ...second.differences] };
  });
  return { lines: results.reduce((sum, r) => sum + r.lines, 0), differences: results.flatMap((r) => r.differences) };
}
