import './flow.css';
import { type ReactNode, useMemo, useState } from 'react';
import type { ReasonOf } from '../../../cluster/because.ts';
import { bridgeNames } from '../../../dumps/ovsNames.ts';
import type { Lang } from '../../../text/lang.ts';
import { designOf } from '../../../text/openflow/design.ts';
import { flowText } from '../../../text/openflow/flowText.ts';
import type { Stop } from '../../../text/reading-types.ts';
import type { Telling } from '../../../text/telling.ts';
import { findHost } from '../../../world/lookup.ts';
import type { SourceRef } from '../../../world/source.ts';
import type { LogicalHop } from '../../../engine/ovn/logicalPath.ts';
import type { BundleText } from '../dumpText.ts';
import { CachedFlows } from './CachedFlows.tsx';
import { logicalAt } from './logical.ts';
import { LogicalList } from './LogicalList.tsx';
import { LookUpRow, type LookUpRowProps } from './LookUpRow.tsx';
import { flowStrings } from './strings.ts';
import { type LookUp, runsOf, type Stay, staysAt } from './walkOf.ts';

export interface FlowSectionProps {
  readonly ctx: Telling;
  readonly stop: Stop;
  readonly bundle: BundleText;
  readonly reasonOf: ReasonOf | undefined;
  readonly onOpenSource: (ref: SourceRef) => void;
  /** Opens the page's ofproto/trace with the packet that came into a bridge. */
  readonly onTry: ((start: { readonly host: string; readonly bridge: string; readonly flow: string }) => void) | undefined;
}

/** What the tables of Open vSwitch did at a stop: every look-up with its rule, what that asked for, and what it changed. */
export function FlowSection({ ctx, stop, bundle, reasonOf, onOpenSource, onTry }: FlowSectionProps) {
  const { trace, world, lang } = ctx;
  const t = flowStrings(lang);
  const stays = useMemo(() => staysAt(trace, stop), [trace, stop]);
  const last = stays.at(-1)?.lookUps.at(-1);
  const many = stays.reduce((n, s) => n + s.lookUps.length, 0) > 1;
  const logical = useMemo(() => (many ? logicalAt(world, trace, stop) : undefined), [many, world, trace, stop]);
  const rowFor = (stay: Stay) => {
    const host = findHost(world, stay.step.host);
    const bridge = host?.ovs?.find((b) => b.name === stay.step.bridge);
    return { host, bridge, row: { ctx, bundle, reasonOf, onOpenSource, names: bridgeNames(bridge), design: designOf(bridge) } };
  };
  const tablesOf = (hop: LogicalHop) => (
    <ol className="of-rows">
      {stays.flatMap((stay) => {
        const { row } = rowFor(stay);
        return stay.lookUps.filter((l) => hop.steps.includes(l.id)).map((l) => <LookUpRow key={l.id} {...row} lookUp={l} open={false} />);
      })}
    </ol>
  );
  return (
    <div className="of" role="group" aria-label={t.tables}>
      {logical && <LogicalList {...logical} tablesOf={tablesOf} lang={lang} />}
      <Folded name={logical ? t.byTable : undefined}>
      {stays.map((stay) => {
        const { host, bridge, row } = rowFor(stay);
        return (
          <section key={stay.step.id}>
            <h3 data-again={stay.step.how === 'resume' || undefined}>{head(stay, lang)}</h3>
            <ol className="of-rows">
              {runsOf(stay.lookUps).map((run) => (run.kind === 'one' ? <LookUpRow key={run.lookUp.id} {...row} lookUp={run.lookUp} open={run.lookUp === last} /> : <Quiet key={run.lookUps[0]?.id} {...row} lookUps={run.lookUps} />))}
            </ol>
            {host && stay.step.cached && <CachedFlows host={host} pass={stay.step.cached} lang={lang} onOpenSource={onOpenSource} />}
            {onTry && (stay.step.how === 'port' || stay.step.how === 'patch') && (
              <button type="button" className="insp-chip" title={t.tryHint} onClick={() => onTry({ host: stay.step.host, bridge: stay.step.bridge, flow: flowText(trace, stay.step, bridge) })}>
                {t.try}
              </button>
            )}
          </section>
        );
      })}
      </Folded>
    </div>
  );
}

/** Behind a word to press where something better was said before. */
function Folded({ name, children }: { readonly name: string | undefined; readonly children: ReactNode }) {
  if (name === undefined) return children;
  return (
    <details className="of-folded">
      <summary>{name}</summary>
      {children}
    </details>
  );
}

function head({ step: { bridge, port, how } }: Stay, lang: Lang): string {
  const t = flowStrings(lang);
  return how === 'resume' ? t.resume(bridge) : how === 'patch' ? t.patch(bridge, port) : how === 'controller' ? t.controller(bridge) : t.start(bridge, port);
}

/** Look-ups that change nothing, as one line until it is pressed. */
function Quiet({ lookUps, ...row }: Omit<LookUpRowProps, 'lookUp' | 'open'> & { readonly lookUps: readonly LookUp[] }) {
  const [open, setOpen] = useState(false);
  if (open) return lookUps.map((lookUp, i) => <LookUpRow key={lookUp.id} {...row} lookUp={lookUp} open={false} focus={i === 0} />);
  return (
    <li>
      <button type="button" className="insp-fold of-quiet" onClick={() => setOpen(true)}>
        {flowStrings(row.ctx.lang).quiet(lookUps.length)}
      </button>
    </li>
  );
}
