import type { Subsystem } from '../../engine/step.ts';
import type { Lang } from '../lang.ts';

const en = {
  inputRoute: 'routing decision',
  outputRoute: 'output route',
  socket: 'socket',
  dropped: 'Dropped',
  unknown: 'Unknown',
  wire: (from: string, to: string): string => `${from} to ${to}`,
  wireNowhere: (segment: string): string => `on ${segment}`,
};

const ko: typeof en = {
  inputRoute: '라우팅 결정',
  outputRoute: '출력 경로',
  socket: '소켓',
  dropped: '버려짐',
  unknown: '알 수 없음',
  wire: (from, to) => `${from}에서 ${to}까지`,
  wireNowhere: (segment) => `${segment} 위`,
};

/** Words for stations. */
export const wordsOf: Readonly<Record<Lang, typeof en>> = { en, ko };

/** What each subsystem is called. */
export const subsystemNames: Readonly<Record<Lang, Readonly<Record<Subsystem, string>>>> = {
  en: {
    device: 'Device',
    netfilter: 'Netfilter',
    routing: 'Routing',
    ipvs: 'IPVS',
    conntrack: 'conntrack',
    tunnel: 'Tunnel',
    socket: 'Socket',
    neighbour: 'Neighbour',
    ovs: 'Open vSwitch',
    engine: 'End',
  },
  ko: {
    device: '장치',
    netfilter: 'Netfilter',
    routing: '라우팅',
    ipvs: 'IPVS',
    conntrack: 'conntrack',
    tunnel: '터널',
    socket: '소켓',
    neighbour: '이웃',
    ovs: 'Open vSwitch',
    engine: '끝',
  },
};
