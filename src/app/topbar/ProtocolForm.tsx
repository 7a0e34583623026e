import { useState } from 'react';
import { LINK_PROTOS, type LinkProto } from '../../share/link.ts';
import { destinationWord, readDestination, readProbe, type ProbeWords, type WordProblem } from '../../share/probeWords.ts';
import type { World } from '../../world/world.ts';
import { setWords } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { problemText } from './problemText.ts';

/** A whole number in a range, or the problem; undefined for an empty field. */
function readNumber(text: string, field: 'sport' | 'size', from: number, to: number): { readonly value: number | undefined } | WordProblem {
  if (text.trim() === '') return { value: undefined };
  const value = /^\d{1,6}$/.test(text.trim()) ? Number(text) : NaN;
  return value >= from && value <= to ? { value } : { field, code: 'bad-number', text, offers: [] };
}

/** Protocol, ports and payload of the probe. What was typed stays until it is right. */
export function ProtocolForm({ world, words, t, onDone }: { readonly world: World; readonly words: ProbeWords; readonly t: Strings; readonly onDone: () => void }) {
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
