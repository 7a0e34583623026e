import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGuest, type Guest } from './guest/build.ts';
import { runInGuest } from './guest/run.ts';
import { type Ground, readRecords, RECORDER, type WorldRecord, writeJobs } from './ground.ts';
import type { Planned } from './plan.ts';

/** Guests at once: one a core. */
const GUESTS = 2;
/** An emulated machine is slow: a flow is over when nothing has moved for this long. */
const QUIET_MS = 120;
/** What one boot may be asked to judge: a guest that dies costs no more, and none has still much to do when the others are done. */
const WORLDS_A_BOOT = 60;
const PROBES_A_BOOT = 100;
/** How long a guest may take before it counts as hung: several times what it needs where it has a core for itself. */
const BOOT_SEC = 120;
const SEC_A_WORLD = 40;
const SEC_A_PROBE = 12;

/** A whole kernel under qemu: it has what this machine's own may lack. Builds the image when there is none. */
export async function guestGround(keep = false): Promise<Ground> {
  const guest = await buildGuest();
  return {
    name: 'guest',
    kernel: guest.release,
    lacks: () => false,
    record: async (planned) => {
      const shares = sharesOf(planned, Math.ceil(planned.length / GUESTS));
      const records: WorldRecord[] = [];
      const worker = async (): Promise<void> => {
        for (let share = shares.shift(); share; share = shares.shift()) records.push(...(await recordInGuest(guest, share, keep)));
      };
      await Promise.all(Array.from({ length: GUESTS }, worker));
      return new Map(records.map((r) => [r.id, r]));
    },
  };
}

/** Cuts the list into what one boot judges: `most` worlds, and no more than a boot may be asked. A world with many probes has a boot for itself. */
export function sharesOf<P extends { readonly probes: readonly unknown[] }>(planned: readonly P[], most: number): P[][] {
  const shares: P[][] = [];
  let probes = 0;
  for (const one of planned) {
    const share = shares.at(-1);
    if (share && share.length < Math.min(most, WORLDS_A_BOOT) && probes + one.probes.length <= PROBES_A_BOOT) share.push(one);
    else {
      shares.push([one]);
      probes = 0;
    }
    probes += one.probes.length;
  }
  return shares;
}

async function recordInGuest(guest: Guest, planned: readonly Planned[], keep: boolean): Promise<readonly WorldRecord[]> {
  const dir = mkdtempSync(join(tmpdir(), 'packetwalk-guest-'));
  try {
    cpSync(RECORDER, join(dir, 'recorder'), { recursive: true });
    // The shared folder is slow: labs run from a copy in the guest's memory. Open vSwitch, once loaded, tracks connections in every namespace.
    writeJobs(planned, dir, '/tmp/job', 'pw');
    writeFileSync(join(dir, 'job.sh'), `cp -r /host /tmp/job\nrmmod openvswitch\n# A raw SCTP socket would bring in a whole SCTP stack, which answers by itself.\nmkdir -p /etc/modprobe.d; echo install sctp /bin/false > /etc/modprobe.d/packetwalk.conf\npython3 /tmp/job/recorder/record.py /tmp/job/jobs.jsonl /tmp/results.jsonl ${QUIET_MS}\nstatus=$?\ncp /tmp/results.jsonl /host/\nexit $status\n`);
    const probes = planned.reduce((n, p) => n + p.probes.length, 0);
    const { rc, log } = await runInGuest(guest, dir, { timeoutSec: BOOT_SEC + SEC_A_WORLD * planned.length + SEC_A_PROBE * probes });
    return readRecords(join(dir, 'results.jsonl'), rc === 0 ? undefined : `status ${rc}: ${log.slice(-2000)}`);
  } finally {
    if (keep) console.log(`kept: ${dir}`);
    else rmSync(dir, { recursive: true, force: true });
  }
}
