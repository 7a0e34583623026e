import { encodeLink, linkTo, NEW_CLUSTER, OWN, type Link } from '../../share/link.ts';
import type { Lang } from '../../text/lang.ts';
import { browserLang } from './prefs.ts';
import type { Loaded, PageState } from './state.ts';
import { usePage } from './store.ts';

/** The branches taken other than the first, which the engine takes anyway; only of choices that this walk has. */
function takenPicks({ choices, result }: Loaded): Readonly<Record<string, number>> {
  if (result.kind !== 'walk') return choices;
  return Object.fromEntries(result.walk.trace.choices.flatMap((c) => (choices[c.key] === undefined || c.taken === 0 ? [] : [[c.key, c.taken]])));
}

/**
 * What the link says about the page. Defaults are left out; source and destination are always said, because they are what a reader of
 * the link looks for. `lang` is said only where the reader's own browser would choose another one.
 */
export function linkOf(state: PageState, loaded: Loaded, carried: Carried, defaultLang: Lang): Link {
  const { origin, words } = loaded;
  return {
    ...linkTo(origin.kind === 'scenario' ? origin.scenario.id : origin.kind === 'cluster' ? NEW_CLUSTER : OWN),
    params: carried.params,
    from: words.from,
    via: words.via,
    to: words.to,
    proto: words.proto === 'tcp' ? undefined : words.proto,
    sport: words.sport,
    size: words.size,
    picks: takenPicks(loaded),
    detail: state.detail === 'story' ? undefined : state.detail,
    step: state.index === 0 ? undefined : state.index + 1,
    lang: state.lang === defaultLang ? undefined : state.lang,
    packed: carried.packed,
  };
}

/** What a link carries of the cluster itself: its settings, and the text that differs from what they give. */
export interface Carried {
  readonly params: Readonly<Record<string, string>>;
  readonly packed: string | undefined;
}

/** Edits of a scenario and of a cluster that was built here always travel, a user's own text only after a yes. */
export async function carriedBy(loaded: Loaded, own: boolean): Promise<Carried> {
  const { origin, files, base } = loaded;
  switch (origin.kind) {
    case 'own':
      return { params: {}, packed: own ? (await import('../../share/packed.ts')).packBundle(files) : undefined };
    case 'cluster':
      return (await import('../../share/clusterLink.ts')).clusterLink(origin.choices, files);
    case 'scenario':
      return {
        params: Object.fromEntries(origin.scenario.parameters.flatMap((p) => (origin.params[p.key] === undefined || origin.params[p.key] === p.default ? [] : [[p.key, origin.params[p.key] ?? '']]))),
        packed: files === base ? undefined : (await import('../../share/packed.ts')).packEdits(base, files),
      };
  }
}

/** The address of the page with this fragment. */
export const addressOf = (hash: string): string => `${location.href.replace(/#.*$/s, '')}${hash}`;

// Browsers refuse more than some 100 changes of the address in 30 seconds; scrubbing would make hundreds.
const PAUSE_MS = 350;

/**
 * Keeps the address bar in step with the page until the returned function is called. `written` is called with each fragment, so that the
 * caller can tell its own changes from the user's.
 */
export function keepAddress(written: (hash: string) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;
  let known: { readonly files: Loaded['files']; readonly origin: Loaded['origin']; readonly carried: Carried } | undefined;

  const write = async () => {
    timer = undefined;
    const state = usePage.getState();
    const { loaded } = state;
    if (!loaded) return;
    // The text of a link that could not be used stays in the address bar until the reader does something.
    if (state.notice?.kind === 'damaged-link') return;
    last = performance.now();
    const { files, origin } = loaded;
    if (known?.files !== files || known.origin !== origin) {
      known = { files, origin, carried: await carriedBy(loaded, origin.kind === 'own' && origin.inLink) };
      if (usePage.getState() !== state) return schedule();
    }
    const hash = encodeLink(linkOf(state, loaded, known.carried, browserLang()));
    written(hash);
    try {
      history.replaceState(history.state, '', hash);
    } catch {
      schedule(); // too many changes in a row (a SecurityError): the last one is written later
    }
  };
  const schedule = () => {
    timer ??= setTimeout(() => void write(), Math.max(0, PAUSE_MS - (performance.now() - last)));
  };
  const stop = usePage.subscribe((now, before) => {
    if (now.loaded !== before.loaded || now.index !== before.index || now.detail !== before.detail || now.lang !== before.lang || now.notice !== before.notice) schedule();
  });
  schedule();
  return () => {
    stop();
    clearTimeout(timer);
  };
}
