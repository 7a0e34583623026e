import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { formatIp4, type Ip4, parseIp4 } from '../../packet/address.ts';
import type { ClusterModel, ServiceModel } from '../model.ts';
import { field, type KubeDocument, labelsOf, textOf } from '../objects/document.ts';
import { matchesAny, type MetalLbConfig, metalLbConfigIn, type Pool } from './config.ts';

const NOWHERE = { input: '', line: 0 };

/** Annotations, in their old and their new spelling. */
const annotation = ({ annotations }: ServiceModel, name: string): string | undefined => annotations[`metallb.io/${name}`] ?? annotations[`metallb.universe.tf/${name}`];

/** Who uses an address. */
interface User {
  readonly service: ServiceModel;
  readonly sharingKey: string | undefined;
  readonly backend: string;
}

/**
 * What MetalLB's controller does (internal/allocator/allocator.go): services of type LoadBalancer without an address get the first free
 * one of a pool. Real pools are asked in no certain order; here it is theirs in the input.
 */
export function withLoadBalancerAddresses(cluster: ClusterModel, found: DiagnosticList): ClusterModel {
  const config = metalLbConfigIn(cluster.documents, found);
  if (!config) return cluster;
  const manifests = new Map(cluster.documents.filter((d) => d.kind === 'Service').map((d): [string, KubeDocument] => [`${d.namespace ?? 'default'}/${d.name}`, d]));
  const users = new Map<Ip4, User[]>();
  const userOf = (service: ServiceModel): User => ({ service, sharingKey: annotation(service, 'allow-shared-ip'), backend: backendKey(service, manifests.get(`${service.namespace}/${service.name}`)) });
  const take = (ip: Ip4, user: User): void => void users.set(ip, [...(users.get(ip) ?? []), user]);
  for (const service of cluster.services) for (const { ip } of service.ingress) take(ip, userOf(service));
  const services = cluster.services.map((service): ServiceModel => {
    const manifest = manifests.get(`${service.namespace}/${service.name}`);
    if (service.type !== 'LoadBalancer' || service.ingress.length > 0 || service.clusterIp === undefined) return service;
    // Services of another class are another controller's.
    if (textOf(field(manifest?.value, 'spec', 'loadBalancerClass')) !== undefined) return service;
    const user = userOf(service);
    const ip = allocate(config, cluster, user, users, textOf(field(manifest?.value, 'spec', 'loadBalancerIP')));
    const name = `${service.namespace}/${service.name}`;
    if (ip === undefined) {
      found.add('no-free-address', service.because.source ?? NOWHERE, name);
      return service;
    }
    take(ip, user);
    found.add('address-assigned', service.because.source ?? NOWHERE, `${name}: ${formatIp4(ip)}`);
    return { ...service, ingress: [{ ip, ipMode: 'VIP' }] };
  });
  return { ...cluster, services };
}

/** BackendKey(): with policy Local an address is shared by services with the same pods only. */
const backendKey = (service: ServiceModel, manifest: KubeDocument | undefined): string =>
  service.externalTrafficPolicy === 'Local'
    ? Object.entries(labelsOf(field(manifest?.value, 'spec', 'selector')))
        .map(([k, v]) => `${k}=${v}`)
        .toSorted()
        .join(',')
    : '';

function allocate({ pools }: MetalLbConfig, cluster: ClusterModel, user: User, users: ReadonlyMap<Ip4, readonly User[]>, loadBalancerIp: string | undefined): Ip4 | undefined {
  const { service } = user;
  const usable = (ip: Ip4): boolean => maySit(user, users.get(ip) ?? []);
  const compatible = (pool: Pool): boolean => fits(pool, service, cluster);
  const wanted = annotation(service, 'loadBalancerIPs') ?? loadBalancerIp;
  const poolName = annotation(service, 'address-pool');
  if (wanted !== undefined) {
    const ip = wanted.split(',').flatMap((text) => parseIp4(text.trim()) ?? [])[0];
    const pool = ip === undefined ? undefined : pools.find((p) => p.ranges.some((r) => r.from <= ip && ip <= r.to));
    return ip !== undefined && pool && compatible(pool) && usable(ip) && (poolName === undefined || poolName === pool.name) ? ip : undefined;
  }
  if (poolName !== undefined) {
    const pool = pools.find((p) => p.name === poolName);
    return pool && compatible(pool) ? firstFree(pool, usable) : undefined;
  }
  const auto = pools.filter((p) => p.autoAssign);
  // Pools for this very service come first, by priority; 0 is the last of all.
  const rank = (pool: Pool): number => pool.allocation?.priority || Number.POSITIVE_INFINITY;
  const pinned = auto.filter((p) => p.allocation !== undefined && isPinned(p.allocation) && compatible(p)).toSorted((a, b) => Math.sign(rank(a) - rank(b)) || 0);
  for (const pool of [...pinned, ...auto.filter((p) => p.allocation === undefined)]) {
    const ip = firstFree(pool, usable);
    if (ip !== undefined) return ip;
  }
  return undefined;
}

const isPinned = ({ namespaces, namespaceSelectors, serviceSelectors }: NonNullable<Pool['allocation']>): boolean => namespaces.length + namespaceSelectors.length + serviceSelectors.length > 0;

/** isPoolCompatibleWithService(). */
function fits({ allocation }: Pool, service: ServiceModel, cluster: ClusterModel): boolean {
  if (!allocation) return true;
  const labels = cluster.namespaces.find((n) => n.name === service.namespace)?.labels ?? {};
  const anywhere = allocation.namespaces.length === 0 && allocation.namespaceSelectors.length === 0;
  const here = anywhere || allocation.namespaces.includes(service.namespace) || matchesAny(allocation.namespaceSelectors, labels, false);
  return here && matchesAny(allocation.serviceSelectors, service.labels, true);
}

function firstFree(pool: Pool, usable: (ip: Ip4) => boolean): Ip4 | undefined {
  for (const { from, to } of pool.ranges) {
    for (let ip = from; ip <= to; ip++) {
      // ipConfusesBuggyFirmwares()
      if (pool.avoidBuggyIps && ((ip & 255) === 0 || (ip & 255) === 255)) continue;
      if (usable(ip)) return ip;
    }
  }
  return undefined;
}

/** checkSharing(): the same key, the same pods where that matters, and no port twice. */
const maySit = (user: User, others: readonly User[]): boolean =>
  others.every(
    (other) =>
      user.sharingKey !== undefined &&
      other.sharingKey === user.sharingKey &&
      other.backend === user.backend &&
      !other.service.ports.some((a) => user.service.ports.some((b) => a.port === b.port && a.protocol === b.protocol)),
  );
