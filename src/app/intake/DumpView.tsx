import { useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { Lang } from '../../text/lang.ts';
import type { Loaded } from '../store/state.ts';
import { closePanel, editFile, openSource, usePage } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { COMMANDS } from '../keys/commands.ts';
import { Icon } from '../topbar/Icon.tsx';
import { DiagnosticList } from './DiagnosticList.tsx';
import { Editor } from './Editor.tsx';
import './intake.css';
import { intakeStrings } from './strings.ts';

interface Props {
  readonly loaded: Loaded;
  readonly t: Strings;
  readonly lang: Lang;
  /** How the walk ends with the text as it stands. */
  readonly verdict: ReactNode;
}

interface Folder {
  readonly name: string;
  readonly paths: readonly string[];
}

/** Files by machine; what lies at the top comes last, under ''. */
function folders(paths: readonly string[]): readonly Folder[] {
  const byHost = new Map<string, string[]>();
  for (const path of paths) {
    const host = path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
    byHost.set(host, [...(byHost.get(host) ?? []), path]);
  }
  return [...byHost].map(([name, own]) => ({ name, paths: own })).sort((a, b) => Number(a.name === '') - Number(b.name === ''));
}

/** The file to open first: the machine that decides most, that is, the longest text. */
const firstFile = (loaded: Loaded): string => Object.entries(loaded.files).reduce((best, [path, text]) => (text.length > (loaded.files[best] ?? '').length ? path : best), Object.keys(loaded.files)[0] ?? '');

/** The dumps as text: read, edited, undone. Every change is walked at once. */
export function DumpView({ loaded, t, lang, verdict }: Props) {
  const s = intakeStrings(lang);
  const dumpAt = usePage((p) => p.dumpAt);
  const canUndo = usePage((p) => p.undo.length > 0);
  const canRedo = usePage((p) => p.redo.length > 0);
  const [chosen, setChosen] = useState<string>();
  const panel = useRef<HTMLElement>(null);
  const path = [chosen, dumpAt?.input].find((p) => p !== undefined && Object.hasOwn(loaded.files, p)) ?? firstFile(loaded);
  const tree = useMemo(() => folders(Object.keys(loaded.files)), [loaded.files]);
  const diagnostics = useMemo(() => [...loaded.notes, ...loaded.parsed.diagnostics], [loaded.notes, loaded.parsed.diagnostics]);
  const here = useMemo(() => new Set(diagnostics.filter((d) => d.input === path && d.severity !== 'info').map((d) => d.line)), [diagnostics, path]);

  // A line asked for from elsewhere wins over the file chosen here before.
  useEffect(() => setChosen(undefined), [dumpAt]);
  // Into the text, and when the view closes back to whatever opened it, if that is still there.
  useLayoutEffect(() => {
    const opener = document.activeElement;
    panel.current?.querySelector<HTMLElement>('textarea')?.focus({ preventScroll: true });
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
    };
  }, []);

  const edited = loaded.files !== loaded.base;
  return (
    <aside
      ref={panel}
      className="dumps"
      aria-label={s.dumpView}
      onKeyDown={(event) => {
        if (event.key === 'Escape') closePanel();
        const mod = event.ctrlKey || event.metaKey;
        if (!mod || event.altKey) return;
        const key = event.key.toLowerCase();
        const command = key === 'z' ? (event.shiftKey ? COMMANDS.redo : COMMANDS.undo) : key === 'y' ? COMMANDS.redo : undefined;
        if (!command) return;
        event.preventDefault(); // the text field's own undo knows nothing of the other files
        event.stopPropagation();
        command.run();
      }}
    >
      <header className="dialoghead">
        <h2>{s.dumpView}</h2>
        {edited && <span className="badge">{t.edited}</span>}
        <span className="grow" />
        <button type="button" className="iconbtn" aria-label={t.undo} title={`${t.undo} (Ctrl+Z)`} disabled={!canUndo} onClick={COMMANDS.undo.run}>
          <Icon name="back" />
        </button>
        <button type="button" className="iconbtn" aria-label={t.redo} title={`${t.redo} (Ctrl+Shift+Z)`} disabled={!canRedo} onClick={COMMANDS.redo.run}>
          <Icon name="forward" />
        </button>
        <button type="button" className="txtbtn" disabled={!edited} onClick={COMMANDS.reset.run}>
          {t.reset}
        </button>
        <button type="button" className="iconbtn" aria-label={t.close} onClick={closePanel}>
          <Icon name="x" />
        </button>
      </header>
      <nav className="filetree" aria-label={s.files}>
        {tree.map((folder) => (
          <section key={folder.name}>
            <h3>{folder.name === '' ? s.cluster : folder.name}</h3>
            <ul>
              {folder.paths.map((p) => (
                <li key={p}>
                  <button type="button" className="offer" aria-current={p === path ? 'true' : undefined} onClick={() => setChosen(p)}>
                    <Icon name="file" />
                    <span className="mono">{p.slice(folder.name === '' ? 0 : folder.name.length + 1).replace(/^netns\//, '')}</span>
                    {loaded.files[p] !== loaded.base[p] && <em>{s.changed}</em>}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </nav>
      <Editor key={path} name={s.text(path)} text={loaded.files[path] ?? ''} at={dumpAt?.input === path ? dumpAt : undefined} marked={here} tooLong={s.tooLong} onEdit={(text) => editFile(path, text)} />
      <footer>
        <div className="dumpresult" role="status" aria-label={s.result}>
          {verdict}
        </div>
        <DiagnosticList diagnostics={diagnostics} lang={lang} onOpen={openSource} />
      </footer>
    </aside>
  );
}
