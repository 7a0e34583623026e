import { Glyph } from '../glyphs/Glyph.tsx';
import type { LedgerLine } from './ledger.ts';
import type { StageStrings } from './strings.ts';

/** What a house did to a packet that has left it, one line a change. */
export function Ledger({ lines, strings }: { readonly lines: readonly LedgerLine[]; readonly strings: StageStrings }) {
  return (
    <div className="ledger">
      <h4>{strings.did}</h4>
      {lines.map((line, i) => (
        <div key={i}>
          <Glyph subsystem={line.subsystem} size={11} />
          <span>{strings[line.field]}</span>
          {line.from !== undefined && (
            <>
              <del>{line.from}</del>
              <span>→</span>
            </>
          )}
          <b>{line.to}</b>
        </div>
      ))}
    </div>
  );
}
