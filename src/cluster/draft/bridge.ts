import type { Because } from '../because.ts';
import { Paper } from './paper.ts';

/** A port of an Open vSwitch bridge. */
export interface BridgePort {
  readonly name: string;
  /** OpenFlow's number. */
  readonly ofport: number;
  readonly mac: string;
  /** `internal`, `vxlan`; undefined for a device of the machine. */
  readonly type?: string;
  /** In the braces of `ovs-vsctl show`: `key=flow, remote_ip=flow`. */
  readonly options?: string;
  readonly because: Because | undefined;
}

interface DraftFlow {
  readonly table: number;
  readonly priority: number;
  readonly match: string;
  readonly actions: string;
  readonly cookie: number;
  readonly because: Because | undefined;
}

interface DraftGroup {
  readonly id: number;
  readonly type: 'select' | 'all';
  readonly buckets: readonly string[];
  readonly because: Because | undefined;
}

/** What a rule has when nobody says otherwise (OFP_DEFAULT_PRIORITY); it is not printed. */
export const DEFAULT_PRIORITY = 32_768;

/** A bridge of Open vSwitch while a controller fills it. Matches and actions are in the words of `ovs-ofctl -O OpenFlow13 dump-flows`. */
export class BridgeDraft {
  readonly name: string;
  readonly mac: string;
  readonly because: Because | undefined;
  readonly #ports: BridgePort[] = [];
  readonly #flows = new Map<string, DraftFlow>();
  readonly #groups = new Map<number, DraftGroup>();

  constructor(name: string, mac: string, because: Because | undefined) {
    this.name = name;
    this.mac = mac;
    this.because = because;
  }

  port(port: BridgePort): void {
    this.#ports.push(port);
  }

  /** The number of a port. */
  ofport(name: string): number | undefined {
    return this.#ports.find((p) => p.name === name)?.ofport;
  }

  /** `ovs-ofctl add-flow`: a rule of the same table, priority and match is replaced. `match` is '' for every packet. */
  flow(table: number, priority: number, match: string, actions: string, because: Because | undefined, cookie = 0): void {
    this.#flows.set(`${table} ${priority} ${match}`, { table, priority, match, actions, cookie, because });
  }

  group(id: number, type: DraftGroup['type'], buckets: readonly string[], because: Because | undefined): void {
    this.#groups.set(id, { id, type, buckets, because });
  }

  /** Its part of `ovs-vsctl show`. */
  printMembers(): Paper {
    const paper = new Paper();
    paper.add(`    Bridge ${this.name}\n        fail_mode: secure`, this.because);
    for (const port of [{ name: this.name, type: 'internal', options: undefined, because: this.because }, ...this.#ports]) {
      const lines = [`        Port ${port.name}`, `            Interface ${port.name}`];
      if (port.type !== undefined) lines.push(`                type: ${port.type}`);
      if (port.options !== undefined) lines.push(`                options: {${port.options}}`);
      paper.add(lines.join('\n'), port.because);
    }
    return paper;
  }

  /** As `ovs-ofctl show` prints it. */
  printPorts(): Paper {
    const paper = new Paper();
    const port = (number: number | string, name: string, mac: string): string => ` ${number}(${name}): addr:${mac}\n     config:     0\n     state:      LIVE\n     speed: 0 Mbps now, 0 Mbps max`;
    paper.add(`OFPT_FEATURES_REPLY (OF1.3) (xid=0x2): dpid:0000${this.mac.replaceAll(':', '')}\nn_tables:254, n_buffers:0\ncapabilities: FLOW_STATS TABLE_STATS PORT_STATS GROUP_STATS QUEUE_STATS\nOFPST_PORT_DESC reply (OF1.3) (xid=0x3):`, this.because);
    for (const { ofport, name, mac, because } of this.#ports.toSorted((a, b) => a.ofport - b.ofport)) paper.add(port(ofport, name, mac), because);
    paper.add(port('LOCAL', this.name, this.mac), this.because);
    paper.add('OFPT_GET_CONFIG_REPLY (OF1.3) (xid=0x5): frags=nx-match miss_send_len=0', this.because);
    return paper;
  }

  /** As `ovs-ofctl dump-flows` prints it, where nothing has passed yet: by table, and the first to be asked first. */
  printFlows(): Paper {
    const paper = new Paper();
    paper.add('OFPST_FLOW reply (OF1.3) (xid=0x2):');
    for (const { table, priority, match, actions, cookie, because } of [...this.#flows.values()].toSorted((a, b) => a.table - b.table || b.priority - a.priority)) {
      const conditions = [priority === DEFAULT_PRIORITY ? '' : `priority=${priority}`, match].filter((c) => c !== '').join(',');
      paper.add(` cookie=0x${cookie.toString(16)}, duration=0.000s, table=${table}, n_packets=0, n_bytes=0, ${conditions === '' ? '' : `${conditions} `}actions=${actions}`, because);
    }
    return paper;
  }

  /** As `ovs-ofctl dump-groups` prints it. */
  printGroups(): Paper {
    const paper = new Paper();
    paper.add('OFPST_GROUP_DESC reply (OF1.3) (xid=0x2):');
    for (const { id, type, buckets, because } of this.#groups.values()) paper.add(` group_id=${id},type=${type}${buckets.map((b) => `,bucket=actions=${b}`).join('')}`, because);
    return paper;
  }
}
