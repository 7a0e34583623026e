import { Fragment, useState } from 'react';
import { printAction } from '../../../dumps/ovsActionsPrint.ts';
import { formatTable, type OvsNames } from '../../../dumps/ovsNames.ts';
import type { ReasonOf } from '../../../cluster/because.ts';
import type { LogicalHop } from '../../../engine/ovn/logicalPath.ts';
import type { Lang } from '../../../text/lang.ts';
import { datapathText } from '../../../text/logicalText.ts';
import { actionWords } from '../../../text/openflow/actionWords.ts';
import type { Design } from '../../../text/openflow/design.ts';
import { conditionText, ctStateHelp, sawText, tableHelp } from '../../../text/openflow/fieldWords.ts';
import type { Telling } from '../../../text/telling.ts';
import type { Words } from '../../../world/openflow.ts';
import type { SourceRef } from '../../../world/source.ts';
import { Breakable } from '../Breakable.tsx';
import { CodeBlock } from '../CodeBlock.tsx';
import { takeFocus } from '../takeFocus.ts';
import { type BundleText, commandAbove, lineAt } from '../dumpText.ts';
import type { Excerpt } from '../excerpt.ts';
import { FieldName } from './FieldName.tsx';
import { stageOf } from './logical.ts';
import { MatchWords } from './MatchWords.tsx';
import { OtherRules } from './OtherRules.tsx';
import { flowStrings } from './strings.ts';
import { isLostAt, type LookUp } from './walkOf.ts';

export interface LookUpRowProps {
  readonly ctx: Telling;
  readonly bundle: BundleText;
  readonly reasonOf: ReasonOf | undefined;
  readonly lookUp: LookUp;
  readonly names: OvsNames;
  readonly design: Design | undefined;
  readonly open: boolean;
  /** It has come in the place of a button that was pressed. */
  readonly focus?: boolean;
  readonly onOpenSource: (ref: SourceRef) => void;
}

/** What well-known numbers stand for. */
const KNOWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  dl_type: { '0x800': 'IPv4', '0x86dd': 'IPv6', '0x806': 'ARP', '0x8035': 'RARP' },
  nw_proto: { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6', 132: 'SCTP' },
};

const withName = (field: string, text: string): string => {
  const known = KNOWN[field]?.[text];
  return known === undefined ? text : `${text} ${known}`;
};

/** One look-up: the table and its rule in a line, and everything about them when opened. */
export function LookUpRow({ ctx, bundle, reasonOf, lookUp, names, design, open, focus = false, onOpenSource }: LookUpRowProps) {
  const { lang, world, trace } = ctx;
  const t = flowStrings(lang);
  const { rule, table, notes } = lookUp;
  // A walk through a node of OVN has a hundred of them: what is closed is not made.
  const [shown, setShown] = useState(open);
  const found = design === 'ovn' ? stageOf(world, trace, lookUp.id) : undefined;
  const stage = found ? [datapathText(found.hop, lang), found.stage.name].filter((x) => x !== undefined).join(', ') : tableHelp(table, design, lang, names);
  const logical = found?.stage.flow;
  const to = notes.flatMap((n) => (n.kind === 'output' ? [n.port] : n.kind === 'normal' ? n.to : []));
  const bucket = notes.find((n) => n.kind === 'bucket');
  return (
    <li className="of-row" data-miss={rule === undefined || undefined} data-end={isLostAt(trace, lookUp) || undefined}>
      <details open={shown} onToggle={(event) => setShown(event.currentTarget.open)}>
        <summary ref={focus ? takeFocus : undefined}>
          <span>
            <b>{t.table(formatTable(table, names))}</b>
            {stage !== undefined && <small>{stage}</small>}
          </span>
          <code>{rule ? <MatchWords match={rule.match} names={names} design={design} lang={lang} any={t.any} /> : t.miss}</code>
          {(to.length > 0 || bucket) && <em>{[...(bucket ? [t.bucket(bucket.bucket, bucket.group)] : []), ...(to.length > 0 ? [t.sends([...new Set(to)].join(', '))] : [])].join(', ')}</em>}
        </summary>
        {shown && (
        <div className="of-body">
          {rule && <RuleLine bundle={bundle} reasonOf={reasonOf} lookUp={lookUp} lang={lang} onOpenSource={onOpenSource} />}
          {rule && (
            <p className="of-facts">
              {t.priority} <b>{rule.priority}</b>
              {rule.cookie !== '0' && (
                <>
                  , {t.cookie} <b>0x{rule.cookie}</b>
                </>
              )}
            </p>
          )}
          {logical && (
            <div className="of-logical">
              <h4>{t.logicalFlow}</h4>
              <code>
                <Breakable text={`${logical.flow.match} → ${logical.flow.actions}`} />
              </code>
              <small>{logical.by === 'cookie' ? t.byCookie : t.byMatch}</small>
            </div>
          )}
          <Conditions lookUp={lookUp} names={names} design={design} lang={lang} called={(field, saw) => (found ? calledIn(found.hop, field, saw, lang) : undefined)} />
          <Changes lookUp={lookUp} names={names} design={design} lang={lang} />
          {rule && (
            <>
              <h4>{t.actions}</h4>
              <ol className="of-actions">
                {rule.actions.length === 0 && <li>{t.nothing}</li>}
                {rule.actions.map((action, i) => (
                  <li key={i}>
                    {actionWords(action, names, lang)} <code><Breakable text={printAction(action, names)} /></code>
                  </li>
                ))}
              </ol>
            </>
          )}
          <OtherRules key={lookUp.id} world={world} trace={trace} lookUp={lookUp} names={names} design={design} lang={lang} onOpenSource={onOpenSource} />
        </div>
        )}
      </details>
    </li>
  );
}

