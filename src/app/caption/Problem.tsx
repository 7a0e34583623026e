import { openScenario } from '../store/open.ts';
import type { WalkResult } from '../store/walk.ts';
import { resetEdits } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { COMMANDS } from '../keys/commands.ts';
import { problemText } from '../topbar/problemText.ts';

interface Props {
  readonly result: Exclude<WalkResult, { kind: 'walk' }>;
  readonly edited: boolean;
  readonly t: Strings;
}

/** In place of the stage when there is no walk: why, and the ways on. */
export function Problem({ result, edited, t }: Props) {
  return (
    <div className="problem" role="alert">
      <h2>{result.kind === 'words' ? t.cannotStart : t.engineFailed}</h2>
      {result.kind === 'words' ? (
        <p>
          {problemText(result.problem, t)} {result.problem.offers.length > 0 && <span className="mono">{result.problem.offers.join(', ')}</span>}
        </p>
      ) : (
        <>
          <p>{t.engineFailedText}</p>
          <pre className="mono">{result.message}</pre>
        </>
      )}
      <p className="links">
        <button type="button" className="btn" onClick={COMMANDS.dumps.run}>
          {t.openDumps}
        </button>
        {edited && (
          <button type="button" className="btn sec" onClick={resetEdits}>
            {t.reset}
          </button>
        )}
        <button type="button" className="btn sec" onClick={() => void openScenario('')}>
          {t.openDefault}
        </button>
      </p>
    </div>
  );
}
