import { useState } from 'react';
import { NETWORKS, PROXY_MODES, readSubnet, roomIn, STARTER, STARTER_BOUNDS, type StarterChoices, VERSIONS } from '../../cluster/starter.ts';
import type { Lang } from '../../text/lang.ts';
import { openCluster } from '../store/open.ts';
import { openPanel } from '../store/store.ts';
import { Chooser, Segments, Stepper, TextField } from './fields.tsx';
import { PasteObjects } from './PasteObjects.tsx';
import { builderStrings, networkName } from './strings.ts';
import { AboutUserspace } from './Userspace.tsx';

/** The choices of a new cluster; Enter builds it. */
export function StartForm({ lang }: { readonly lang: Lang }) {
  const t = builderStrings(lang);
  const [choices, setChoices] = useState<StarterChoices>(STARTER);
  const set = (part: Partial<StarterChoices>) => setChoices((before) => ({ ...before, ...part }));
  const room = roomIn(readSubnet(choices.subnet)?.prefixLen ?? 24);
  const subnetProblem = (text: string): string | undefined => {
    const subnet = readSubnet(text);
    return subnet && roomIn(subnet.prefixLen) >= choices.nodes ? undefined : t.badSubnet;
  };
  const build = async () => {
    await openCluster(choices);
    openPanel('builder');
  };
  return (
    <>
      <form
        className="bform"
        onSubmit={(event) => {
          event.preventDefault();
          // A field that says what is wrong with it has kept its value from before: that is not what was asked for.
          const wrong = event.currentTarget.querySelector<HTMLElement>('[aria-invalid="true"]');
          if (wrong) wrong.focus();
          else void build();
        }}
      >
        <p className="bintro">{t.newText}</p>
        <Stepper first label={t.nodes} value={choices.nodes} from={1} to={Math.min(STARTER_BOUNDS.nodes, room)} differs="" onChange={(nodes) => set({ nodes })} t={t} />
        <Stepper label={t.podsPerNode} value={choices.podsPerNode} from={0} to={STARTER_BOUNDS.podsPerNode} differs="" onChange={(podsPerNode) => set({ podsPerNode })} t={t} />
        <TextField label={t.subnet} value={choices.subnet} problem={subnetProblem} onTake={(subnet) => set({ subnet })} />
        <Segments label={t.subnets} options={[{ value: '1', text: t.oneSubnet }, { value: '2', text: t.twoSubnets }]} value={String(choices.subnets)} onChange={(n) => set({ subnets: n === '2' ? 2 : 1 })} />
        <Chooser label={t.network} options={NETWORKS.map((value) => ({ value, text: networkName(value, lang) }))} value={choices.network} other="" onChange={(network) => set({ network })} />
        <Segments label={t.proxyMode} options={PROXY_MODES.map((value) => ({ value, text: value }))} value={choices.proxy} onChange={(proxy) => set({ proxy })}>
          <AboutUserspace lang={lang} />
        </Segments>
        <Chooser label={t.version} options={VERSIONS.map((value) => ({ value, text: value }))} value={choices.version} other="" onChange={(version) => set({ version })} />
        <div className="bactions">
          <button type="submit" className="btn">
            {t.build}
          </button>
        </div>
      </form>
      <PasteObjects lang={lang} start />
    </>
  );
}
