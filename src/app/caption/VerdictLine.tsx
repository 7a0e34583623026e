import { useMemo } from 'react';
import type { Trace } from '../../engine/trace-types.ts';
import type { Lang } from '../../text/lang.ts';
import type { Piece as TextPiece } from '../../text/telling.ts';
import { verdictLine, verdictPieces } from '../../text/verdict.ts';
import type { World } from '../../world/world.ts';
import { Icon } from '../topbar/Icon.tsx';

interface Props {
  readonly trace: Trace;
  readonly world: World;
  readonly lang: Lang;
}

const SIGNS = { good: 'check', bad: 'x', unknown: 'question' } as const;

/** How the first connection ends: outcome, place, the line that decided, and what the client sees. */
export function VerdictLine({ trace, world, lang }: Props) {
  const { tone, pieces } = useMemo(() => ({ tone: verdictLine({ trace, world, lang }, 0).tone, pieces: verdictPieces({ trace, world, lang }, 0) }), [trace, world, lang]);
  return (
    <span className="verdict" data-tone={tone}>
      <span className="sign">
        <Icon name={SIGNS[tone]} />
      </span>
      <span>
        {pieces.map((piece, i) => (
          // Pieces of one sentence: their order is their identity.
          // oxlint-disable-next-line no-array-index-key
          <Piece key={i} text={piece.text} tone={piece.tone} />
        ))}
      </span>
    </span>
  );
}

function Piece({ text, tone }: TextPiece) {
  if (tone === 'strong') return <b>{text}</b>;
  return tone === 'code' ? <code>{text}</code> : text;
}
