import { useId, useRef, useState } from 'react';
import { cards } from '../../scenarios/cards.ts';
import type { Lang } from '../../text/lang.ts';
import { openOwn, openScenario } from '../store/open.ts';
import { closePanel, openSource, usePage } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { COMMANDS } from '../keys/commands.ts';
import { Dialog } from '../topbar/Dialog.tsx';
import { About } from './About.tsx';
import { DiagnosticList } from './DiagnosticList.tsx';
import './intake.css';
import { chosenFiles } from './placed.ts';
import { housed, pastedPath, promptHosts, readPlaced } from './readFiles.ts';
import { intakeStrings } from './strings.ts';

const COLLECT = 'for c in "iptables-save" "ipset save" "ipvsadm -Sn" "ip -d link" "ip addr" "ip rule" "ip route show table all" "ip neigh" "sysctl -a" "ss -lntu"; do echo "\\$ $c"; sudo $c 2>&1; done > $(hostname).txt';

/** Bring dumps, or choose a scenario. */
export function Drawer({ t, lang }: { readonly t: Strings; readonly lang: Lang }) {
  const s = intakeStrings(lang);
  const loaded = usePage((p) => p.loaded);
  const [pasting, setPasting] = useState(false);
  const filesInput = useRef<HTMLInputElement>(null);
  const folderInput = useRef<HTMLInputElement>(null);

  const take = async (list: FileList | null) => {
    if (!list || list.length === 0) return;
    const intake = await readPlaced(chosenFiles(list));
    if (await openOwn(intake.files, intake.diagnostics, false)) closePanel();
  };
  return (
    <Dialog title={s.drawer} closeName={t.close} onClose={closePanel} className="drawer">
      <section className="dropbox">
        <b>{s.own}</b>
        <p>{s.ownText}</p>
        <div className="links">
          <button type="button" className="btn" aria-expanded={pasting} onClick={() => setPasting(!pasting)}>
            {s.paste}
          </button>
          <button type="button" className="btn sec" onClick={() => filesInput.current?.click()}>
            {s.chooseFiles}
          </button>
          <button type="button" className="btn sec" onClick={() => folderInput.current?.click()}>
            {s.chooseFolder}
          </button>
          <button type="button" className="btn sec" onClick={COMMANDS.newCluster.run}>
            {t.cmdNewCluster}
          </button>
        </div>
        <input ref={filesInput} type="file" multiple hidden data-testid="choose-files" onChange={(e) => void take(e.target.files)} />
        <input
          ref={(element) => {
            folderInput.current = element;
            element?.setAttribute('webkitdirectory', ''); // React has no property for it
          }}
          type="file"
          hidden
          onChange={(e) => void take(e.target.files)}
        />
        {pasting && <PasteForm lang={lang} onDone={closePanel} />}
        <details>
          <summary>{s.collect}</summary>
          <pre className="mono collect">{COLLECT}</pre>
        </details>
      </section>
      {loaded && (
        <section className="onpage">
          <h3>{loaded.origin.kind === 'scenario' ? loaded.origin.scenario.title[lang] : s.own}</h3>
          <p>{s.machines(loaded.parsed.world.hosts.length)}</p>
          <div className="links">
            {loaded.parsed.compiled.size > 0 && (
              <button type="button" className="btn sec" onClick={COMMANDS.change.run}>
                {t.cmdChange}
              </button>
            )}
            <button type="button" className="btn sec" onClick={COMMANDS.dumps.run}>
              {t.openDumps}
            </button>
          </div>
          <DiagnosticList diagnostics={[...loaded.notes, ...loaded.parsed.diagnostics]} lang={lang} onOpen={openSource} />
        </section>
      )}
      <section>
        <h3>{s.scenarios}</h3>
        {cards.map((scenario) => {
          const current = loaded?.origin.kind === 'scenario' && loaded.origin.scenario.id === scenario.id ? loaded.origin.scenario : undefined;
          return (
            <div key={scenario.id}>
              <button
                type="button"
                className="card"
                aria-current={current ? 'true' : undefined}
                onClick={() => {
                  closePanel();
                  void openScenario(scenario.id);
                }}
              >
                <Thumbnail />
                <span>
                  <b>{scenario.question[lang]}</b>
                  <span>{scenario.system[lang]}</span>
                </span>
              </button>
              {current && <About scenario={current} lang={lang} />}
            </div>
          );
        })}
      </section>
    </Dialog>
  );
}

/** Two houses, a tunnel and a packet's way, as small as it can be told. */
const Thumbnail = () => (
  <svg viewBox="0 0 76 52" aria-hidden="true" className="thumb">
    <g fill="var(--surface)" stroke="var(--line-strong)">
      <rect x="12" y="14" width="20" height="24" rx="3" />
      <rect x="44" y="14" width="20" height="24" rx="3" />
    </g>
    <path d="M32 29h12" stroke="var(--tunnel-line)" strokeWidth="4" />
    <path d="M6 46h10V22h12v22h20V22h12v-8" fill="none" stroke="var(--accent)" strokeWidth="1.8" strokeLinejoin="round" />
    <circle cx="6" cy="46" r="2.4" fill="var(--accent)" />
    <rect x="56" y="6" width="8" height="7" rx="2" fill="var(--accent)" />
  </svg>
);

function PasteForm({ lang, onDone }: { readonly lang: Lang; readonly onDone: () => void }) {
  const s = intakeStrings(lang);
  const loaded = usePage((p) => p.loaded);
  const own = loaded?.origin.kind === 'own';
  const [host, setHost] = useState(() => (own ? (loaded.parsed.world.hosts[0]?.name ?? 'node1') : 'node1'));
  // What is typed there stands; until then a prompt in the text names the machine.
  const [named, setNamed] = useState(false);
  const [text, setText] = useState('');
  const print = (printed: string): void => {
    setText(printed);
    const [prompted] = promptHosts(printed);
    if (!named && prompted !== undefined) setHost(prompted);
  };
  const [add, setAdd] = useState(own);
  const [problem, setProblem] = useState<string>();
  const problemId = useId();
  const submit = async () => {
    if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/.test(host.trim())) return setProblem(s.badHost);
    if (text.trim() === '') return setProblem(s.emptyPaste);
    const taken = add && own ? loaded.files : {};
    if (await openOwn(housed({ [pastedPath(text, host.trim(), taken)]: text }), [], add)) onDone();
  };
  return (
    <form
      className="pasteform"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label>
        <span>{s.host}</span>
        <input
          className="mono"
          value={host}
          placeholder={s.hostHint}
          maxLength={63}
          spellCheck={false}
          onChange={(e) => {
            setNamed(true);
            setHost(e.target.value);
          }}
          aria-describedby={problem ? problemId : undefined}
        />
      </label>
      <label>
        <span>{s.output}</span>
        <textarea data-autofocus className="mono" rows={8} value={text} placeholder={s.outputHint} spellCheck={false} wrap="off" onChange={(e) => print(e.target.value)} />
      </label>
      {own && (
        <label className="check">
          <input type="checkbox" checked={add} onChange={(e) => setAdd(e.target.checked)} />
          <span>{s.addTo}</span>
        </label>
      )}
      {problem && (
        <p className="fielderror" role="alert" id={problemId}>
          {problem}
        </p>
      )}
      <button type="submit" className="btn">
        {s.use}
      </button>
    </form>
  );
}
