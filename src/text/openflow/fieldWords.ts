import { formatValue } from '../../dumps/ovsValues.ts';
import type { OvsNames } from '../../dumps/ovsNames.ts';
import type { FieldMatch, Words } from '../../world/openflow.ts';
import { CT_STATE, FIELDS } from '../../world/openflowFields.ts';
import type { Lang } from '../lang.ts';
import type { Design } from './design.ts';
import * as en from './fieldWords.en.ts';
import * as ko from './fieldWords.ko.ts';

const dictionaries = { en, ko };

/** Fields that share an entry: the whole name, or how it begins. */
const FAMILIES: readonly (readonly [RegExp, keyof en.FieldWords])[] = [
  [/^in_port/, 'in_port'],
  [/^tun_gbp/, 'tun_gbp'],
  [/^tun_ipv6/, 'tun_ipv6'],
  [/^tun_metadata/, 'tun_metadata'],
  [/^reg\d/, 'reg'],
  [/^xreg/, 'xreg'],
  [/^xxreg/, 'xxreg'],
  [/^ct_(nw_src|nw_dst|ipv6)/, 'ct_nw'],
  [/^ct_(tp|nw_proto)/, 'ct_tp'],
  [/^(dl_vlan|vlan_vid|vlan_pcp)/, 'dl_vlan'],
  [/^mpls/, 'mpls'],
  [/^ip_dscp/, 'nw_tos'],
  [/^(tcp|udp|sctp)_src$/, 'tp_src'],
  [/^(tcp|udp|sctp)_dst$/, 'tp_dst'],
  [/^icmp(v6)?_type$/, 'icmp_type'],
  [/^icmp(v6)?_code$/, 'icmp_code'],
  [/^ipv6/, 'ipv6'],
  [/^nd_/, 'nd'],
];

/** What a field holds, in one or two sentences; with what the author of the rules uses it for, where that is known. */
export function fieldHelp(field: string, design: Design | undefined, lang: Lang): string {
  const { fieldWords, designWords } = dictionaries[lang];
  const own: Readonly<Record<string, string>> = fieldWords;
  const general = own[field] ?? fieldWords[FAMILIES.find(([name]) => name.test(field))?.[1] ?? 'other'];
  const use: Readonly<Record<string, string>> = design === undefined ? {} : designWords[design];
  const special = use[field];
  return special === undefined ? general : `${special} ${general}`;
}

/** What a table of a known design is for, by its number or its name; undefined where neither says anything. */
export function tableHelp(table: number, design: Design | undefined, lang: Lang, { tableName }: OvsNames = {}): string | undefined {
  const { sdnTables, antreaTables } = dictionaries[lang];
  const numbered: Readonly<Record<number, string>> = sdnTables;
  const named: Readonly<Record<string, string>> = antreaTables;
  return design === 'openshift-sdn' ? numbered[table] : design === 'antrea' ? named[tableName?.(table) ?? ''] : undefined;
}

/** The field behind a word of a match as rules are written: `nw_dst=10.0.0.0/8`, `tcp`. */
export function fieldOfWord(word: string): string {
  const [name = '', value] = word.split('=');
  return value === undefined && !FIELDS.has(name) ? (/^(ip|ipv6|arp|rarp|mplsm?)$/.test(name) ? 'dl_type' : 'nw_proto') : name;
}

/** What the bits of a ct_state say, in words. `asked`: the bits that count, all of those that are set without it. */
export function ctStateHelp(state: number, asked: number | undefined, lang: Lang): readonly { readonly flag: string; readonly set: boolean; readonly words: string }[] {
  const { ctStateWords } = dictionaries[lang];
  return Object.entries(CT_STATE).flatMap(([flag, bit]) => (((asked ?? state) & bit) === 0 ? [] : [{ flag, set: (state & bit) !== 0, words: ctStateWords[flag as keyof typeof CT_STATE] }]));
}

/** A condition's field by the name that its packet's kind gives it, and what it asks for, as rules are written. */
export function conditionText({ field, value, mask, text }: FieldMatch, names: OvsNames): string {
  const spec = FIELDS.get(field);
  return text ?? (spec ? formatValue(spec, value, mask, names) : value.map((w) => `0x${w.toString(16)}`).join(' '));
}

/** What a packet has in a field, as rules are written. */
export function sawText(field: string, saw: Words, names: OvsNames): string {
  const spec = FIELDS.get(field);
  return spec ? formatValue(spec, saw, undefined, names) : '';
}
