import './glyphs.css';
import type { Subsystem } from '../../engine/step.ts';
import type { GlyphName } from './glyphOf.ts';

export interface GlyphShapeProps {
  readonly name: GlyphName;
  /** An outline: the packet travels back. */
  readonly hollow?: boolean;
}

/** The silhouette within a 14 × 14 box, for use inside an svg of one's own. */
export function GlyphShape({ name, hollow = false }: GlyphShapeProps) {
  return (
    <g className="glyph-shape" data-glyph={name} data-hollow={hollow || undefined}>
      {shapes[name]}
    </g>
  );
}

export interface GlyphProps {
  readonly subsystem: Subsystem | GlyphName;
  readonly hollow?: boolean;
  /** Pixels; default 12. */
  readonly size?: number;
}

/** A subsystem's silhouette as a picture without a name of its own: the word stands beside it. */
export function Glyph({ subsystem, hollow = false, size = 12 }: GlyphProps) {
  return (
    <svg className="glyph" viewBox="0 0 14 14" width={size} height={size} aria-hidden="true" focusable="false">
      <GlyphShape name={subsystem === 'engine' ? 'unknown' : subsystem} hollow={hollow} />
    </svg>
  );
}

/** Shapes stay apart without colour and at 9 pixels; lines carry the class `line` so that they are never filled. */
const shapes: Readonly<Record<GlyphName, React.ReactNode>> = {
  device: <rect x="3.5" y="1.5" width="7" height="11" rx="1.5" />,
  socket: <circle cx="7" cy="7" r="5" />,
  netfilter: <path d="M1.6 2.5h10.8L7 12.2z" />,
  routing: <path d="M7 1.2 12.8 7 7 12.8 1.2 7z" />,
  ipvs: (
    <>
      <path className="line" d="M2 7h3.4M5.4 7 10 2.6M5.4 7H10M5.4 7 10 11.4" />
      <circle cx="2.4" cy="7" r="1.9" />
      <circle cx="11.2" cy="2.4" r="1.5" />
      <circle cx="11.6" cy="7" r="1.5" />
      <circle cx="11.2" cy="11.6" r="1.5" />
    </>
  ),
  conntrack: <path d="M1.5 2.5 7 7l5.5-4.5v9L7 7l-5.5 4.5z" />,
  tunnel: <path fillRule="evenodd" d="M7 1a6 6 0 1 1 0 12A6 6 0 0 1 7 1zm0 3.4a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2z" />,
  ovs: <path d="M4 1.8h6L13 7l-3 5.2H4L1 7z" />,
  neighbour: (
    <>
      <path className="line" d="M4 10 10 4" />
      <circle cx="3.4" cy="10.6" r="2.4" />
      <circle cx="10.6" cy="3.4" r="2.4" />
    </>
  ),
  drop: <path className="line heavy" d="m3 3 8 8m0-8-8 8" />,
  unknown: (
    <>
      <path className="line" d="M4.2 4.6a2.8 2.8 0 1 1 4.3 2.4C7.5 7.6 7 8.1 7 9.2" />
      <circle cx="7" cy="12" r="1" />
    </>
  ),
};
