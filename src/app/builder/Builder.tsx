import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { type ObjectPlace, yamlFiles } from '../../cluster/edit/form.ts';
import { OBJECTS_FILE } from '../../cluster/starter.ts';
import type { Lang } from '../../text/lang.ts';
import { yamlProblemText } from '../../text/yamlProblem.ts';
import type { SourceRef } from '../../world/source.ts';
import { DiagnosticList } from '../intake/DiagnosticList.tsx';
import { Editor } from '../intake/Editor.tsx';
import { intakeStrings } from '../intake/strings.ts';
import { COMMANDS } from '../keys/commands.ts';
import type { Loaded } from '../store/state.ts';
import { closePanel, editFile, editFiles, openSource, usePage } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { Icon } from '../topbar/Icon.tsx';
import '../intake/intake.css';
import './builder.css';
import { ClusterFields } from './ClusterFields.tsx';
import { LongLink } from './LongLink.tsx';
import { StartForm } from './StartForm.tsx';
import { type BuilderStrings, builderStrings } from './strings.ts';

interface Props {
  readonly loaded: Loaded | undefined;
  /** A new cluster is to be chosen; the one on the page is not touched until it is built. */
  readonly start: boolean;
  readonly t: Strings;
  readonly lang: Lang;
  /** How the walk ends with the cluster as it stands. */
  readonly verdict: ReactNode;
}

/** Undo and redo of the page, not of one text field: an edit of the form is one step among those of the text. */
function commandOf(event: { readonly key: string; readonly ctrlKey: boolean; readonly metaKey: boolean; readonly altKey: boolean; readonly shiftKey: boolean }) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return undefined;
  const key = event.key.toLowerCase();
  return key === 'z' ? (event.shiftKey ? COMMANDS.redo : COMMANDS.undo) : key === 'y' ? COMMANDS.redo : undefined;
}

/** A cluster by form and by YAML, beside the stage: whatever is changed is compiled and walked at once. */
export function Builder({ loaded, start, t, lang, verdict }: Props) {
  const s = builderStrings(lang);
  const dumpAt = usePage((p) => p.dumpAt);
  const [view, setView] = useState<'form' | 'yaml'>(dumpAt && loaded && Object.hasOwn(loaded.files, dumpAt.input) ? 'yaml' : 'form');
  const panel = useRef<HTMLElement>(null);
  // A line that was asked for, here or by the inspector, is shown in the text.
  useEffect(() => {
    if (dumpAt) setView('yaml');
  }, [dumpAt]);
  useLayoutEffect(() => {
    const opener = document.activeElement;
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
    };
  }, []);
  useEffect(() => {
    const wanted = panel.current?.querySelector<HTMLElement>(start || view === 'form' ? '[data-autofocus]' : 'textarea');
    (wanted ?? panel.current?.querySelector<HTMLElement>('.btabs [aria-pressed="true"]'))?.focus({ preventScroll: true });
  }, [start, view]);
  const live = loaded && !start;
  return (
    <aside
      ref={panel}
      className="builder"
      aria-label={start ? s.newTitle : s.title}
      onKeyDown={(event) => {
        if (event.key === 'Escape') closePanel();
        const command = commandOf(event);
        if (!command) return;
        event.preventDefault();
        event.stopPropagation();
        command.run();
      }}
    >
      <header className="dialoghead">
        <h2>{start ? s.newTitle : s.title}</h2>
        {live && <Undo t={t} />}
        <button type="button" className="iconbtn" aria-label={t.close} onClick={closePanel}>
          <Icon name="x" />
        </button>
      </header>
      {live ? (
        <>
          <div className="btabs">
            <div className="seg" role="group" aria-label={s.view}>
              {(['form', 'yaml'] as const).map((one) => (
                <button key={one} type="button" aria-pressed={view === one} onClick={() => setView(one)}>
                  {s[one]}
                </button>
              ))}
            </div>
            <span className="grow" />
            <button type="button" className="txtbtn" onClick={COMMANDS.newCluster.run}>
              {s.startOver}
            </button>
          </div>
          <div className="bbody">
            {view === 'form' ? <ClusterFields files={loaded.files} lang={lang} onEdit={editFiles} onShow={({ file, line }: ObjectPlace) => openSource({ input: file, line })} /> : <YamlText loaded={loaded} at={dumpAt} lang={lang} s={s} />}
          </div>
          <footer>
            <Faults loaded={loaded} lang={lang} s={s} />
            <div className="dumpresult" role="status" aria-label={intakeStrings(lang).result}>
              {verdict}
            </div>
            <LongLink loaded={loaded} lang={lang} s={s} />
            {loaded.parsed.diagnostics.some((d) => d.severity !== 'info') && <DiagnosticList diagnostics={loaded.parsed.diagnostics} lang={lang} onOpen={openSource} />}
          </footer>
        </>
      ) : (
        <div className="bbody">
          <StartForm lang={lang} />
        </div>
      )}
    </aside>
  );
}

