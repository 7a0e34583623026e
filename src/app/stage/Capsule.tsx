import type { Capsule as CapsuleData, Core, Shell, Value } from './shells.ts';
import type { StageStrings } from './strings.ts';

export interface CapsuleProps {
  readonly capsule: CapsuleData;
  /** On the surface of a house rather than on the bare stage. */
  readonly inside: boolean;
  /** Pixels from the left at which the tag hangs. */
  readonly tag: number;
  readonly strings: StageStrings;
}

/** The packet as nested shells, each header around what it carries. */
export function Capsule({ capsule, inside, tag, strings }: CapsuleProps) {
  const { frame, shells, core, mark, tone } = capsule;
  const nested = shells.reduceRight<React.ReactNode>((content, shell) => <ShellBox shell={shell} strings={strings}>{content}</ShellBox>, core && <CoreBox core={core} strings={strings} />);
  return (
    <div className="capsule" data-tone={tone} data-frame={frame ? '' : undefined} data-inside={inside || undefined}>
      {frame && (
        <div className="capsule-size">
          {strings.frame(frame.dev)}
          <b>{strings.bytes(frame.bytes)}</b>
        </div>
      )}
      {nested}
      {mark && (
        <div className="capsule-tag" data-fresh={mark.fresh || undefined} style={{ left: tag }}>
          {strings.mark} {mark.cleared ? <del>{mark.text}</del> : mark.text}
        </div>
      )}
    </div>
  );
}

function ShellBox({ shell, strings, children }: { readonly shell: Shell; readonly strings: StageStrings; readonly children: React.ReactNode }) {
  const { src, dst } = shell;
  const changed = src.was !== undefined || dst.was !== undefined;
  return (
    <div className="shell" data-outer={shell.outer || undefined} data-fresh={shell.fresh || undefined}>
      <div className="shell-row">
        <span className="shell-name">IP</span>
        <span className="shell-ends">
          <Address value={src} />
          <span className="shell-arrow">→</span>
          <Address value={dst} />
          {changed && (
            <>
              <Was value={src} strings={strings} />
              <span />
              <Was value={dst} strings={strings} />
            </>
          )}
        </span>
        {shell.outer && <span className="shell-plus">{`+${shell.bytes} B`}</span>}
      </div>
      {children}
    </div>
  );
}

const Address = ({ value }: { readonly value: Value }) => <span className={value.was === undefined ? undefined : 'changed'}>{value.text}</span>;

function Was({ value, strings }: { readonly value: Value; readonly strings: StageStrings }) {
  if (value.was === undefined) return <span />;
  if (value.since === undefined) return <del className="shell-was">{value.was}</del>;
  return <span className="shell-was" data-wide="">{strings.was(value.was, value.since + 1)}</span>;
}

function CoreBox({ core, strings }: { readonly core: Core; readonly strings: StageStrings }) {
  return (
    <div className="core">
      <div className="core-row">
        <span className="shell-name">{core.name}</span>
        <span>{core.text}</span>
        {core.flags && <span className="core-flags">{core.flags}</span>}
      </div>
      {core.quote !== undefined && (
        <div className="core-row" data-quote="">
          <span className="shell-name">{strings.quoted}</span>
          <span>{core.quote}</span>
        </div>
      )}
    </div>
  );
}
