import { useState } from 'react';
import type { Incident, Question, Scenario } from '../../scenarios/scenario.ts';
import { withDefaults } from '../../scenarios/scenario.ts';
import { answerTo } from '../../text/answer.ts';
import type { Lang } from '../../text/lang.ts';
import { takeQuestion } from '../store/open.ts';
import { usePage } from '../store/store.ts';
import { intakeStrings } from './strings.ts';

/** What the open scenario is about: its story, questions with the answers of their walks, and where its document errs. */
export function About({ scenario, lang }: { readonly scenario: Scenario; readonly lang: Lang }) {
  const s = intakeStrings(lang);
  return (
    <div className="about">
      <p>{scenario.story[lang]}</p>
      {scenario.incidents && (
        <ul className="questions">
          {scenario.incidents.map((incident) => (
            <Happened key={incident.id} scenario={scenario} incident={incident} lang={lang} />
          ))}
        </ul>
      )}
      {scenario.questions.length > 0 && (
        <>
          <h4>{s.questions}</h4>
          <ul className="questions">
            {scenario.questions.map((question) => (
              <Asked key={question.ask.en} scenario={scenario} question={question} lang={lang} />
            ))}
          </ul>
        </>
      )}
      {scenario.notes.length > 0 && (
        <details className="notes">
          <summary>{s.notes}</summary>
          <ul>
            {scenario.notes.map((note) => (
              <li key={note.en}>{note[lang]}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

/** An incident as people asked about it; its button puts it on stage, where its story is told and what mended it can be tried. */
function Happened({ scenario, incident, lang }: { readonly scenario: Scenario; readonly incident: Incident; readonly lang: Lang }) {
  const origin = usePage((p) => p.loaded?.origin);
  const params = withDefaults(scenario, origin?.kind === 'scenario' && origin.scenario === scenario ? origin.params : {});
  const s = intakeStrings(lang);
  const told = origin?.kind === 'scenario' && origin.scenario === scenario && params['incident'] === incident.id;
  const probe = scenario.probes.find((p) => p.id === incident.probe);
  const show = (state: string): void => {
    if (probe) void takeQuestion(scenario, withDefaults(scenario, { incident: incident.id, state }), probe);
  };
  return (
    <li>
      <button type="button" className="ask" aria-expanded={told} onClick={() => show('broken')}>
        {incident.question[lang]}
      </button>
      {told && (
        <>
          <p>{incident.story[lang]}</p>
          <p>
            <b>{s.mendedBy}</b> {incident.fix[lang]}
          </p>
          <button type="button" className="txtbtn" aria-pressed={params['state'] === 'fixed'} onClick={() => show(params['state'] === 'fixed' ? 'broken' : 'fixed')}>
            {s.showMended}
          </button>
        </>
      )}
    </li>
  );
}

/** A question; its button puts the walk on stage that answers it, and the answer is read off that walk. */
function Asked({ scenario, question, lang }: { readonly scenario: Scenario; readonly question: Question; readonly lang: Lang }) {
  const loaded = usePage((p) => p.loaded);
  const [asked, setAsked] = useState(false);
  const probe = scenario.probes.find((p) => p.id === question.probe);
  const params = withDefaults(scenario, question.params ?? {});
  const onStage =
    loaded?.origin.kind === 'scenario' &&
    loaded.files === loaded.base &&
    loaded.words.from === probe?.from &&
    loaded.words.to === probe.to &&
    loaded.words.proto === probe.proto &&
    loaded.words.size === probe.size &&
    JSON.stringify(withDefaults(scenario, loaded.origin.params)) === JSON.stringify(params) &&
    loaded.result.kind === 'walk'
      ? { trace: loaded.result.walk.trace, world: loaded.parsed.world, lang }
      : undefined;
  return (
    <li>
      <button type="button" className="ask" aria-expanded={asked && onStage !== undefined} onClick={() => { setAsked(true); if (probe && !onStage) void takeQuestion(scenario, params, probe); }}>
        {question.ask[lang]}
      </button>
      <output>{asked && onStage && <b>{answerTo(question.tell, onStage)}</b>}</output>
    </li>
  );
}
