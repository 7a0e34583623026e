import { lazy, Suspense, useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Trace } from '../engine/trace-types.ts';
import type { SourceRef } from '../world/source.ts';
import { Sheet } from './caption/Sheet.tsx';
import { useDrop } from './intake/useDrop.ts';
import { COMMANDS } from './keys/commands.ts';
import { useKeys } from './keys/useKeys.ts';
import { Stage, type StageProps } from './stage/Stage.tsx';
import { openHash } from './store/open.ts';
import { loadCompiler, loadParser } from './store/parser.ts';
import type { Loaded } from './store/state.ts';
import { choose, isEdited, openFlow, openPanel, openSource, readingIn, seek, setDetail, usePage, walkIn } from './store/store.ts';
import { loadEngine } from './store/engine.ts';
import { useMedia } from './store/useMedia.ts';
import { usePlayback } from './store/usePlayback.ts';
import { stringsIn, type Strings } from './strings.ts';
import { loadForms } from './topbar/forms.tsx';
import { ProbeBar } from './topbar/ProbeBar.tsx';
import { TopBar } from './topbar/TopBar.tsx';
import { WhatIf } from './topbar/WhatIf.tsx';

// What stands beside the stage comes after it: the first step is on stage before its explanation is fetched.
let onStage: () => void = () => undefined;
const stageShown = new Promise<void>((done) => (onStage = done));
const told = () => stageShown.then(() => import('./told.ts'));
const StopCaption = lazy(() => told().then((m) => ({ default: m.StopCaption })));
const VerdictLine = lazy(() => told().then((m) => ({ default: m.VerdictLine })));
const Timeline = lazy(() => told().then((m) => ({ default: m.Timeline })));
const Inspector = lazy(() => stageShown.then(() => import('./inspector/Inspector.tsx')).then((m) => ({ default: m.Inspector })));
const TraceList = lazy(() => import('./inspector/TraceList.tsx').then((m) => ({ default: m.TraceList })));

// Ready before a word of the probe is likely to be pressed.
void stageShown.then(loadForms).catch(() => undefined);
// From here on the page computes every walk itself; if this fails, whatever needs it says so.
void stageShown.then(loadEngine).catch(() => undefined);
const NoticeBar = lazy(() => import('./caption/Notices.tsx').then((m) => ({ default: m.NoticeBar })));
const Problem = lazy(() => import('./caption/Problem.tsx').then((m) => ({ default: m.Problem })));
const Drawer = lazy(() => import('./intake/Drawer.tsx').then((m) => ({ default: m.Drawer })));
// Its edits are parsed at once, so the parsers come with it.
const DumpView = lazy(() => Promise.all([import('./intake/DumpView.tsx'), loadParser(), loadCompiler()]).then(([m]) => ({ default: m.DumpView })));
const Builder = lazy(() => Promise.all([import('./builder/Builder.tsx'), loadParser(), loadCompiler()]).then(([m]) => ({ default: m.Builder })));
const VerifiedDialog = lazy(() => import('./keys/VerifiedDialog.tsx').then((m) => ({ default: m.VerifiedDialog })));
const HelpDialog = lazy(() => import('./keys/HelpDialog.tsx').then((m) => ({ default: m.HelpDialog })));
const ShareDialog = lazy(() => import('./topbar/ShareDialog.tsx').then((m) => ({ default: m.ShareDialog })));
const OfprotoDialog = lazy(() => import('./ofproto/OfprotoDialog.tsx').then((m) => ({ default: m.OfprotoDialog })));
const OutcomesDialog = lazy(() => import('./topbar/OutcomesDialog.tsx').then((m) => ({ default: m.OutcomesDialog })));

/** Reads the address, and writes it from then on. */
function useAddress(): void {
  useEffect(() => {
    let own = '';
    let stop: (() => void) | undefined;
    let gone = false;
    void openHash(location.hash)
      .then(() => stageShown)
      .then(() => import('./store/address.ts'))
      .then(({ keepAddress }) => {
        if (!gone) stop = keepAddress((hash) => (own = hash));
      })
      .catch(() => undefined); // the page works, its address just does not follow
    // Another link put into the address bar of this very page.
    const onHash = () => {
      if (location.hash !== own) void openHash(location.hash);
    };
    addEventListener('hashchange', onHash);
    return () => {
      gone = true;
      stop?.();
      removeEventListener('hashchange', onHash);
    };
  }, []);
}

