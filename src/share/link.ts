/**
 * The state of the page as the fragment of its address: `#/ipvs-metallb?from=client&to=172.19.100.2:80&policy=Local&step=17`.
 * Reading and writing are pure; what is packed (edits, a user's own dumps) travels as opaque text, see packed.ts.
 */

/** Everything that a link can say. What is undefined (or empty) is not in the link and takes its default. */
export interface Link {
  /** Id of a built-in scenario, or OWN for dumps that the user brought. */
  readonly scenario: string;
  /** Parameters of the scenario, e.g. policy → Local; keys that the page itself uses cannot be among them. */
  readonly params: Readonly<Record<string, string>>;
  /** Where the packet starts: a host, `host/netns`, or an outside address. */
  readonly from: string | undefined;
  /** For an outside address: `host/dev`, where the packet arrives. */
  readonly via: string | undefined;
  /** Where it is sent: `address` or `address:port`. */
  readonly to: string | undefined;
  /** Default tcp. */
  readonly proto: LinkProto | undefined;
  readonly sport: number | undefined;
  /** Payload bytes. */
  readonly size: number | undefined;
  /** Taken branches: the engine's choice key (`host/kind`, `host/kind/2`) → index of the option. */
  readonly picks: Readonly<Record<string, number>>;
  /** Default story. */
  readonly detail: LinkDetail | undefined;
  /** From 1, within the level of detail; default 1. */
  readonly step: number | undefined;
  readonly lang: LinkLang | undefined;
  /** Edits of the scenario's dumps, or the user's own dumps, packed. */
  readonly packed: string | undefined;
}

export const LINK_PROTOS = ['tcp', 'udp', 'icmp'] as const;
export type LinkProto = (typeof LINK_PROTOS)[number];
export const LINK_DETAILS = ['story', 'hooks', 'rules'] as const;
export type LinkDetail = (typeof LINK_DETAILS)[number];
export const LINK_LANGS = ['en', 'ko'] as const;
export type LinkLang = (typeof LINK_LANGS)[number];

/** The scenario part of a link to dumps that the user brought. */
export const OWN = 'own';

/** The scenario part of a link to a cluster that somebody built here. */
export const NEW_CLUSTER = 'new';

/** Chat tools cut links above some 2,000 characters. */
export const SAFE_LINK_LENGTH = 2_000;

const LINK_BOUNDS = { length: 1_500_000, pairs: 64, value: 300, ordinal: 1_000_000 } as const;

/** What is wrong with a link. `part` is the offending text, shortened. */
export interface LinkProblem {
  readonly code: 'too-long' | 'no-scenario' | 'bad-escape' | 'bad-pair' | 'repeated' | 'bad-value';
  readonly part: string;
}

export type DecodedLink = { readonly kind: 'empty' } | { readonly kind: 'link'; readonly link: Link } | { readonly kind: 'damaged'; readonly problems: readonly LinkProblem[] };

/** A link that says nothing but the scenario. */
export const linkTo = (scenario: string): Link => ({
  scenario, params: {}, from: undefined, via: undefined, to: undefined, proto: undefined, sport: undefined, size: undefined,
  picks: {}, detail: undefined, step: undefined, lang: undefined, packed: undefined,
});

const SCENARIO = /^[a-z0-9][a-z0-9-]{0,63}$/;
const PARAM_KEY = /^[a-z][a-zA-Z0-9-]{0,31}$/;
const PACKED = /^[A-Za-z0-9_.-]+$/;
// The kinds of a choice are lower-case words with dashes; hosts may contain dots, so the parts are taken from the end.
const PICK = /^(.{1,250})\.([a-z][a-z-]{0,30})(?:\.([2-9]|[1-9]\d{1,3}))?\.(0|[1-9]\d{0,4})$/s;
const PICK_KEY = /^(.{1,250})\/([a-z][a-z-]{0,30})(?:\/([2-9]|[1-9]\d{1,3}))?$/s;
const RESERVED = new Set(['from', 'via', 'to', 'proto', 'sport', 'size', 'pick', 'detail', 'step', 'lang', 'e']);

// Keeps to characters that chat tools neither end a link at nor turn into markup.
const escape = (text: string): string =>
  encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD')).replace(/%(2F|3A)/g, (_, code: string) => (code === '2F' ? '/' : ':')).replace(/[!'()*~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function unescape(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // a % that the link lost its digits after
  }
}

/** `host/ipvs-rr` with option 1 is `host.ipvs-rr.1`; undefined for a key that the engine would not make. */
function encodePick(key: string, option: number): string | undefined {
  const parts = PICK_KEY.exec(key);
  if (!parts?.[1] || !parts[2]) return undefined;
  return [parts[1], parts[2], ...(parts[3] === undefined ? [] : [parts[3]]), String(option)].join('.');
}

