import type { Subfield } from '../world/openflow.ts';
import { fieldNamed, FIELDS } from '../world/openflowFields.ts';

const SUBFIELD = /^([A-Za-z]\w*)(?:\[(?:(\d{1,4})(?:\.\.(\d{1,4}))?)?\])?$/;

/** `NXM_NX_REG0[16..31]`, `reg0[5]`, `reg0[]` or `reg0` (mf_parse_subfield(), lib/nx-match.c). */
export function parseSubfield(text: string): Subfield | undefined {
  const [, name = '', fromText, toText] = SUBFIELD.exec(text) ?? [];
  const field = fieldNamed(name);
  if (!field) return undefined;
  const from = Number(fromText ?? 0);
  const to = fromText === undefined ? field.bits - 1 : Number(toText ?? fromText);
  return from <= to && to < field.bits ? { field: field.name, from, to } : undefined;
}

/** mf_format_subfield(), lib/nx-match.c: by its NXM name where it has one. */
export function formatSubfield({ field, from, to }: Subfield): string {
  const spec = FIELDS.get(field);
  const name = spec?.nxm[0] ?? field;
  if (from === 0 && to === (spec?.bits ?? 0) - 1) return `${name}[]`;
  return from === to ? `${name}[${from}]` : `${name}[${from}..${to}]`;
}

/** How many bits it has. */
export const widthOf = ({ from, to }: Subfield): number => to - from + 1;

/** Names of the fields in `set_field` and `learn`, where they are not those of a match (enum mf_field_id, include/openvswitch/meta-flow.h). */
const OWN_NAMES: Readonly<Record<string, string>> = { dl_src: 'eth_src', dl_dst: 'eth_dst', dl_type: 'eth_type', nw_src: 'ip_src', nw_dst: 'ip_dst', nw_frag: 'ip_frag' };

export const formatFieldName = (field: string): string => OWN_NAMES[field] ?? field;
