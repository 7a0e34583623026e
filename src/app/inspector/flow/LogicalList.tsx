import type { ReactNode } from 'react';
import type { LogicalHop } from '../../../engine/ovn/logicalPath.ts';
import type { Lang } from '../../../text/lang.ts';
import { hopText } from '../../../text/logicalText.ts';
import { flowStrings } from './strings.ts';

interface LogicalListProps {
  readonly hops: readonly LogicalHop[];
  /** Those that the stop is about. */
  readonly here: ReadonlySet<LogicalHop>;
  /** The look-ups of a hop. */
  readonly tablesOf: (hop: LogicalHop) => ReactNode;
  readonly lang: Lang;
}

/** The packet's way from logical switch to logical router, with the tables of OpenFlow folded beneath each. */
export function LogicalList({ hops, here, tablesOf, lang }: LogicalListProps) {
  const t = flowStrings(lang);
  return (
    <section aria-label={t.logical}>
      <h3>{t.logical}</h3>
      <ol className="of-hops">
        {hops.map((hop, i) => {
          const told = hopText(hop, lang);
          return (
            <li key={i} data-here={here.has(hop) || undefined} aria-current={here.has(hop) ? 'step' : undefined}>
              <b>{told.title}</b>
              {told.continued !== undefined && <small>{told.continued}</small>}
              {here.has(hop) && told.purpose !== undefined && <span>{told.purpose}</span>}
              <span>{told.ports}</span>
              {told.effects.map((effect, k) => (
                <span key={k} className="of-effect">
                  {effect}
                </span>
              ))}
              {told.end !== undefined && <em data-end={hop.end.kind}>{told.end}</em>}
              {here.has(hop) && (
                <details>
                  <summary>{t.tableCount(hop.steps.length)}</summary>
                  {tablesOf(hop)}
                </details>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