function RuleLine({ bundle, reasonOf, lookUp, lang, onOpenSource }: { readonly bundle: BundleText; readonly reasonOf: ReasonOf | undefined; readonly lookUp: LookUp; readonly lang: Lang; readonly onOpenSource: (ref: SourceRef) => void }) {
  const { rule } = lookUp;
  const ref = rule?.source;
  const text = ref && lineAt(bundle, ref);
  if (!rule || !ref || text === undefined) return null;
  const drops = rule.actions.every((a) => a.kind === 'drop');
  const excerpt: Excerpt = { key: `rule ${lookUp.id}`, host: lookUp.host, netns: lookUp.netns, command: commandAbove(bundle, ref), table: undefined, rows: [{ kind: 'line', ref, text: text.trim(), mark: drops ? 'bad' : 'hit', notes: [] }] };
  return <CodeBlock excerpt={excerpt} reasonOf={reasonOf} lang={lang} onOpenSource={onOpenSource} />;
}

interface PartProps {
  readonly lookUp: LookUp;
  readonly names: OvsNames;
  readonly design: Design | undefined;
  readonly lang: Lang;
}

/** Names that OVN's numbers have. */
function calledIn(hop: LogicalHop, field: string, saw: Words, lang: Lang): string | undefined {
  const key = saw.at(-1);
  if (field === 'metadata') return key === hop.key ? datapathText(hop, lang) : undefined;
  const port = field === 'reg14' ? hop.inport : field === 'reg15' ? hop.outport : undefined;
  return port?.key === key ? port?.name : undefined;
}

function Conditions({ lookUp: { conditions }, names, design, lang, called }: PartProps & { readonly called: (field: string, saw: Words) => string | undefined }) {
  const t = flowStrings(lang);
  if (conditions.length === 0) return null;
  return (
    <table className="of-table">
      <caption>{t.conditions}</caption>
      <thead>
        <tr>
          <th scope="col">{t.field}</th>
          <th scope="col">{t.asks}</th>
          <th scope="col">{t.has}</th>
        </tr>
      </thead>
      <tbody>
        {conditions.map((c, i) => (
          <Fragment key={i}>
          <tr>
            <th scope="row">
              <FieldName field={c.field} design={design} lang={lang} />
            </th>
            <td>
              <code>{withName(c.field, conditionText(c, names))}</code>
            </td>
            <td>
              <code>{withName(c.field, sawText(c.field, c.saw, names))}</code>
              {called(c.field, c.saw) !== undefined && <small>{called(c.field, c.saw)}</small>}
            </td>
          </tr>
          {c.field === 'ct_state' && (
            <tr>
              <td colSpan={3}>
                <CtState state={c.value[0] ?? 0} asked={c.mask?.[0] ?? 0xff} lang={lang} />
              </td>
            </tr>
          )}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

/** What each sign of a ct_state asks for. */
function CtState({ state, asked, lang }: { readonly state: number; readonly asked: number; readonly lang: Lang }) {
  const t = flowStrings(lang);
  return (
    <small>
      {ctStateHelp(state, asked, lang)
        .map(({ set, words }) => `${words}: ${set ? t.yes : t.no}`)
        .join('; ')}
    </small>
  );
}

function Changes({ lookUp: { changes }, names, design, lang }: PartProps) {
  const t = flowStrings(lang);
  if (changes.length === 0) return null;
  return (
    <table className="of-table">
      <caption>{t.changes}</caption>
      <tbody>
        {changes.map((c, i) => (
          <tr key={i}>
            <th scope="row">
              <FieldName field={c.field} design={design} lang={lang} />
            </th>
            <td colSpan={2}>
              <code>
                <del>{sawText(c.field, c.before, names)}</del> → <ins>{sawText(c.field, c.after, names)}</ins>
              </code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
