import type { Lang } from '../../text/lang.ts';
import type { FieldLine, HeaderRow, PacketView, Part } from './packetRows.ts';
import { type InspectorStrings, inspectorStrings } from './strings.ts';

/** The headers from the outermost to the innermost, to scale and then in words, with what changed since the stop before. */
export function PacketSection({ view, lang }: { readonly view: PacketView | undefined; readonly lang: Lang }) {
  const t = inspectorStrings(lang);
  return (
    <section className="insp-section">
      <h2>
        {t.packet}
        {view && <small>{view.frameOn === undefined ? t.bytesAtIp(view.bytes) : t.bytesOn(view.bytes, view.frameOn)}</small>}
      </h2>
      {view ? (
        <>
          <div className="insp-ruler" aria-hidden="true">
            {view.rows
              .filter((r) => r.change !== 'removed' && r.bytes > 0)
              .map((r, i) => (
                <i key={i} data-tone={r.tone} style={{ flexGrow: r.bytes }} />
              ))}
          </div>
          <div className="insp-stack">
            {view.rows.map((row, i) => (
              <Row key={i} row={row} t={t} />
            ))}
            {view.mark && (
              <div className="insp-header" data-tone="skb">
                <b>{t.mark}</b>
                <div className="insp-mark">
                  <span>
                    <Value part={view.mark} t={t} arrow />
                  </span>
                  <em>{t.notOnTheWire}</em>
                </div>
              </div>
            )}
          </div>
        </>
      ) : (
        <p>{t.noPacket}</p>
      )}
    </section>
  );
}

function Row({ row, t }: { readonly row: HeaderRow; readonly t: InspectorStrings }) {
  const bytes = row.change === 'added' ? `+${row.bytes} B` : row.change === 'removed' ? `−${row.bytes} B` : `${row.bytes} B`;
  return (
    <div className="insp-header" data-tone={row.tone} data-change={row.change}>
      <b>
        {row.name}
        <em>{bytes}</em>
        {row.change && <em className="insp-change">{row.change === 'added' ? t.added : t.removed}</em>}
      </b>
      <div>
        {row.lines.map((line, i) => (
          <Line key={i} line={line} change={row.change} t={t} />
        ))}
      </div>
    </div>
  );
}

function Line({ line, change, t }: { readonly line: FieldLine; readonly change: HeaderRow['change']; readonly t: InspectorStrings }) {
  return (
    <div className="insp-field">
      {line.label && <i>{t[line.label]}</i>}
      <span>
        {line.parts.map((part, i) => (
          <span key={i}>
            {change === 'removed' && <del>{part.text}</del>}
            {change === 'added' && <ins>{part.text}</ins>}
            {change === undefined && <Value part={part} t={t} arrow={line.parts.length === 1} />}
          </span>
        ))}
      </span>
    </div>
  );
}

/** `old → new`, or the value alone; without the arrow where one between two ports already means a direction. `del` and `ins` are silent in most screen readers, so the words are there too. */
function Value({ part, t, arrow }: { readonly part: Part; readonly t: InspectorStrings; readonly arrow: boolean }) {
  if (part.was === undefined) return part.text;
  return (
    <>
      <span className="insp-sr">{t.was} </span>
      <del>{part.was}</del>
      <span className="insp-arrow" aria-hidden="true">
        {arrow ? ' → ' : ' '}
      </span>
      <span className="insp-sr">, {t.becomes} </span>
      <ins>{part.text}</ins>
    </>
  );
}
