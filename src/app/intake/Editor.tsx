import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { SourceRef } from '../../world/source.ts';

// Of --lh-code and the padding in intake.css: the gutter and the mark are placed by them.
const LINE_HEIGHT = 18;
const PADDING = 8;
const RECOMPUTE_MS = 120;
/** A text field with more than this is no longer quick to type in. */
const MAX_EDITABLE = 2_000_000;

interface Props {
  readonly name: string;
  readonly text: string;
  /** A line to go to; the object's identity says that it was asked for anew. */
  readonly at: SourceRef | undefined;
  /** Lines with something wrong. */
  readonly marked: ReadonlySet<number>;
  readonly tooLong: string;
  /** Nothing to type into: the text was made of something else. */
  readonly readOnly?: boolean;
  readonly onEdit: (text: string) => void;
}

/** A plain text field with line numbers. What is typed shows at once and is handed on after a short pause. */
export function Editor({ name, text, at, marked, tooLong, readOnly = false, onEdit }: Props) {
  const editable = text.length <= MAX_EDITABLE;
  const [draft, setDraft] = useState<string>();
  const [scroll, setScroll] = useState(0);
  const [height, setHeight] = useState(400);
  const area = useRef<HTMLTextAreaElement>(null);
  const pending = useRef<{ readonly text: string; readonly timer: ReturnType<typeof setTimeout> }>(undefined);
  const edit = useRef(onEdit);
  edit.current = onEdit;
  const shown = draft ?? (editable ? text : text.slice(0, MAX_EDITABLE));
  const count = useMemo(() => shown.split('\n').length, [shown]);

  const flush = () => {
    if (!pending.current) return;
    clearTimeout(pending.current.timer);
    const { text: typed } = pending.current;
    pending.current = undefined;
    edit.current(typed);
    setDraft(undefined); // from here on the text itself is what was typed, even if it is undone before the next frame
  };
  // What was typed last is not lost when the file or the panel is left within the pause.
  useEffect(() => flush, []);
  useLayoutEffect(() => {
    const element = area.current;
    if (!element || !at) return;
    element.scrollTop = Math.max(0, (at.line - 1) * LINE_HEIGHT - element.clientHeight / 3);
    const lines = element.value.split('\n');
    const start = lines.slice(0, at.line - 1).reduce((sum, l) => sum + l.length + 1, 0);
    element.setSelectionRange(start, start);
    element.scrollLeft = 0;
    setScroll(element.scrollTop);
  }, [at]);

  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const first = Math.max(0, Math.floor((scroll - PADDING) / LINE_HEIGHT));
  const last = Math.min(count, first + Math.ceil(height / LINE_HEIGHT) + 2);
  return (
    <div className="editor">
      {!editable && <p className="fielderror">{tooLong}</p>}
      <div className="editbody">
        <div className="gutter" aria-hidden="true">
          <div style={{ transform: `translateY(${PADDING + first * LINE_HEIGHT - scroll}px)` }}>
            {Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i + 1).map((line) => (
              <span key={line} data-marked={marked.has(line)} data-at={at?.line === line}>
                {line}
              </span>
            ))}
          </div>
        </div>
        {at && <div className="linemark" aria-hidden="true" style={{ transform: `translateY(${PADDING + (at.line - 1) * LINE_HEIGHT - scroll}px)` }} />}
        <textarea
          ref={area}
          className="mono"
          aria-label={name}
          value={shown}
          readOnly={readOnly || !editable}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          wrap="off"
          onScroll={(event) => setScroll(event.currentTarget.scrollTop)}
          onChange={(event) => {
            const typed = event.target.value;
            setDraft(typed);
            if (pending.current) clearTimeout(pending.current.timer);
            pending.current = { text: typed, timer: setTimeout(flush, RECOMPUTE_MS) };
          }}
          onKeyDown={(event) => {
            // Undo must see what was typed just now.
            if ((event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key)) flush();
          }}
        />
      </div>
    </div>
  );
}
