import type { LearnAction, LearnSpec, Subfield, Words } from '../world/openflow.ts';
import { FIELDS } from '../world/openflowFields.ts';
import { type KeyValue, keyValues } from './ovsKeyValue.ts';
import { formatTable, type OvsNames, parseTable } from './ovsNames.ts';
import { formatFieldName, formatSubfield, parseSubfield, widthOf } from './ovsSubfield.ts';
import { formatValue, parseValue } from './ovsValues.ts';
import { fitsWords, hexWords, parseNumber, parseWords } from './ovsWords.ts';

/** The argument of `learn(…)` (learn_parse__(), lib/learn.c); undefined when something in it is not understood. */
export function parseLearn(text: string, names: OvsNames): LearnAction | undefined {
  let learn: LearnAction = { kind: 'learn', table: 1, priority: 32_768, cookie: '0', idleTimeout: 0, hardTimeout: 0, flags: [], limit: undefined, resultDst: undefined, specs: [] };
  const specs: LearnSpec[] = [];
  const flags: string[] = [];
  for (const arg of keyValues(text)) {
    const { key, value } = arg;
    const number = parseNumber(value);
    if (key === 'table') {
      const table = parseTable(value, names);
      if (table === undefined) return undefined;
      learn = { ...learn, table };
    } else if (key === 'priority' && number !== undefined) learn = { ...learn, priority: number };
    else if (key === 'idle_timeout' && number !== undefined) learn = { ...learn, idleTimeout: number };
    else if (key === 'hard_timeout' && number !== undefined) learn = { ...learn, hardTimeout: number };
    else if (key === 'limit' && number !== undefined) learn = { ...learn, limit: number };
    else if (key === 'cookie') {
      const cookie = parseWords(value, 2);
      if (!cookie) return undefined;
      learn = { ...learn, cookie: hexWords(cookie).replace(/^0x/, '') };
    } else if (key === 'fin_idle_timeout' || key === 'fin_hard_timeout' || ((key === 'send_flow_rem' || key === 'delete_learned') && value === '')) flags.push(arg.text);
    else if (key === 'result_dst') {
      const resultDst = parseSubfield(value);
      if (!resultDst) return undefined;
      learn = { ...learn, resultDst };
    } else {
      const spec = parseSpec(arg, names);
      if (!spec) return undefined;
      specs.push(spec);
    }
  }
  return { ...learn, flags, specs };
}

function parseSpec({ key, value }: KeyValue, names: OvsNames): LearnSpec | undefined {
  const dst = parseSubfield(key);
  if (dst) {
    if (value === '') return { kind: 'match', dst, src: dst };
    const src = parseSubfield(value) ?? immediate(dst, value, names);
    return src && (!('field' in src) || widthOf(src) === widthOf(dst)) ? { kind: 'match', dst, src } : undefined;
  }
  if (key === 'output') {
    const src = parseSubfield(value);
    return src && { kind: 'output', src };
  }
  if (key !== 'load') return undefined;
  const [srcText = '', dstText = ''] = value.split('->');
  const to = parseSubfield(dstText);
  const src = to && (parseSubfield(srcText) ?? integer(to, srcText));
  return to && src && (!('field' in src) || widthOf(src) === widthOf(to)) ? { kind: 'load', dst: to, src } : undefined;
}

/** A value in the field's own spelling for the whole field, else a number. */
function immediate(dst: Subfield, text: string, names: OvsNames): { readonly value: Words } | undefined {
  const field = FIELDS.get(dst.field);
  if (!field || dst.from !== 0 || dst.to !== field.bits - 1) return integer(dst, text);
  const read = parseValue(field, text, names);
  return read && !read.mask ? { value: read.value } : undefined;
}

function integer(dst: Subfield, text: string): { readonly value: Words } | undefined {
  const value = parseWords(text, FIELDS.get(dst.field)?.words ?? 1);
  return value && fitsWords(value, widthOf(dst)) ? { value } : undefined;
}

/** learn_format(), lib/learn.c. */
export function formatLearn(learn: LearnAction, names: OvsNames): string {
  const fin = learn.flags.filter((f) => f.startsWith('fin_'));
  return `learn(${[
    `table=${formatTable(learn.table, names)}`,
    ...(learn.idleTimeout === 0 ? [] : [`idle_timeout=${learn.idleTimeout}`]),
    ...(learn.hardTimeout === 0 ? [] : [`hard_timeout=${learn.hardTimeout}`]),
    ...fin,
    ...(learn.priority === 32_768 ? [] : [`priority=${learn.priority}`]),
    ...['send_flow_rem', 'delete_learned'].filter((f) => learn.flags.includes(f)),
    ...(learn.cookie === '0' ? [] : [`cookie=0x${learn.cookie}`]),
    ...(learn.limit === undefined || learn.limit === 0 ? [] : [`limit=${learn.limit}`]),
    ...(learn.resultDst ? [`result_dst=${formatSubfield(learn.resultDst)}`] : []),
    ...learn.specs.map((spec) => formatSpec(spec, names)),
  ].join(',')})`;
}

function formatSpec(spec: LearnSpec, names: OvsNames): string {
  if (spec.kind === 'output') return `output:${formatSubfield(spec.src)}`;
  const dst = formatSubfield(spec.dst);
  if (spec.kind === 'load') return `load:${'field' in spec.src ? formatSubfield(spec.src) : hexWords(spec.src.value)}->${dst}`;
  if ('field' in spec.src) return spec.src.field === spec.dst.field && spec.src.from === spec.dst.from ? dst : `${dst}=${formatSubfield(spec.src)}`;
  const field = FIELDS.get(spec.dst.field);
  if (field && spec.dst.from === 0 && spec.dst.to === field.bits - 1) return `${formatFieldName(field.name)}=${formatValue(field, spec.src.value, undefined, names)}`;
  return `${dst}=${hexWords(spec.src.value)}`;
}
