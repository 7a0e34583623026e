import type { CtEntryView, Endpoint, IpvsConnView, TupleView } from '../../engine/step.ts';
import { formatIp4 } from '../../packet/address.ts';
import { protocolName } from '../../packet/protocols.ts';
import type { Lang } from '../../text/lang.ts';
import { netnsId } from '../../world/lookup.ts';
import type { Part } from './packetRows.ts';
import type { StateEntry, StateView } from './state.ts';
import { type InspectorStrings, inspectorStrings } from './strings.ts';

interface StateSectionProps {
  readonly state: StateView;
  /** skb->mark at the stop. */
  readonly mark: Part | undefined;
  readonly lang: Lang;
}

/** A walk with many connections leaves many entries; these are the nearest ones. */
const SHOWN = 8;

/** What the walk left behind in the kernels up to here. A dot stands before what is new. */
export function StateSection({ state, mark, lang }: StateSectionProps) {
  const t = inspectorStrings(lang);
  const empty = state.conntrack.length === 0 && state.ipvs.length === 0 && !mark;
  return (
    <section className="insp-section">
      <h2>{t.state}</h2>
      {empty ? (
        <p className="insp-none">{t.nothingYet}</p>
      ) : (
        <dl className="insp-state">
          {state.ipvs.length > 0 && (
            <>
              <dt>{t.ipvs}</dt>
              <Entries entries={state.ipvs} t={t} text={connectionLines} />
            </>
          )}
          {state.conntrack.length > 0 && (
            <>
              <dt>{t.conntrack}</dt>
              <Entries entries={state.conntrack} t={t} text={(entry) => entryLines(entry, t)} />
            </>
          )}
          {mark && (
            <>
              <dt>{t.mark}</dt>
              <dd data-fresh={mark.was !== undefined || undefined}>
                {mark.was !== undefined && <span className="insp-sr">{t.isNew} </span>}
                {mark.text}
              </dd>
            </>
          )}
        </dl>
      )}
    </section>
  );
}

interface EntriesProps<T> {
  readonly entries: readonly StateEntry<T>[];
  readonly t: InspectorStrings;
  readonly text: (entry: T) => readonly string[];
}

function Entries<T>({ entries, t, text }: EntriesProps<T>) {
  return (
    <>
      {entries.slice(0, SHOWN).map(({ host, netns, entry, fresh }, i) => (
        <dd key={i} data-fresh={fresh || undefined}>
          {fresh && <span className="insp-sr">{t.isNew} </span>}
          {place(entries[i - 1]) !== netnsId(host, netns) && <small>{netnsId(host, netns)}</small>}
          {text(entry).map((line, n) => (
            <span key={n}>{line}</span>
          ))}
        </dd>
      ))}
      {entries.length > SHOWN && <dd className="insp-none">{t.more(entries.length - SHOWN)}</dd>}
    </>
  );
}

const place = (entry: StateEntry<unknown> | undefined): string | undefined => entry && netnsId(entry.host, entry.netns);

const endpoint = ({ ip, port }: Endpoint): string => (port === undefined ? formatIp4(ip) : `${formatIp4(ip)}:${port}`);
const tuple = ({ src, dst }: TupleView): string => `${endpoint(src)} → ${endpoint(dst)}`;

/** As `ipvsadm -Lnc` lists them. */
const connectionLines = ({ state, proto, source, virtual, destination }: IpvsConnView): readonly string[] => [
  `${protocolName(proto).toUpperCase()} ${state}`,
  `${source} ${virtual} ${destination}`,
];

/** The reply's tuple is worth a line only where it is not simply the other way round: that is what NAT is. */
function entryLines(entry: CtEntryView, t: InspectorStrings): readonly string[] {
  const state = [protocolName(entry.proto).toUpperCase(), entry.tcpState, entry.zone === 0 ? undefined : `zone${entry.zoneDir === undefined ? '' : entry.zoneDir === 'original' ? '-orig' : '-reply'}=${entry.zone}`].filter((w) => w !== undefined).join(' ');
  const sight = entry.confirmed ? (entry.seenReply ? (entry.assured ? t.assured : t.replied) : t.unreplied) : t.notConfirmed;
  const natted = tuple(entry.reply) !== tuple({ src: entry.orig.dst, dst: entry.orig.src });
  return [`${state}, ${sight}`, tuple(entry.orig), ...(natted ? [`${t.reply} ${tuple(entry.reply)}`] : [])];
}
