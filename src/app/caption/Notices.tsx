import type { Notice, NoticeReason } from '../store/state.ts';
import { tell } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { Icon } from '../topbar/Icon.tsx';

/** Why a link could not be used, as a sentence. */
function reasonText(reason: NoticeReason, t: Strings): string {
  switch (reason.code) {
    case 'too-long':
      return t.reasonTooLong(reason.part);
    case 'no-scenario':
      return t.reasonNoScenario(reason.part);
    case 'unknown-scenario':
      return t.reasonUnknownScenario(reason.part);
    case 'unknown-parameter':
      return t.reasonUnknownParameter(reason.part);
    case 'bad-choice':
      return t.reasonBadChoice(reason.part);
    case 'bad-escape':
      return t.reasonEscape(reason.part);
    case 'bad-pair':
      return t.reasonPair(reason.part);
    case 'repeated':
      return t.reasonRepeated(reason.part);
    case 'bad-value':
      return t.reasonValue(reason.part);
    case 'packed-version':
      return t.reasonPackedVersion;
    case 'packed-damaged':
      return t.reasonPackedDamaged;
    case 'packed-too-large':
      return t.reasonPackedTooLarge;
    case 'packed-base':
      return t.reasonPackedBase(reason.part);
    case 'own-not-included':
      return t.reasonOwn;
  }
}

/** Something to tell once, over the stage; it stays until it is closed. */
export function NoticeBar({ notice, t }: { readonly notice: Notice; readonly t: Strings }) {
  return (
    <div className="notice" role="alert">
      <Icon name="info" />
      <div>
        {notice.kind === 'damaged-link' && (
          <>
            <p>
              <b>{t.damagedLink}</b> {notice.reasons.map((r) => reasonText(r, t)).join(' ')}
            </p>
            <label>
              <span>{t.keptLink}</span>
              <input className="mono" readOnly value={notice.link} onFocus={(event) => event.target.select()} />
            </label>
          </>
        )}
        {notice.kind === 'step-out-of-range' && <p>{t.stepOutOfRange(notice.asked, notice.count)}</p>}
        {notice.kind === 'load-failed' && <p>{t.loadFailed}</p>}
        {notice.kind === 'nothing-read' && <p>{t.nothingRead}</p>}
      </div>
      <button type="button" className="iconbtn" aria-label={t.close} onClick={() => tell(undefined)}>
        <Icon name="x" />
      </button>
    </div>
  );
}
