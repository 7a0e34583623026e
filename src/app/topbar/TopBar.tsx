import type { Lang } from '../../text/lang.ts';
import { cards } from '../../scenarios/cards.ts';
import { openScenario, takeProbe } from '../store/open.ts';
import type { Loaded } from '../store/state.ts';
import { isEdited, usePage } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { COMMANDS } from '../keys/commands.ts';
import { Brand, Icon } from './Icon.tsx';
import { Popover } from './Popover.tsx';
import { ProbeBar } from './ProbeBar.tsx';
import { useFold } from './useFold.ts';
import { WhatIf } from './WhatIf.tsx';

interface Props {
  readonly loaded: Loaded | undefined;
  readonly t: Strings;
  readonly lang: Lang;
  /** The probe goes into a line of its own. */
  readonly phone: boolean;
}

/** Opens the panel by pointer or key; `/` opens it from anywhere. */
function ScenarioMenu({ loaded, t, lang }: Omit<Props, 'phone'>) {
  const open = usePage((s) => s.panel === 'scenarios');
  const current = loaded?.origin.kind === 'scenario' ? loaded.origin.scenario : undefined;
  return (
    <Popover
      className="pick"
      title={t.scenario}
      open={open}
      onOpenChange={(next) => usePage.setState((s) => ({ panel: next ? 'scenarios' : s.panel === 'scenarios' ? undefined : s.panel }))}
      label={<><span>{current ? current.title[lang] : loaded ? t.ownCluster : t.scenario}</span><Icon name="down" /></>}
    >
      {(close) => (
        <>
          {cards.map((scenario) => (
            <section className="offers" key={scenario.id}>
              <button type="button" className="offer big" aria-current={scenario.id === current?.id ? 'true' : undefined} onClick={() => { close(); void openScenario(scenario.id); }}>
                <b>{scenario.title[lang]}</b>
                <span>{scenario.question[lang]}</span>
              </button>
              <ul>
                {current?.id === scenario.id && current.probes.map((probe) => (
                  <li key={probe.id}>
                    <button type="button" className="offer" onClick={() => { close(); void takeProbe(current, probe); }}>
                      <span>{probe.title[lang]}</span>
                    </button>
                  </li>
                ))}
              </ul>
            </section>
          ))}
          <div className="offers menuend">
            {[COMMANDS.newCluster, ...(loaded ? [COMMANDS.change] : [])].map((command) => (
              <button key={command.label} type="button" className="offer" onClick={() => { close(); command.run(); }}>
                <b>{t[command.label]}</b>
                <kbd>{command.keys[0].toUpperCase()}</kbd>
              </button>
            ))}
          </div>
        </>
      )}
    </Popover>
  );
}

/** The bar at the top: what is looked at, who sends what to whom, what if, and the page's own settings. */
export function TopBar({ loaded, t, lang, phone }: Props) {
  const edited = usePage(isEdited);
  const bar = useFold();
  return (
    <header className="top" ref={bar}>
      <button type="button" className="iconbtn drawerbtn" aria-label={t.library} title={t.library} onClick={COMMANDS.library.run}>
        <Icon name="menu" />
      </button>
      <h1 className="brand">
        <Brand />
        <span className="nm">{t.title}</span>
      </h1>
      <ScenarioMenu loaded={loaded} t={t} lang={lang} />
      {edited && (
        <button type="button" className="badge" title={t.editedHint} onClick={COMMANDS.change.run}>
          {t.edited}
        </button>
      )}
      {!phone && <span className="vr" />}
      {!phone && loaded && <ProbeBar world={loaded.parsed.world} words={loaded.words} t={t} />}
      <span className="grow" />
      {!phone && loaded && <WhatIf loaded={loaded} t={t} lang={lang} />}
      {!phone && <span className="vr w" />}
      <button type="button" className="txtbtn share" aria-label={t.share} onClick={COMMANDS.share.run} disabled={!loaded}>
        <Icon name="share" />
        <span>{t.share}</span>
      </button>
      <button type="button" className="txtbtn lang" lang={lang === 'en' ? 'ko' : 'en'} onClick={COMMANDS.language.run}>
        {t.otherLanguage}
      </button>
      <button type="button" className="iconbtn" aria-label={t.theme} title={t.theme} onClick={COMMANDS.theme.run}>
        <Icon name="theme" />
      </button>
      <button type="button" className="iconbtn helpbtn" aria-label={t.cmdHelp} title={`${t.cmdHelp} (?)`} onClick={COMMANDS.help.run}>
        <Icon name="question" />
      </button>
    </header>
  );
}
