import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from 'react';
import type { BuilderStrings } from './strings.ts';

interface Option<T extends string> {
  readonly value: T;
  readonly text: string;
}

interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly options: readonly Option<T>[];
  /** None of the options is pressed for any other value. */
  readonly value: string | undefined;
  readonly onChange: (value: T) => void;
  /** A word about options that are not there. */
  readonly children?: ReactNode;
}

/** A few options side by side. */
export function Segments<T extends string>({ label, options, value, onChange, children }: SegmentsProps<T>) {
  const id = useId();
  return (
    <div className="bfield">
      <span id={id}>{label}</span>
      <div className="seg" role="group" aria-labelledby={id}>
        {options.map((option) => (
          <button key={option.value} type="button" aria-pressed={option.value === value} onClick={() => onChange(option.value)}>
            {option.text}
          </button>
        ))}
      </div>
      {children}
    </div>
  );
}

interface ChooserProps<T extends string> {
  readonly label: string;
  readonly options: readonly Option<T>[];
  readonly value: string | undefined;
  /** Shown while the value is none of the options. */
  readonly other: string;
  readonly onChange: (value: T) => void;
}

/** One of many. */
export function Chooser<T extends string>({ label, options, value, other, onChange }: ChooserProps<T>) {
  const known = options.find((o) => o.value === value);
  return (
    <label className="bfield">
      <span>{label}</span>
      <select
        value={known?.value ?? ''}
        onChange={(event) => {
          const chosen = options.find((o) => o.value === event.target.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {!known && <option value="">{other}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </label>
  );
}

interface TypedProps {
  readonly label: string;
  readonly value: string;
  /** What is wrong with a text; undefined when it may be taken. */
  readonly problem: (text: string) => string | undefined;
  readonly onTake: (text: string) => void;
}

/** What is typed into a field: it stays as it is until it can be taken, and counts when the field is left or Enter is pressed. */
function useTyped({ value, problem, onTake }: Omit<TypedProps, 'label'>) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const wrong = typed.trim() === value ? undefined : problem(typed.trim());
  const take = (text: string) => {
    setTyped(text);
    if (text.trim() !== value && problem(text.trim()) === undefined) onTake(text.trim());
  };
  return { typed, setTyped, wrong, take };
}

interface TextProps extends TypedProps {
  readonly numeric?: boolean;
  readonly placeholder?: string;
  /** The label is said and not shown, because a heading above says it. */
  readonly bare?: boolean;
}

/** A text or number that is taken when the field is left. */
export function TextField({ label, numeric = false, placeholder, bare = false, ...typedProps }: TextProps) {
  const { typed, setTyped, wrong, take } = useTyped(typedProps);
  const id = useId();
  const input = (
    <input
      id={id}
      className="mono"
      aria-label={bare ? label : undefined}
      value={typed}
      placeholder={placeholder}
      inputMode={numeric ? 'numeric' : undefined}
      spellCheck={false}
      autoCapitalize="off"
      autoComplete="off"
      maxLength={63}
      aria-invalid={wrong !== undefined}
      aria-describedby={wrong === undefined ? undefined : `${id}-wrong`}
      title={bare ? (wrong ?? label) : undefined}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={() => take(typed)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take(typed);
      }}
    />
  );
  const said = wrong !== undefined && (
    <p className="fielderror" role="alert" id={`${id}-wrong`}>
      {wrong}
    </p>
  );
  if (bare) return <span className="bcell">{input}{said}</span>;
  return (
    <div className="bfield">
      <label htmlFor={id}>{label}</label>
      {input}
      {said}
    </div>
  );
}

interface StepperProps {
  readonly label: string;
  /** Undefined: it differs from place to place. */
  readonly value: number | undefined;
  readonly from: number;
  readonly to: number;
  readonly differs: string;
  readonly first?: boolean;
  readonly onChange: (value: number) => void;
  readonly t: BuilderStrings;
}

/** A small number, by keys, by buttons, or typed. */
export function Stepper({ label, value, from, to, differs, first = false, onChange, t }: StepperProps) {
  const isNumber = (text: string): boolean => /^\d{1,4}$/.test(text) && Number(text) >= from && Number(text) <= to;
  const { typed, setTyped, wrong, take } = useTyped({ value: value === undefined ? '' : String(value), problem: (text) => (isNumber(text) ? undefined : t.badNumber(from, to)), onTake: (text) => onChange(Number(text)) });
  const id = useId();
  const by = (step: number) => {
    const next = Math.min(to, Math.max(from, (isNumber(typed.trim()) ? Number(typed) : (value ?? from)) + step));
    take(String(next));
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter') take(typed);
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    by(event.key === 'ArrowUp' ? 1 : -1);
  };
  return (
    <div className="bfield">
      <label htmlFor={id}>{label}</label>
      <span className="stepper">
        <button type="button" aria-label={t.fewer(label)} disabled={value !== undefined && value <= from} onClick={() => by(-1)}>
          −
        </button>
        <input id={id} {...(first ? { 'data-autofocus': '' } : {})} className="mono" inputMode="numeric" autoComplete="off" maxLength={4} value={typed} placeholder={differs} aria-invalid={wrong !== undefined} aria-describedby={wrong === undefined ? undefined : `${id}-wrong`} onChange={(event) => setTyped(event.target.value)} onBlur={() => take(typed)} onKeyDown={onKey} />
        <button type="button" aria-label={t.more(label)} disabled={value !== undefined && value >= to} onClick={() => by(1)}>
          +
        </button>
      </span>
      {wrong !== undefined && (
        <p className="fielderror" role="alert" id={`${id}-wrong`}>
          {wrong}
        </p>
      )}
    </div>
  );
}
