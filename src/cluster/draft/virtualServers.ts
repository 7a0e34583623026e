import type { Because } from '../because.ts';
import { Paper } from './paper.ts';

interface DraftServer {
  /** Behind `-A `, e.g. `-t 10.0.0.1:80 -s rr`. */
  readonly options: string;
  readonly because: Because | undefined;
  readonly reals: { readonly address: string; readonly options: string; readonly because: Because | undefined }[];
}

/** IPVS services of one namespace, in the spelling of `ipvsadm -Sn`. */
export class VirtualServers {
  readonly #servers = new Map<string, DraftServer>();

  /** `key` is `-t 10.0.0.1:80`, `-u …`, `--sctp-service …` or `-f 1`; `options` what follows: `-s rr -p 10800`. */
  add(key: string, options: string, because?: Because): void {
    if (!this.#servers.has(key)) this.#servers.set(key, { options, because, reals: [] });
  }

  /** `options` is what follows `-r ADDRESS:PORT`: `-m -w 1`. */
  addReal(key: string, address: string, options: string, because?: Because): void {
    this.#servers.get(key)?.reals.push({ address, options, because });
  }

  removeReal(key: string, address: string): boolean {
    const reals = this.#servers.get(key)?.reals;
    const at = reals?.findIndex((r) => r.address === address) ?? -1;
    reals?.splice(at, at < 0 ? 0 : 1);
    return at >= 0;
  }

  has(key: string): boolean {
    return this.#servers.has(key);
  }

  print(): Paper {
    const paper = new Paper();
    for (const [key, { options, because, reals }] of this.#servers) {
      paper.add(`-A ${key} ${options}`, because);
      // ipvsadm lists real servers by address (sort_services and dests of ipvsadm.c), then port.
      for (const real of reals.toSorted((a, b) => order(a.address) - order(b.address))) paper.add(`-a ${key} -r ${real.address} ${real.options}`, real.because);
    }
    return paper;
  }
}

/** `10.0.0.1:80` as a number that sorts by address, then port. */
function order(address: string): number {
  const [ip = '', port = '0'] = address.split(':');
  return ip.split('.').reduce((n, part) => n * 256 + Number(part), 0) * 65_536 + Number(port);
}
