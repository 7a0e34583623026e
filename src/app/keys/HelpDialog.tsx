import type { Lang } from '../../text/lang.ts';
import { closePanel } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { Dialog } from '../topbar/Dialog.tsx';
import { COMMANDS, type Command } from './commands.ts';

const en = {
  title: 'Keys and help',
  walk: 'Walk',
  detail: 'Detail',
  page: 'Page',
  how: 'How to read it',
  read: [
    'Packetwalk computes the walk of one packet, and of its answer, from what the commands of real nodes print: rules, sets, routes, virtual servers. Nothing is scripted; change a line of a dump and the walk changes.',
    'The solid blue station is where the packet is now. The side panel says why: the line that decided, the lines that were skipped and what they saw, and the command that shows the same on a real node.',
    'Where the kernel rolls dice, you pick: “What if” has every branch with its odds.',
    'The address bar always holds what you see. Copy it to show somebody this very step.',
    'Everything happens in this page. Dumps that you paste or drop never leave it, unless you put them into a link yourself.',
  ],
  space: 'Space',
} as const;

type Help = { readonly [K in keyof typeof en]: (typeof en)[K] extends string ? string : readonly string[] };

const ko: Help = {
  title: '단축키와 도움말',
  walk: '경로',
  detail: '자세함',
  page: '페이지',
  how: '보는 법',
  read: [
    'Packetwalk은 실제 노드의 명령이 출력한 규칙, 집합, 경로, 가상 서버로부터 패킷 하나와 그 응답의 경로를 계산합니다. 미리 짜 놓은 것은 없습니다. 덤프의 한 줄을 바꾸면 경로도 바뀝니다.',
    '파란색으로 채워진 곳이 지금 패킷이 있는 곳입니다. 옆 패널은 이유를 보여 줍니다. 결정한 줄, 건너뛴 줄과 그때 본 값, 실제 노드에서 같은 것을 확인하는 명령이 나옵니다.',
    '커널이 우연에 맡기는 곳에서는 직접 고를 수 있습니다. “만약”에 모든 갈래와 확률이 있습니다.',
    '주소창에는 언제나 보고 있는 화면이 담깁니다. 복사해서 보내면 바로 이 단계가 열립니다.',
    '모든 것은 이 페이지 안에서 일어납니다. 붙여 넣거나 끌어다 놓은 덤프는 직접 링크에 담지 않는 한 밖으로 나가지 않습니다.',
  ],
  space: 'Space',
};

const HELP: Readonly<Record<Lang, Help>> = { en, ko };

const ARROWS: Readonly<Record<string, string>> = { ArrowLeft: '←', ArrowRight: '→', Mod: /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl', Escape: 'Esc' };

function Key({ name, help }: { readonly name: string; readonly help: Help }) {
  return (
    <span className="keys">
      {name.split(/\+(?=.)/).map((part) => (
        <kbd key={part}>{part === ' ' ? help.space : (ARROWS[part] ?? (part.length === 1 ? part.toUpperCase() : part))}</kbd>
      ))}
    </span>
  );
}

/** Every key, and how to read the page. */
export function HelpDialog({ t, lang }: { readonly t: Strings; readonly lang: Lang }) {
  const help = HELP[lang];
  const all: readonly Command[] = Object.values(COMMANDS);
  return (
    <Dialog title={help.title} closeName={t.close} onClose={closePanel} className="help">
      <div className="helpcols">
        {(['walk', 'detail', 'page'] as const).map((group) => (
          <section key={group}>
            <h3>{help[group]}</h3>
            <dl>
              {all
                .filter((c) => c.group === group && c.keys.length > 0)
                .map((c) => (
                  <div key={c.label}>
                    <dt>
                      {c.keys.map((k) => (
                        <Key key={k} name={k} help={help} />
                      ))}
                    </dt>
                    <dd>{t[c.label]}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <h3>{help.how}</h3>
      {help.read.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </Dialog>
  );
}
