import { expect, it } from 'vitest';
import type { Because } from '../cluster/because.ts';
import { becauseText } from './because.ts';

const source = { input: 'objects.yaml', line: 3 };

it.each<{ because: Because; en: string; ko: string }>([
  {
    because: { kind: 'Service', namespace: 'default', name: 'ng-svc', part: 'port http', source },
    en: 'because of Service default/ng-svc, port http',
    ko: 'Service default/ng-svc, 포트 http에 따라 만들어짐',
  },
  { because: { kind: 'Node', namespace: undefined, name: 'node1', source }, en: 'because of Node node1', ko: 'Node node1에 따라 만들어짐' },
  {
    because: { kind: 'NetworkPolicy', namespace: 'shop', name: 'deny', part: 'ingress rule 2', source },
    en: 'because of NetworkPolicy shop/deny, ingress rule 2',
    ko: 'NetworkPolicy shop/deny, ingress 규칙 2에 따라 만들어짐',
  },
  {
    because: { kind: 'KubeProxyConfiguration', namespace: undefined, name: '', part: 'masqueradeBit' },
    en: 'because of KubeProxyConfiguration, masqueradeBit (by default)',
    ko: 'KubeProxyConfiguration, masqueradeBit에 따라 만들어짐 (기본값)',
  },
])('$en', ({ because, en, ko }) => {
  expect(becauseText(because, 'en')).toBe(en);
  expect(becauseText(because, 'ko')).toBe(ko);
});
