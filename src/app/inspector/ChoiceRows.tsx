import { type KeyboardEvent, useRef } from 'react';
import type { Choice } from '../../engine/probe.ts';
import { choiceText } from '../../text/choices.ts';
import type { Lang } from '../../text/lang.ts';
import { nameOf } from '../../text/names.ts';
import { parseIp4 } from '../../packet/address.ts';
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
          const who = whoIs(world, option, lang);
          return (
            <button type="button" key={i} role="radio" aria-checked={taken} tabIndex={taken ? 0 : -1} onClick={() => onChoose(choice.key, i)}>
              <i className="insp-radio" aria-hidden="true" />
              <span>
                <code>{option}</code>
                {who !== undefined && <small>{who}</small>}
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

/** The name behind an option that is an address. */
function whoIs(world: World, option: string, lang: Lang): string | undefined {
  const ip = parseIp4(/^[\d.]+/.exec(option)?.[0] ?? '');
  return ip === undefined ? undefined : nameOf(world, ip, lang);
}
