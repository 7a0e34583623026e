import { it } from 'vitest';
import { writeFileSync } from 'node:fs';
import { samples } from './samples.node.ts';
import { readTrace } from './reading.ts';
import { headline, nextLine, eyebrow, decider } from './headline.ts';
import { why } from './why.ts';
import { seeYourself } from './seeYourself.ts';
import { verdictPieces } from './verdict.ts';
it('dump', () => {
  const out: string[] = []; const seen = new Set<string>();
  for (const s of samples()) for (const d of ['story', 'hooks', 'rules'] as const) {
    const reading = readTrace(s.trace, s.world, d);
    const c = (lang: 'en'|'ko') => ({ trace: s.trace, world: s.world, reading, lang });
    if (d === 'story') { out.push(`## ${s.name} => ${s.trace.outcomes.map((o) => o.request.verdict + '/' + (o.reply?.verdict ?? '-') + '/' + o.client).join(' ')}`);
    for (const l of ['en', 'ko'] as const) out.push('== ' + verdictPieces(c(l), 0).map((p) => p.text).join('')); }
    for (const x of reading.stops) { 
      const h = headline(c('en'), x); const k = h.replace(/[\d.:]+/g, '#').replace(/ng-test-rs-\w+|cali\w+/g, 'X'); if (seen.has(k)) continue; seen.add(k);
      const see = seeYourself(c('en'), x);
      out.push(`${d[0]}${x.index + 1}. ${eyebrow(c('en'), x)} [${decider(c('en'), x) ?? ''}] {${x.kind}}\n   ${h}\n   ${headline(c('ko'), x)}\n     > ${nextLine(c('en'), x)} | ${nextLine(c('ko'), x)}\n     w ${why(c('en'), x).map((p) => p.text).join('')}\n     w ${why(c('ko'), x).map((p) => p.text).join('')}\n     $ ${see?.host}: ${see?.command} => ${see?.expected}`); }
  }
  writeFileSync('/tmp/tx/all.txt', out.join('\n'));
});
