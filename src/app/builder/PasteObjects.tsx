import { useId, useState } from 'react';
import { insertObjects } from '../../cluster/edit/edits.ts';
import { documentsOf } from '../../cluster/edit/documents.ts';
import { readForm, yamlFiles } from '../../cluster/edit/form.ts';
import { yamlProblems } from '../../cluster/edit/problems.ts';
import { OBJECTS_FILE } from '../../cluster/starter.ts';
import type { Lang } from '../../text/lang.ts';
import { yamlProblemText } from '../../text/yamlProblem.ts';
import { openOwn } from '../store/open.ts';
import { editFiles, openPanel, usePage } from '../store/store.ts';
import { builderStrings } from './strings.ts';

/** Objects as text: the start of a cluster of one's own, or more for the one on the page. What is wrong is said here; the text stays. */
export function PasteObjects({ lang, start = false }: { readonly lang: Lang; readonly start?: boolean }) {
  const t = builderStrings(lang);
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const id = useId();
  const submit = async () => {
    if (text.trim() === '') return setProblem(t.pasteEmpty);
    const [fault] = yamlProblems(text);
    if (fault) return setProblem(`${t.where(OBJECTS_FILE, fault.line, fault.column)}: ${yamlProblemText(fault, lang)}`);
    if (start) {
      const files = { [OBJECTS_FILE]: text };
      if (readForm(files).nodes.length === 0) return setProblem(t.pasteNoNode);
      if (await openOwn(files, [], false)) openPanel('builder');
      return;
    }
    const files = usePage.getState().loaded?.files ?? {};
    const file = yamlFiles(files)[0] ?? OBJECTS_FILE;
    editFiles(insertObjects(files, file, documentsOf(files[file] ?? '').length, [text]));
    setText('');
    setProblem(undefined);
    setOpen(false);
  };
  return (
    <form
      className="bpaste"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <button type="button" className="btn sec" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t.paste}
      </button>
      {open && (
        <>
          <textarea
            className="mono"
            rows={10}
            aria-label={t.pasteName}
            placeholder={t.pasteHint}
            value={text}
            spellCheck={false}
            autoCapitalize="off"
            wrap="off"
            aria-invalid={problem !== undefined}
            aria-describedby={problem === undefined ? undefined : id}
            onChange={(event) => {
              setText(event.target.value);
              setProblem(undefined);
            }}
          />
          {problem !== undefined && (
            <p className="fielderror" role="alert" id={id}>
              {problem}
            </p>
          )}
          <button type="submit" className="btn">
            {start ? t.pasteUse : t.pasteAdd}
          </button>
        </>
      )}
    </form>
  );
}
