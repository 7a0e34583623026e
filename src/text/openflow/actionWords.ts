import { formatNat } from '../../dumps/ovsCt.ts';
import { formatPort, formatTable, type OvsNames } from '../../dumps/ovsNames.ts';
import { formatFieldName } from '../../dumps/ovsSubfield.ts';
import { formatValue } from '../../dumps/ovsValues.ts';
import { hexWords } from '../../dumps/ovsWords.ts';
import { type OpenFlowAction, OFPP, type Subfield, type Words } from '../../world/openflow.ts';
import { FIELDS } from '../../world/openflowFields.ts';
import { josa } from '../josa.ts';
import type { Lang } from '../lang.ts';

/** The values of an action as they are written. */
interface Spelled {
  readonly port: (port: number) => string;
  readonly table: (table: number) => string;
  readonly field: (field: string, value: Words) => string;
}

const spelled = (names: OvsNames): Spelled => ({
  port: (port) => formatPort(port, names),
  table: (table) => formatTable(table, names),
  field: (field, value) => {
    const spec = FIELDS.get(field);
    return spec ? formatValue(spec, value, undefined, names) : hexWords(value);
  },
});

/** `reg13`, or some bits of it: `reg13[0..15]`. */
const bits = ({ field, from, to }: Subfield): string => (from === 0 && to === (FIELDS.get(field)?.bits ?? 0) - 1 ? field : from === to ? `${field}[${from}]` : `${field}[${from}..${to}]`);

/** What one action does, in words; what it holds inside (clone, write_actions, exec) is told by kind alone. */
export const actionWords = (action: OpenFlowAction, names: OvsNames, lang: Lang): string => (lang === 'ko' ? korean : english)(action, spelled(names));

function english(action: OpenFlowAction, { port, table, field }: Spelled): string {
  switch (action.kind) {
    case 'output':
      switch (action.port) {
        case OFPP.NORMAL:
          return 'forwards it as an ordinary learning switch does';
        case OFPP.FLOOD:
        case OFPP.ALL:
          return 'sends it out of all other ports';
        case OFPP.LOCAL:
          return 'gives it to the machine’s kernel by the bridge’s own port';
        case OFPP.IN_PORT:
          return 'sends it back out of the port that it came in by';
        case OFPP.CONTROLLER:
          return 'gives it to the controller';
        default:
          return `sends it out of port ${port(action.port)}`;
      }
    case 'output-field':
      return `sends it out of the port whose number is in ${bits(action.src)}`;
    case 'enqueue':
      return `sends it out of port ${port(action.port)}, queue ${action.queue}`;
    case 'set_queue':
    case 'pop_queue':
      return 'chooses the queue that it will wait in';
    case 'controller':
      return 'gives it to the controller, with a note of what to do';
    case 'group':
      return `gives it to group ${action.id}, whose buckets share the packets out`;
    case 'resubmit':
      return action.table === undefined ? 'asks the same table again' : `asks table ${table(action.table)}, then comes back here`;
    case 'goto_table':
      return `goes on in table ${table(action.table)}`;
    case 'write_actions':
      return 'keeps actions for the very end';
    case 'clear_actions':
      return 'forgets the actions kept for the end';
    case 'write_metadata':
      return `writes ${hexWords(action.value)} into metadata`;
    case 'meter':
      return `counts it at meter ${action.id}, which may drop what is too much`;
    case 'load':
      return `writes ${hexWords(action.value)} into ${bits(action.dst)}`;
    case 'set_field':
      return `sets ${formatFieldName(action.field)} to ${field(action.field, action.value)}${action.mask ? ', some bits of it' : ''}`;
    case 'mod':
      return `sets ${action.field} to ${field(action.field, action.value)}`;
    case 'move':
      return `copies ${bits(action.src)} to ${bits(action.dst)}`;
    case 'push':
      return `puts ${bits(action.src)} aside`;
    case 'pop':
      return `takes what was put aside last into ${bits(action.dst)}`;
    case 'mod_vlan_vid':
      return `tags it with VLAN ${action.vid}`;
    case 'mod_vlan_pcp':
      return `gives its VLAN tag priority ${action.pcp}`;
    case 'strip_vlan':
      return 'takes the VLAN tag off';
    case 'push_vlan':
      return 'puts another VLAN tag on';
    case 'dec_ttl':
      return 'takes one off the TTL, as a router does';
    case 'ct': {
      const zone = typeof action.zone === 'number' ? String(action.zone) : `in ${bits(action.zone)}`;
      const nat = action.nat === undefined ? '' : action.nat.kind === 'nat' ? ', translates it as the connection says' : ` and translates it: ${formatNat(action.nat)}`;
      return `${action.commit ? 'enters the connection into' : 'asks connection tracking,'} zone ${zone}${nat}${action.table === undefined ? '' : `; then it comes back to table ${table(action.table)}`}`;
    }
    case 'ct_clear':
      return 'forgets what connection tracking said';
    case 'conjunction':
      return `counts as part ${action.clause} of ${action.clauses} of conjunction ${action.id}`;
    case 'learn':
      return `makes a rule of its own in table ${table(action.table)} for what follows`;
    case 'clone':
      return 'does this to a copy';
    case 'check_pkt_larger':
      return `notes in ${bits(action.dst)} whether it is longer than ${action.bytes} bytes`;
    case 'multipath':
    case 'bundle':
      return 'chooses one of several ways by a hash';
    case 'sample':
      return 'reports some packets, and changes none';
    case 'note':
      return 'does nothing; a note of the controller to itself';
    case 'fin_timeout':
      return 'lets the rule end sooner once the connection does';
    case 'exit':
      return 'stops here';
    case 'drop':
      return 'drops it';
    case 'unknown':
      return 'not modelled';
  }
}

