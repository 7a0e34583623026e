import type { ProbeWords, WordProblem } from '../../share/probeWords.ts';
import type { Lang } from '../../text/lang.ts';
import { COMMANDS } from '../keys/commands.ts';
import { sourceOffers } from '../store/offers.ts';
import { openScenario } from '../store/open.ts';
import type { Loaded } from '../store/state.ts';
import { resetEdits, setWords, usePage } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { problemText } from '../topbar/problemText.ts';

const en = {
  gone: (who: string) => `${who} is not here any more`,
  goneText: 'This packet was sent by it, and a change took it away. Undo the change, or let somebody else send:',
} as const;

type Text = { readonly [K in keyof typeof en]: (typeof en)[K] extends (...args: infer A) => string ? (...args: A) => string : string };

const ko: Text = {
  gone: (who) => `더 이상 없는 이름: ${who}`,
  goneText: '이 패킷을 보내던 곳이 변경으로 사라졌습니다. 변경을 취소하거나 다른 곳에서 보내세요.',
};

const TEXTS: Readonly<Record<Lang, Text>> = { en, ko };

const MAX_OFFERS = 6;

/** What could stand in place of the word that is wrong: what is like it, and for a source whoever else is there. */
function offersFor({ field, offers }: WordProblem, { parsed: { world } }: Loaded): readonly string[] {
  const others = field === 'from' ? sourceOffers(world).flatMap((g) => g.offers.map((o) => o.word)) : [];
  return [...new Set([...offers, ...others])].slice(0, MAX_OFFERS);
}

/** In place of the stage when there is no walk: why, and the ways on. */
export function Problem({ loaded, edited, t }: { readonly loaded: Loaded; readonly edited: boolean; readonly t: Strings }) {
  const { result, words } = loaded;
  const lang = usePage((s) => s.lang);
  const canUndo = usePage((s) => s.undo.length > 0);
  if (result.kind === 'walk') return null;
  return (
    <div className="problem" role="alert">
      {result.kind === 'words' ? (
        <Words problem={result.problem} words={words} offers={offersFor(result.problem, loaded)} edited={edited} t={t} s={TEXTS[lang]} />
      ) : (
        <>
          <h2>{t.engineFailed}</h2>
          <p>{t.engineFailedText}</p>
          <pre className="mono">{result.message}</pre>
        </>
      )}
      <p className="links">
        {canUndo && (
          <button type="button" className="btn" onClick={COMMANDS.undo.run}>
            {t.undo}
          </button>
        )}
        <button type="button" className={canUndo ? 'btn sec' : 'btn'} onClick={COMMANDS.change.run}>
          {t.cmdChange}
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

interface WordsProps {
  readonly problem: WordProblem;
  readonly words: ProbeWords;
  readonly offers: readonly string[];
  readonly edited: boolean;
  readonly t: Strings;
  readonly s: Text;
}

/** A word of the probe that means nothing here, and others that would. */
function Words({ problem, words, offers, edited, t, s }: WordsProps) {
  const gone = edited && problem.code === 'unknown-source';
  return (
    <>
      <h2>{gone ? s.gone(problem.text) : t.cannotStart}</h2>
      <p>{gone ? s.goneText : problemText(problem, t)}</p>
      {offers.length > 0 && (
        <p className="links">
          {offers.map((offer) => (
            <button key={offer} type="button" className="btn sec mono" onClick={() => setWords({ ...words, [problem.field]: offer })}>
              {offer}
            </button>
          ))}
        </p>
      )}
    </>
  );
}
