import type { ReactNode } from 'react';
import type { Strings } from '../strings.ts';
import { Icon } from '../topbar/Icon.tsx';

interface Props {
  /** The subsystem's silhouette. */
  readonly glyph: ReactNode;
  /** Subsystem, hook or device, host. */
  readonly eyebrow: string;
  readonly headline: string;
  /** What comes next; '' at the end of the walk. */
  readonly next: string;
  /** Some headline of this walk takes two lines: room is kept for it at every step, so that nothing below moves. */
  readonly roomy: boolean;
  readonly t: Strings;
}

/** Where the packet is, what happened, and what comes next; said aloud when it changes. */
export function Caption({ glyph, eyebrow, headline, next, roomy, t }: Props) {
  return (
    <div className="caption" data-roomy={roomy || undefined} aria-live="polite" aria-atomic="true">
      <p className="eyebrow">
        {glyph}
        <span>{eyebrow}</span>
      </p>
      <h2 className="headline">{headline}</h2>
      <p className="next">
        {next === '' ? (
          <span>{t.end}</span>
        ) : (
          <>
            <Icon name="arrow" />
            <b>{t.next}</b>
            <span>{next}</span>
          </>
        )}
      </p>
    </div>
  );
}
