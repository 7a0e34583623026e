import { useRef, useState, type PointerEvent, type ReactNode } from 'react';

const HEIGHTS = ['low', 'half', 'full'] as const;
type Height = (typeof HEIGHTS)[number];
/** A drag of this many pixels is meant; less is a press. */
const MEANT = 24;

/** The inspector as a bottom sheet on a phone: the grip is dragged, pressed, or moved with the arrow keys. */
export function Sheet({ name, gripName, children }: { readonly name: string; readonly gripName: string; readonly children: ReactNode }) {
  const [height, setHeight] = useState<Height>('half');
  const [drag, setDrag] = useState(0);
  const start = useRef<number>(undefined);
  const move = (by: number) => setHeight((h) => HEIGHTS[Math.max(0, Math.min(HEIGHTS.length - 1, HEIGHTS.indexOf(h) + by))] ?? h);
  const end = (event: PointerEvent<HTMLButtonElement>) => {
    if (start.current === undefined) return;
    const by = start.current - event.clientY;
    start.current = undefined;
    setDrag(0);
    if (Math.abs(by) > MEANT) move(Math.abs(by) > 260 ? Math.sign(by) * 2 : Math.sign(by));
    else setHeight((h) => (h === 'full' ? 'half' : 'full'));
  };
  return (
    <aside className="insp sheet" aria-label={name} data-height={height} style={drag === 0 ? undefined : { marginTop: -drag, transition: 'none' }}>
      <button
        type="button"
        className="grip"
        aria-label={gripName}
        aria-expanded={height === 'full'}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          start.current = event.clientY;
        }}
        onPointerMove={(event) => {
          if (start.current !== undefined) setDrag(Math.max(-200, Math.min(400, start.current - event.clientY)));
        }}
        onPointerUp={end}
        onPointerCancel={() => {
          start.current = undefined;
          setDrag(0);
        }}
        onClick={(event) => {
          if (event.detail === 0) setHeight((h) => (h === 'full' ? 'half' : 'full')); // from the keyboard; a pointer has been dealt with
        }}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
          event.preventDefault();
          move(event.key === 'ArrowUp' ? 1 : -1);
        }}
      >
        <span />
      </button>
      <div className="sheetbody">{children}</div>
    </aside>
  );
}
