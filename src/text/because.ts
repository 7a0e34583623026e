import type { Because } from '../cluster/because.ts';
import type { Lang } from './lang.ts';

/** Words of the parts that have a translation; the fields and kinds of Kubernetes keep their names. */
const PART_WORDS: readonly (readonly [RegExp, string])[] = [
  [/^port\b/, '포트'],
  [/^node port\b/, '노드 포트'],
  [/^(ingress|egress) rule\b/, '$1 규칙'],
  [/^rule\b/, '규칙'],
  [/^endpoint\b/, '엔드포인트'],
  [/^address\b/, '주소'],
];

const partIn = (part: string, lang: Lang): string => (lang === 'en' ? part : PART_WORDS.reduce((text, [word, ko]) => text.replace(word, ko), part));

/** `Service default/ng-svc`, in the words of Kubernetes. */
export function objectName({ kind, namespace, name }: Because): string {
  const full = namespace === undefined || name === '' ? name : `${namespace}/${name}`;
  return full === '' ? kind : `${kind} ${full}`;
}

/**
 * Why a line of a compiled node is there: `because of Service default/ng-svc, port http`. An object that stands nowhere in the input
 * is a default, and that is said.
 */
export function becauseText(because: Because, lang: Lang): string {
  const object = objectName(because);
  const part = because.part === undefined ? '' : partIn(because.part, lang);
  const given = because.source !== undefined;
  if (lang === 'en') return `because of ${object}${part === '' ? '' : `, ${part}`}${given ? '' : ' (by default)'}`;
  return `${object}${part === '' ? '' : `, ${part}`}에 따라 만들어짐${given ? '' : ' (기본값)'}`;
}
