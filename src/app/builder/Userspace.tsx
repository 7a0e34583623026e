import { useState } from 'react';
import { createPortal } from 'react-dom';
import type { Lang } from '../../text/lang.ts';
import { stringsIn } from '../strings.ts';
import { Dialog } from '../topbar/Dialog.tsx';
import './userspace.css';

/** How kube-proxy's rules looked in that mode, as iptables-save prints them (pkg/proxy/userspace/proxier.go of Kubernetes 1.25, iptablesContainerPortalArgs() and its neighbours). */
const RULES = `-A PREROUTING -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-CONTAINER
-A OUTPUT -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-HOST
-A KUBE-PORTALS-CONTAINER -d 10.96.0.80/32 -p tcp -m comment --comment "default/web:http" -m tcp --dport 80 -j REDIRECT --to-ports 39377
-A KUBE-PORTALS-HOST -d 10.96.0.80/32 -p tcp -m comment --comment "default/web:http" -m tcp --dport 80 -j DNAT --to-destination 192.168.10.11:39377`;

const en = {
  link: 'Why no userspace mode?',
  title: 'kube-proxy’s userspace mode',
  intro: 'It was the first way in which services worked: the only one until Kubernetes 1.1 brought iptables mode, which 1.2 made the default. It stayed as a choice until 1.25, and 1.26 took it out; a kube-proxy from then on refuses to start with it.',
  what: 'What happened to a packet',
  steps: [
    'For each port of each service kube-proxy listened on a port of its own on the node. Unless a range was given, the kernel drew its number, anew at each start.',
    'In the table nat a rule sent what was meant for the service to that port: REDIRECT for packets that came in (from pods, and from outside to node ports), DNAT to the node’s address for processes of the node itself.',
    'There the packet’s way ended, in a program: kube-proxy accepted the connection, and took the next endpoint of its own list, round robin, or the client’s last one under session affinity.',
    'It opened a second connection, from the node to that pod. If that one did not answer it went on to the next: four tries, waiting 0.25, 0.5, 1 and 2 seconds.',
    'Then it copied bytes from one connection to the other, both ways. For UDP it kept one socket a client, until that was idle for too long.',
  ],
  meant: 'What followed from it',
  effects: [
    'The pod saw the node as its client, always; externalTrafficPolicy did not exist for this mode.',
    'Every byte went from the kernel into kube-proxy and back again, which is why it was slow, and why the load of all services hung on one process.',
    'When kube-proxy was restarted, the connections through it broke. Those of iptables and IPVS live in the kernel, and stay.',
    'One thing it could that the kernel cannot: it noticed that a pod did not answer and took another one.',
  ],
  why: 'Why the walk ends there',
  reasons: [
    'Which port, and which endpoint is next, stands in no object: a program holds it, and it is another one after each restart. To compute it would be to make it up.',
    'Behind the port there is no packet to follow. What the pod receives belongs to another connection, which a program opened: its own addresses, ports and sequence numbers.',
    'With dumps of such a node (iptables-save, ss -lntup) you can walk both halves: from the client into kube-proxy’s port, and from the node to a pod.',
  ],
} as const;

type Text = { readonly [K in keyof typeof en]: (typeof en)[K] extends string ? string : readonly string[] };

