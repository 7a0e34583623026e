import { closePanel, isEdited, openPanel, readingIn, redoEdit, resetEdits, seek, setDetail, showLang, undoEdit, usePage } from '../store/store.ts';
import { keepLang, keepTheme } from '../store/prefs.ts';
import type { PageState } from '../store/state.ts';
import { otherNamespace } from '../store/walk.ts';
import type { PlainKey } from '../strings.ts';
import type { Detail } from '../../text/reading-types.ts';

/** One action of the user, for its button, its keys and the list of keys alike. */
export interface Command {
  /** Its name in the dictionary of strings. */
  readonly label: PlainKey;
  /** As KeyboardEvent.key says them, with `Shift+` or `Mod+` (Ctrl, or Cmd on a Mac) in front. */
  readonly keys: readonly string[];
  readonly group: 'walk' | 'detail' | 'page';
  readonly run: () => void;
  /** Absent: always. */
  readonly enabled?: (state: PageState) => boolean;
}

const get = usePage.getState;
const lastIndex = (s: PageState): number => (readingIn(s)?.stops.length ?? 1) - 1;
/** Some of its machines come from objects, so that forms can change them. */
const isCompiled = (s: PageState): boolean => (s.loaded?.parsed.compiled.size ?? 0) > 0;
/** Some machine has a bridge of Open vSwitch. */
const hasSwitch = (s: PageState): boolean => s.loaded?.parsed.world.hosts.some((h) => h.ovs !== undefined) === true;
const hasWalk = (s: PageState): boolean => readingIn(s) !== undefined;
const DETAILS: readonly Detail[] = ['story', 'hooks', 'rules'];

function toDetail(by: 1 | -1): void {
  const detail = DETAILS[DETAILS.indexOf(get().detail) + by];
  if (detail) setDetail(detail);
}

function toNamespace(direction: 1 | -1): void {
  const reading = readingIn(get());
  if (reading) seek(otherNamespace(reading, get().index, direction));
}

const stepTo = (index: number): void => {
  usePage.setState({ playing: false });
  seek(index);
};

/** Every command by its id. */
export const COMMANDS = {
  play: {
    label: 'cmdPlay', keys: [' '], group: 'walk', enabled: hasWalk,
    run: () => {
      const s = get();
      // At the end, playing starts over: there is nothing else that it could mean.
      usePage.setState({ playing: !s.playing, ...(!s.playing && s.index >= lastIndex(s) ? { index: 0 } : {}) });
    },
  },
  next: { label: 'cmdNext', keys: ['ArrowRight'], group: 'walk', run: () => stepTo(get().index + 1), enabled: (s) => s.index < lastIndex(s) },
  previous: { label: 'cmdPrevious', keys: ['ArrowLeft'], group: 'walk', run: () => stepTo(get().index - 1), enabled: (s) => s.index > 0 },
  nextNamespace: { label: 'cmdNextNamespace', keys: ['Shift+ArrowRight'], group: 'walk', run: () => toNamespace(1), enabled: (s) => s.index < lastIndex(s) },
  previousNamespace: { label: 'cmdPreviousNamespace', keys: ['Shift+ArrowLeft'], group: 'walk', run: () => toNamespace(-1), enabled: (s) => s.index > 0 },
  first: { label: 'cmdFirst', keys: ['Home'], group: 'walk', run: () => stepTo(0), enabled: hasWalk },
  last: { label: 'cmdLast', keys: ['End'], group: 'walk', run: () => stepTo(lastIndex(get())), enabled: hasWalk },
  story: { label: 'cmdStory', keys: ['1'], group: 'detail', run: () => setDetail('story'), enabled: hasWalk },
  hooks: { label: 'cmdHooks', keys: ['2'], group: 'detail', run: () => setDetail('hooks'), enabled: hasWalk },
  rules: { label: 'cmdRules', keys: ['3'], group: 'detail', run: () => setDetail('rules'), enabled: hasWalk },
  finer: { label: 'cmdFiner', keys: [']'], group: 'detail', run: () => toDetail(1), enabled: (s) => s.detail !== 'rules' },
  coarser: { label: 'cmdCoarser', keys: ['['], group: 'detail', run: () => toDetail(-1), enabled: (s) => s.detail !== 'story' },
  scenarios: { label: 'cmdScenarios', keys: ['/'], group: 'page', run: () => openPanel('scenarios') },
  library: { label: 'library', keys: [], group: 'page', run: () => openPanel('drawer') },
  newCluster: { label: 'cmdNewCluster', keys: ['n'], group: 'page', run: () => openPanel('newcluster') },
  change: { label: 'cmdChange', keys: ['c'], group: 'page', run: () => openPanel(isCompiled(get()) ? 'builder' : 'dumps'), enabled: (s) => s.loaded !== undefined },
  dumps: { label: 'openDumps', keys: [], group: 'page', run: () => openPanel('dumps'), enabled: (s) => s.loaded !== undefined },
  ofproto: { label: 'cmdOfproto', keys: ['o'], group: 'page', run: () => openPanel('ofproto'), enabled: hasSwitch },
  share: { label: 'share', keys: [], group: 'page', run: () => openPanel('share'), enabled: (s) => s.loaded !== undefined },
  outcomes: { label: 'allOutcomes', keys: [], group: 'page', run: () => openPanel('outcomes'), enabled: hasWalk },
  undo: { label: 'cmdUndo', keys: ['Mod+z'], group: 'page', run: undoEdit, enabled: (s) => s.undo.length > 0 },
  redo: { label: 'cmdRedo', keys: ['Mod+Shift+z', 'Mod+y'], group: 'page', run: redoEdit, enabled: (s) => s.redo.length > 0 },
  reset: { label: 'reset', keys: [], group: 'page', run: resetEdits, enabled: isEdited },
  language: {
    label: 'otherLanguage', keys: [], group: 'page',
    run: () => {
      const lang = get().lang === 'en' ? 'ko' : 'en';
      keepLang(lang);
      void showLang(lang);
    },
  },
  theme: {
    label: 'theme', keys: [], group: 'page',
    run: () => {
      const theme = get().theme === 'dark' ? 'light' : 'dark';
      keepTheme(theme);
      usePage.setState({ theme });
    },
  },
  help: { label: 'cmdHelp', keys: ['?'], group: 'page', run: () => openPanel('help') },
  close: { label: 'close', keys: ['Escape'], group: 'page', run: closePanel, enabled: (s) => s.panel !== undefined },
} as const satisfies Record<string, Command>;

/** What KeyboardEvent says, in the spelling of Command.keys. Shift is said only with keys that it does not change (arrows, letters with Mod). */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): string {
  const mod = event.ctrlKey || event.metaKey;
  const shifts = event.key.length > 1 || mod;
  return `${mod ? 'Mod+' : ''}${event.altKey ? 'Alt+' : ''}${event.shiftKey && shifts ? 'Shift+' : ''}${mod ? event.key.toLowerCase() : event.key}`;
}

/** The command for a key; undefined when there is none or it cannot be done now. */
export function commandFor(name: string, state: PageState): Command | undefined {
  const all: readonly Command[] = Object.values(COMMANDS);
  const command = all.find((c) => c.keys.includes(name));
  return command && (command.enabled?.(state) ?? true) ? command : undefined;
}
