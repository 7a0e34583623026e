import type { VirtualServers } from '../../draft/virtualServers.ts';
import type { EndpointChoice, ProxyEndpoint } from '../endpoints.ts';
import type { ServiceUnit } from '../units.ts';
import type { ProxyVersion } from '../version.ts';

/** Virtual and real servers of kube-proxy on one node, in the spelling of `ipvsadm -Sn`. */
export class ProxyServers {
  readonly #draft: VirtualServers;
  readonly #options: (unit: ServiceUnit) => string;

  constructor(draft: VirtualServers, scheduler: string, version: ProxyVersion) {
    this.#draft = draft;
    // The flag that kube-proxy calls "source hash" (0x10) is mh-port to ipvsadm; since 1.27 it goes with the scheduler mh.
    const flags = scheduler === 'mh' && version.from(27) ? ' -b mh-port' : '';
    this.#options = ({ affinitySec }) => `-s ${scheduler}${affinitySec === undefined ? '' : ` -p ${affinitySec}`}${flags}`;
  }

  /** One that answers at an address of a service port, with its real servers. Two services with one address: the first keeps it. */
  add(unit: ServiceUnit, ip: string, port: number, endpoints: readonly ProxyEndpoint[]): void {
    const key = `${KEY_OPTION[unit.protocol]} ${ip}:${port}`;
    if (this.#draft.has(key)) return;
    this.#draft.add(key, this.#options(unit), unit.because);
    for (const endpoint of endpoints) this.#draft.addReal(key, endpoint.text, '-m -w 1', endpoint.because);
  }
}

const KEY_OPTION = { TCP: '-t', UDP: '-u', SCTP: '--sctp-service' } as const;

/**
 * Real servers of one address (syncEndpoint(), pkg/proxy/ipvs/proxier.go). `onlyLocal`: the policy for that address is Local. Since
 * 1.24 the endpoints of other nodes stand in when this one has none (kubernetes#97081).
 */
export function realServersOf(choice: EndpointChoice, onlyLocal: boolean, version: ProxyVersion): readonly ProxyEndpoint[] {
  if (!onlyLocal) return choice.cluster;
  return choice.local.length > 0 || !version.from(24) ? choice.local : choice.cluster;
}
