import type { ReactNode } from 'react';
import type { LogicalEffect, LogicalHop } from '../../../engine/ovn/logicalPath.ts';
import type { Endpoint } from '../../../engine/step.ts';
import { formatIp4 } from '../../../packet/address.ts';
import type { Lang } from '../../../text/lang.ts';
import { type FlowStrings, flowStrings } from './strings.ts';

interface LogicalListProps {
  readonly hops: readonly LogicalHop[];
  /** Those that the stop is about. */
  readonly here: ReadonlySet<LogicalHop>;
  /** The look-ups of a hop. */
  readonly tablesOf: (hop: LogicalHop) => ReactNode;
  readonly lang: Lang;
}

/** The packet's way from logical switch to logical router, with the tables of OpenFlow folded beneath each. */
export function LogicalList({ hops, here, tablesOf, lang }: LogicalListProps) {
  const t = flowStrings(lang);
  return (
    <section aria-label={t.logical}>
      <h3>{t.logical}</h3>
      <ol className="of-hops">
        {hops.map((hop, i) => (
          <li key={i} data-here={here.has(hop) || undefined} aria-current={here.has(hop) ? 'step' : undefined}>
            <b>{datapathName(hop, t)}</b>
            {hop.continued && <small>{t.continued(hop.host)}</small>}
            <span>{[hop.inport && t.inport(portName(hop.inport)), hop.outport && t.outport(portName(hop.outport))].filter((x) => x !== undefined).join(', ')}</span>
            {hop.effects.map((effect, k) => (
              <span key={k} className="of-effect">
                {effectText(effect, t)}
              </span>
            ))}
            {endText(hop, t) !== undefined && <em data-end={hop.end.kind}>{endText(hop, t)}</em>}
            {here.has(hop) && (
              <details>
                <summary>{t.tableCount(hop.steps.length)}</summary>
                {tablesOf(hop)}
              </details>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

export const datapathName = ({ datapath, key }: LogicalHop, t: FlowStrings): string => (datapath ? (datapath.kind === 'switch' ? t.logicalSwitch(datapath.name) : t.logicalRouter(datapath.name)) : t.datapath(`0x${key.toString(16)}`));

const portName = ({ name, key }: NonNullable<LogicalHop['inport']>): string => name ?? `0x${key.toString(16)}`;

const end = ({ ip, port }: Endpoint): string => (port === undefined ? formatIp4(ip) : `${formatIp4(ip)}:${port}`);

function effectText(effect: LogicalEffect, t: FlowStrings): string {
  switch (effect.kind) {
    case 'ttl':
      return `TTL ${effect.before} → ${effect.after}`;
    case 'nat':
      return t.rewrites(effect.manip, end(effect.before), end(effect.after));
    case 'balance':
      return t.balances(effect.bucket, effect.group);
  }
}

function endText({ end: way }: LogicalHop, t: FlowStrings): string | undefined {
  switch (way.kind) {
    case 'next':
      return undefined;
    case 'output':
      return way.tunnel ? t.intoTunnel(way.port) : t.outBy(way.port);
    case 'controller':
      return t.toController(way.what);
    case 'drop':
      return t.dropped;
    case 'unknown':
      return t.nobodyKnows;
  }
}