function Undo({ t }: { readonly t: Strings }) {
  const canUndo = usePage((p) => p.undo.length > 0);
  const canRedo = usePage((p) => p.redo.length > 0);
  return (
    <>
      <button type="button" className="iconbtn" aria-label={t.undo} title={`${t.undo} (Ctrl+Z)`} disabled={!canUndo} onClick={COMMANDS.undo.run}>
        <Icon name="back" />
      </button>
      <button type="button" className="iconbtn" aria-label={t.redo} title={`${t.redo} (Ctrl+Shift+Z)`} disabled={!canRedo} onClick={COMMANDS.redo.run}>
        <Icon name="forward" />
      </button>
    </>
  );
}

function linesWithFaults({ faults, parsed }: Loaded, path: string): ReadonlySet<number> {
  const problems = parsed.diagnostics.filter((d) => d.input === path && d.severity !== 'info');
  return new Set([...faults.filter((f) => f.file === path), ...problems].map((p) => p.line));
}

/** The objects as text; a cluster may have them in several files. */
function YamlText({ loaded, at, lang, s }: { readonly loaded: Loaded; readonly at: SourceRef | undefined; readonly lang: Lang; readonly s: BuilderStrings }) {
  const files = yamlFiles(loaded.files);
  const [chosen, setChosen] = useState<string>();
  useEffect(() => setChosen(undefined), [at]);
  const path = [chosen, at?.input, ...files].find((p) => p !== undefined && files.includes(p)) ?? OBJECTS_FILE;
  const marked = linesWithFaults(loaded, path);
  const texts = intakeStrings(lang);
  return (
    <>
      {files.length > 1 && (
        <label className="bfile">
          <span>{s.file}</span>
          <select value={path} onChange={(event) => setChosen(event.target.value)}>
            {files.map((file) => (
              <option key={file}>{file}</option>
            ))}
          </select>
        </label>
      )}
      <Editor key={path} name={texts.text(path)} text={loaded.files[path] ?? ''} at={at?.input === path ? at : undefined} marked={marked} tooLong={texts.tooLong} onEdit={(text) => editFile(path, text)} />
    </>
  );
}

/** What is wrong with the YAML and what would be right; each leads to its line. */
function Faults({ loaded, lang, s }: { readonly loaded: Loaded; readonly lang: Lang; readonly s: BuilderStrings }) {
  if (loaded.faults.length === 0) return null;
  return (
    <div className="diagnostics bfaults" role="alert">
      <ul>
        {loaded.faults.slice(0, 5).map((fault) => (
          <li key={`${fault.file} ${fault.line}`} data-severity="error">
            <button type="button" onClick={() => openSource({ input: fault.file, line: fault.line })}>
              <span className="mono where">{s.where(fault.file, fault.line, fault.column)}</span>
              <span>{yamlProblemText(fault, lang)}</span>
            </button>
          </li>
        ))}
      </ul>
      <p>{s.lastGood}</p>
    </div>
  );
}