/** The fragment, with its `#`. */
export function encodeLink(link: Link): string {
  const pairs: string[] = [];
  const put = (key: string, value: string | number | undefined) => {
    if (value !== undefined) pairs.push(`${key}=${escape(String(value))}`);
  };
  put('from', link.from);
  put('via', link.via);
  put('to', link.to);
  put('proto', link.proto);
  put('sport', link.sport);
  put('size', link.size);
  for (const [key, value] of Object.entries(link.params)) if (PARAM_KEY.test(key) && !RESERVED.has(key)) put(key, value);
  for (const [key, option] of Object.entries(link.picks)) put('pick', encodePick(key, option));
  put('detail', link.detail);
  put('step', link.step);
  put('lang', link.lang);
  put('e', link.packed);
  return `#/${link.scenario}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`;
}

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

/** A whole number from `from` to `to`; undefined for anything else, also for other spellings of it. */
function wholeNumber(text: string, from: number, to: number): number | undefined {
  if (!/^(0|[1-9]\d{0,6})$/.test(text)) return undefined;
  const value = Number(text);
  return value >= from && value <= to ? value : undefined;
}

const oneOf = <T extends string>(all: readonly T[], text: string): T | undefined => all.find((one) => one === text);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Mutable<Link> & { params: Record<string, string>; picks: Record<string, number> };

/** Sets one field from its text; false when the text is no value for it. */
function take(draft: Draft, key: string, value: string): boolean {
  switch (key) {
    case 'from':
    case 'via':
    case 'to':
      draft[key] = value;
      return value !== '' && value.length <= LINK_BOUNDS.value;
    case 'proto':
      return (draft.proto = oneOf(LINK_PROTOS, value)) !== undefined;
    case 'sport':
      return (draft.sport = wholeNumber(value, 1, 65_535)) !== undefined;
    case 'size':
      return (draft.size = wholeNumber(value, 0, 65_507)) !== undefined;
    case 'detail':
      return (draft.detail = oneOf(LINK_DETAILS, value)) !== undefined;
    case 'step':
      return (draft.step = wholeNumber(value, 1, LINK_BOUNDS.ordinal)) !== undefined;
    case 'lang':
      return (draft.lang = oneOf(LINK_LANGS, value)) !== undefined;
    case 'e':
      draft.packed = value;
      return PACKED.test(value);
    case 'pick': {
      const parts = PICK.exec(value);
      if (!parts?.[1] || !parts[2]) return false;
      draft.picks[[parts[1], parts[2], ...(parts[3] === undefined ? [] : [parts[3]])].join('/')] = Number(parts[4]);
      return true;
    }
    default:
      draft.params[key] = value;
      return value !== '' && value.length <= LINK_BOUNDS.value;
  }
}

/**
 * Reads a fragment with or without its `#`. Never throws. A link is taken whole or not at all: one that lost its tail or an
 * escape would otherwise show something else than its sender saw, and nobody would notice.
 */
export function decodeLink(hash: string): DecodedLink {
  const text = hash.startsWith('#') ? hash.slice(1) : hash;
  if (text === '' || text === '/') return { kind: 'empty' };
  if (text.length > LINK_BOUNDS.length) return { kind: 'damaged', problems: [{ code: 'too-long', part: String(text.length) }] };
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  const scenario = path.replace(/^\//, '');
  if (!SCENARIO.test(scenario)) return { kind: 'damaged', problems: [{ code: 'no-scenario', part: short(path) }] };
  const draft: Draft = { ...linkTo(scenario), params: {}, picks: {} };
  const problems: LinkProblem[] = [];
  const seen = new Set<string>();
  const pairs = mark < 0 ? [] : text.slice(mark + 1).split('&');
  if (pairs.length > LINK_BOUNDS.pairs) problems.push({ code: 'too-long', part: `${pairs.length}` });
  for (const pair of pairs.slice(0, LINK_BOUNDS.pairs)) {
    const equals = pair.indexOf('=');
    const key = equals < 0 ? pair : pair.slice(0, equals);
    const value = unescape(equals < 0 ? '' : pair.slice(equals + 1));
    // Own-property keys such as `constructor` would pass the pattern: they are data here and kept out of objects with prototypes.
    if (!PARAM_KEY.test(key) || key in {} || equals < 0) problems.push({ code: 'bad-pair', part: short(pair) });
    else if (value === undefined) problems.push({ code: 'bad-escape', part: short(pair) });
    else if (key !== 'pick' && seen.has(key)) problems.push({ code: 'repeated', part: short(pair) });
    else if (!take(draft, key, value)) problems.push({ code: 'bad-value', part: short(pair) });
    seen.add(key);
  }
  return problems.length > 0 ? { kind: 'damaged', problems } : { kind: 'link', link: draft };
}
