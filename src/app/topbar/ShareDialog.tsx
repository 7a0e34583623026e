import { useEffect, useRef, useState } from 'react';
import { encodeLink, LINK_LANGS, SAFE_LINK_LENGTH, type LinkLang } from '../../share/link.ts';
import { PACKED_BOUNDS } from '../../share/packed.ts';
import type { Lang } from '../../text/lang.ts';
import { addressOf, linkOf, packedFor } from '../store/address.ts';
import { browserLang } from '../store/prefs.ts';
import type { Loaded } from '../store/state.ts';
import { closePanel, usePage } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { Dialog } from './Dialog.tsx';

const en = {
  title: 'Share this step',
  text: 'The link opens exactly what you see: the cluster, the packet, the branches taken and this step.',
  link: 'Link',
  own: (size: string) => `This link would contain the text you pasted (${size}). Anybody who gets the link can read it: addresses, names, rules. Without it, the link opens only for somebody who has the same dumps.`,
  include: 'Put the text into the link',
  leaveOut: 'Leave the text out',
  without: 'The text you brought is not in this link.',
  edits: 'Your edits of the dumps are in the link.',
  long: (count: string) => `The link has ${count} characters. Many chat tools cut links above 2,000: send it as a file or by mail.`,
  tooLarge: 'The text is too large for a link. Send the dumps as files instead.',
  readerLang: 'Open in',
  theirs: 'the reader’s language',
  lab: 'See it on a real kernel',
  labText: 'A shell script that rebuilds this world in network namespaces of a Linux machine (root), sends the probe, and takes it down again.',
  labGet: 'Download lab.sh',
  labCannot: (list: string) => `Not in the lab: ${list}.`,
  selected: 'Copying was not allowed here: the link is selected, copy it with the keyboard.',
} as const;

type Text = { readonly [K in keyof typeof en]: (typeof en)[K] extends (...args: infer A) => string ? (...args: A) => string : string };

const ko: Text = {
  title: '이 단계 공유',
  text: '링크를 열면 지금 보이는 그대로 나타납니다. 클러스터, 패킷, 고른 갈래, 이 단계까지 담깁니다.',
  link: '링크',
  own: (size) => `이 링크에는 붙여 넣은 내용(${size})이 담기게 됩니다. 링크를 받는 사람은 누구나 주소, 이름, 규칙을 읽을 수 있습니다. 담지 않으면 같은 덤프를 가진 사람만 열 수 있습니다.`,
  include: '내용을 링크에 담기',
  leaveOut: '내용을 빼기',
  without: '가져온 내용은 이 링크에 없습니다.',
  edits: '덤프를 수정한 내용이 링크에 담겨 있습니다.',
  long: (count) => `링크가 ${count}자입니다. 2,000자가 넘는 링크를 자르는 채팅 도구가 많으니 파일이나 메일로 보내세요.`,
  tooLarge: '내용이 링크에 담기에는 너무 큽니다. 덤프를 파일로 보내세요.',
  readerLang: '여는 언어',
  theirs: '받는 사람의 언어',
  lab: '실제 커널에서 보기',
  labText: '이 세계를 리눅스 머신의 네트워크 네임스페이스로 다시 만들고(root 필요), 패킷을 보내고, 다시 지우는 셸 스크립트입니다.',
  labGet: 'lab.sh 내려받기',
  labCannot: (list) => `스크립트에 없는 것: ${list}.`,
  selected: '여기서는 복사가 허용되지 않습니다. 링크를 선택해 두었으니 키보드로 복사하세요.',
};

const TEXTS: Readonly<Record<Lang, Text>> = { en, ko };
const LANG_NAMES: Readonly<Record<LinkLang, string>> = { en: 'English', ko: '한국어' };

const bytesOf = (files: Loaded['files']): number => Object.values(files).reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
const sizeText = (bytes: number): string => (bytes < 10_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${Math.round(bytes / 1000)} kB`);

/** Makes the lab and hands it to the browser as a file; what it leaves out comes back. */
async function labOf(loaded: Loaded): Promise<readonly string[]> {
  const { labProbe, labScript } = await import('../../export/lab/lab.ts');
  const { script, cannot } = labScript(loaded.parsed.world, loaded.result.kind === 'walk' ? labProbe(loaded.result.walk.trace.probe) : {});
  const url = URL.createObjectURL(new Blob([script], { type: 'text/x-shellscript' }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = 'lab.sh';
  anchor.click();
  URL.revokeObjectURL(url);
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
  const [packed, setPacked] = useState<{ readonly text: string | undefined }>();
  const [openIn, setOpenIn] = useState<LinkLang | 'theirs'>(lang === browserLang() ? 'theirs' : lang);
  const [done, setDone] = useState<'copied' | 'selected'>();
  const [cannot, setCannot] = useState<readonly string[]>();
  const field = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    let stale = false;
    void packedFor(loaded, included).then((text) => {
      if (!stale) setPacked({ text });
    });
    return () => {
      stale = true;
    };
  }, [loaded, included]);

  const include = (inLink: boolean) => usePage.setState({ loaded: { ...loaded, origin: { kind: 'own', inLink } } });
  const link = packed && addressOf(encodeLink({ ...linkOf(state, loaded, packed.text, browserLang()), lang: openIn === 'theirs' ? undefined : openIn }));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link ?? '');
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
          <p>{tooLarge ? s.tooLarge : s.own(sizeText(bytes))}</p>
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
        <button type="button" className="btn" data-autofocus disabled={link === undefined} onClick={() => void copy()}>
          {done === 'copied' ? t.copied : t.copy}
        </button>
      </div>
      <h3>{s.lab}</h3>
      <p>{s.labText}</p>
      <div className="sharerow">
        <button type="button" className="btn sec" onClick={() => void labOf(loaded).then(setCannot)}>
          {s.labGet}
        </button>
      </div>
      {cannot !== undefined && cannot.length > 0 && <p>{s.labCannot(cannot.join('; '))}</p>}
      <p role="status" className="sharenote">
        {done === 'selected' && s.selected} {own && !included && s.without} {!own && packed?.text !== undefined && s.edits}{' '}
        {link !== undefined && link.length > SAFE_LINK_LENGTH && s.long(link.length.toLocaleString(lang))}
      </p>
    </Dialog>
  );
}
