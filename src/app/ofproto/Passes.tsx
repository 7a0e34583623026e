import { printActions } from '../../dumps/ovsActionsPrint.ts';
import { bridgeNames, formatTable } from '../../dumps/ovsNames.ts';
import type { OfprotoAnswer } from '../../engine/openflow/ofproto.ts';
import type { Visit } from '../../engine/openflow/types.ts';
import { formatIp4 } from '../../packet/address.ts';
import type { Lang } from '../../text/lang.ts';
import { ofprotoLines, printCtState } from '../../text/ofprotoLines.ts';
import { actionWords } from '../../text/openflow/actionWords.ts';
import { designOf } from '../../text/openflow/design.ts';
import { tableHelp } from '../../text/openflow/fieldWords.ts';
import type { OvsBridge } from '../../world/openflow.ts';
import { MatchWords } from '../inspector/flow/MatchWords.tsx';
import { ofprotoStrings } from './strings.ts';

interface PassesProps {
  readonly bridges: readonly OvsBridge[];
  readonly bridge: OvsBridge;
  readonly answer: OfprotoAnswer;
  readonly command: string;
  readonly host: string;
  readonly lang: Lang;
}

/** The way that the packet takes: how it ends, each pass with its look-ups, and the same as the switch prints it. */
export function Passes({ bridges, bridge, answer, command, host, lang }: PassesProps) {
  const s = ofprotoStrings(lang);
  return (
    <section className="of-result" aria-label={s.result}>
      <p className="of-verdict" role="status" data-verdict={answer.verdict}>
        {verdictText(answer, lang)}
      </p>
      {answer.passes.map((pass, i) => (
        <div key={i}>
          <h3>
            {s.pass(i + 1)}
            {pass.resumed && (
              <small>
                {s.zone(pass.resumed.zone)}, ct_state={printCtState(pass.resumed.ctState)}
              </small>
            )}
          </h3>
          <ol className="of-visits">
            {pass.visits.filter((v) => !v.left).map((visit, k) => (
              <VisitRow key={k} visit={visit} isEnd={visit === pass.visits.at(-1) && pass.translation.actions.length === 0} bridges={bridges} lang={lang} />
            ))}
          </ol>
        </div>
      ))}
      <details>
        <summary>{s.asPrinted}</summary>
        <pre>{ofprotoLines(bridges, bridge.name, answer).join('\n')}</pre>
      </details>
      <p className="of-command">
        {s.command}: <code>{host} # {command}</code>
      </p>
    </section>
  );
}

function verdictText({ verdict, outputs, unknown }: OfprotoAnswer, lang: Lang): string {
  const s = ofprotoStrings(lang);
  const to = outputs.map(({ port, tunnel }) => (tunnel ? s.tunnel(port, formatIp4(tunnel.dst), `0x${tunnel.vni.toString(16)}`) : port));
  return verdict === 'unknown' ? s.verdict.unknown([...new Set(unknown.map((u) => u.name))].join(', ')) : s.verdict[verdict](to.join(', '));
}

/** Deeper look-ups are further in, up to what a narrow window has room for. */
const MAX_INDENT = 6;

function VisitRow({ visit, isEnd, bridges, lang }: { readonly visit: Visit; /** Nothing comes of the pass behind it. */ readonly isEnd: boolean; readonly bridges: readonly OvsBridge[]; readonly lang: Lang }) {
  const s = ofprotoStrings(lang);
  const bridge = bridges.find((b) => b.name === visit.bridge);
  const names = bridgeNames(bridge);
  const design = designOf(bridge);
  const stage = tableHelp(visit.table, design, lang, names);
  const { rule } = visit;
  return (
    <li style={{ marginInlineStart: Math.min(visit.how === 'goto' ? 0 : visit.depth, MAX_INDENT) * 8 }} data-miss={rule === undefined || undefined} data-end={isEnd || undefined}>
      {visit.how === 'patch' && <em>{s.into(visit.bridge)}</em>}
      <b>{s.table(formatTable(visit.table, names))}</b>
      {stage !== undefined && <small>{stage}</small>}
      <code>
        {rule ? (
          <>
            priority={rule.priority} <MatchWords match={rule.match} names={names} design={design} lang={lang} any="" />
          </>
        ) : (
          s.miss
        )}
      </code>
      {rule && (
        <span title={printActions(rule.actions, names)}>{rule.actions.length === 0 ? s.nothing : rule.actions.map((a) => actionWords(a, names, lang)).join('; ')}</span>
      )}
    </li>
  );
}
