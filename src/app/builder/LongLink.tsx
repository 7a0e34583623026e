import { useEffect, useState } from 'react';
import { yamlFiles } from '../../cluster/edit/form.ts';
import { encodeLink, SAFE_LINK_LENGTH } from '../../share/link.ts';
import type { Lang } from '../../text/lang.ts';
import { addressOf, carriedBy, linkOf } from '../store/address.ts';
import { browserLang } from '../store/prefs.ts';
import type { Loaded } from '../store/state.ts';
import { usePage } from '../store/store.ts';
import { saveFile } from '../topbar/saveFile.ts';
import type { BuilderStrings } from './strings.ts';

/** Says when the changes no longer fit into a link that chat tools leave whole, and offers them as a file. */
export function LongLink({ loaded, lang, s }: { readonly loaded: Loaded; readonly lang: Lang; readonly s: BuilderStrings }) {
  const [length, setLength] = useState(0);
  useEffect(() => {
    let stale = false;
    void carriedBy(loaded, false).then((carried) => {
      if (!stale) setLength(addressOf(encodeLink(linkOf(usePage.getState(), loaded, carried, browserLang()))).length);
    });
    return () => {
      stale = true;
    };
  }, [loaded]);
  if (length <= SAFE_LINK_LENGTH) return null;
  return (
    <div className="blong">
      <p>{s.longLink(length.toLocaleString(lang))}</p>
      {yamlFiles(loaded.files).map((file) => (
        <button key={file} type="button" className="btn sec" onClick={() => saveFile(file, loaded.files[file] ?? '', 'application/yaml')}>
          {s.download}
        </button>
      ))}
    </div>
  );
}
