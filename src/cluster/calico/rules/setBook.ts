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

/** Members of selectors' sets, which are the same on every node. */
export class Membership {
  readonly #known = new Map<string, readonly Member[]>();
  readonly endpoints: readonly Endpoint[];

  constructor(endpoints: readonly Endpoint[]) {
    this.endpoints = endpoints;
  }

  of(id: string, members: (endpoints: readonly Endpoint[]) => readonly Member[]): readonly Member[] {
    const known = this.#known.get(id) ?? members(this.endpoints);
    this.#known.set(id, known);
    return known;
  }
}

/** The sets that a node's policies ask for, made when first named. */
export class SetBook {
  readonly #sets = new Map<string, { readonly type: keyof typeof TYPES; readonly because: Because; readonly members: readonly Member[] }>();
  readonly #cluster: ClusterModel;
  readonly #membership: Membership;

  constructor(cluster: ClusterModel, membership: Membership) {
    this.#cluster = cluster;
    this.#membership = membership;
  }

  /** A set of a known name, such as `all-ipam-pools`. */
  named(id: string, type: keyof typeof TYPES, because: Because, members: readonly Member[]): void {
    this.#make(id, type, because, () => members);
  }

  /** Addresses of all whom the selector takes. */
  selector(selector: Selector, because: Because): string {
    const id = selectorId(selector);
    return this.#make(id, 'net', because, () => this.#membership.of(id, (all) => all.filter((e) => selector.matches(e.labels)).flatMap((e) => e.nets.map((text) => ({ text, because: e.because })))));
  }

  /** Addresses and ports of all whom the selector takes, where their container port has that name; without a selector of everybody. */
  namedPort(name: string, protocol: string, selector: Selector | undefined, because: Because): string {
    const id = uniqueId('n', `${selector ? selectorId(selector) : uniqueId('s', 'all()')},${protocol},${name}`);
    const members = (all: readonly Endpoint[]): readonly Member[] =>
      all.filter((e) => selector?.matches(e.labels) ?? true).flatMap((e) => e.ports.filter((p) => p.name === name && p.protocol === protocol).map((p) => ({ text: p.member, because: e.because })));
    return this.#make(id, 'ipPort', because, () => this.#membership.of(id, members));
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
}
