import { useId } from 'react';
import type { Design } from '../../../text/openflow/design.ts';
import { fieldHelp } from '../../../text/openflow/fieldWords.ts';
import type { Lang } from '../../../text/lang.ts';

/** A field's name that tells what it holds when it is pointed at or focused; Escape takes the words away. */
export function FieldName({ field, design, lang }: { readonly field: string; readonly design: Design | undefined; readonly lang: Lang }) {
  const id = useId();
  return (
    <span className="of-name">
      <button type="button" className="of-field" aria-describedby={id} onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}>
        {field}
      </button>
      <span className="of-tip" role="tooltip" id={id}>
        {fieldHelp(field, design, lang)}
      </span>
    </span>
  );
}
