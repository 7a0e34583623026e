import { useEffect, useState } from 'react';
import type { Lang } from '../../text/lang.ts';
import { Breakable } from './Breakable.tsx';
import { inspectorStrings } from './strings.ts';

interface SeeSectionProps {
  readonly host: string;
  readonly command: string;
  readonly expected: string | undefined;
  readonly lang: Lang;
}

/** The command that shows the same on a real node. */
export function SeeSection({ host, command, expected, lang }: SeeSectionProps) {
  const t = inspectorStrings(lang);
  const [said, setSaid] = useState<'copied' | 'copyFailed' | undefined>(undefined);
  useEffect(() => setSaid(undefined), [command]);
  const copy = () => {
    // Without a secure context there is no clipboard at all.
    const done = navigator.clipboard ? navigator.clipboard.writeText(command) : Promise.reject(new Error('no clipboard'));
    done.then(
      () => setSaid('copied'),
      () => setSaid('copyFailed'),
    );
  };
  return (
    <section className="insp-section">
      <h2>{t.see}</h2>
      <div className="insp-command">
        <code>
          <span className="insp-host">{host} # </span>
          <Breakable text={command} />
        </code>
        {expected !== undefined && <output>{expected}</output>}
        <button type="button" aria-label={t.copy} title={t.copy} onClick={copy}>
          <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            {said === 'copied' ? (
              <path d="m3.5 8.5 3 3 6-7" strokeLinecap="round" />
            ) : (
              <>
                <rect x="5.4" y="5.4" width="8" height="8" rx="1.6" />
                <path d="M10.6 5.2V2.6H2.6v8h2.6" />
              </>
            )}
          </svg>
        </button>
      </div>
      <p className="insp-said" role="status">
        {said === undefined ? '' : t[said]}
      </p>
    </section>
  );
}
