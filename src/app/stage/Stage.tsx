import '@xyflow/react/dist/base.css';
import './stage.css';
import { ReactFlow, ReactFlowProvider } from '@xyflow/react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Trace } from '../../engine/trace-types.ts';
import type { decider as nameDecider } from '../../text/headline.ts';
import type { Lang } from '../../text/lang.ts';
import type { Reading } from '../../text/reading-types.ts';
import type { World } from '../../world/world.ts';
import { AnchorNode, BubbleNode, CapsuleNode, OddsNode, TokenNode } from './CalloutNodes.tsx';
import type { Focus, Size } from './camera.ts';
import type { Rect } from './geometry.ts';
import { DeviceNode } from './DeviceNode.tsx';
import { drawnEdges, drawnNodes } from './drawn.ts';
import { HookNode } from './HookNode.tsx';
import { HouseNames } from './HouseNames.tsx';
import { HouseNode } from './HouseNode.tsx';
import { stopAtBox } from './marks.ts';
import { MoreNode } from './MoreNode.tsx';
import { MOVE_MS, prefersStill } from './motion.ts';
import type { StageNode } from './nodes.ts';
import { PipeEdge } from './PipeEdge.tsx';
import { PodNode } from './PodNode.tsx';
import { LabelEdge, RailEdge } from './RailEdge.tsx';
import { groundOf, sceneAt, withWalk } from './scene.ts';
import { stageStrings } from './strings.ts';
import { NoteEdge, TrailEdge } from './TrailEdge.tsx';
import { useCamera } from './useCamera.ts';
import { ZoomButtons } from './ZoomButtons.tsx';

export interface StageProps {
  readonly world: World;
  readonly trace: Trace;
  readonly reading: Reading;
  /** The stop that is shown. */
  readonly index: number;
  readonly playing: boolean;
  /** 1 is normal; moves take that much less time. */
  readonly speed: number;
  readonly lang: Lang;
  readonly theme: 'light' | 'dark';
  /** Names who decides at a stop; without it the stations stand without that label. */
  readonly decider: typeof nameDecider | undefined;
  readonly onSeek: (index: number) => void;
  readonly onChoose: (key: string, option: number) => void;
}

const nodeTypes = { netns: HouseNode, hook: HookNode, device: DeviceNode, pod: PodNode, more: MoreNode, capsule: CapsuleNode, odds: OddsNode, bubble: BubbleNode, token: TokenNode, anchor: AnchorNode };
const edgeTypes = { rail: RailEdge, label: LabelEdge, pipe: PipeEdge, trail: TrailEdge, note: NoteEdge };
const PHONE = 700;

/**
 * The picture: machines as houses, the packet's way through them, and the packet itself. It shows one stop of a reading; positions depend on world and trace
 * only. For readers who do not see it the same walk is a list elsewhere, so the graph is hidden from them.
 */
export function Stage(props: StageProps) {
  return (
    <ReactFlowProvider>
      <StageView {...props} />
    </ReactFlowProvider>
  );
}

function StageView({ world, trace, reading, index, playing, speed, lang, theme, decider, onSeek, onChoose }: StageProps) {
  const strings = stageStrings(lang);
  // Unfolding belongs to one trace; another one starts folded.
  const [unfolded, setUnfolded] = useState<Trace | undefined>(undefined);
  const { view, size } = useSize();
  const base = useMemo(() => groundOf(world, trace, unfolded === trace), [world, trace, unfolded]);
  const ground = useMemo(() => withWalk(base, trace, reading), [base, trace, reading]);
  const scene = useMemo(() => {
    const stop = reading.stops[index];
    const by = stop && decider?.({ world, trace, reading, lang }, stop);
    return sceneAt(world, trace, reading, ground, index, by, strings);
  }, [world, trace, reading, ground, index, lang, strings, decider]);

  const glide = useGlide(index, reading, playing, speed);
  // Where a new run begins there is nothing to travel from.
  const move = scene === undefined || scene.before === '' ? 0 : glide;

  const nodes = useMemo(() => (scene ? drawnNodes(ground, scene, move, strings) : []), [ground, scene, move, strings]);
  const edges = useMemo(() => (scene ? drawnEdges(ground, scene, move, strings) : []), [ground, scene, move, strings]);

  const stop = reading.stops[index];
  const walked = ground.walk.stops[index];
  const focus = useMemo<Focus | undefined>(
    () => (stop && walked && scene ? { layout: ground.layout, stop, walked, berth: scene.berth, bubble: bubbleRect(nodes), choice: scene.rays.length > 0, phone: size.w <= PHONE && window.innerWidth <= PHONE } : undefined),
    [ground, stop, walked, scene, nodes, size.w],
  );
  const camera = useCamera(focus, size, move);

  const press = (node: StageNode): void => {
    if (node.type === 'odds') return onChoose(node.data.choice, node.data.option);
    if (node.type === 'more') return setUnfolded(trace);
    const to = stopAtBox(ground.walk, node.id, index);
    if (to !== undefined) onSeek(to);
  };

  return (
    <section className="stage" aria-label={strings.stage} data-theme={theme} data-gliding={move > 0 || undefined} style={{ '--glide': `${move}ms` } as React.CSSProperties}>
      <ZoomButtons strings={strings} onZoom={camera.zoom} onFit={camera.fit} />
      <div className="stage-view" ref={view} aria-hidden="true">
        {size.w > 0 && camera.first && (
          <ReactFlow
            nodes={nodes}
            edges={edges}
            nodeTypes={nodeTypes}
            edgeTypes={edgeTypes}
            defaultViewport={camera.first}
            minZoom={0.2}
            maxZoom={3}
            nodesDraggable={false}
            nodesConnectable={false}
            nodesFocusable={false}
            edgesFocusable={false}
            elementsSelectable={false}
            disableKeyboardA11y
            deleteKeyCode={null}
            selectionKeyCode={null}
            multiSelectionKeyCode={null}
            panActivationKeyCode={null}
            zoomActivationKeyCode={null}
            zoomOnDoubleClick={false}
            zIndexMode="manual"
            colorMode={theme}
            proOptions={HIDDEN_ATTRIBUTION}
            onMoveStart={camera.touched}
            onNodeClick={(_, node) => press(node)}
          >
            <HouseNames layout={ground.layout} strings={strings} />
          </ReactFlow>
        )}
      </div>
    </section>
  );
}

/** The library is named where the page names what it is made of; a link inside a hidden picture could not be reached by everyone. */
const HIDDEN_ATTRIBUTION = { hideAttribution: true } as const;

/** An element and its size in whole pixels; zero until it is on the page. */
function useSize() {
  const view = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>({ w: 0, h: 0 });
  useEffect(() => {
    const element = view.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ w: Math.round(entry.contentRect.width), h: Math.round(entry.contentRect.height) });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { view, size };
}

/** How long the packet travels to this stop, in milliseconds: only while playing, and settled when the stop changes, so that nothing later replays it. */
function useGlide(index: number, reading: Reading, playing: boolean, speed: number): number {
  const [state, setState] = useState({ index, reading, move: 0 });
  if (state.index === index && state.reading === reading) return state.move;
  const glides = playing && state.reading === reading && index === state.index + 1 && !prefersStill();
  const next = { index, reading, move: glides ? MOVE_MS / speed : 0 };
  setState(next);
  return next.move;
}

/** Where the punchline stands, if the stop has one. */
function bubbleRect(nodes: readonly StageNode[]): Rect | undefined {
  const node = nodes.find((n) => n.type === 'bubble');
  return node && { ...node.position, w: node.width ?? 0, h: node.height ?? 0 };
}
