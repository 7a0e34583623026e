import { useId } from 'react';
import type { Choice } from '../../engine/probe.ts';
import type { Parameter } from '../../scenarios/scenario.ts';
import { choiceText, optionParts, optionText } from '../../text/choices.ts';
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
function shortOption(choice: Choice, world: World, lang: Lang): string {
  const options = choice.options.map((o) => optionParts(o, world, lang).text);
  const option = options[choice.taken] ?? '';
  const port = /:\d+$/.exec(option)?.[0] ?? '';
  return port !== '' && options.every((o) => o.endsWith(port)) ? option.slice(0, -port.length) : option;
}

const nameOf = (parameter: Parameter, option: string, lang: Lang): string => parameter.names?.[option]?.[lang] ?? option;

/** Characters of options that fit side by side into a menu on a phone. */
const MAX_SEGMENTED = 30;
const lengthOf = (parameter: Parameter, lang: Lang): number => parameter.options.reduce((sum, option) => sum + nameOf(parameter, option, lang).length + 2, 0);

/** The scenario's settings. Side by side they are segmented controls; in a menu, long ones are lists. */
function Parameters({ loaded, lang, menu = false }: Omit<Props, 't'> & { readonly menu?: boolean }) {
  const id = useId();
  if (loaded.origin.kind !== 'scenario') return null;
  const { scenario, params } = loaded.origin;
  return scenario.parameters.map((parameter) => {
    const value = params[parameter.key] ?? parameter.default;
    const label = `${id}-${parameter.key}`;
    if (menu && lengthOf(parameter, lang) > MAX_SEGMENTED) {
      return (
        <div className="choices" key={parameter.key}>
          <span className="wilabel" id={label}>{parameter.label[lang]}</span>
          <div role="radiogroup" aria-labelledby={label}>
            {parameter.options.map((option) => (
              <button key={option} type="button" role="radio" aria-checked={value === option} className="offer" onClick={() => void setParameter(parameter.key, option)}>
                <span className="rb" aria-hidden="true" />
                <span>{nameOf(parameter, option, lang)}</span>
              </button>
            ))}
          </div>
        </div>
      );
    }
    return (
      <div className="wi" key={parameter.key}>
        <span id={label}>{parameter.label[lang]}</span>
        <div className="seg" role="group" aria-labelledby={label}>
          {parameter.options.map((option) => (
            <button key={option} type="button" aria-pressed={value === option} onClick={() => void setParameter(parameter.key, option)}>
              {nameOf(parameter, option, lang)}
            </button>
          ))}
        </div>
      </div>
    );
  });
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

/** What is set otherwise than it comes, for the button of a menu that hides it. */
function changedOf({ origin }: Loaded, lang: Lang): string {
  if (origin.kind !== 'scenario') return '';
  return origin.scenario.parameters.flatMap((p) => (origin.params[p.key] === undefined || origin.params[p.key] === p.default ? [] : [nameOf(p, origin.params[p.key] ?? '', lang)])).join(', ');
}

/** Opens what the cluster is made of. */
function ChangeAnything({ t, onDone }: { readonly t: Strings; readonly onDone?: () => void }) {
  return (
    <button
      type="button"
      className={onDone ? 'txtbtn' : 'iconbtn'}
      aria-label={t.cmdChange}
      title={`${t.cmdChange} (C)`}
      onClick={() => {
        onDone?.();
        COMMANDS.change.run();
      }}
    >
      {onDone ? t.cmdChange : <Icon name="edit" />}
    </button>
  );
}

/** What if …: the scenario's settings and the branches of chance, and a way to change anything else; one menu where there is little room (useFold.ts). */
export function WhatIf({ loaded, t, lang }: Props) {
  const choices = realChoices(loaded);
  const first = choices[0];
  const parameters = loaded.origin.kind === 'scenario' ? loaded.origin.scenario.parameters : [];
  const compiled = loaded.parsed.compiled.size > 0;
  if (!first && parameters.length === 0 && !compiled) return null;
  const { world } = loaded.parsed;
  const changed = changedOf(loaded, lang);
  return (
    <>
      <div className="whatif" role="group" aria-label={t.whatIf}>
        <b>{t.whatIf}</b>
        <Parameters loaded={loaded} lang={lang} />
        {first && (
          <Popover className="pick small" title={t.chance} name={`${t.chance}: ${optionText(first.options[first.taken] ?? '', world, lang)}`} label={<><span className="mono">{shortOption(first, world, lang)}</span><Icon name="down" /></>} align="end">
            {(close) => <ChoiceMenu choices={choices} world={world} lang={lang} t={t} onDone={close} />}
          </Popover>
        )}
        {compiled && <ChangeAnything t={t} />}
      </div>
      <div className="wimore">
        <Popover className="txtbtn" title={t.whatIf} label={<><span>{t.whatIf}</span>{changed !== '' && <em>{changed}</em>}<Icon name="down" /></>} align="end">
          {(close) => (
            <>
              <Parameters loaded={loaded} lang={lang} menu />
              {first && <ChoiceMenu choices={choices} world={world} lang={lang} t={t} onDone={close} />}
              {compiled && <ChangeAnything t={t} onDone={close} />}
            </>
          )}
        </Popover>
      </div>
    </>
  );
}
