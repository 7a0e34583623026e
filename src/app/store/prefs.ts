import type { Lang } from '../../text/lang.ts';
import type { Theme } from './state.ts';

/** Reads a preference; undefined when storage is off or holds something else. */
function stored<T extends string>(key: string, allowed: readonly T[]): T | undefined {
  try {
    const value = localStorage.getItem(key);
    return allowed.find((one) => one === value);
  } catch {
    return undefined; // storage can be forbidden: then preferences last as long as the page
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // as above: nothing to do, and nothing lost but the preference
  }
}

const LANG_KEY = 'packetwalk.lang';
const THEME_KEY = 'packetwalk.theme';

/** The first of the browser's languages that we speak. */
export function browserLang(): Lang {
  const spoken = navigator.languages.map((l) => l.slice(0, 2).toLowerCase()).find((l) => l === 'ko' || l === 'en');
  return spoken === 'ko' ? 'ko' : 'en';
}

export const systemTheme = (): Theme => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');

export const startLang = (): Lang => stored<Lang>(LANG_KEY, ['en', 'ko']) ?? browserLang();
export const chosenTheme = (): Theme | undefined => stored<Theme>(THEME_KEY, ['light', 'dark']);
export const keepLang = (lang: Lang): void => store(LANG_KEY, lang);
export const keepTheme = (theme: Theme): void => store(THEME_KEY, theme);
