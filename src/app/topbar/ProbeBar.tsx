import { useMemo, useState } from 'react';
import { LINK_PROTOS, type LinkProto } from '../../share/link.ts';
import { destinationWord, readDestination, readProbe, readSource, type ProbeWords, type WordProblem } from '../../share/probeWords.ts';
import type { World } from '../../world/world.ts';
import { destinationOffers, showDestination, showSource, sourceOffers, type Shown } from '../store/offers.ts';
import { setWords } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { PlacePicker } from './PlacePicker.tsx';
import { Popover } from './Popover.tsx';
import { problemText } from './problemText.ts';

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

/** A whole number in a range, or the problem; undefined for an empty field. */
function readNumber(text: string, field: 'sport' | 'size', from: number, to: number): { readonly value: number | undefined } | WordProblem {
  if (text.trim() === '') return { value: undefined };
  const value = /^\d{1,6}$/.test(text.trim()) ? Number(text) : NaN;
  return value >= from && value <= to ? { value } : { field, code: 'bad-number', text, offers: [] };
}

function ProtocolForm({ world, words, t, onDone }: { readonly world: World; readonly words: ProbeWords; readonly t: Strings; readonly onDone: () => void }) {
  const destination = readDestination(world, words.to);
  const [proto, setProto] = useState<LinkProto>(words.proto);
  const [port, setPort] = useState(String((destination.ok ? destination.value.port : undefined) ?? ''));
  const [sport, setSport] = useState(String(words.sport ?? ''));
  const [size, setSize] = useState(String(words.size ?? ''));
  const [problem, setProblem] = useState<WordProblem>();
  const submit = () => {
    const icmp = proto === 'icmp';
    const sportRead = icmp ? { value: undefined } : readNumber(sport, 'sport', 1, 65_535);
    const sizeRead = readNumber(size, 'size', 0, 65_507);
    if (!('value' in sportRead)) return setProblem(sportRead);
    if (!('value' in sizeRead)) return setProblem(sizeRead);
    const base = destination.ok ? destination.value.ip : words.to;
    const host = destinationWord({ ip: base, port: undefined });
    const to = icmp ? host : typeof base === 'number' ? `${host}:${port.trim()}` : `[${host}]:${port.trim()}`;
    const next: ProbeWords = { ...words, proto, to: port.trim() === '' ? host : to, sport: sportRead.value, size: sizeRead.value };
    const read = readProbe(world, next);
    if (!read.ok && read.problem.field === 'to') return setProblem(read.problem);
    setWords(next);
    onDone();
  };
  const number = (label: string, value: string, set: (text: string) => void, placeholder: string, bad: boolean) => (
    <label>
      <span>{label}</span>
      <input className="mono" inputMode="numeric" maxLength={6} value={value} placeholder={placeholder} aria-invalid={bad} onChange={(e) => set(e.target.value)} />
    </label>
  );
  return (
    <form
      className="protoform"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="seg" role="group" aria-label={t.protocol}>
        {LINK_PROTOS.map((one) => (
          <button key={one} type="button" aria-pressed={proto === one} onClick={() => setProto(one)}>
            {one}
          </button>
        ))}
      </div>
      {proto !== 'icmp' && number(t.port, port, setPort, '80', problem?.field === 'to')}
      {proto !== 'icmp' && number(t.sourcePort, sport, setSport, t.chosenByKernel, problem?.field === 'sport')}
      {number(t.payload, size, setSize, proto === 'icmp' ? '56' : '0', problem?.field === 'size')}
      {problem && (
        <p className="fielderror" role="alert">
          {problemText(problem, t)}
        </p>
      )}
      <button type="submit" className="btn">
        {t.apply}
      </button>
    </form>
  );
}
