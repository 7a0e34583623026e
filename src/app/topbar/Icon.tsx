import type { ReactElement } from 'react';

const line = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.4, strokeLinecap: 'round', strokeLinejoin: 'round' } as const;

const SHAPES = {
  menu: <g {...line}><rect x="1.8" y="2.8" width="12.4" height="10.4" rx="2" /><path d="M6 2.8v10.4" /></g>,
  down: <path {...line} strokeWidth={1.6} d="m4 6 4 4 4-4" />,
  share: <path {...line} d="M8 9.6V2.2M5.2 4.8 8 2l2.8 2.8M4.6 7.4H3.2v6.2h9.6V7.4h-1.4" />,
  theme: <><circle cx="8" cy="8" r="5.8" {...line} /><path d="M8 2.2a5.8 5.8 0 0 1 0 11.6z" fill="currentColor" /></>,
  arrow: <path {...line} strokeWidth={1.5} d="M3 8h9M8.5 4.5 12 8l-3.5 3.5" />,
  check: <path {...line} strokeWidth={1.8} d="m3.5 8.5 3 3 6-7" />,
  x: <path {...line} strokeWidth={1.8} d="m4 4 8 8m0-8-8 8" />,
  ring: <circle cx="8" cy="8" r="5" {...line} strokeWidth={2} />,
  question: <path {...line} strokeWidth={1.6} d="M5.6 6a2.4 2.4 0 1 1 3.4 2.2c-.7.4-1 .8-1 1.6M8 12.6v.1" />,
  back: <path {...line} d="M6 4 3 7l3 3M3.4 7H10a3 3 0 0 1 0 6H7" />,
  forward: <path {...line} d="m10 4 3 3-3 3M12.6 7H6a3 3 0 0 0 0 6h3" />,
  edit: <path {...line} d="m10.6 3 2.4 2.4-7.6 7.6-3 .6.6-3zM9 4.6 11.4 7" />,
  file: <path {...line} d="M4 1.8h5.2L12.4 5v9.2H4zM9 2v3.2h3.2" />,
  info: <><circle cx="8" cy="8" r="6" {...line} /><path {...line} strokeWidth={1.6} d="M8 7.4v3.6M8 5v.1" /></>,
} as const satisfies Record<string, ReactElement>;

export type IconName = keyof typeof SHAPES;

/** A 16-pixel drawing in the colour of the text around it; always beside or inside something that has a name. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="ic" viewBox="0 0 16 16" aria-hidden="true">
      {SHAPES[name]}
    </svg>
  );
}

/** The sign of Packetwalk: a packet in a packet. */
export function Brand() {
  return (
    <svg viewBox="0 0 22 22" aria-hidden="true">
      <rect x="1.25" y="4.25" width="19.5" height="13.5" rx="5" fill="none" stroke="var(--accent)" strokeWidth="1.75" />
      <rect x="7.5" y="8" width="9.5" height="6" rx="2.4" fill="var(--accent)" />
    </svg>
  );
}
