import { describe, expect, it } from 'vitest';
import { worldOf } from '../../cluster/world.ts';
import { parseActions } from '../../dumps/ovsActions.ts';
import { bridgeNames } from '../../dumps/ovsNames.ts';
import { antrea } from '../../scenarios/antrea/scenario.ts';
import { loadScenario } from '../../scenarios/files.node.ts';
import { bridgeFrom } from '../../testing/ovs.ts';
import { ovnWorld } from '../../testing/ovn.ts';
import { FIELDS } from '../../world/openflowFields.ts';
import { LANGS } from '../lang.ts';
import { actionWords } from './actionWords.ts';
import { designOf } from './design.ts';
import { ctStateHelp, fieldHelp, fieldOfWord, tableHelp } from './fieldWords.ts';

describe('fieldHelp', () => {
  it.each(LANGS)('has words for every field (%s)', (lang) => {
    const nothing = fieldHelp('no_such_field', undefined, lang);
    expect([...FIELDS.keys()].filter((f) => fieldHelp(f, undefined, lang) === nothing)).toEqual([]);
  });

  it('says what OVN and OpenShift SDN use a free register for, and nothing of the sort for others', () => {
    expect(fieldHelp('reg14', 'ovn', 'en')).toContain('inport');
    expect(fieldHelp('metadata', 'ovn', 'ko')).toContain('논리 스위치');
    expect(fieldHelp('reg1', 'openshift-sdn', 'en')).toContain('VNID');
    expect(fieldHelp('reg14', undefined, 'en')).not.toContain('OVN');
  });
});

describe('designOf', () => {
  const bridges = ovnWorld().hosts[0]?.ovs ?? [];
  it.each([
    ['br-int of OVN', bridges.find((b) => b.name === 'br-int'), 'ovn'],
    ['br-ex, whose rules ovnkube-node wrote', bridges.find((b) => b.name === 'br-ex'), undefined],
    ['br0 of OpenShift SDN', bridgeFrom({ name: 'br0', ports: [], flows: 'table=253, priority=0 actions=note:02.0d.00.00.00.00' }), 'openshift-sdn'],
    ['a bridge that uses registers its own way', bridgeFrom({ name: 'br0', ports: [], flows: 'table=0, priority=1,reg14=0x1 actions=NORMAL' }), undefined],
  ])('%s', (_, bridge, design) => expect(designOf(bridge)).toBe(design));

  it('gives the tables of OpenShift SDN a meaning, and none to those of OVN, whose numbers change', () => {
    expect(tableHelp(80, 'openshift-sdn', 'en')).toBe('may this project reach the pod');
    expect(tableHelp(80, 'ovn', 'en')).toBeUndefined();
  });

  it('knows Antrea by the names of its tables, and has words for each of the scenario’s', () => {
    const { world } = worldOf(loadScenario(antrea, {}));
    const bridge = world.hosts[0]?.ovs?.find((b) => b.name === 'br-int');
    expect(designOf(bridge)).toBe('antrea');
    expect(Object.keys(bridge?.tableNames ?? {}).filter((n) => tableHelp(Number(n), 'antrea', 'en', bridgeNames(bridge)) === undefined)).toEqual([]);
    expect(Object.keys(bridge?.tableNames ?? {})).toHaveLength(29);
  });
});

it.each([
  ['nw_dst=10.128.0.0/14', 'nw_dst'],
  ['tcp', 'nw_proto'],
  ['icmp6', 'nw_proto'],
  ['ip', 'dl_type'],
  ['arp', 'dl_type'],
  ['reg0=0x200/0x200', 'reg0'],
  ['ct_state=-rpl', 'ct_state'],
])('the word %s of a match is about %s', (word, field) => expect(fieldOfWord(word)).toBe(field));

it('tells the bits of ct_state that a rule asks for, and those that a packet has', () => {
  expect(ctStateHelp(0x20, 0x28, 'en').map(({ flag, set }) => `${set ? '+' : '-'}${flag}`)).toEqual(['-rpl', '+trk']);
  expect(ctStateHelp(0x22, undefined, 'en').map(({ flag }) => flag)).toEqual(['est', 'trk']);
});

describe('actionWords', () => {
  const said = (text: string, lang: 'en' | 'ko'): readonly string[] => parseActions(text).map((a) => actionWords(a, {}, lang));

  it('calls a table by its name where it has one', () => {
    const [goto] = parseActions('goto_table:6');
    const names = { tableName: (table: number) => (table === 6 ? 'ConntrackZone' : undefined) };
    expect(goto && [actionWords(goto, names, 'en'), actionWords(goto, names, 'ko'), actionWords(goto, {}, 'en')]).toEqual(['goes on in table ConntrackZone', expect.stringContaining('테이블 ConntrackZone'), 'goes on in table 6']);
  });

  it.each([
    ['drop', 'drops it', '버립니다'],
    ['output:2', 'sends it out of port 2', '포트 2로 내보냅니다'],
    ['NORMAL', 'forwards it as an ordinary learning switch does', '보통의 학습 스위치처럼 전달합니다'],
    ['LOCAL', 'gives it to the machine’s kernel by the bridge’s own port', '브리지 자신의 포트를 통해 머신의 커널에 넘깁니다'],
    ['goto_table:30', 'goes on in table 30', '테이블 30으로 넘어갑니다'],
    ['resubmit(,8)', 'asks table 8, then comes back here', '테이블 8에 묻고 여기로 돌아옵니다'],
    ['load:0x5->NXM_NX_REG13[0..15]', 'writes 0x5 into reg13[0..15]', 'reg13[0..15]에 0x5를 씁니다'],
    ['output:NXM_NX_REG2[]', 'sends it out of the port whose number is in reg2', 'reg2에 적힌 번호의 포트로 내보냅니다'],
    ['ct(commit,table=31)', 'enters the connection into zone 0; then it comes back to table 31', '존 0에 연결을 등록합니다. 그다음 테이블 31로 돌아옵니다.'],
    ['ct(table=70,nat)', 'asks connection tracking, zone 0, translates it as the connection says; then it comes back to table 70', '존 0의 연결 추적에 묻습니다. 연결에 적힌 대로 변환합니다. 그다음 테이블 70으로 돌아옵니다.'],
    ['conjunction(7,1/2)', 'counts as part 1 of 2 of conjunction 7', '컨정션 7의 2가지 가운데 1번째로 칩니다'],
  ])('%s', (text, en, ko) => expect([said(text, 'en'), said(text, 'ko')]).toEqual([[en], [ko]]));
});
