import './ofproto.css';
import { type FormEvent, useId, useState } from 'react';
import type { Lang } from '../../text/lang.ts';
import type { FlowStart, Loaded } from '../store/state.ts';
import { closePanel } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { Dialog } from '../topbar/Dialog.tsx';
import { askFlow, type FlowQuestion, offersIn, traceCommand } from './ask.ts';
import { Passes } from './Passes.tsx';
import { type OfprotoStrings, ofprotoStrings } from './strings.ts';

interface Props {
  readonly loaded: Loaded;
  /** Where the form begins; the first bridge without it. */
  readonly start: FlowStart | undefined;
  readonly t: Strings;
  readonly lang: Lang;
}

const STATES = ['trk,new', 'trk,est', 'trk,est,rpl', 'trk,rel', 'trk,inv'] as const satisfies readonly (keyof OfprotoStrings['states'])[];

/** The page's ofproto/trace: a bridge, a packet, and the way that it takes through the tables. */
export function OfprotoDialog({ loaded, start, t, lang }: Props) {
  const s = ofprotoStrings(lang);
  const { world } = loaded.parsed;
  const offers = offersIn(world);
  const [first] = offers;
  const [draft, setDraft] = useState<FlowQuestion>({ host: start?.host ?? first?.host ?? '', bridge: start?.bridge ?? first?.bridge ?? '', flow: start?.flow ?? '', ctNext: [], choices: {}, size: undefined });
  const [asked, setAsked] = useState<FlowQuestion | undefined>(start ? draft : undefined);
  const result = asked && askFlow(world, asked);
  const answer = result?.kind === 'answer' ? result.answer : undefined;
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(draft);
  };
  /** What is chosen from a list counts at once, once there is an answer. */
  const choose = (part: Partial<FlowQuestion>) => {
    const next = { ...draft, ...part };
    setDraft(next);
    if (asked) setAsked(next);
  };
  const problem = result?.kind === 'problem' ? result.problem : undefined;
  return (
    <Dialog title={s.title} closeName={t.close} onClose={closePanel} className="ofproto">
      <p>{s.text}</p>
      {!first && <p role="status">{s.none}</p>}
      {first && (
        <form onSubmit={submit} noValidate>
          <label>
            <span>{s.bridge}</span>
            <select value={`${draft.host}\n${draft.bridge}`} onChange={(event) => { const [host = '', bridge = ''] = event.target.value.split('\n'); choose({ host, bridge, ctNext: [], choices: {} }); }}>
              {offers.map((o) => (
                <option key={`${o.host}\n${o.bridge}`} value={`${o.host}\n${o.bridge}`}>
                  {o.host} / {o.bridge}
                </option>
              ))}
            </select>
          </label>
          <label className="of-flow">
            <span>{s.flow}</span>
            <textarea data-autofocus rows={3} spellCheck={false} autoCapitalize="off" autoComplete="off" value={draft.flow} placeholder="in_port=1,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tcp_dst=80" aria-describedby={`${id} ${id}p`} aria-invalid={problem !== undefined}
              onChange={(event) => setDraft({ ...draft, flow: event.target.value })}
              onKeyDown={(event) => { if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) { event.preventDefault(); setAsked(draft); } }} />
            <small id={id}>{s.flowHint}</small>
          </label>
          <p id={`${id}p`} className="of-problem" role="alert">
            {problem ? s.problem[problem.kind]('text' in problem ? problem.text : '', 'ports' in problem ? problem.ports.join(', ') : '') : ''}
          </p>
          {answer && (
            <div className="of-options">
              {answer.passes.slice(1).map((_, i) => (
                <label key={i}>
                  <span>{s.after(i + 1)}</span>
                  <select value={draft.ctNext[i] ?? 'trk,new'} onChange={(event) => choose({ ctNext: Array.from({ length: Math.max(draft.ctNext.length, i + 1) }, (__, k) => (k === i ? event.target.value : (draft.ctNext[k] ?? 'trk,new'))) })}>
                    {STATES.map((state) => (
                      <option key={state} value={state}>
                        {s.states[state]} ({state})
                      </option>
                    ))}
                  </select>
                </label>
              ))}
              {[...answer.chosen].map(([key, buckets]) => (
                <label key={key}>
                  <span>{s.group(key)}</span>
                  <select value={draft.choices[key] ?? buckets[0]} onChange={(event) => choose({ choices: { ...draft.choices, [key]: Number(event.target.value) } })}>
                    {buckets.map((bucket) => (
                      <option key={bucket} value={bucket}>
                        {s.bucket(bucket)}
                      </option>
                    ))}
                  </select>
                </label>
              ))}
              {answer.passes.some((p) => p.translation.visits.some((v) => v.when !== undefined || v.changes.some((c) => c.when !== undefined))) && (
                <label title={s.sizeHint}>
                  <span>{s.size}</span>
                  <input type="number" min={0} max={65535} value={draft.size ?? ''} onChange={(event) => choose({ size: event.target.value === '' ? undefined : Math.max(0, Math.min(65_535, Math.trunc(Number(event.target.value)))) })} />
                </label>
              )}
            </div>
          )}
          <button type="submit" className="btn">
            {s.run}
          </button>
        </form>
      )}
      {result?.kind === 'answer' && asked && <Passes bridges={result.bridges} bridge={result.bridge} answer={result.answer} command={traceCommand(asked, result.answer.passes.length)} host={asked.host} lang={lang} />}
    </Dialog>
  );
}
