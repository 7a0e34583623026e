import { expect, it } from 'vitest';
import { type Josa, josa } from './josa.ts';

it.each`
  word              | pair         | with                   | because
  ${'tunl0'}        | ${'이/가'}   | ${'tunl0이'}           | ${'0 is read 영'}
  ${'cy01-ceph142'} | ${'이/가'}   | ${'cy01-ceph142가'}    | ${'2 is read 이'}
  ${'10.10.6.91'}   | ${'을/를'}   | ${'10.10.6.91을'}      | ${'1 is read 일'}
  ${'10.10.6.91'}   | ${'으로/로'} | ${'10.10.6.91로'}      | ${'ㄹ takes 로'}
  ${'ens3'}         | ${'으로/로'} | ${'ens3으로'}          | ${'3 is read 삼'}
  ${'ens5'}         | ${'으로/로'} | ${'ens5로'}            | ${'5 is read 오'}
  ${'클라이언트'}   | ${'은/는'}   | ${'클라이언트는'}      | ${'no final consonant'}
  ${'규칙'}         | ${'이/가'}   | ${'규칙이'}            | ${'a final consonant'}
  ${'터널'}         | ${'으로/로'} | ${'터널로'}            | ${'ㄹ takes 로'}
  ${'INPUT'}        | ${'을/를'}   | ${'INPUT을'}           | ${'인풋'}
  ${'MASQUERADE'}   | ${'이/가'}   | ${'MASQUERADE가'}      | ${'마스커레이드'}
  ${'PREROUTING'}   | ${'을/를'}   | ${'PREROUTING을'}      | ${'라우팅'}
  ${'SYN'}          | ${'을/를'}   | ${'SYN을'}             | ${'신'}
  ${'TCP'}          | ${'은/는'}   | ${'TCP는'}             | ${'티시피'}
  ${'IPIP'}         | ${'이/가'}   | ${'IPIP가'}            | ${'아이피아이피'}
  ${'10.0.0.0/8'}   | ${'을/를'}   | ${'10.0.0.0/8을'}      | ${'8 is read 팔'}
  ${''}             | ${'이/가'}   | ${'가'}                | ${'nothing to judge by'}
`('writes $with: $because', ({ word, pair, with: expected }: { word: string; pair: Josa; with: string }) => expect(josa(word, pair)).toBe(expected));
