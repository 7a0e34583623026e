import { josa } from '../josa.ts';
import type { VerdictWords } from './verdicts.en.ts';

export const verdictsKo: VerdictWords = {
  outcomes: {
    delivered: '도착',
    answered: '도착하고 응답도 돌아옴',
    unanswered: '도착했지만 응답이 없음',
    replyLost: '도착했지만 응답이 사라짐',
    replyRefused: '도착했지만 응답이 거절됨',
    replyUnknown: '도착했지만 응답은 알 수 없음',
    dropped: '버려짐',
    rejected: '거절됨',
    unreachable: '갈 수 없음',
    looped: '맴돎',
    left: '보이지 않는 곳으로 나감',
    unknown: '알 수 없음',
  },
  client: {
    answer: (who) => `${josa(who, '이/가')} 응답을 받습니다`,
    timeout: (who) => `${josa(who, '은/는')} 아무것도 듣지 못하고 시간이 초과됩니다`,
    refused: (who) => `${josa(who, '은/는')} 바로 거절당합니다(ECONNREFUSED)`,
    reset: (who) => `${who}의 연결이 끊깁니다(ECONNRESET)`,
    unreachable: (who) => `${josa(who, '은/는')} 목적지에 갈 수 없다는 것을 듣습니다`,
    sent: (who) => `${josa(who, '은/는')} 응답을 기다리지 않습니다`,
    unknown: (who) => `${josa(who, '이/가')} 무엇을 받는지 알 수 없습니다`,
    'not-permitted': (who) => `${josa(who, '은/는')} 보낼 수 없다는 것을 바로 듣습니다(EPERM)`,
    'too-big': (who) => `${josa(who, '은/는')} 패킷이 너무 크다는 것을 바로 듣습니다(EMSGSIZE)`,
  },
  at: (who, host) => (host === undefined ? who : `${host}의 ${who}`),
  by: (what) => `결정: ${what}`,
  glue: ' · ',
  bare: (headline) => headline.replace(/^버려집니다: /, ''),
  asymmetric: (cause, from, expected) => `응답이 요청의 주소를 바꾼 ${josa(cause, '을/를')} 지나지 않는 길로 갑니다. 그래서 ${josa(expected, '이/가')} 아니라 ${from}에서 옵니다`,
  sees: (who, src, truth) => `${josa(who, '은/는')} ${josa(src, '을/를')} 클라이언트로 봅니다. 진짜 클라이언트 ${josa(truth, '은/는')} 패킷 어디에도 없습니다`,
  seesTrue: (who, src) => `${who}에게는 진짜 클라이언트 ${josa(src, '이/가')} 보입니다`,
};
