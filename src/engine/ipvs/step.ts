import type { IpvsStep } from '../step.ts';
import { type IpvsConn, viewConn } from './connections.ts';
import { endpointText } from './ends.ts';
import { serviceText } from './services.ts';

/** A step of IPVS, with what most of them do not show left empty. */
export const ipvsStep = (op: IpvsStep['op'], conn: IpvsConn | undefined, virtual: string, scheduler: string, more: Partial<IpvsStep> = {}): IpvsStep => ({
  kind: 'ipvs',
  op,
  virtual,
  scheduler,
  conn: conn && viewConn(conn),
  candidates: [],
  picked: undefined,
  choice: undefined,
  ...more,
});

/** A step about a connection, named after its service, or after the address where that is gone. */
export const connStep = (op: IpvsStep['op'], conn: IpvsConn): IpvsStep => ipvsStep(op, conn, conn.service ? serviceText(conn.service) : endpointText(conn.vip, conn.vport), conn.service?.scheduler ?? '');
