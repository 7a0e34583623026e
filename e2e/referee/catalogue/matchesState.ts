import type { RefereeCase } from '../case.ts';
import { cToS, line } from '../topology.ts';
import { counting, forward, udp, ping } from './matchWorlds.ts';

/** Matches that count and remember. */
export const stateMatches: readonly RefereeCase[] = [
  {
    name: 'limit: the burst, then none',
    covers: ['match:limit'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-s 10.1.0.1/32 -m limit --limit 1/min --limit-burst 2', '-s 10.1.0.1/32 -m limit --limit 1/hour --limit-burst 1']) } } }),
    probes: [udp({ count: 4 })],
  },
  {
    name: 'limit is asked only when what stands before it holds',
    covers: ['match:limit'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-p udp -m limit --limit 1/min --limit-burst 1 -m udp --dport 99', '-p udp -m udp --dport 99 -m limit --limit 1/min --limit-burst 1', '-p udp -m limit --limit 1/min --limit-burst 1 -m udp --dport 53']) } } }),
    probes: [udp({ count: 2, reply: false })],
  },
  {
    name: 'hashlimit: a bucket for each key',
    covers: ['match:hashlimit'],
    files: line({
      r: {
        tables: {
          filter: counting('FORWARD', [
            '-m hashlimit --hashlimit-upto 1/min --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name a',
            '-m hashlimit --hashlimit-above 1/min --hashlimit-burst 1 --hashlimit-mode srcip,srcport --hashlimit-name b',
            '-m hashlimit --hashlimit-upto 1/min --hashlimit-burst 2 --hashlimit-mode dstip,dstport --hashlimit-name c',
            '-m hashlimit --hashlimit-upto 1/min --hashlimit-burst 3 --hashlimit-name d',
            '-m hashlimit --hashlimit-upto 1/min --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name e --hashlimit-srcmask 0',
          ]),
        },
      },
    }),
    probes: [udp({ count: 3 }), ping({ count: 2 })],
  },
  {
    name: 'hashlimit: rules of one name share their buckets',
    covers: ['match:hashlimit'],
    files: line({ r: { tables: { filter: counting('FORWARD', Array.from({ length: 3 }, () => '-s 10.1.0.1/32 -m hashlimit --hashlimit-upto 1/min --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name x')) } } }),
    probes: [udp({ count: 2 })],
  },
  {
    name: 'hashlimit: bytes',
    covers: ['match:hashlimit'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-s 10.1.0.1/32 -m hashlimit --hashlimit-upto 512kb/s --hashlimit-mode srcip --hashlimit-name y', '-s 10.1.0.1/32 -m hashlimit --hashlimit-above 512kb/s --hashlimit-mode srcip --hashlimit-name z']) } } }),
    probes: [udp({ count: 2 }), udp({ size: 1400 })],
  },
  {
    name: 'connlimit counts the connections of an address',
    covers: ['match:connlimit'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m connlimit --connlimit-above 2 --connlimit-mask 32 --connlimit-saddr', '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m connlimit --connlimit-upto 1 --connlimit-mask 24 --connlimit-daddr']) } } }),
    probes: [cToS({ count: 4 })],
  },
  {
    name: 'connlimit forgets what was refused',
    covers: ['match:connlimit'],
    files: line({ r: { tables: { filter: ['-A FORWARD -p udp -m connlimit --connlimit-above 1 --connlimit-mask 0 --connlimit-saddr -j DROP', '-A FORWARD -p udp -m udp --sport 41001 -j DROP'] } } }),
    probes: [udp({ count: 4, reply: false })],
  },
  {
    name: 'statistic nth counts the packets that reach it',
    covers: ['match:statistic-nth'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-s 10.1.0.1/32 -m statistic --mode nth --every 2 --packet 0', '-s 10.1.0.1/32 -m statistic --mode nth --every 3 --packet 2', '-s 10.1.0.1/32 -m statistic --mode nth ! --every 3 --packet 1', '-m statistic --mode nth --every 1 --packet 0']) } } }),
    probes: [udp({ count: 6, reply: false })],
  },
  {
    name: 'statistic random with odds of zero and one',
    covers: ['match:statistic-random'],
    files: forward('-m statistic --mode random --probability 0.00000000000', '-m statistic --mode random --probability 1.00000000000', '-m statistic --mode random ! --probability 0.00000000000'),
    probes: [cToS()],
  },
  {
    name: 'statistic random is one of two ways',
    covers: ['match:statistic-random'],
    files: line({ r: { tables: { filter: ['-A FORWARD -p udp -m statistic --mode random --probability 0.50000000000 -j ACCEPT', '-A FORWARD -p udp -j DROP'] } } }),
    probes: [udp({ reply: false })],
  },
  {
    name: 'recent: set, check, update, remove',
    covers: ['match:recent'],
    files: line({
      r: {
        tables: {
          filter: counting('FORWARD', [
            '-p udp -m recent --rcheck --name l --mask 255.255.255.255 --rsource',
            '-p udp -m recent ! --rcheck --name l --mask 255.255.255.255 --rsource',
            '-p udp -m recent --set --name l --mask 255.255.255.255 --rsource',
            '-p udp -m recent --update --seconds 60 --hitcount 3 --name l --mask 255.255.255.255 --rsource',
            '-p udp -m recent --rcheck --seconds 60 --hitcount 2 --name l --mask 255.255.255.255 --rdest',
            '-p udp -m udp --dport 54 -m recent --remove --name l --mask 255.255.255.255 --rsource',
          ]),
        },
      },
    }),
    probes: [udp({ count: 3, reply: false }), udp({ count: 3 }), udp({ dport: 54, count: 2 })],
  },
  {
    name: 'recent: networks by a mask',
    covers: ['match:recent'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-p udp -m recent --rcheck --name n --mask 255.0.0.0 --rdest', '-p udp -m recent --set --name n --mask 255.0.0.0 --rsource']) } } }),
    probes: [udp()],
  },
  {
    name: 'recent: the TTL must be the same',
    covers: ['match:recent'],
    files: line({ r: { tables: { mangle: ['-A PREROUTING -p udp -m recent --set --name t --mask 255.255.255.255 --rsource', '-A FORWARD -p udp -m recent --rcheck --rttl --name t --mask 255.255.255.255 --rsource', '-A POSTROUTING -p udp -m recent --rcheck --rttl --name t --mask 255.255.255.255 --rsource'] } } }),
    probes: [udp({ reply: false })],
  },
  {
    name: 'recent: the port knock',
    covers: ['match:recent'],
    files: line({ r: { tables: { filter: ['-A FORWARD -p tcp -m tcp --dport 80 -m recent --rcheck --seconds 30 --name knock --mask 255.255.255.255 --rsource -j ACCEPT', '-A FORWARD -p udp -m udp --dport 7000 -m recent --set --name knock --mask 255.255.255.255 --rsource -j DROP', '-A FORWARD -p tcp -m tcp --dport 80 -j DROP'] } } }),
    probes: [cToS(), udp({ dport: 7000, reply: false })],
  },
  {
    name: 'quota: until it is used up',
    covers: ['match:quota'],
    files: line({ r: { tables: { filter: counting('FORWARD', ['-s 10.1.0.1/32 -m quota --quota 80', '-s 10.1.0.1/32 -m quota ! --quota 38', '-s 10.1.0.1/32 -m quota --quota 37']) } } }),
    probes: [udp({ count: 3, reply: false })],
  },
  {
    name: 'marks: of the packet and of the connection',
    covers: ['match:mark', 'match:connmark', 'match:state'],
    files: line({ r: { tables: { mangle: ['-A PREROUTING -j MARK --set-xmark 0x12/0xff', '-A FORWARD -m mark --mark 0x12', '-A FORWARD -m mark --mark 0x2/0xf', '-A FORWARD -m mark ! --mark 0x12/0x10', '-A FORWARD -m connmark --mark 0x0', '-A FORWARD -m connmark ! --mark 0x0/0x1', '-A FORWARD -m state --state NEW', '-A FORWARD -m state ! --state NEW,RELATED'] } } }),
    probes: [cToS(), udp()],
  },
  {
    name: 'nfacct: an object without a quota matches always',
    covers: ['match:nfacct'],
    needs: ['nfacct'],
    files: forward('-m nfacct --nfacct-name seen', '-p udp -m nfacct --nfacct-name seen', '-m nfacct --nfacct-name passed'),
    probes: [cToS(), udp()],
  },
];
