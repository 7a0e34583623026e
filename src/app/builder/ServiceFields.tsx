import { addPort, removeObject, removePort, SERVICE_TYPES, setField, setServiceType } from '../../cluster/edit/edits.ts';
import type { Files, FormPort, FormService, ObjectPlace } from '../../cluster/edit/form.ts';
import { Icon } from '../topbar/Icon.tsx';
import { Segments, TextField } from './fields.tsx';
import type { BuilderStrings } from './strings.ts';

interface Props {
  readonly service: FormService;
  readonly files: Files;
  readonly onEdit: (files: Files) => void;
  readonly onShow: (place: ObjectPlace) => void;
  readonly open: boolean;
  readonly t: BuilderStrings;
}

const POLICIES = [{ value: 'Cluster', text: 'Cluster' }, { value: 'Local', text: 'Local' }] as const;
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;

const NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** What it is, and where it is reached. */
function summaryOf({ type, clusterIp, balancerIps, ports }: FormService, t: BuilderStrings): string {
  const address = balancerIps[0] ?? (clusterIp === 'None' ? t.headless : (clusterIp ?? t.noAddress));
  return `${type} · ${address} · ${ports.map((p) => p.port ?? '?').join(', ')}`;
}

/** One service: its type, ports and policies. Each field is a field of the object. */
export function ServiceFields({ service, files, onEdit, onShow, open, t }: Props) {
  const set = (path: readonly (string | number)[], value: string | number | undefined) => onEdit(setField(files, service.place, path, value));
  const fullName = service.namespace === 'default' ? service.name : `${service.namespace}/${service.name}`;
  const policy = (key: string) => (value: string) => set(['spec', key], value);
  return (
    <details className="bservice" open={open} data-long={fullName.length > 16 || undefined}>
      <summary>
        <b>{fullName}</b>
        <span className="mono">{summaryOf(service, t)}</span>
      </summary>
      <TextField label={t.name} value={service.name} problem={(text) => (NAME.test(text) ? undefined : t.badName)} onTake={(name) => set(['metadata', 'name'], name)} />
      <Segments label={t.type} options={SERVICE_TYPES.map((value) => ({ value, text: value }))} value={service.type} onChange={(type) => onEdit(setServiceType(files, service, type))} />
      <div className="bports" role="group" aria-label={t.ports}>
        <div className="bport bhead" aria-hidden="true">
          <span>{t.protocol}</span>
          <span>{t.port}</span>
          <span>{t.targetPort}</span>
          <span>{t.nodePort}</span>
          <span />
        </div>
        {service.ports.map((port, i) => (
          // Ports are told apart by their place in the list.
          // oxlint-disable-next-line no-array-index-key
          <PortRow key={i} port={port} nodePorts={service.type !== 'ClusterIP'} removable={service.ports.length > 1} onSet={(key, value) => set(['spec', 'ports', i, key], value)} onRemove={() => onEdit(removePort(files, service, i))} t={t} />
        ))}
        <button type="button" className="txtbtn" onClick={() => onEdit(addPort(files, service))}>
          + {t.addPort}
        </button>
      </div>
      {service.type !== 'ClusterIP' && <Segments label={t.external} options={POLICIES} value={service.externalTrafficPolicy} onChange={policy('externalTrafficPolicy')} />}
      <Segments label={t.internal} options={POLICIES} value={service.internalTrafficPolicy} onChange={policy('internalTrafficPolicy')} />
      <Segments label={t.affinity} options={[{ value: 'None', text: t.none }, { value: 'ClientIP', text: 'ClientIP' }]} value={service.clientIpAffinity ? 'ClientIP' : 'None'} onChange={policy('sessionAffinity')} />
      <div className="bactions">
        <button type="button" className="txtbtn" onClick={() => onShow(service.place)}>
          <Icon name="file" />
          {t.showYaml}
        </button>
        <span className="grow" />
        <button type="button" className="txtbtn" aria-label={t.removeService(service.name)} onClick={() => onEdit(removeObject(files, service.place))}>
          <Icon name="x" />
          {t.remove}
        </button>
      </div>
    </details>
  );
}

interface PortRowProps {
  readonly port: FormPort;
  readonly nodePorts: boolean;
  readonly removable: boolean;
  readonly onSet: (key: string, value: string | number | undefined) => void;
  readonly onRemove: () => void;
  readonly t: BuilderStrings;
}

const isPort = (text: string, from = 1, to = 65_535): boolean => /^\d{1,5}$/.test(text) && Number(text) >= from && Number(text) <= to;
/** A port's number, or the name that the pod's container gives one. */
const targetValue = (text: string): string | number => (/^\d+$/.test(text) ? Number(text) : text);

function PortRow({ port, nodePorts, removable, onSet, onRemove, t }: PortRowProps) {
  const number = port.port === undefined ? '' : String(port.port);
  return (
    <div className="bport">
      <select aria-label={t.protocol} value={port.protocol} onChange={(event) => onSet('protocol', event.target.value)}>
        {[...new Set([...PROTOCOLS, port.protocol])].map((p) => (
          <option key={p}>{p}</option>
        ))}
      </select>
      <TextField bare numeric label={t.port} value={number} problem={(text) => (isPort(text) ? undefined : t.badNumber(1, 65_535))} onTake={(text) => onSet('port', Number(text))} />
      <TextField bare label={t.targetPort} value={port.targetPort ?? ''} placeholder={number} problem={(text) => (text === '' || isPort(text) || NAME.test(text) ? undefined : t.badNumber(1, 65_535))} onTake={(text) => onSet('targetPort', text === '' ? undefined : targetValue(text))} />
      {nodePorts ? (
        <TextField bare numeric label={t.nodePort} value={port.nodePort === undefined ? '' : String(port.nodePort)} problem={(text) => (text === '' || isPort(text) ? undefined : t.badNumber(1, 65_535))} onTake={(text) => onSet('nodePort', text === '' ? undefined : Number(text))} />
      ) : (
        <span />
      )}
      {removable ? (
        <button type="button" className="iconbtn" aria-label={t.removePort(number)} onClick={onRemove}>
          <Icon name="x" />
        </button>
      ) : (
        <span />
      )}
    </div>
  );
}
