import { useEffect, useRef, useState } from 'react';
import { encodeLink, LINK_LANGS, SAFE_LINK_LENGTH, type LinkLang } from '../../share/link.ts';
import { PACKED_BOUNDS } from '../../share/packed.ts';
import type { Lang } from '../../text/lang.ts';
import { addressOf, type Carried, carriedBy, linkOf } from '../store/address.ts';
import { browserLang } from '../store/prefs.ts';
import { labOf } from '../store/outcomes.ts';
import type { Loaded } from '../store/state.ts';
import { closePanel, usePage } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { Dialog } from './Dialog.tsx';
import { saveFile } from './saveFile.ts';

const en = {
  title: 'Share this step',
  text: 'The link opens exactly what you see: the cluster, the packet, the branches taken and this step.',
  link: 'Link',
  own: (size: string) => `This link would contain the text you pasted (${size}). Anybody who gets the link can read it: addresses, names, rules. Without it, the link opens only for somebody who has the same dumps.`,
  ownIn: (size: string) => `This link contains the text you pasted (${size}). Anybody who gets it can read it: addresses, names, rules.`,
  include: 'Put the text into the link',
  leaveOut: 'Leave the text out',
  without: 'The text you brought is not in this link.',
  edits: 'Your edits of the dumps are in the link.',
  long: (count: string) => `The link has ${count} characters. Many chat tools cut links above 2,000: send it as a file or by mail.`,
  download: (file: string) => `Download ${file}`,
  tooLarge: 'The text is too large for a link. Send the dumps as files instead.',
  readerLang: 'Open in',
  theirs: 'the reader’s language',
  lab: 'See it on a real kernel',
  labText: 'A shell script that rebuilds this world in network namespaces of a Linux machine and sends the same packet. Nothing outside of these namespaces is touched.',
  labUse: [
    ['up', 'builds the world'],
    ['serve', 'answers on its ports, in a second terminal'],
    ['watch', 'shows every frame on every device, in a third'],
    ['probe', 'sends the packet'],
    ['down', 'takes everything down again'],
  ],
  labGet: 'Download lab.sh',
  labDone: 'lab.sh is among your downloads.',
  labFailed: 'The script could not be made: a part of the page could not be fetched. Try again.',
  labCannot: (list: string) => `Not in the script: ${list}.`,
  selected: 'Copying was not allowed here: the link is selected, copy it with the keyboard.',
} as const;

type Text = { readonly [K in keyof typeof en]: (typeof en)[K] extends (...args: infer A) => string ? (...args: A) => string : (typeof en)[K] extends string ? string : readonly (readonly [string, string])[] };

const ko: Text = {
  title: '이 단계 공유',
  text: '링크를 열면 지금 보이는 그대로 나타납니다. 클러스터, 패킷, 고른 갈래, 이 단계까지 담깁니다.',
  link: '링크',
  own: (size) => `이 링크에는 붙여 넣은 내용(${size})이 담기게 됩니다. 링크를 받는 사람은 누구나 주소, 이름, 규칙을 읽을 수 있습니다. 담지 않으면 같은 덤프를 가진 사람만 열 수 있습니다.`,
  ownIn: (size) => `이 링크에는 붙여 넣은 내용(${size})이 담겨 있습니다. 링크를 받는 사람은 누구나 주소, 이름, 규칙을 읽을 수 있습니다.`,
  include: '내용을 링크에 담기',
  leaveOut: '내용을 빼기',
  without: '가져온 내용은 이 링크에 없습니다.',
  edits: '덤프를 수정한 내용이 링크에 담겨 있습니다.',
  long: (count) => `링크가 ${count}자입니다. 2,000자가 넘는 링크를 자르는 채팅 도구가 많으니 파일이나 메일로 보내세요.`,
  download: (file) => `${file} 내려받기`,
  tooLarge: '내용이 링크에 담기에는 너무 큽니다. 덤프를 파일로 보내세요.',
  readerLang: '여는 언어',
  theirs: '받는 사람의 언어',
  lab: '실제 커널에서 보기',
  labText: '이 세계를 리눅스 머신의 네트워크 네임스페이스로 다시 만들고 같은 패킷을 보내는 셸 스크립트입니다. 이 네임스페이스 밖은 건드리지 않습니다.',
  labUse: [
    ['up', '세계를 만듭니다'],
    ['serve', '포트에서 응답합니다. 두 번째 터미널에서 실행합니다'],
    ['watch', '모든 장치의 프레임을 보여 줍니다. 세 번째 터미널에서 실행합니다'],
    ['probe', '패킷을 보냅니다'],
    ['down', '모두 지웁니다'],
  ],
  labGet: 'lab.sh 내려받기',
  labDone: 'lab.sh를 내려받았습니다.',
  labFailed: '페이지의 일부를 가져오지 못해 스크립트를 만들 수 없었습니다. 다시 시도해 주세요.',
  labCannot: (list) => `스크립트에 없는 것: ${list}.`,
  selected: '여기서는 복사가 허용되지 않습니다. 링크를 선택해 두었으니 키보드로 복사하세요.',
};

const TEXTS: Readonly<Record<Lang, Text>> = { en, ko };
const LANG_NAMES: Readonly<Record<LinkLang, string>> = { en: 'English', ko: '한국어' };

