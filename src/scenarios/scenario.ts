/** A text in every language of the page. */
export interface Bilingual {
  readonly en: string;
  readonly ko: string;
}

/** What the list of scenarios shows. The rest of a scenario is fetched when it is opened. */
export interface ScenarioCard {
  /** Stands in links. */
  readonly id: string;
  readonly title: Bilingual;
  readonly system: Bilingual;
  readonly question: Bilingual;
}

/** A built-in question with the cluster that answers it. Its texts are loaded apart (files.browser.ts, files.node.ts). */
export interface Scenario extends ScenarioCard {
  /** Two sentences: what is built here, and what there is to see. */
  readonly story: Bilingual;
  /** What-ifs, in the order in which their patches are laid over each other. */
  readonly parameters: readonly Parameter[];
  readonly source: ScenarioSource;
  /** The first one opens with the scenario. */
  readonly probes: readonly [NamedProbe, ...NamedProbe[]];
  /** Of a scenario about things that went wrong: what each option of its parameter `incident` is about. */
  readonly incidents?: readonly Incident[];
  /** Codes of warnings that its objects cause on purpose. */
  readonly warned?: readonly string[];
  /** What a learner should be able to say, with the walk that answers it. */
  readonly questions: readonly Question[];
  /** Where the document that the cluster comes from and the kernel disagree. */
  readonly notes: readonly Bilingual[];
}

/**
 * `dumps`: a folder of dumps below `src/scenarios` for every combination of the parameters; `without`: a file there that lists the lines
 * that this state does not have (withoutLines.ts), in which case all states are made of one folder. `objects`: the folder has `objects.yaml`,
 * and a patch of it (cluster/patch.ts) named `KEY-VALUE.yaml` for every option that is not a parameter's default
 * (`KEY-VALUE-OPTION.yaml` where the option means another change under each VALUE of another parameter KEY).
 */
export type ScenarioSource =
  | { readonly kind: 'dumps'; readonly folder: (params: Readonly<Record<string, string>>) => string; readonly without?: (params: Readonly<Record<string, string>>) => string | undefined }
  | { readonly kind: 'objects'; readonly folder: string };

export interface Parameter {
  readonly key: string;
  readonly label: Bilingual;
  /** Words of a link: short, without spaces. */
  readonly options: readonly string[];
  readonly default: string;
  /** The key of another parameter, under each of whose values this one's options mean another change. */
  readonly within?: string;
  /** What the page calls an option; by default its own word. */
  readonly names?: Readonly<Record<string, Bilingual>>;
}

/** A probe in the words of a link. */
export interface NamedProbe {
  readonly id: string;
  readonly title: Bilingual;
  readonly from: string;
  readonly to: string;
  readonly proto: 'tcp' | 'udp' | 'icmp';
  /** Bytes of payload. */
  readonly size?: number;
}

/** Something that really went wrong somewhere, with what mended it. */
export interface Incident {
  /** The option of the parameter `incident`. */
  readonly id: string;
  readonly title: Bilingual;
  /** As people asked it: "Why does …?" */
  readonly question: Bilingual;
  /** Two sentences: what is to be seen, and what explains it. */
  readonly story: Bilingual;
  /** What was typed or applied. */
  readonly fix: Bilingual;
  /** Id of the probe that shows it. */
  readonly probe: string;
}

/** A question about one walk, whose answer is computed from it. */
export interface Question {
  readonly ask: Bilingual;
  /** The probe's id. */
  readonly probe: string;
  /** The state it is asked in; the defaults for what is left out. */
  readonly params?: Readonly<Record<string, string>>;
  /** `client`: whom the one who got the packet sees; `server`: who got it; `end`: how it ended, and where. */
  readonly tell: 'client' | 'server' | 'end';
}

/** The given parameters where they are allowed values, the defaults elsewhere. */
export const withDefaults = (scenario: Pick<Scenario, 'parameters'>, params: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(scenario.parameters.map((p) => [p.key, p.options.find((o) => o === params[p.key]) ?? p.default]));

/** Names of the patches that make a state of a scenario from objects, in their order. */
export const patchesOf = (scenario: Pick<Scenario, 'parameters'>, params: Readonly<Record<string, string>>): readonly string[] =>
  scenario.parameters.flatMap((p) => {
    const value = params[p.key] ?? p.default;
    if (value === p.default) return [];
    const outer = scenario.parameters.find((other) => other.key === p.within);
    return [outer ? `${outer.key}-${params[outer.key] ?? outer.default}-${value}.yaml` : `${p.key}-${value}.yaml`];
  });
