import { type ReactNode, useEffect, useState } from 'react';
import type { Trace } from '../../engine/trace-types.ts';
import { optionParts } from '../../text/choices.ts';
import type { Lang } from '../../text/lang.ts';
import { outcomesOf } from '../store/outcomes.ts';
import type { Outcomes } from '../store/away/protocol.ts';
import type { Loaded } from '../store/state.ts';
import { closePanel, setChoices, tell } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { Dialog } from './Dialog.tsx';

const en = { title: 'All outcomes', text: 'Every way that chance allows, with its probability. Take one to walk it.', rest: (percent: string) => `${percent} was not followed: too many branches.` } as const;
const ko: { readonly [K in keyof typeof en]: (typeof en)[K] extends (...args: infer A) => string ? (...args: A) => string : string } = {
  title: '모든 결과',
  text: '우연이 허락하는 모든 갈래와 그 확률입니다. 하나를 고르면 그 경로를 걷습니다.',
  rest: (percent) => `${percent}는 갈래가 너무 많아 따라가지 않았습니다.`,
};
const TEXTS = { en, ko } as const;

const MAX_SHOWN = 60;

interface Props {
  readonly loaded: Loaded;
  readonly t: Strings;
  readonly lang: Lang;
  /** How a trace ends, as one line. */
  readonly verdictOf: (trace: Trace) => ReactNode;
}

const fraction = (p: number): string => {
  const whole = Math.round(1 / p);
  return Math.abs(1 / p - whole) < 1e-9 && whole < 1000 ? `1/${whole}` : `${(p * 100).toFixed(1)}%`;
};

/** Every branch of chance with its odds and its ending. */
export function OutcomesDialog({ loaded, t, lang, verdictOf }: Props) {
  const s = TEXTS[lang];
  const [all, setAll] = useState<Outcomes>();
  useEffect(() => {
    let stale = false;
    outcomesOf(loaded).then(
      (outcomes) => {
        if (!stale) setAll(outcomes);
      },
      () => tell({ kind: 'load-failed' }),
    );
    return () => {
      stale = true;
    };
  }, [loaded]);
  return (
    <Dialog title={s.title} closeName={t.close} onClose={closePanel} className="outcomes">
      <p>{s.text}</p>
      <ol>
        {all?.branches.slice(0, MAX_SHOWN).map((branch) => {
          const taken = branch.trace.choices.filter((c) => c.splits);
          const picks = Object.fromEntries(taken.map((c) => [c.key, c.taken]));
          return (
            <li key={JSON.stringify(picks)}>
              <button
                type="button"
                className="offer"
                onClick={() => {
                  setChoices(picks);
                  closePanel();
                }}
              >
                <span className="od">{fraction(branch.probability)}</span>
                <span>
                  {taken.map((c) => (
                    <span key={c.key} className="mono took">
                      {optionParts(c.options[c.taken] ?? '', loaded.parsed.world, lang).text}
                    </span>
                  ))}
                  <span>{verdictOf(branch.trace)}</span>
                </span>
              </button>
            </li>
          );
        })}
      </ol>
      {all !== undefined && all.truncated > 0 && <p>{s.rest(`${(all.truncated * 100).toFixed(1)}%`)}</p>}
    </Dialog>
  );
}