const ko: Text = {
  link: 'userspace 모드는 왜 없나요?',
  title: 'kube-proxy의 userspace 모드',
  intro: '서비스가 처음 동작하던 방식입니다. Kubernetes 1.1에 iptables 모드가 생기고 1.2에서 기본값이 될 때까지 쓰였고, 1.25까지 선택할 수 있었으며 1.26에서 제거되었습니다. 그 뒤의 kube-proxy는 이 모드로는 시작하지 않습니다.',
  what: '패킷에 일어난 일',
  steps: [
    'kube-proxy는 서비스의 포트마다 노드에서 자기 포트를 하나씩 열고 기다렸습니다. 범위를 정하지 않으면 시작할 때마다 커널이 번호를 새로 골랐습니다.',
    'nat 테이블의 규칙이 서비스로 가는 패킷을 그 포트로 보냈습니다. 들어온 패킷(파드에서 온 것, 밖에서 NodePort로 온 것)은 REDIRECT, 노드 자신의 프로세스가 보낸 것은 노드 주소로 DNAT했습니다.',
    '패킷의 길은 그 프로그램 안에서 끝났습니다. kube-proxy가 연결을 받아들이고, 자기 목록에서 다음 엔드포인트를 차례로(round robin), 세션 어피니티가 있으면 그 클라이언트가 마지막에 쓴 것을 골랐습니다.',
    '그리고 노드에서 그 파드로 두 번째 연결을 열었습니다. 응답이 없으면 다음 엔드포인트로 넘어갔습니다. 0.25초, 0.5초, 1초, 2초씩 기다리며 네 번까지 시도했습니다.',
    '그다음 두 연결 사이에서 바이트를 양쪽으로 복사했습니다. UDP는 클라이언트마다 소켓을 하나씩 두고, 오래 쓰지 않으면 닫았습니다.',
  ],
  meant: '그래서 생긴 일',
  effects: [
    '파드에는 언제나 노드가 클라이언트로 보였습니다. 이 모드에는 externalTrafficPolicy가 없었습니다.',
    '모든 바이트가 커널에서 kube-proxy로 갔다가 다시 커널로 돌아왔습니다. 그래서 느렸고, 모든 서비스의 부하가 프로세스 하나에 걸렸습니다.',
    'kube-proxy를 재시작하면 거쳐 가던 연결이 끊어졌습니다. iptables와 IPVS의 연결은 커널에 있어서 그대로 남습니다.',
    '커널이 못 하는 일 하나는 할 수 있었습니다. 파드가 응답하지 않으면 알아차리고 다른 파드를 골랐습니다.',
  ],
  why: '추적이 거기에서 끝나는 이유',
  reasons: [
    '어느 포트인지, 다음 엔드포인트가 무엇인지는 어떤 오브젝트에도 없습니다. 프로그램이 갖고 있고 재시작할 때마다 달라지므로, 계산한다면 지어내는 것이 됩니다.',
    '그 포트 뒤에는 따라갈 패킷이 없습니다. 파드가 받는 것은 프로그램이 연 다른 연결의 패킷이라 주소도 포트도 순서 번호도 다릅니다.',
    '이런 노드의 덤프(iptables-save, ss -lntup)가 있으면 두 구간을 따로 추적할 수 있습니다: 클라이언트에서 kube-proxy의 포트까지, 그리고 노드에서 파드까지.',
  ],
};

const TEXTS: Readonly<Record<Lang, Text>> = { en, ko };

/** The page about a mode of kube-proxy that is history. */
function UserspaceDialog({ lang, onClose }: { readonly lang: Lang; readonly onClose: () => void }) {
  const s = TEXTS[lang];
  return (
    <Dialog title={s.title} closeName={stringsIn(lang).close} onClose={onClose} className="userspace">
      <p>{s.intro}</p>
      <h3>{s.what}</h3>
      <ol>
        {s.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <pre className="mono">{RULES}</pre>
      <h3>{s.meant}</h3>
      <ul>
        {s.effects.map((effect) => (
          <li key={effect}>{effect}</li>
        ))}
      </ul>
      <h3>{s.why}</h3>
      <ul>
        {s.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
    </Dialog>
  );
}

/** A link to that page, wherever somebody may look for the mode. */
export function AboutUserspace({ lang }: { readonly lang: Lang }) {
  const [open, setOpen] = useState(false);
  return (
    // Escape closes the page and not the panel that it was opened from.
    <span className="aboutuserspace" onKeyDown={open ? (event) => event.stopPropagation() : undefined}>
      <button type="button" className="txtbtn" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {TEXTS[lang].link}
      </button>
      {open && createPortal(<UserspaceDialog lang={lang} onClose={() => setOpen(false)} />, document.body)}
    </span>
  );
}
