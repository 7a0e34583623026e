import { useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { Because } from '../../cluster/because.ts';
import { becauseText } from '../../text/because.ts';
import type { Lang } from '../../text/lang.ts';
import type { Loaded } from '../store/state.ts';
import { closePanel, editFile, openSource, tell, usePage } from '../store/store.ts';
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

/** A large cluster has thousands of compiled namespaces: beyond this many files only those of machines that the walk enters are listed. */
const MAX_COMPILED = 120;

/** Files that were given, then those of compiled machines. */
function pathsOf({ files, parsed, result }: Loaded, shown: string | undefined): readonly string[] {
  const given = Object.keys(files);
  const compiled = parsed.paths;
  if (compiled.length <= MAX_COMPILED) return [...given, ...compiled];
  const entered = new Set(result.kind === 'walk' ? result.walk.trace.steps.map((s) => (s.netns === null ? s.host : `${s.host}/netns/${s.netns}`)) : []);
  return [...given, ...compiled.filter((path) => path === shown || entered.has(path.slice(0, path.lastIndexOf('/'))))];
}

/** The text of a file; one of a compiled machine may have to be made first. */
function useText({ files, parsed }: Loaded, path: string): string {
  const here = Object.hasOwn(files, path) ? files[path] : Object.hasOwn(parsed.dumps, path) ? parsed.dumps[path] : undefined;
  const [made, setMade] = useState<{ readonly path: string; readonly text: string }>();
  const { fetchText } = parsed;
  useEffect(() => {
    if (here !== undefined || !fetchText) return;
    let stale = false;
    fetchText(path).then(
      (text) => {
        if (!stale) setMade({ path, text });
      },
      () => tell({ kind: 'load-failed' }),
    );
    return () => {
      stale = true;
    };
  }, [here, fetchText, path]);
  return here ?? (made?.path === path ? made.text : '');
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
  const { reasonOf } = loaded.parsed;
  const path = [chosen, dumpAt?.input].find((p) => p !== undefined && (Object.hasOwn(loaded.files, p) || loaded.parsed.paths.includes(p))) ?? firstFile(loaded);
  const given = Object.hasOwn(loaded.files, path);
  const text = useText(loaded, path);
  const tree = useMemo(() => folders(pathsOf(loaded, path)), [loaded, path]);
  const asked = dumpAt?.input === path ? dumpAt : undefined;
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

  useEffect(() => {
    if (asked) panel.current?.querySelector<HTMLElement>('textarea')?.focus({ preventScroll: true });
  }, [asked]);

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
                    {Object.hasOwn(loaded.files, p) && loaded.files[p] !== loaded.base[p] && <em>{s.changed}</em>}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </nav>
      <div className="filetext">
        {!given && <Compiled because={asked && reasonOf?.(asked)} lang={lang} />}
        <Editor key={path} name={s.text(path)} text={text} at={asked} marked={here} tooLong={s.tooLong} readOnly={!given} onEdit={(text) => editFile(path, text)} />
      </div>
      <footer>
        <div className="dumpresult" role="status" aria-label={s.result}>
          {verdict}
        </div>
        <DiagnosticList diagnostics={diagnostics} lang={lang} onOpen={openSource} />
      </footer>
    </aside>
  );
}

/** A compiled text is changed where it comes from. */
function Compiled({ because, lang }: { readonly because: Because | undefined; readonly lang: Lang }) {
  const s = intakeStrings(lang);
  const source = because?.source;
  return (
    <p className="compiled">
      {s.compiled}{' '}
      {because && source ? (
        <button type="button" onClick={() => openSource(source)}>
          {becauseText(because, lang)}
        </button>
      ) : (
        because && becauseText(because, lang)
      )}
    </p>
  );
}
