import type { TaleOf } from '../tale-types.ts';

type Code = (value: string) => string;

/** 알 수 없을 때 할 일: 답을 줄 명령, 또는 없음. */
export function askFor(t: TaleOf<'unknown'>, c: Code): string {
  const settle = t.ask === undefined ? '' : ` ${c(t.host)}에서 ${c(t.ask)}의 출력을 주면 알 수 있습니다.`;
  if (t.what === 'bound') return '패킷이 맴돌고 있거나 입력이 한 번에 따라가기에 너무 큽니다. 여기까지의 내용은 그대로 맞습니다.';
  if (t.what === 'ipv6') return '아직은 IPv4만 따라갑니다. IPv4 규칙으로 짐작하지 않습니다.';
  return t.rule === undefined ? `여기부터는 짐작하지 않습니다.${settle}` : `규칙은 ${c(t.rule)}입니다. 맞는다고도, 맞지 않는다고도 짐작하지 않습니다.${settle}`;
}
