import { formatIp4 } from '../../../packet/address.ts';
import type { Because } from '../../because.ts';
import type { Sets } from '../../draft/sets.ts';
import type { ClusterModel } from '../../model.ts';
import { setName, uniqueId } from '../names.ts';
import type { Endpoint } from '../policy/endpoints.ts';
import { type Selector, selectorId } from '../selector.ts';

interface Member {
  readonly text: string;
  readonly because: Because;
}

/** Sets of Felix hold up to 1048576 members (MaxIpsetSize). */
const TYPES = { net: 'hash:net', ip: 'hash:ip', ipPort: 'hash:ip,port' } as const;

/** The sets that a node's policies ask for, made when first named. */
export class SetBook {
  readonly #sets = new Map<string, { readonly type: keyof typeof TYPES; readonly because: Because; readonly members: readonly Member[] }>();
  readonly #cluster: ClusterModel;
  readonly #endpoints: readonly Endpoint[];

  constructor(cluster: ClusterModel, endpoints: readonly Endpoint[]) {
    this.#cluster = cluster;
    this.#endpoints = endpoints;
  }

  /** A set of a known name, such as `all-ipam-pools`. */
  named(id: string, type: keyof typeof TYPES, because: Because, members: readonly Member[]): void {
    this.#make(id, type, because, () => members);
  }

  /** Addresses of all whom the selector takes. */
  selector(selector: Selector, because: Because): string {
    return this.#make(selectorId(selector), 'net', because, () => this.#selected(selector).flatMap((e) => e.nets.map((text) => ({ text, because: e.because }))));
  }

  /** Addresses and ports of all whom the selector takes, where their container port has that name; without a selector of everybody. */
  namedPort(name: string, protocol: string, selector: Selector | undefined, because: Because): string {
    const of = selector ? selectorId(selector) : uniqueId('s', 'all()');
    return this.#make(uniqueId('n', `${of},${protocol},${name}`), 'ipPort', because, () =>
      (selector ? this.#selected(selector) : this.#endpoints).flatMap((e) => e.ports.filter((p) => p.name === name && p.protocol === protocol).map((p) => ({ text: p.member, because: e.because }))),
    );
  }

  /** Endpoints of a service, with their ports or without. */
  service(service: string, withPorts: boolean, because: Because): string {
    const endpoints = this.#cluster.endpoints.get(service) ?? [];
    return this.#make(uniqueId(withPorts ? 'svc' : 'svcnoport', service), withPorts ? 'ipPort' : 'net', because, () =>
      endpoints.flatMap((e) => (withPorts ? e.ports.map((p) => `${formatIp4(e.ip)},${p.protocol.toLowerCase()}:${p.port}`) : [formatIp4(e.ip)]).map((text) => ({ text, because: e.because }))),
    );
  }

  write(sets: Sets): void {
    for (const [name, { type, because, members }] of this.#sets) {
      sets.create(name, `${TYPES[type]} family inet hashsize 1024 maxelem 1048576`, because);
      for (const m of members) sets.add(name, m.text, m.because);
    }
  }

  #make(id: string, type: keyof typeof TYPES, because: Because, members: () => readonly Member[]): string {
    const name = setName(id);
    if (!this.#sets.has(name)) this.#sets.set(name, { type, because, members: members() });
    return name;
  }

  #selected(selector: Selector): readonly Endpoint[] {
    return this.#endpoints.filter((e) => selector.matches(e.labels));
  }
}
