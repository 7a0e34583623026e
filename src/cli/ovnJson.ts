import * as v from 'valibot';
import type { OvnNetwork } from '../world/ovn.ts';

/*
 * The shape of OVN's logical network in the JSON of a World, for worldJson.ts.
 */

const maybe = <T extends v.GenericSchema>(schema: T) => v.optional(schema);
const text = v.string();
const texts = v.array(text);
const whole = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff));
const source = maybe(v.object({ input: text, line: whole }));
const named = { name: text, uuid: maybe(text), source };

const acl = v.object({ direction: v.picklist(['from-lport', 'to-lport']), priority: whole, match: text, action: text, source });
const switchPort = v.object({ name: text, alias: maybe(text), settings: maybe(texts), type: text, addresses: texts, routerPort: maybe(text), source });
const routerPort = v.object({ name: text, settings: maybe(texts), mac: maybe(text), networks: texts, source });
const route = v.object({ prefix: text, nexthop: text, policy: v.picklist(['dst-ip', 'src-ip']), outputPort: maybe(text), source });
const policy = v.object({ priority: whole, match: text, action: text, nexthop: maybe(text), source });
const nat = v.object({ type: v.picklist(['snat', 'dnat', 'dnat_and_snat']), externalIp: text, logicalIp: text, uuid: maybe(text), settings: maybe(texts), source });

/** `World.ovn`. */
export const ovnNetwork = v.object({
  switches: v.array(v.object({ ...named, alias: maybe(text), ports: v.array(switchPort), acls: v.array(acl) })),
  routers: v.array(v.object({ ...named, alias: maybe(text), ports: v.array(routerPort), routes: v.array(route), policies: v.array(policy), nats: v.array(nat) })),
  loadBalancers: v.array(v.object({ ...named, protocol: text, vip: text, backends: texts })),
  chassis: v.array(v.object({ name: text, hostname: maybe(text), encaps: v.array(v.object({ type: text, ip: text, options: maybe(text) })), ports: texts, source })),
  datapaths: v.array(v.object({ ...named, key: whole })),
  bindings: v.array(v.object({ port: text, datapath: maybe(text), key: whole, source })),
  flows: maybe(v.array(v.object({ datapath: text, pipeline: v.picklist(['ingress', 'egress']), table: whole, stage: text, priority: whole, match: text, actions: text, uuid: maybe(v.pipe(text, v.regex(/^[0-9a-f]{8}$/))), source }))),
  flowHeads: maybe(v.record(text, text)),
}) as unknown as v.GenericSchema<unknown, OvnNetwork>;
