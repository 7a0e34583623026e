import { type KeyboardEvent, useRef } from 'react';
import type { Choice } from '../../engine/probe.ts';
import { choiceText, optionParts } from '../../text/choices.ts';
import type { Lang } from '../../text/lang.ts';
import type { World } from '../../world/world.ts';
import { inspectorStrings, oddsText } from './strings.ts';

interface ChoiceRowsProps {
  readonly choice: Choice;
  readonly world: World;
  readonly lang: Lang;
  readonly onChoose: (key: string, option: number) => void;
  readonly onShowAll: () => void;
}

/** The ways that chance has, as radio buttons: taking one walks it. */
export function ChoiceRows({ choice, world, lang, onChoose, onShowAll }: ChoiceRowsProps) {
  const t = inspectorStrings(lang);
  const group = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowDown' || event.key === 'ArrowRight' ? 1 : event.key === 'ArrowUp' || event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    const n = choice.options.length;
    const next = (choice.taken + by + n) % n;
    onChoose(choice.key, next);
    group.current?.querySelectorAll<HTMLElement>('[role="radio"]')[next]?.focus();
  };
  return (
    <div className="insp-choice">
      <div ref={group} role="radiogroup" aria-label={choiceText(choice, world, lang)} onKeyDown={onKeyDown}>
        {choice.options.map((option, i) => {
          const taken = i === choice.taken;
          const { text, note } = optionParts(option, world, lang);
          return (
            <button type="button" key={i} role="radio" aria-checked={taken} tabIndex={taken ? 0 : -1} onClick={() => onChoose(choice.key, i)}>
              <i className="insp-radio" aria-hidden="true" />
              <span>
                <code>{text}</code>
                {note !== undefined && <small>{note}</small>}
              </span>
              <b>{oddsText(choice.odds[i] ?? 0)}</b>
            </button>
          );
        })}
      </div>
      <button type="button" className="insp-chip" onClick={onShowAll}>
        {t.allOutcomes(choice.options.length)}
      </button>
    </div>
  );
}
