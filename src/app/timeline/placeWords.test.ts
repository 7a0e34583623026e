import { expect, it } from 'vitest';
import { readTrace } from '../../text/reading.ts';
import { sampleNamed } from '../../testing/walks.ts';
import { placeWords } from './placeWords.ts';

it('says where each stop of a walk is in a few words, without the host', () => {
  const { trace, world } = sampleNamed('client to the address, Cluster');
  const { stops } = readTrace(trace, world, 'story');
  const words = stops.map((stop) => placeWords(stop, trace.steps[stop.lead], 'en'));
  expect(words).toEqual(expect.arrayContaining(['client', 'ens4', 'nat PREROUTING', 'Routing', 'IPVS', 'tunl0', 'ens5 → ens5', 'ng-test-rs-kllg4']));
  for (const word of words) expect(word.length).toBeLessThan(40);
});
