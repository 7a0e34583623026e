import type { Diagnostic } from '../../dumps/diagnostic.ts';
import { diagnosticText } from '../../text/diagnostics.ts';
import type { Lang } from '../../text/lang.ts';
import type { SourceRef } from '../../world/source.ts';
import { AboutUserspace } from '../builder/Userspace.tsx';
import { intakeStrings } from './strings.ts';

const MAX_SHOWN = 100;

interface Props {
  readonly diagnostics: readonly Diagnostic[];
  readonly lang: Lang;
  readonly onOpen: (ref: SourceRef) => void;
}

/** What was not understood, by file and line; each entry opens its line. Remarks that cost nothing are folded away. */
export function DiagnosticList({ diagnostics, lang, onOpen }: Props) {
  const s = intakeStrings(lang);
  const problems = diagnostics.filter((d) => d.severity !== 'info');
  const remarks = diagnostics.filter((d) => d.severity === 'info');
  return (
    <div className="diagnostics">
      {problems.length === 0 ? (
        <p className="fine">{s.noProblems}</p>
      ) : (
        <>
          <h4>{s.problems}</h4>
          <Items items={problems} lang={lang} onOpen={onOpen} />
        </>
      )}
      {remarks.length > 0 && (
        <details>
          <summary>{s.remarks(remarks.length)}</summary>
          <Items items={remarks} lang={lang} onOpen={onOpen} />
        </details>
      )}
    </div>
  );
}

function Items({ items, lang, onOpen }: { readonly items: readonly Diagnostic[]; readonly lang: Lang; readonly onOpen: (ref: SourceRef) => void }) {
  const s = intakeStrings(lang);
  return (
    <ul>
      {items.slice(0, MAX_SHOWN).map((d, i) => (
        // A list that is only ever replaced as a whole: its order is its identity.
        // oxlint-disable-next-line no-array-index-key
        <li key={i} data-severity={d.severity}>
          <button type="button" disabled={d.input === ''} onClick={() => onOpen({ input: d.input, line: Math.max(1, d.line) })}>
            <span className="mono where">
              {d.input} · {d.line > 0 ? s.line(d.line) : s.wholeFile}
            </span>
            <span>{diagnosticText(d, lang)}</span>
          </button>
          {d.code === 'userspace-mode' && <AboutUserspace lang={lang} />}
        </li>
      ))}
    </ul>
  );
}