function korean(action: OpenFlowAction, { port, table, field }: Spelled): string {
  switch (action.kind) {
    case 'output':
      switch (action.port) {
        case OFPP.NORMAL:
          return '보통의 학습 스위치처럼 전달합니다';
        case OFPP.FLOOD:
        case OFPP.ALL:
          return '다른 모든 포트로 내보냅니다';
        case OFPP.LOCAL:
          return '브리지 자신의 포트를 통해 머신의 커널에 넘깁니다';
        case OFPP.IN_PORT:
          return '들어온 포트로 되돌려 보냅니다';
        case OFPP.CONTROLLER:
          return '컨트롤러에 넘깁니다';
        default:
          return `포트 ${josa(port(action.port), '으로/로')} 내보냅니다`;
      }
    case 'output-field':
      return `${bits(action.src)}에 적힌 번호의 포트로 내보냅니다`;
    case 'enqueue':
      return `포트 ${port(action.port)}의 큐 ${josa(String(action.queue), '으로/로')} 내보냅니다`;
    case 'set_queue':
    case 'pop_queue':
      return '기다릴 큐를 고릅니다';
    case 'controller':
      return '할 일을 적어 컨트롤러에 넘깁니다';
    case 'group':
      return `그룹 ${action.id}에 넘깁니다. 그룹의 버킷들이 패킷을 나눠 맡습니다`;
    case 'resubmit':
      return action.table === undefined ? '같은 테이블에 다시 묻습니다' : `테이블 ${table(action.table)}에 묻고 여기로 돌아옵니다`;
    case 'goto_table':
      return `테이블 ${josa(table(action.table), '으로/로')} 넘어갑니다`;
    case 'write_actions':
      return '맨 끝에 할 액션을 모아 둡니다';
    case 'clear_actions':
      return '모아 둔 액션을 지웁니다';
    case 'write_metadata':
      return `metadata에 ${josa(hexWords(action.value), '을/를')} 씁니다`;
    case 'meter':
      return `미터 ${action.id}에서 셉니다. 너무 많으면 버려질 수 있습니다`;
    case 'load':
      return `${bits(action.dst)}에 ${josa(hexWords(action.value), '을/를')} 씁니다`;
    case 'set_field':
      return `${josa(formatFieldName(action.field), '을/를')} ${josa(field(action.field, action.value), '으로/로')} 정합니다${action.mask ? ' (일부 비트만)' : ''}`;
    case 'mod':
      return `${josa(action.field, '을/를')} ${josa(field(action.field, action.value), '으로/로')} 정합니다`;
    case 'move':
      return `${josa(bits(action.src), '을/를')} ${josa(bits(action.dst), '으로/로')} 복사합니다`;
    case 'push':
      return `${josa(bits(action.src), '을/를')} 잠시 치워 둡니다`;
    case 'pop':
      return `마지막에 치워 둔 값을 ${josa(bits(action.dst), '으로/로')} 꺼냅니다`;
    case 'mod_vlan_vid':
      return `VLAN ${action.vid} 태그를 붙입니다`;
    case 'mod_vlan_pcp':
      return `VLAN 태그의 우선순위를 ${josa(String(action.pcp), '으로/로')} 정합니다`;
    case 'strip_vlan':
      return 'VLAN 태그를 뗍니다';
    case 'push_vlan':
      return 'VLAN 태그를 하나 더 붙입니다';
    case 'dec_ttl':
      return '라우터처럼 TTL을 하나 뺍니다';
    case 'ct': {
      const zone = typeof action.zone === 'number' ? `존 ${action.zone}` : `${bits(action.zone)}에 적힌 존`;
      const nat = action.nat === undefined ? '' : action.nat.kind === 'nat' ? ' 연결에 적힌 대로 변환합니다.' : ` 변환합니다: ${formatNat(action.nat)}.`;
      const back = action.table === undefined ? '' : ` 그다음 테이블 ${josa(table(action.table), '으로/로')} 돌아옵니다.`;
      return `${zone}${action.commit ? '에 연결을 등록합니다.' : '의 연결 추적에 묻습니다.'}${nat}${back}`;
    }
    case 'ct_clear':
      return '연결 추적이 말한 것을 지웁니다';
    case 'conjunction':
      return `컨정션 ${action.id}의 ${action.clauses}가지 가운데 ${action.clause}번째로 칩니다`;
    case 'learn':
      return `앞으로 올 패킷을 위해 테이블 ${table(action.table)}에 규칙을 스스로 만듭니다`;
    case 'clone':
      return '복사본에 다음을 합니다';
    case 'check_pkt_larger':
      return `${action.bytes}바이트보다 긴지 ${bits(action.dst)}에 적습니다`;
    case 'multipath':
    case 'bundle':
      return '여러 길 가운데 하나를 해시로 고릅니다';
    case 'sample':
      return '일부 패킷을 보고할 뿐 바꾸지는 않습니다';
    case 'note':
      return '아무 일도 하지 않습니다. 컨트롤러가 스스로 남긴 메모입니다';
    case 'fin_timeout':
      return '연결이 끝나면 규칙도 더 일찍 사라지게 합니다';
    case 'exit':
      return '여기서 멈춥니다';
    case 'drop':
      return '버립니다';
    case 'unknown':
      return '모델링하지 않은 액션입니다';
  }
}
