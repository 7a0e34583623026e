import { formatIp4, type Ip4 } from '../packet/address.ts';
import { findHost, ownersOf } from '../world/lookup.ts';
import type { NamedPod, NamedService, World } from '../world/world.ts';
import type { Lang } from './lang.ts';

/** What an address is called: its pod, service, node, machine or logical router; undefined when nothing in the world names it. */
export function nameOf(world: World, ip: Ip4, lang: Lang): string | undefined {
  const pod = world.names.pods.find((p) => !p.hostNetwork && p.ips.includes(ip));
  if (pod) return podName(pod.name, lang);
  const service = serviceOf(world, ip);
  if (service) return lang === 'ko' ? `서비스 ${serviceName(service)}` : `service ${serviceName(service)}`;
  const node = world.names.nodes.find((n) => n.internalIps.includes(ip));
  if (node) return node.name;
  const owner = ownersOf(world, ip)[0];
  if (owner) return actorName(world, owner.host.name, owner.netns.name, lang);
  const router = world.ovn?.routers.find((r) => r.ports.some((p) => p.networks.some((n) => n.startsWith(`${formatIp4(ip)}/`))));
  return router && (lang === 'ko' ? `논리 라우터 ${router.name}` : `logical router ${router.name}`);
}

const podName = (name: string, lang: Lang): string => (lang === 'ko' ? `파드 ${name}` : `pod ${name}`);

/** The service that an address belongs to, as its cluster, external or load-balancer address. */
export const serviceOf = (world: World, ip: Ip4): NamedService | undefined => world.names.services.find((s) => s.clusterIps.includes(ip) || s.externalIps.includes(ip) || s.loadBalancerIps.includes(ip));

/** `name`, or `namespace/name` outside of the namespace `default`. */
export const serviceName = (service: NamedService): string => (service.namespace === 'default' ? service.name : `${service.namespace}/${service.name}`);

/** The pod that lives in a network namespace of its own, by its name or one of its addresses. */
export function podIn(world: World, host: string, netns: string): NamedPod | undefined {
  const addresses = findHost(world, host)?.netns.find((n) => n.name === netns)?.links.flatMap((l) => (l.kind === 'loopback' ? [] : l.addresses.map((a) => a.ip))) ?? [];
  return world.names.pods.find((p) => p.name === netns && (p.node === undefined || p.node === host)) ?? world.names.pods.find((p) => !p.hostNetwork && p.ips.some((ip) => addresses.includes(ip)));
}

/** Whoever acts in a namespace: a pod, a machine, the client. In the middle of a sentence. */
export function actorName(world: World, host: string, netns: string | null, lang: Lang): string {
  if (netns !== null) {
    const pod = podIn(world, host, netns);
    if (pod) return podName(pod.name, lang);
    // Without objects a namespace of a node is still most likely a pod, but we do not know.
    return netns;
  }
  if (findHost(world, host)?.role === 'client') {
    const title = lang === 'ko' ? '클라이언트' : 'the client';
    return host === 'client' ? title : `${title} ${host}`;
  }
  return host;
}

/** The first letter in upper case: for a name that begins a sentence. Names of machines and devices keep their case. */
export const sentenceCase = (text: string): string => (/^(?:the|a|an|it|this|nobody|pod|service|logical) /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text);
