import { type CSSProperties, useMemo, useState } from 'react';
import type { Because, ReasonOf } from '../../cluster/because.ts';
import { becauseText } from '../../text/because.ts';
import type { Lang } from '../../text/lang.ts';
import { netnsId } from '../../world/lookup.ts';
import type { SourceRef } from '../../world/source.ts';
import { reasonsOf } from './because.ts';
import { Breakable } from './Breakable.tsx';
import type { Excerpt, ExcerptLine, ExcerptRow, LineMark } from './excerpt.ts';
import { inspectorStrings, noteText } from './strings.ts';
import { takeFocus } from './takeFocus.ts';
import { tokensOf } from './tokens.ts';

interface CodeBlockProps {
  readonly excerpt: Excerpt;
  /** The object that made a line of a compiled node. */
  readonly reasonOf: ReasonOf | undefined;
  readonly lang: Lang;
  readonly onOpenSource: (ref: SourceRef) => void;
}

/** A piece of one dump with its own line numbers; every line opens the dump at it. */
export function CodeBlock({ excerpt, reasonOf, lang, onOpenSource }: CodeBlockProps) {
  const reasons = useMemo(() => reasonsOf(excerpt.rows, reasonOf), [excerpt, reasonOf]);
  const place = netnsId(excerpt.host, excerpt.netns);
  return (
    <div className="insp-code" style={{ '--insp-number': `${numberWidth(excerpt)}px` } as CSSProperties}>
      <header>
        <span>{excerpt.command === undefined ? place : `${place} / ${excerpt.command}`}</span>
        {excerpt.table !== undefined && <span>{excerpt.table}</span>}
      </header>
      <ol>
        {excerpt.rows.map((row) => (
          <Row key={keyOf(row)} row={row} reasons={reasons} lang={lang} onOpenSource={onOpenSource} />
        ))}
      </ol>
    </div>
  );
}

/** Pixels for the longest line number of an excerpt: a large cluster's rules have six digits. */
function numberWidth({ rows }: Excerpt): number {
  const last = Math.max(0, ...rows.map((row) => (row.kind === 'line' ? (row.ref?.line ?? 0) : 0)));
  return Math.max(30, String(last).length * 7 + 12);
}

const keyOf = (row: ExcerptRow): string => (row.kind === 'chain' ? `chain ${row.name}` : row.kind === 'fold' ? `fold ${row.key}` : `${row.ref?.input}:${row.ref?.line} ${row.text}`);

/** Unfolding a chain of thousands of rules shows this many; the dump itself has the rest. */
const MAX_UNFOLDED = 300;

type Reasons = ReadonlyMap<ExcerptLine, readonly Because[]>;

function Row({ row, reasons, lang, onOpenSource }: { readonly row: ExcerptRow; readonly reasons: Reasons; readonly lang: Lang; readonly onOpenSource: (ref: SourceRef) => void }) {
  const [open, setOpen] = useState(false);
  const t = inspectorStrings(lang);
  if (row.kind === 'chain') return <li className="insp-chain">{row.name}</li>;
  if (row.kind === 'line') return <Line line={row} reasons={reasons.get(row)} lang={lang} onOpenSource={onOpenSource} />;
  if (open) return row.lines.slice(-MAX_UNFOLDED).map((line, i) => <Line key={keyOf(line)} line={line} reasons={reasons.get(line)} focus={i === 0} lang={lang} onOpenSource={onOpenSource} />);
  return (
    <li>
      <button type="button" className="insp-fold" onClick={() => setOpen(true)}>
        {t.moreSkipped(row.lines.length)}
      </button>
    </li>
  );
}

const SIGNS: Readonly<Record<LineMark, string>> = { hit: '●', path: '●', skip: '✕', bad: '✕', unknown: '?', dim: '' };

function Line({ line, reasons, focus = false, lang, onOpenSource }: { readonly line: ExcerptLine; readonly reasons: readonly Because[] | undefined; readonly focus?: boolean; readonly lang: Lang; readonly onOpenSource: (ref: SourceRef) => void }) {
  const { ref, mark } = line;
  const t = inspectorStrings(lang);
  const word = mark === 'unknown' ? t.undecided : t[mark];
  const content = (
    <>
      <i>{ref?.line ?? ''}</i>
      <u aria-hidden="true">{SIGNS[mark]}</u>
      <span className="insp-sr">{word}: </span>
      <span className="insp-text">
        <code>
          <Words text={line.text} />
        </code>
        {line.notes.map((note, i) => (
          <span key={i} className="insp-note">
            {noteText(note, lang)}
          </span>
        ))}
      </span>
    </>
  );
  return (
    <li data-mark={mark} data-now={line.now}>
      {ref ? (
        <button type="button" className="insp-line" ref={focus ? takeFocus : undefined} title={t.openAt(ref.input, ref.line)} onClick={() => onOpenSource(ref)}>
          {content}
        </button>
      ) : (
        <div className="insp-line">{content}</div>
      )}
      {reasons?.map((because) => (
        <Reason key={becauseText(because, 'en')} because={because} lang={lang} onOpenSource={onOpenSource} />
      ))}
    </li>
  );
}

/** Leads to the object; a default stands nowhere and leads nowhere. */
function Reason({ because, lang, onOpenSource }: { readonly because: Because; readonly lang: Lang; readonly onOpenSource: (ref: SourceRef) => void }) {
  const { source } = because;
  const text = becauseText(because, lang);
  if (!source) return <span className="insp-because">{text}</span>;
  return (
    <button type="button" className="insp-because" title={inspectorStrings(lang).openAt(source.input, source.line)} onClick={() => onOpenSource(source)}>
      {text}
    </button>
  );
}

/** The words of a line, coloured by what they are. */
function Words({ text }: { readonly text: string }) {
  const tokens = tokensOf(text);
  return tokens.map((token, i) => (
    <span key={i}>
      <span data-tone={token.tone}>
        <Breakable text={token.text} />
      </span>
      {i < tokens.length - 1 ? ' ' : ''}
    </span>
  ));
}
