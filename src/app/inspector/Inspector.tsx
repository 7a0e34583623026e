import './inspector.css';
import { useMemo } from 'react';
import type { ReasonOf } from '../../cluster/because.ts';
import type { Trace } from '../../engine/trace-types.ts';
import type { Lang } from '../../text/lang.ts';
import type { Reading } from '../../text/reading-types.ts';
import { seeYourself } from '../../text/seeYourself.ts';
import type { SourceRef } from '../../world/source.ts';
import type { World } from '../../world/world.ts';
import type { BundleText } from './dumpText.ts';
import { packetView } from './packetRows.ts';
import { PacketSection } from './PacketSection.tsx';
import { SeeSection } from './SeeSection.tsx';
import { stateAt } from './state.ts';
import { StateSection } from './StateSection.tsx';
import type { FlowSectionProps } from './flow/FlowSection.tsx';
import { WhySection } from './WhySection.tsx';

export interface InspectorProps {
  readonly trace: Trace;
  readonly world: World;
  /** The dumps that the world came from, by path. */
  readonly bundle: BundleText;
  /** Of a compiled world: the object that made a line. */
  readonly reasonOf: ReasonOf | undefined;
  readonly reading: Reading;
  /** Of the current stop in the reading. */
  readonly index: number;
  readonly lang: Lang;
  /** Takes another branch of a choice. */
  readonly onChoose: (key: string, option: number) => void;
  /** Shows how every branch ends. */
  readonly onShowAll: () => void;
  /** Shows which kernels judged what. */
  readonly onShowVerified: () => void;
  /** Opens a dump at a line. */
  readonly onOpenSource: (ref: SourceRef) => void;
  /** Opens the page's ofproto/trace with the packet that came into a bridge of Open vSwitch. */
  readonly onTry?: FlowSectionProps['onTry'];
}

/** One stop in full: the packet, why, the state so far, and how to see the same on a real node. */
export function Inspector({ trace, world, bundle, reasonOf, reading, index, lang, onChoose, onShowAll, onShowVerified, onOpenSource, onTry }: InspectorProps) {
  const stop = reading.stops[index] ?? reading.stops.at(-1);
  const ctx = useMemo(() => ({ trace, world, reading, lang }), [trace, world, reading, lang]);
  const packet = useMemo(() => stop && packetView(trace, stop), [trace, stop]);
  const state = useMemo(() => stop && stateAt(trace, stop), [trace, stop]);
  const see = useMemo(() => stop && seeYourself(ctx, stop), [ctx, stop]);
  if (!stop || !state) return null;
  return (
    <div className="inspector">
      <PacketSection view={packet} lang={lang} />
      <WhySection ctx={ctx} stop={stop} bundle={bundle} reasonOf={reasonOf} onChoose={onChoose} onShowAll={onShowAll} onShowVerified={onShowVerified} onOpenSource={onOpenSource} onTry={onTry} />
      <StateSection state={state} mark={packet?.mark} lang={lang} />
      {see && <SeeSection host={see.host} command={see.command} expected={see.expected} lang={lang} />}
    </div>
  );
}
