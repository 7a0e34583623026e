import type { CachedPass } from '../../../engine/step.ts';
import type { Lang } from '../../../text/lang.ts';
import { cachedText } from '../../../text/openflow/cachedText.ts';
import type { SourceRef } from '../../../world/source.ts';
import type { Host } from '../../../world/world.ts';
import { flowStrings } from './strings.ts';

interface CachedFlowsProps {
  readonly host: Host;
  readonly pass: CachedPass;
  readonly lang: Lang;
  readonly onOpenSource: (ref: SourceRef) => void;
}

/** What the real datapath had cached for such a packet, beside what the rules say. */
export function CachedFlows({ host, pass, lang, onOpenSource }: CachedFlowsProps) {
  const t = flowStrings(lang);
  const { summary, flows } = cachedText(host, pass, lang);
  return (
    <div className="of-cached" role="group" aria-label={t.cached}>
      <h4>{t.cached}</h4>
      <p>{summary}</p>
      {flows.map(({ flow, stats, verdict, agreement, computed, open, behind }, i) => (
        <div key={i} data-agreement={agreement}>
          {behind !== undefined && <p>{behind}</p>}
          <button type="button" className="of-other" disabled={!flow.source} onClick={() => flow.source && onOpenSource(flow.source)}>
            <code>{flow.text}</code>
          </button>
          <p>{stats}</p>
          <p>
            {t.byCache} <code>{flow.actions}</code>
          </p>
          {computed !== undefined && (
            <p>
              {t.byRules} <code>{computed}</code>
            </p>
          )}
          <p>
            <b>{verdict}</b>
          </p>
          {open !== undefined && <p>{open}</p>}
        </div>
      ))}
    </div>
  );
}
