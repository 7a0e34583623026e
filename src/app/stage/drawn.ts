import { Position } from '@xyflow/react';
import { tagOffset } from './berth.ts';
import type { StageEdge } from './edges.ts';
import type { Rect } from './geometry.ts';
import type { Box, BoxKind } from './house.ts';
import { lengthOf } from './motion.ts';
import type { AnchorNodeType, StageNode } from './nodes.ts';
import { bubbleSize, bubbleSpot, type Ground, type Scene, wayPath } from './scene.ts';
import { capsuleSize } from './shells.ts';
import type { StageStrings } from './strings.ts';
import { textWidth } from './textWidth.ts';

/** From the ground up: houses, what runs between and in them, the packet, the boxes over it, words, callouts. */
const Z = { house: 0, rail: 1, trail: 2, token: 3, box: 4, label: 5, note: 5, capsule: 6, odds: 6, bubble: 7 } as const;

const ANCHOR: AnchorNodeType = {
  id: 'anchor',
  type: 'anchor',
  position: { x: 0, y: 0 },
  width: 1,
  height: 1,
  data: {},
  style: { pointerEvents: 'none', opacity: 0 },
  handles: [
    { type: 'source', position: Position.Bottom, x: 0, y: 0, width: 1, height: 1 },
    { type: 'target', position: Position.Top, x: 0, y: 0, width: 1, height: 1 },
  ],
};

const NODE_TYPE: Readonly<Record<BoxKind, 'hook' | 'device' | 'pod' | 'more'>> = { hook: 'hook', routing: 'hook', process: 'device', device: 'device', port: 'device', small: 'device', pod: 'pod', more: 'more', folded: 'more' };

const at = ({ x, y, w, h }: Rect) => ({ position: { x, y }, width: w, height: h });
const MUTE = { pointerEvents: 'none' } as const;

/** Everything on the stage that is a box, for React Flow. */
export function drawnNodes(ground: Ground, scene: Scene, move: number, strings: StageStrings): StageNode[] {
  const { layout } = ground;
  const out: StageNode[] = [ANCHOR];
  for (const house of layout.houses) {
    out.push({ id: house.id, type: 'netns', ...at(house.rect), zIndex: Z.house, data: { house, active: scene.activeHouse === house.id, ledger: scene.ledgers.get(house.id), strings } });
  }
  for (const box of layout.boxes.values()) out.push(boxNode(box, scene, strings));
  const tone = scene.capsule?.tone ?? 'request';
  out.push({ id: 'token', type: 'token', position: { x: 0, y: 0 }, width: 1, height: 1, zIndex: Z.token, style: MUTE, data: { d: scene.trail, from: lengthOf(scene.before), tone, onWire: scene.onWire, move } });
  if (scene.capsule && scene.berth) {
    const { w, h } = capsuleSize(scene.capsule);
    out.push({ id: 'capsule', type: 'capsule', ...at({ ...scene.berth.rect, w, h }), zIndex: Z.capsule, style: MUTE, data: { capsule: scene.capsule, inside: scene.berth.inside, tag: tagOffset(scene.berth), strings } });
  }
  for (const ray of scene.rays) {
    if (scene.choice === undefined) break;
    out.push({ id: `odds ${ray.option}`, type: 'odds', position: ray.odds, width: Math.ceil(textWidth(ray.text, 11, 'bold')) + 18, height: 20, zIndex: Z.odds, data: { text: ray.text, taken: ray.taken, option: ray.option, choice: scene.choice } });
  }
  if (scene.punchline) {
    const { sees, truly } = scene.punchline;
    const size = bubbleSize(scene.punchline, strings);
    const spot = bubbleSpot(layout, scene.punchline, size);
    if (spot) out.push({ id: 'bubble', type: 'bubble', ...at({ ...spot.at, ...size }), zIndex: Z.bubble, style: MUTE, data: { sees, truly, side: spot.side, strings } });
  }
  return out;
}

function boxNode(box: Box, scene: Scene, strings: StageStrings): StageNode {
  return { id: box.id, type: NODE_TYPE[box.kind], ...at(box.rect), zIndex: Z.box, data: { box, mark: scene.marks.get(box.id), strings } };
}

/** Everything on the stage that is a line or a word. */
export function drawnEdges(ground: Ground, scene: Scene, move: number, strings: StageStrings): StageEdge[] {
  const ends = { source: ANCHOR.id, target: ANCHOR.id, focusable: false, selectable: false } as const;
  const { layout } = ground;
  return [
    { ...ends, id: 'rails', type: 'rail', zIndex: Z.rail, data: { paths: ground.rails } },
    ...layout.pipes.map((pipe): StageEdge => {
      const seenBy = scene.ghost === pipe.id ? layout.boxes.get(pipe.from)?.label : undefined;
      return { ...ends, id: `pipe ${pipe.id}`, type: 'pipe', zIndex: Z.rail, data: { kind: pipe.kind, y: pipe.y, parts: pipe.parts, middle: pipe.middle, seenBy, strings } };
    }),
    {
      ...ends,
      id: 'trail',
      type: 'trail',
      zIndex: Z.trail,
      data: { d: scene.trail, from: lengthOf(scene.before), move, past: scene.past, ahead: scene.ahead, hollow: scene.back },
    },
    { ...ends, id: 'labels', type: 'label', zIndex: Z.label, data: { labels: scene.labels } },
    { ...ends, id: 'note', type: 'note', zIndex: Z.note, data: { leader: scene.leader, pin: scene.pin, fade: move > 0, rays: scene.rays.map((r) => ({ d: wayPath(r.points), taken: r.taken })) } },
  ];
}
