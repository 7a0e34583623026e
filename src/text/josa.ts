/** Pairs of Korean particles: the first follows a final consonant, the second a vowel. */
export type Josa = '은/는' | '이/가' | '을/를' | '과/와' | '으로/로' | '이/';

type Ending = 'vowel' | 'consonant' | 'rieul';

/** How the digits end when read aloud: 영 일 이 삼 사 오 육 칠 팔 구. */
const DIGITS: readonly Ending[] = ['consonant', 'rieul', 'vowel', 'consonant', 'vowel', 'vowel', 'consonant', 'rieul', 'rieul', 'vowel'];

/** How a word ends when read aloud in Korean. Latin words are judged by their last letters, as they are usually transcribed. */
function endingOf(word: string): Ending {
  const bare = word.replace(/[^\p{L}\p{N}]+$/u, '');
  const last = bare.at(-1) ?? '';
  if (last >= '가' && last <= '힣') {
    const final = (last.charCodeAt(0) - 0xac00) % 28;
    return final === 0 ? 'vowel' : final === 8 ? 'rieul' : 'consonant';
  }
  if (last >= '0' && last <= '9') return DIGITS[Number(last)] ?? 'vowel';
  if (/l$/i.test(bare)) return 'rieul';
  return /(?:[mn]|ng|[aeiou][ptk])$/i.test(bare) && !/^(?:IP)+$|TCP$|UDP$|ICMP$|ARP$|SIP$/.test(bare) ? 'consonant' : 'vowel';
}

/** The word with the particle that fits it: `tunl0이`, `cy01-ceph142가`, `ens3으로`. */
export function josa(word: string, pair: Josa): string {
  const [closed = '', open = ''] = pair.split('/');
  const ending = endingOf(word);
  if (pair === '으로/로') return `${word}${ending === 'consonant' ? closed : open}`;
  return `${word}${ending === 'vowel' ? open : closed}`;
}