/** What of the page's settings stands on the document itself. */
function useDocument(t: Strings): void {
  const lang = usePage((s) => s.lang);
  const theme = usePage((s) => s.theme);
  useEffect(() => {
    document.documentElement.lang = lang;
    document.title = `${t.title}: ${t.tagline}`;
  }, [lang, t]);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
}

/** Says once that the first step is on stage: after the frame that shows it. */
function useReady(ready: boolean): void {
  useEffect(() => {
    if (!ready) return;
    const frame = requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        performance.mark('first-step');
        document.documentElement.dataset.ready = 'true';
        setTimeout(onStage, 50); // a breath for the frame that was just drawn
      }),
    );
    return () => cancelAnimationFrame(frame);
  }, [ready]);
}

/** Names who decides at a stop, once the words for it are there. */
function useDecider(): StageProps['decider'] {
  const [decider, setDecider] = useState<StageProps['decider']>();
  useEffect(() => {
    void told().then(
      (m) => setDecider(() => m.decider),
      () => undefined, // the page's boundary says that what tells the walk is missing
    );
  }, []);
  return decider;
}

/** The room that the timeline will take (SPEC: 72 and 25 a lane), so that the stage does not move when it comes. */
const timelineRoom = (trace: Trace, phone: boolean, short: boolean): number => (phone ? 60 : short ? 77 : 73 + 25 * new Set(trace.steps.map((s) => `${s.host}/${s.netns ?? ''}`)).size);

/** The whole page. */
export function App() {
  const lang = usePage((s) => s.lang);
  const loaded = usePage((s) => s.loaded);
  const notice = usePage((s) => s.notice);
  const t = stringsIn(lang);
  const phone = useMedia('(max-width: 700px)');
  const over = useDrop();
  useAddress();
  useDocument(t);
  useKeys();
  usePlayback();
  useReady(loaded !== undefined);

  return (
    <div className="app" data-phone={phone || undefined}>
      <TopBar loaded={loaded} t={t} lang={lang} phone={phone} />
      {phone && (
        <section className="probeline" aria-label={t.probe}>
          {loaded && <ProbeBar world={loaded.parsed.world} words={loaded.words} t={t} />}
          <span className="grow" />
          {loaded && <WhatIf loaded={loaded} t={t} lang={lang} />}
        </section>
      )}
      {loaded ? <Walked loaded={loaded} t={t} phone={phone} /> : <main className="stagebox loading"><p role="status">{t.loading}</p></main>}
      <Suspense fallback={null}>{notice && <NoticeBar notice={notice} t={t} />}</Suspense>
      <Panels loaded={loaded} t={t} />
      {over && <div className="dropveil" aria-hidden="true">{t.dropHere}</div>}
    </div>
  );
}

