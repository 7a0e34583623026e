import { useMemo } from 'react';
import { destinationWord, readDestination, readProbe, readSource, type ProbeWords, type WordProblem } from '../../share/probeWords.ts';
import type { World } from '../../world/world.ts';
import { destinationOffers, showDestination, showSource, sourceOffers, type Shown } from '../store/offers.ts';
import { setWords } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { PlacePicker, ProtocolForm } from './forms.tsx';
import { Popover } from './Popover.tsx';

interface Props {
  readonly world: World;
  readonly words: ProbeWords;
  readonly t: Strings;
}

/** The probe as a sentence whose words are buttons. */
export function ProbeBar({ world, words, t }: Props) {
  const sources = useMemo(() => sourceOffers(world), [world]);
  const destinations = useMemo(() => destinationOffers(world), [world]);
  const from = useMemo(() => showSource(world, words.from), [world, words.from]);
  const to = useMemo(() => showDestination(world, words.to), [world, words.to]);

  const takeSource = (typed: string, close: () => void): WordProblem | undefined => {
    const [from_ = '', via] = typed.split(/\s+/);
    const to_ = readDestination(world, words.to);
    const read = readSource(world, from_, via, to_.ok && typeof to_.value.ip === 'number' ? to_.value.ip : undefined);
    if (!read.ok) return read.problem;
    const source = read.value;
    setWords({ ...words, from: source.kind === 'outside' ? from_ : source.netns === null ? source.host : `${source.host}/${source.netns}`, via: source.kind === 'outside' ? via : undefined });
    close();
    return undefined;
  };
  const takeDestination = (typed: string, close: () => void): WordProblem | undefined => {
    const read = readDestination(world, typed);
    if (!read.ok) return read.problem;
    // A destination without a port keeps the one that was there: another machine, the same question.
    const port = read.value.port ?? to.port;
    const next: ProbeWords = { ...words, to: destinationWord({ ip: read.value.ip, port }) };
    const whole = readProbe(world, next);
    if (!whole.ok && whole.problem.field === 'to') return whole.problem;
    setWords(next);
    close();
    return undefined;
  };
  return (
    <div className="probe" role="group" aria-label={t.probe}>
      <span className="fx">{t.from}</span>
      <Popover className="word" title={t.source} name={`${t.source}: ${[from.name, from.address].filter(Boolean).join(' ')}`} label={<Word shown={from} />}>
        {(close) => <PlacePicker groups={sources} current={words.from} hint={t.typeSource} t={t} onTake={(word) => takeSource(word, close)} />}
      </Popover>
      <span className="fx">{t.to}</span>
      <Popover className="word" title={t.destination} name={`${t.destination}: ${[to.name, to.address].filter(Boolean).join(' ')}`} label={<Word shown={to} />}>
        {(close) => <PlacePicker groups={destinations} current={words.to} hint={t.typeDestination} t={t} onTake={(word) => takeDestination(word, close)} />}
      </Popover>
      <span className="fx opt">{t.on}</span>
      <span className="opt">
        <Popover className="word" title={t.protocolAndPort} name={`${t.protocolAndPort}: ${protoText(words, to.port)}`} label={<b>{protoText(words, to.port)}</b>}>
          {(close) => <ProtocolForm world={world} words={words} t={t} onDone={close} />}
        </Popover>
      </span>
    </div>
  );
}

const protoText = (words: ProbeWords, port: number | undefined): string =>
  [words.proto, words.proto === 'icmp' ? 'echo' : port, words.size === undefined ? undefined : `${words.size} B`].filter((w) => w !== undefined).join(' ');

const Word = ({ shown }: { readonly shown: Shown }) => (
  <>
    {shown.name !== undefined && <span>{shown.name}</span>} {shown.address !== '' && <b>{shown.address}</b>}
  </>
);
