import type { Choice } from '../../engine/probe.ts';
import { choiceText, optionText } from '../../text/choices.ts';
import type { Lang } from '../../text/lang.ts';
import type { World } from '../../world/world.ts';
import { setParameter } from '../store/open.ts';
import type { Loaded } from '../store/state.ts';
import { choose } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { COMMANDS } from '../keys/commands.ts';
import { Icon } from './Icon.tsx';
import { Popover } from './Popover.tsx';

interface Props {
  readonly loaded: Loaded;
  readonly t: Strings;
  readonly lang: Lang;
}

const percent = (odds: number): string => `${Math.round(odds * 100)}%`;

/** The choices that a reader can usefully take: ports drawn at random change nothing that anybody asks about. */
export const realChoices = (loaded: Loaded): readonly Choice[] =>
  loaded.result.kind === 'walk' ? loaded.result.walk.trace.choices.filter((c) => c.splits && c.options.length > 1) : [];

/** The option taken, without the port when all have the same one. */
function shortOption({ options, taken }: Choice): string {
  const option = options[taken] ?? '';
  const port = /:\d+$/.exec(option)?.[0] ?? '';
  return port !== '' && options.every((o) => o.endsWith(port)) ? option.slice(0, -port.length) : option;
}

/** The scenario's settings, each as a segmented control. */
function Parameters({ loaded, lang }: Omit<Props, 't'>) {
  if (loaded.origin.kind !== 'scenario') return null;
  const { scenario, params } = loaded.origin;
  return scenario.parameters.map((parameter) => (
    <div className="wi" key={parameter.key}>
      <span id={`wi-${parameter.key}`}>{parameter.label[lang]}</span>
      <div className="seg" role="group" aria-labelledby={`wi-${parameter.key}`}>
        {parameter.options.map((option) => (
          <button key={option} type="button" aria-pressed={(params[parameter.key] ?? parameter.default) === option} onClick={() => void setParameter(parameter.key, option)}>
            {option}
          </button>
        ))}
      </div>
    </div>
  ));
}

/** One choice of the walk: its options, with the odds of each. */
function ChoiceList({ choice, world, lang, t, onDone }: { readonly choice: Choice; readonly world: World; readonly lang: Lang; readonly t: Strings; readonly onDone: () => void }) {
  return (
    <fieldset className="choices">
      <legend>{choiceText(choice, world, lang)}</legend>
      <div role="radiogroup" aria-label={choiceText(choice, world, lang)}>
        {choice.options.map((option, i) => (
          <button
            key={option}
            type="button"
            role="radio"
            aria-checked={i === choice.taken}
            className="offer"
            onClick={() => {
              choose(choice.key, i);
              onDone();
            }}
          >
            <span className="rb" aria-hidden="true" />
            <span>{optionText(option, world, lang)}</span>
            <span className="od" title={t.odds(percent(choice.odds[i] ?? 0))}>{percent(choice.odds[i] ?? 0)}</span>
          </button>
        ))}
      </div>
    </fieldset>
  );
}

function ChoiceMenu({ choices, world, lang, t, onDone }: { readonly choices: readonly Choice[]; readonly world: World; readonly lang: Lang; readonly t: Strings; readonly onDone: () => void }) {
  return (
    <>
      {choices.map((choice) => (
        <ChoiceList key={choice.key} choice={choice} world={world} lang={lang} t={t} onDone={onDone} />
      ))}
      <button
        type="button"
        className="txtbtn"
        onClick={() => {
          onDone();
          COMMANDS.outcomes.run();
        }}
      >
        {t.allOutcomes}
      </button>
    </>
  );
}

/** What if …: the scenario's settings and the branches of chance; one menu where there is little room. */
export function WhatIf({ loaded, t, lang }: Props) {
  const choices = realChoices(loaded);
  const first = choices[0];
  const hasParameters = loaded.origin.kind === 'scenario' && loaded.origin.scenario.parameters.length > 0;
  if (!first && !hasParameters) return null;
  return (
    <>
      <div className="whatif" role="group" aria-label={t.whatIf}>
        <b>{t.whatIf}</b>
        <Parameters loaded={loaded} lang={lang} />
        {first && (
          <Popover className="pick small" title={t.chance} name={`${t.chance}: ${first.options[first.taken] ?? ''}`} label={<><span className="mono">{shortOption(first)}</span><Icon name="down" /></>} align="end">
            {(close) => <ChoiceMenu choices={choices} world={loaded.parsed.world} lang={lang} t={t} onDone={close} />}
          </Popover>
        )}
      </div>
      <div className="wimore">
        <Popover className="txtbtn" title={t.whatIf} label={<><span>{t.whatIf}</span><Icon name="down" /></>} align="end">
          {(close) => (
            <>
              <Parameters loaded={loaded} lang={lang} />
              {first && <ChoiceMenu choices={choices} world={loaded.parsed.world} lang={lang} t={t} onDone={close} />}
            </>
          )}
        </Popover>
      </div>
    </>
  );
}
