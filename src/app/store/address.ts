import { encodeLink, linkTo, OWN, type Link } from '../../share/link.ts';
import type { Lang } from '../../text/lang.ts';
import { browserLang } from './prefs.ts';
import type { Loaded, PageState } from './state.ts';
import { isEdited, usePage } from './store.ts';

/** The branches taken other than the first, which the engine takes anyway; only of choices that this walk has. */
function takenPicks({ choices, result }: Loaded): Readonly<Record<string, number>> {
  if (result.kind !== 'walk') return choices;
  return Object.fromEntries(result.walk.trace.choices.flatMap((c) => (choices[c.key] === undefined || c.taken === 0 ? [] : [[c.key, c.taken]])));
}

/**
 * What the link says about the page. Defaults are left out; source and destination are always said, because they are what a reader of
 * the link looks for. `lang` is said only where the reader's own browser would choose another one.
 */
export function linkOf(state: PageState, loaded: Loaded, packed: string | undefined, defaultLang: Lang): Link {
  const { origin, words } = loaded;
  const params = origin.kind === 'scenario' ? Object.fromEntries(origin.scenario.parameters.flatMap((p) => (origin.params[p.key] === undefined || origin.params[p.key] === p.default ? [] : [[p.key, origin.params[p.key] ?? '']]))) : {};
  return {
    ...linkTo(origin.kind === 'scenario' ? origin.scenario.id : OWN),
    params,
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
    packed,
  };
}

/** What has to travel packed, or undefined: edits of a scenario always, a user's own text only after a yes. */
export async function packedFor(loaded: Loaded, own: boolean): Promise<string | undefined> {
  if (loaded.origin.kind === 'own') return own ? (await import('../../share/packed.ts')).packBundle(loaded.files) : undefined;
  return loaded.files === loaded.base ? undefined : (await import('../../share/packed.ts')).packEdits(loaded.base, loaded.files);
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
  let packedOf: { readonly files: Loaded['files']; readonly inLink: boolean; readonly packed: string | undefined } | undefined;

  const write = async () => {
    timer = undefined;
    const state = usePage.getState();
    const { loaded } = state;
    if (!loaded) return;
    // The text of a link that could not be used stays in the address bar until the reader does something.
    if (state.notice?.kind === 'damaged-link') return;
    last = performance.now();
    const inLink = loaded.origin.kind === 'own' && loaded.origin.inLink;
    if (packedOf?.files !== loaded.files || packedOf.inLink !== inLink) {
      packedOf = { files: loaded.files, inLink, packed: isEdited(state) || inLink ? await packedFor(loaded, inLink) : undefined };
      if (usePage.getState() !== state) return schedule();
    }
    const hash = encodeLink(linkOf(state, loaded, packedOf.packed, browserLang()));
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
