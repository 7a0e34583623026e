import type { YamlProblem, YamlProblemCode } from '../cluster/edit/problems.ts';
import { josa } from './josa.ts';
import type { Lang } from './lang.ts';

type Sentences = Readonly<Record<YamlProblemCode, (text: string) => string>>;

const en: Sentences = {
  tab: () => 'A tab indents this line. YAML takes spaces only: two for each level.',
  indent: () => 'This line is indented too far or not far enough. Keys of one map begin in the same column, and what belongs to a key stands further right.',
  'no-colon': () => 'This line is no “key: value”. Is the colon missing, or the space behind it?',
  unclosed: (c) => `What begins here is never closed: ${c} is missing.`,
  'no-comma': () => 'Within { } and [ ], items are parted by commas, and a key has a colon and a space behind it.',
  'nested-value': () => 'Two colons in one line: put the inner key into a line of its own, further right, or the whole value into quotes.',
  'bad-start': (c) => `A value cannot begin with ${c}. Put it into quotes.`,
  'bad-escape': (c) => `${c} means nothing within double quotes. Write \\\\ for a backslash, or use single quotes.`,
  'bad-alias': (name) => `*${name} stands for something that &${name} must have named before. For a text, put it into quotes.`,
  twice: (key) => `“${key}” stands here a second time. A map has each key once.`,
  'no-object': () => 'This is no Kubernetes object. One begins with apiVersion: and kind:, and the next one comes behind a line of ---.',
  other: (text) => `YAML does not allow this: ${text}.`,
};

const ko: Sentences = {
  tab: () => '이 줄은 탭으로 들여 썼습니다. YAML은 공백만 받습니다. 단계마다 공백 두 칸을 쓰세요.',
  indent: () => '이 줄의 들여쓰기가 맞지 않습니다. 같은 맵의 키는 같은 열에서 시작하고, 키에 속한 내용은 더 오른쪽에 있어야 합니다.',
  'no-colon': () => '이 줄은 “키: 값” 모양이 아닙니다. 콜론이나 그 뒤의 공백이 빠졌나요?',
  unclosed: (c) => `여기서 시작한 것이 닫히지 않았습니다. ${c} 문자가 빠졌습니다.`,
  'no-comma': () => '{ }와 [ ] 안에서는 항목을 쉼표로 나누고, 키 뒤에는 콜론과 공백을 둡니다.',
  'nested-value': () => '한 줄에 콜론이 둘입니다. 안쪽 키를 다음 줄에 더 들여 쓰거나 값 전체를 따옴표로 묶으세요.',
  'bad-start': (c) => `값은 ${josa(c, '으로/로')} 시작할 수 없습니다. 따옴표로 묶으세요.`,
  'bad-escape': (c) => `큰따옴표 안에서 ${c}에는 뜻이 없습니다. 백슬래시는 \\\\로 쓰거나 작은따옴표를 쓰세요.`,
  'bad-alias': (name) => `*${name}에 앞서 &${name}이라는 이름이 있어야 합니다. 글자 그대로라면 따옴표로 묶으세요.`,
  twice: (key) => `“${key}” 키가 두 번 나옵니다. 한 맵에 같은 키는 한 번만 씁니다.`,
  'no-object': () => 'Kubernetes 오브젝트가 아닙니다. apiVersion:과 kind:로 시작하고, 다음 오브젝트는 --- 줄 뒤에 옵니다.',
  other: (text) => `YAML에서 허용하지 않습니다: ${text}.`,
};

/** What is wrong with a line of YAML and what would be right. */
export const yamlProblemText = ({ code, text }: YamlProblem, lang: Lang): string => (lang === 'ko' ? ko : en)[code](text);