/** Stage, verdict, timeline and inspector: four readings of one trace. */
function Walked({ loaded, t, phone }: { readonly loaded: Loaded; readonly t: Strings; readonly phone: boolean }) {
  const walk = usePage(walkIn);
  const reading = usePage(readingIn);
  const detail = usePage((s) => s.detail);
  const index = usePage((s) => s.index);
  const playing = usePage((s) => s.playing);
  const speed = usePage((s) => s.speed);
  const lang = usePage((s) => s.lang);
  const theme = usePage((s) => s.theme);
  const edited = usePage(isEdited);
  const short = useMedia('(max-height: 560px)');
  const [unfolded, setUnfolded] = useState(false);
  const decider = useDecider();
  const { world, diagnostics } = loaded.parsed;
  // A walk through one's own dumps is as good as these are: what they lack is in sight beside what it says.
  const gaps = loaded.origin.kind === 'own' || edited ? diagnostics.filter((d) => d.severity !== 'info').length : 0;
  if (!walk || !reading) {
    return (
      <main className="stagebox">
        <Suspense fallback={null}>{loaded.result.kind !== 'walk' && <Problem loaded={loaded} edited={edited} t={t} />}</Suspense>
      </main>
    );
  }
  const { trace, readings } = walk;
  const caption = (
    <Suspense fallback={<header className="caption" />}>
      <StopCaption trace={trace} world={world} reading={reading} index={index} lang={lang} t={t} />
    </Suspense>
  );
  const verdict = (
    <Suspense fallback={<span className="verdict">{t.verdict}</span>}>
      <VerdictLine trace={trace} world={world} lang={lang} />
    </Suspense>
  );
  const stepBy = (next: number) => {
    usePage.setState({ playing: false });
    seek(next);
  };
  const inspector = (
    <SidePanel
      t={t}
      step={<Inspector trace={trace} world={world} bundle={loaded.parsed.dumps} reasonOf={loaded.parsed.reasonOf} reading={reading} index={index} lang={lang} onChoose={choose} onShowAll={COMMANDS.outcomes.run} onShowVerified={() => openPanel('verified')} onOpenSource={(ref: SourceRef) => openSource(ref)} onTry={openFlow} />}
      list={<TraceList trace={trace} world={world} reading={reading} index={index} lang={lang} onSeek={stepBy} />}
    />
  );
  return (
    <>
      <main className="stagebox" aria-label={t.stage}>
        {!phone && caption}
        <div className="stageview">
          <Stage world={world} trace={trace} reading={reading} index={index} playing={playing} speed={speed} lang={lang} theme={theme} decider={decider} onSeek={stepBy} onChoose={choose} />
        </div>
      </main>
      <div className="verdictrow" role="region" aria-label={t.verdict}>
        {phone ? (
          <button type="button" className="unfold" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
            {verdict}
          </button>
        ) : (
          verdict
        )}
        {gaps > 0 && (
          <button type="button" className="gaps" onClick={() => openPanel('drawer')}>
            {t.gaps(gaps)}
          </button>
        )}
      </div>
      <div className="timebox" data-walk-keys="">
        <Suspense fallback={<div style={{ height: timelineRoom(trace, phone, short) }} />}>
          <Timeline trace={trace} world={world} readings={readings} detail={detail} index={index} playing={playing} speed={speed} lang={lang} onSeek={stepBy} onPlay={COMMANDS.play.run} onDetail={setDetail} onSpeed={(next) => usePage.setState({ speed: next })} />
        </Suspense>
      </div>
      {phone ? (
        <Sheet name={t.inspector} gripName={t.sheet}>
          {caption}
          {inspector}
        </Sheet>
      ) : (
        <aside className="insp" aria-label={t.inspector}>
          {inspector}
        </aside>
      )}
    </>
  );
}

/** This step in full, or the whole walk as a list. */
function SidePanel({ t, step, list }: { readonly t: Strings; readonly step: ReactNode; readonly list: ReactNode }) {
  const [view, setView] = useState<'step' | 'list'>('step');
  return (
    <>
      <div className="insphead">
        <div className="seg" role="group" aria-label={t.inspectorView}>
          <button type="button" aria-pressed={view === 'step'} onClick={() => setView('step')}>
            {t.thisStep}
          </button>
          <button type="button" aria-pressed={view === 'list'} onClick={() => setView('list')}>
            {t.steps}
          </button>
        </div>
      </div>
      <Suspense fallback={null}>{view === 'step' ? step : list}</Suspense>
    </>
  );
}

/** Whatever lies over the page; fetched when it is first opened. */
function Panels({ loaded, t }: { readonly loaded: Loaded | undefined; readonly t: Strings }) {
  const panel = usePage((s) => s.panel);
  const flowAt = usePage((s) => s.flowAt);
  const lang = usePage((s) => s.lang);
  const verdictOf = useMemo(() => (trace: Trace) => loaded && <VerdictLine trace={trace} world={loaded.parsed.world} lang={lang} />, [loaded, lang]);
  return (
    <Suspense fallback={null}>
      {panel === 'help' && <HelpDialog t={t} lang={lang} />}
      {panel === 'verified' && <VerifiedDialog loaded={loaded} t={t} lang={lang} />}
      {panel === 'drawer' && <Drawer t={t} lang={lang} />}
      {(panel === 'newcluster' || (panel === 'builder' && loaded)) && <Builder loaded={loaded} start={panel === 'newcluster'} t={t} lang={lang} verdict={loaded?.result.kind === 'walk' ? verdictOf(loaded.result.walk.trace) : t.cannotStart} />}
      {panel === 'share' && loaded && <ShareDialog loaded={loaded} t={t} lang={lang} />}
      {panel === 'ofproto' && loaded && <OfprotoDialog key={JSON.stringify(flowAt)} loaded={loaded} start={flowAt} t={t} lang={lang} />}
      {panel === 'outcomes' && loaded && <OutcomesDialog loaded={loaded} t={t} lang={lang} verdictOf={verdictOf} />}
      {panel === 'dumps' && loaded && <DumpView loaded={loaded} t={t} lang={lang} verdict={loaded.result.kind === 'walk' ? verdictOf(loaded.result.walk.trace) : t.cannotStart} />}
    </Suspense>
  );
}
