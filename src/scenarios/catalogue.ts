import { ipvsMetallb } from './ipvs-metallb/scenario.ts';

/** A text in every language of the page. */
export interface Bilingual {
  readonly en: string;
  readonly ko: string;
}

/** A built-in question with the cluster that answers it. Its dumps are loaded apart (files.browser.ts, files.node.ts). */
export interface Scenario {
  /** Stands in links. */
  readonly id: string;
  readonly title: Bilingual;
  readonly system: Bilingual;
  readonly question: Bilingual;
  /** What-ifs that have recordings of their own. */
  readonly parameters: readonly Parameter[];
  /** The folder of dumps below `src/scenarios`, by the values of the parameters; every combination has one. */
  readonly folder: (params: Readonly<Record<string, string>>) => string;
  /** The first one opens with the scenario. */
  readonly probes: readonly [NamedProbe, ...NamedProbe[]];
  /** Where the document that the cluster comes from and the kernel disagree. */
  readonly notes: readonly Bilingual[];
}

export interface Parameter {
  readonly key: string;
  readonly label: Bilingual;
  readonly options: readonly string[];
  readonly default: string;
}

/** A probe in the words of a link. */
export interface NamedProbe {
  readonly id: string;
  readonly title: Bilingual;
  readonly from: string;
  readonly to: string;
  readonly proto: 'tcp' | 'udp' | 'icmp';
}

export const scenarios: readonly [Scenario, ...Scenario[]] = [ipvsMetallb];

export const findScenario = (id: string): Scenario | undefined => scenarios.find((s) => s.id === id);

/** The given parameters where they are allowed values, the defaults elsewhere. */
export const withDefaults = (scenario: Scenario, params: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(scenario.parameters.map((p) => [p.key, p.options.find((o) => o === params[p.key]) ?? p.default]));
