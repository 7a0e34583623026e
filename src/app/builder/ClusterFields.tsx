import { useEffect, useMemo, useState } from 'react';
import { parseAhead } from '../../cluster/edit/documents.ts';
import { addService, setNetwork, setNodes, setPodsPerNode, setProxyMode, setVersion } from '../../cluster/edit/edits.ts';
import { type ClusterForm, type Files, type ObjectPlace, readForm, yamlFiles } from '../../cluster/edit/form.ts';
import { NETWORKS, PROXY_MODES, STARTER_BOUNDS, VERSIONS } from '../../cluster/starter.ts';
import type { Lang } from '../../text/lang.ts';
import { Chooser, Segments, Stepper } from './fields.tsx';
import { PasteObjects } from './PasteObjects.tsx';
import { ServiceFields } from './ServiceFields.tsx';
import { builderStrings, networkName } from './strings.ts';
import { AboutUserspace } from './Userspace.tsx';

interface Props {
  readonly files: Files;
  readonly lang: Lang;
  readonly onEdit: (files: Files) => void;
  /** Shows an object in the YAML. */
  readonly onShow: (place: ObjectPlace) => void;
}

/** Texts beyond this length are read a few objects at a time, so that the page stays awake. */
const MAX_AT_ONCE = 60_000;
const PORTION = 25;

const isLong = (files: Files): boolean => yamlFiles(files).reduce((sum, file) => sum + (files[file] ?? '').length, 0) > MAX_AT_ONCE;

/** True once all objects are parsed; what has been parsed once is known from then on. */
function useParsed(files: Files): boolean {
  const [parsed, setParsed] = useState(() => !isLong(files));
  useEffect(() => {
    if (parsed) return;
    const waiting = yamlFiles(files).map((file) => ({ text: files[file] ?? '', from: 0 }));
    let timer: ReturnType<typeof setTimeout>;
    const next = () => {
      const [first] = waiting;
      if (!first) return setParsed(true);
      if (!parseAhead(first.text, first.from, PORTION)) waiting.shift();
      first.from += PORTION;
      timer = setTimeout(next);
    };
    timer = setTimeout(next);
    return () => clearTimeout(timer);
  }, [files, parsed]);
  return parsed;
}

/** The cluster as its objects say it. */
export function ClusterFields(props: Props) {
  const parsed = useParsed(props.files);
  if (!parsed) return <p className="bintro breading" role="status">{builderStrings(props.lang).reading}</p>;
  return <Fields {...props} />;
}

/** Every change is a change of the objects' text. */
function Fields({ files, lang, onEdit, onShow }: Props) {
  const t = builderStrings(lang);
  const form: ClusterForm = useMemo(() => readForm(files), [files]);
  const proxies = PROXY_MODES.map((value) => ({ value, text: value }));
  const known = PROXY_MODES.some((m) => m === form.proxy.mode);
  return (
    <div className="bform">
      <section aria-label={t.cluster}>
        <Stepper first label={t.nodes} value={form.nodes.length} from={1} to={STARTER_BOUNDS.nodes} differs="" onChange={(count) => onEdit(setNodes(files, count))} t={t} />
        <Stepper label={form.pods.every((p) => p.serial) ? t.podsPerNode : t.extraPods} value={form.podsPerNode} from={0} to={STARTER_BOUNDS.podsPerNode} differs={t.podsDiffer} onChange={(count) => onEdit(setPodsPerNode(files, count))} t={t} />
        <Chooser label={t.network} options={NETWORKS.map((value) => ({ value, text: networkName(value, lang) }))} value={form.network} other={t.networkOther} onChange={(network) => onEdit(setNetwork(files, network))} />
        {known ? (
          <Segments label={t.proxyMode} options={proxies} value={form.proxy.mode} onChange={(mode) => onEdit(setProxyMode(files, mode))} />
        ) : (
          <Chooser label={t.proxyMode} options={proxies} value={undefined} other={t.proxyOther(form.proxy.mode)} onChange={(mode) => onEdit(setProxyMode(files, mode))} />
        )}
        {form.proxy.mode === 'userspace' && <p className="babout"><AboutUserspace lang={lang} /></p>}
        <Chooser label={t.version} options={[...new Set([...VERSIONS, ...(form.version === undefined ? [] : [form.version])])].map((value) => ({ value, text: value }))} value={form.version} other={t.versionsDiffer} onChange={(version) => onEdit(setVersion(files, version))} />
      </section>
      <section>
        <h3>{t.services}</h3>
        {form.services.length === 0 && <p className="bintro">{t.noServices}</p>}
        {form.services.map((service) => (
          <ServiceFields key={`${service.place.file} ${service.place.document} ${String(service.place.path)}`} service={service} files={files} onEdit={onEdit} onShow={onShow} open={form.services.length <= 2} t={t} />
        ))}
        <div className="bactions">
          <button type="button" className="btn sec" onClick={() => onEdit(addService(files))}>
            {t.addService}
          </button>
        </div>
      </section>
      <PasteObjects lang={lang} />
    </div>
  );
}