const bytesOf = (files: Loaded['files']): number => Object.values(files).reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
const sizeText = (bytes: number): string => (bytes < 10_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${Math.round(bytes / 1000)} kB`);

/** Makes the lab and hands it to the browser as a file; what it leaves out comes back. */
async function saveLab(loaded: Loaded): Promise<readonly string[]> {
  const { script, cannot } = await labOf(loaded);
  saveFile('lab.sh', script, 'text/x-shellscript');
  return cannot;
}

interface Props {
  readonly loaded: Loaded;
  readonly t: Strings;
  readonly lang: Lang;
}

/** The link to this step. A user's own text goes into it only after they said so here. */
export function ShareDialog({ loaded, t, lang }: Props) {
  const s = TEXTS[lang];
  const state = usePage();
  const own = loaded.origin.kind === 'own';
  const included = loaded.origin.kind === 'own' && loaded.origin.inLink;
  const bytes = own ? bytesOf(loaded.files) : 0;
  const tooLarge = bytes > PACKED_BOUNDS.bytes;
  const [packed, setPacked] = useState<Carried>();
  const [openIn, setOpenIn] = useState<LinkLang | 'theirs'>(lang === browserLang() ? 'theirs' : lang);
  const [done, setDone] = useState<'copied' | 'selected'>();
  const [lab, setLab] = useState<{ readonly cannot: readonly string[] } | 'failed'>();
  const field = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    let stale = false;
    void carriedBy(loaded, included).then((carried) => {
      if (!stale) setPacked(carried);
    });
    return () => {
      stale = true;
    };
  }, [loaded, included]);

  const include = (inLink: boolean) => usePage.setState({ loaded: { ...loaded, origin: { kind: 'own', inLink } } });
  const link = packed && addressOf(encodeLink({ ...linkOf(state, loaded, packed, browserLang()), lang: openIn === 'theirs' ? undefined : openIn }));
  const copy = async () => {
    if (link === undefined) return; // still being packed
    try {
      await navigator.clipboard.writeText(link);
      setDone('copied');
    } catch {
      field.current?.select(); // the clipboard needs a secure origin or a permission
      setDone('selected');
    }
  };
  return (
    <Dialog title={s.title} closeName={t.close} onClose={closePanel} className="sharedialog">
      <p>{s.text}</p>
      {own && (
        <div className="consent">
          <p>{tooLarge ? s.tooLarge : included ? s.ownIn(sizeText(bytes)) : s.own(sizeText(bytes))}</p>
          {!tooLarge && (
            <button type="button" className="btn sec" onClick={() => include(!included)}>
              {included ? s.leaveOut : s.include}
            </button>
          )}
        </div>
      )}
      <label className="linkfield">
        <span>{s.link}</span>
        <textarea ref={field} className="mono" readOnly rows={3} value={link ?? ''} onFocus={(event) => event.target.select()} />
      </label>
      <div className="sharerow">
        <span id="openin">{s.readerLang}</span>
        <div className="seg" role="group" aria-labelledby="openin">
          {(['theirs', ...LINK_LANGS] as const).map((one) => (
            <button key={one} type="button" aria-pressed={openIn === one} onClick={() => setOpenIn(one)}>
              {one === 'theirs' ? s.theirs : LANG_NAMES[one]}
            </button>
          ))}
        </div>
        <button type="button" className="btn" data-autofocus onClick={() => void copy()}>
          {done === 'copied' ? t.copied : t.copy}
        </button>
      </div>
      <p role="status" className="sharenote">
        {done === 'selected' && s.selected} {own && !included && s.without} {!own && packed?.packed !== undefined && s.edits}{' '}
        {link !== undefined && link.length > SAFE_LINK_LENGTH && s.long(link.length.toLocaleString(lang))}
      </p>
      {link !== undefined && link.length > SAFE_LINK_LENGTH && <ChangedFiles loaded={loaded} name={s.download} />}
      <section className="labpart" aria-labelledby="lab">
        <h3 id="lab">{s.lab}</h3>
        <p>{s.labText}</p>
        <dl className="labuse">
          {s.labUse.map(([command, words]) => (
            <div key={command}>
              <dt>
                <code>sudo bash lab.sh {command}</code>
              </dt>
              <dd>{words}</dd>
            </div>
          ))}
        </dl>
        <div className="sharerow">
          <p role="status" className="sharenote">
            {lab === 'failed' ? s.labFailed : lab && `${s.labDone}${lab.cannot.length > 0 ? ` ${s.labCannot(lab.cannot.join('; '))}` : ''}`}
          </p>
          <button type="button" className="btn sec" onClick={() => void saveLab(loaded).then((cannot) => setLab({ cannot }), () => setLab('failed'))}>
            {s.labGet}
          </button>
        </div>
      </section>
    </Dialog>
  );
}

/** What a link is too long for, as files: those that were changed, or all that the user brought. */
function ChangedFiles({ loaded: { origin, files, base }, name }: { readonly loaded: Loaded; readonly name: (file: string) => string }) {
  const changed = Object.keys(files).filter((file) => origin.kind === 'own' || files[file] !== base[file]);
  return (
    <div className="links">
      {changed.slice(0, MAX_FILES).map((file) => (
        <button key={file} type="button" className="btn sec" onClick={() => saveFile(file, files[file] ?? '', 'text/plain')}>
          {name(file)}
        </button>
      ))}
    </div>
  );
}

/** More files than these are better sent as the folder that they came from. */
const MAX_FILES = 8;
