import { lazy, Suspense, useMemo } from 'react';
import type { ReasonOf } from '../../cluster/because.ts';
import type { Choice } from '../../engine/probe.ts';
import type { Stop } from '../../text/reading-types.ts';
import type { Telling } from '../../text/telling.ts';
import { judgeNames, shortRelease, trustOf } from '../../text/trust.ts';
import { why } from '../../text/why.ts';
import type { SourceRef } from '../../world/source.ts';
import { Breakable } from './Breakable.tsx';
import { ChoiceRows } from './ChoiceRows.tsx';
import { choicesAt } from './choicesAt.ts';
import { CodeBlock } from './CodeBlock.tsx';
import type { BundleText } from './dumpText.ts';
import { lookupExcerpts } from './lookupExcerpts.ts';
import { actedRule, ruleExcerpt } from './ruleExcerpt.ts';
import type { FlowSectionProps } from './flow/FlowSection.tsx';
import { inspectorStrings } from './strings.ts';

// Fetched with the first step that Open vSwitch has a say in.
const FlowSection = lazy(() => import('./flow/FlowSection.tsx').then((m) => ({ default: m.FlowSection })));

interface WhySectionProps {
  readonly ctx: Telling;
  readonly stop: Stop;
  readonly bundle: BundleText;
  readonly reasonOf: ReasonOf | undefined;
  readonly onChoose: (key: string, option: number) => void;
  readonly onShowAll: () => void;
  readonly onShowVerified: () => void;
  readonly onOpenSource: (ref: SourceRef) => void;
  /** Opens the page's ofproto/trace with the packet that came into a bridge of Open vSwitch. */
  readonly onTry: FlowSectionProps['onTry'];
}

/** Who decided and by what: the chains on the way, the reason in words, then the very lines of the dump. */
export function WhySection({ ctx, stop, bundle, reasonOf, onChoose, onShowAll, onShowVerified, onOpenSource, onTry }: WhySectionProps) {
  const { trace, world, lang } = ctx;
  const t = inspectorStrings(lang);
  const rule = useMemo(() => actedRule(trace, stop), [trace, stop]);
  const excerpts = useMemo(() => {
    const table = ruleExcerpt(ctx, bundle, stop);
    return table ? [table, ...lookupExcerpts(trace, bundle, stop)] : lookupExcerpts(trace, bundle, stop);
  }, [ctx, trace, bundle, stop]);
  const tables = useMemo(() => trace.steps.slice(stop.from, stop.to + 1).some((s) => s.subsystem === 'ovs'), [trace, stop]);
  const choices: readonly Choice[] = useMemo(() => choicesAt(trace, stop), [trace, stop]);
  const trust = useMemo(() => trustOf(world, trace.steps.slice(stop.from, stop.to + 1)), [world, trace, stop]);
  return (
    <section className="insp-section">
      <h2>
        {t.why}
        {trust.kind === 'unknown' ? (
          <small className="insp-trust" title={t.unknownHint} data-unknown>
            {t.unknown}
          </small>
        ) : (
          <button type="button" className="insp-trust" title={trust.kind === 'verified' ? t.verifiedHint(judgeNames(trust.kernels)) : t.modelledHint} onClick={onShowVerified}>
            {trust.kind === 'verified' ? t.verified(judgeNames(trust.kernels.map(shortRelease))) : t.modelled}
          </button>
        )}
      </h2>
      {rule && rule.stack.length > 0 && (
        <ol className="insp-crumbs" aria-label={t.stack}>
          {rule.stack.map((frame, i) => (
            <li key={i}>
              {frame.chain} <em>{frame.rule}</em>
            </li>
          ))}
        </ol>
      )}
      <p>
        {why(ctx, stop).map((piece, i) =>
          piece.tone === 'plain' ? <span key={i}>{piece.text}</span> : piece.tone === 'strong' ? <b key={i}>{piece.text}</b> : <code key={i}><Breakable text={piece.text} /></code>,
        )}
      </p>
      {choices.map((choice) => (
        <ChoiceRows key={choice.key} choice={choice} world={world} lang={lang} onChoose={onChoose} onShowAll={onShowAll} />
      ))}
      {tables && (
        <Suspense fallback={null}>
          <FlowSection key={stop.from} ctx={ctx} stop={stop} bundle={bundle} reasonOf={reasonOf} onOpenSource={onOpenSource} onTry={onTry} />
        </Suspense>
      )}
      {excerpts.length > 0 && (
        <div className="insp-excerpts" role="group" aria-label={t.dumps}>
          {excerpts.map((excerpt) => (
            <CodeBlock key={excerpt.key} excerpt={excerpt} reasonOf={reasonOf} lang={lang} onOpenSource={onOpenSource} />
          ))}
        </div>
      )}
    </section>
  );
}
