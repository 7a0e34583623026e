import { useState } from 'react';
import type { OvsNames } from '../../../dumps/ovsNames.ts';
import type { MissedRule } from '../../../engine/openflow/missed.ts';
import type { Trace } from '../../../engine/trace-types.ts';
import type { Lang } from '../../../text/lang.ts';
import { conditionText, sawText } from '../../../text/openflow/fieldWords.ts';
import type { SourceRef } from '../../../world/source.ts';
import type { World } from '../../../world/world.ts';
import type { Design } from '../../../text/openflow/design.ts';
import { MatchWords } from './MatchWords.tsx';
import { flowStrings } from './strings.ts';
import type { LookUp } from './walkOf.ts';

interface OtherRulesProps {
  readonly world: World;
  readonly trace: Trace;
  readonly lookUp: LookUp;
  readonly names: OvsNames;
  readonly design: Design | undefined;
  readonly lang: Lang;
  readonly onOpenSource: (ref: SourceRef) => void;
}

/** A table of a busy node has hundreds of rules that differ in one address. */
const SHOWN = 25;

/** Which rules of the table could have been taken instead, and on which field each failed; compared when asked for. */
export function OtherRules({ world, trace, lookUp, names, design, lang, onOpenSource }: OtherRulesProps) {
  const t = flowStrings(lang);
  const [missed, setMissed] = useState<readonly MissedRule[] | 'wait' | 'failed'>();
  const compare = () => {
    if (missed !== undefined && missed !== 'failed') return setMissed(undefined);
    setMissed('wait');
    // The engine is a file of its own, and may not be there yet.
    import('../../../engine/trace.ts').then(
      (m) => setMissed(m.explainLookUp(world, trace, lookUp.id)),
      () => setMissed('failed'),
    );
  };
  const found = typeof missed === 'object' ? missed : undefined;
  const told = missed === 'wait' ? t.whyWait : missed === 'failed' ? t.whyFailed : !found ? '' : found.length === 0 ? t.none : lookUp.rule ? t.others(found.length) : t.othersMiss(found.length);
  // The button stays where it is: so does the focus.
  return (
    <div className="of-others">
      <button type="button" className="of-ask" aria-expanded={found !== undefined} onClick={compare}>
        {t.why}
      </button>
      <p role="status">{told}</p>
      {found && found.length > 0 && (
        <ul>
          {found.slice(0, SHOWN).map((one, i) => (
            <li key={i}>
              <button type="button" className="of-other" disabled={one.rule.source === undefined} onClick={() => one.rule.source && onOpenSource(one.rule.source)}>
                <code>
                  {one.rule.priority} <MatchWords match={one.rule.match} names={names} design={design} lang={lang} any={t.any} />
                </code>
                <small>{reason(one, names, lang)}</small>
              </button>
            </li>
          ))}
        </ul>
      )}
      {found && found.length > SHOWN && <p>{t.more(found.length - SHOWN)}</p>}
    </div>
  );
}

function reason({ rule, failed }: MissedRule, names: OvsNames, lang: Lang): string {
  const t = flowStrings(lang);
  const [first] = failed;
  if (!first) return rule.actions.some((a) => a.kind === 'conjunction') ? t.soft : t.tie;
  return t.fails(first.field, conditionText(first, names), sawText(first.field, first.saw, names)) + t.and(failed.length - 1);
}
