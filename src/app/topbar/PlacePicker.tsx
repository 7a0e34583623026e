import { useId, useState } from 'react';
import type { WordProblem } from '../../share/probeWords.ts';
import type { OfferGroup } from '../store/offers.ts';
import type { Strings } from '../strings.ts';
import { problemText } from './problemText.ts';

interface Props {
  readonly groups: readonly OfferGroup[];
  /** The word that is set now. */
  readonly current: string;
  readonly hint: string;
  readonly t: Strings;
  /** Tries a word; what is wrong with it, or undefined when it was taken. */
  readonly onTake: (word: string) => WordProblem | undefined;
}

const groupName = (kind: OfferGroup['kind'], t: Strings): string =>
  ({ outside: t.groupOutside, pods: t.groupPods, machines: t.groupMachines, services: t.groupServices, virtual: t.groupVirtual })[kind];

/** Choose from what the world offers, or type. What was typed stays until it is right. */
export function PlacePicker({ groups, current, hint, t, onTake }: Props) {
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState<WordProblem>();
  const errorId = useId();
  const wanted = typed.trim().toLowerCase();
  const fitting = groups.map((g) => ({ ...g, offers: g.offers.filter((o) => `${o.name} ${o.address} ${o.word}`.toLowerCase().includes(wanted)) })).filter((g) => g.offers.length > 0);
  // Where nothing fits, an empty list would look as if there were nothing to choose.
  const shown = fitting.length > 0 ? fitting : groups;
  return (
    <>
      <form
        className="field"
        onSubmit={(event) => {
          event.preventDefault();
          setProblem(onTake(typed.trim()));
        }}
      >
        <div className="fieldrow">
          <input
            data-autofocus
            className="mono"
            aria-label={hint}
            placeholder={hint}
            value={typed}
            maxLength={253}
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            aria-invalid={problem !== undefined}
            aria-describedby={problem ? errorId : undefined}
            onChange={(event) => {
              setTyped(event.target.value);
              setProblem(undefined);
            }}
          />
          <button type="submit" className="btn" disabled={typed.trim() === ''}>
            {t.apply}
          </button>
        </div>
        {problem && (
          <div className="fielderror" id={errorId} role="alert">
            <p>{problemText(problem, t)}</p>
            {problem.offers.length > 0 && (
              <p className="tries">
                {problem.offers.map((offer) => (
                  <button key={offer} type="button" className="chip mono" onClick={() => setProblem(onTake(problem.code === 'no-entry' || problem.code === 'unknown-via' ? `${typed.trim()} ${offer}` : offer))}>
                    {offer}
                  </button>
                ))}
              </p>
            )}
          </div>
        )}
      </form>
      {shown.map((group) => (
        <section key={group.kind} className="offers">
          <h3>{groupName(group.kind, t)}</h3>
          <ul>
            {group.offers.map((offer) => (
              <li key={`${offer.word} ${offer.name}`}>
                <button type="button" className="offer" aria-current={offer.word === current ? 'true' : undefined} onClick={() => setProblem(onTake(offer.word))}>
                  <span>{offer.name}</span>
                  {offer.address !== '' && offer.address !== offer.name && <span className="mono">{offer.address}</span>}
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}
