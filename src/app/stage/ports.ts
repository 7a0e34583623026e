import type { CastDevice } from './cast.ts';
import type { Rect } from './geometry.ts';
import type { CastPort } from './ovsCast.ts';
import { PORT_HEIGHT } from './rows.ts';
import { allStageStrings } from './strings.ts';
import { fitText, textWidth } from './textWidth.ts';

/** A port of a bridge of Open vSwitch as it is drawn on it, or (without one) those that are not drawn. */
export interface PortBox {
  readonly port: CastPort | undefined;
  readonly label: string;
  readonly note: string | undefined;
  readonly w: number;
}

const GAP = 6;
const ICON = 34;
const MAX_NAME = 150;

/** A patch port leads to another bridge, which says more than its own long name. */
const labelOf = ({ kind, name, peer }: CastPort): string => (kind === 'patch' && peer ? `→ ${peer.bridge}` : name);

/** How many boxes hang on a bridge. */
export const portCount = (bridge: CastDevice): number => (bridge.ports?.length ?? 0) + ((bridge.hiddenPorts ?? 0) > 0 ? 1 : 0);

/** The boxes of a bridge's ports, in order. */
export function portBoxes(bridge: CastDevice): readonly PortBox[] {
  const hidden = bridge.hiddenPorts ?? 0;
  const shown = (bridge.ports ?? []).map((port): PortBox => {
    const label = fitText(labelOf(port), MAX_NAME, 11, 'bold');
    return { port, label, note: port.address, w: Math.ceil(textWidth(label, 11, 'bold') + (port.address === undefined ? 0 : 6 + textWidth(port.address, 11, 'mono'))) + ICON };
  });
  const more: PortBox = { port: undefined, label: '', note: undefined, w: Math.ceil(Math.max(...allStageStrings.map((s) => textWidth(s.morePorts(hidden), 11, 'regular')))) + 16 };
  return hidden > 0 ? [...shown, more] : shown;
}

/** Width of all of them side by side. */
export const portsWidth = (boxes: readonly PortBox[]): number => boxes.reduce((sum, b) => sum + b.w + GAP, boxes.length > 0 ? -GAP : 0);

/** Where they stand from `x` on. */
export function placePorts(boxes: readonly PortBox[], x: number, y: number): readonly (PortBox & { readonly rect: Rect })[] {
  let at = x;
  return boxes.map((box) => {
    const rect = { x: at, y, w: box.w, h: PORT_HEIGHT };
    at += box.w + GAP;
    return { ...box, rect };
  });
}
