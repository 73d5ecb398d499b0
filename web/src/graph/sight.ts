/** What of a picture is in sight: all of it at first where that can be read, and always what is selected. */
import { type ReactFlowInstance, useReactFlow, useStoreApi } from "@xyflow/react";
import { type RefObject, useEffect, useRef } from "react";
import type { Middle } from "./middles.ts";

/** Smaller than this names are hard to read. */
const READABLE = 0.82;
/** A little smaller is better than a last task that is out of sight. */
const WHOLE = 0.7;
const MARGIN = 24;

interface SightOptions {
  /** Names the shape that is laid out; undefined: none yet. */
  key: string | undefined;
  /** When it changes, the picture is another one, and looked at anew. */
  mode: string;
  spots: readonly Middle[];
  shown: string;
  frame: RefObject<HTMLDivElement | null>;
}

/** Answers the call that shows all of it. */
export function useSight({ key, mode, spots, shown, frame }: SightOptions): () => void {
  const flow = useReactFlow();
  const store = useStoreApi();
  const seen = useRef<string>(undefined);
  const wanted = useRef(mode);
  useEffect(() => {
    if (key === undefined || spots.length === 0 || frame.current === null || !flow.viewportInitialized) return;
    const { clientWidth: width, clientHeight: height } = frame.current;
    const target = spots.find(({ id }) => id === shown);
    // Of another mode the old picture still stands there for a moment.
    const isNew = seen.current === undefined || (wanted.current !== mode && seen.current !== key);
    seen.current = key;
    if (isNew) {
      wanted.current = mode;
      lookFirst(flow, spots, target, { width, height });
      return;
    }
    if (target === undefined) return;
    const [x, y, zoom] = store.getState().transform;
    const left = (target.x - target.width / 2) * zoom + x;
    const top = (target.y - target.height / 2) * zoom + y;
    const isIn = left >= 0 && top >= 0 && left + target.width * zoom <= width && top + target.height * zoom <= height;
    // A selection in sight moves nothing.
    if (!isIn) void flow.setCenter(target.x, target.y, { zoom: Math.max(zoom, READABLE), duration: 120 });
  }, [key, mode, spots, shown, frame, flow, store]);
  return () => {
    if (frame.current !== null) showAll(flow, spots, sizeOf(frame.current));
  };
}

interface Size {
  width: number;
  height: number;
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): Size {
  return { width: clientWidth, height: clientHeight };
}

/** All of it where that can still be read, else what is selected, else the beginning. */
function lookFirst(flow: ReactFlowInstance, spots: readonly Middle[], target: Middle | undefined, frame: Size): void {
  const { height } = frame;
  const { zoom, bottom } = wholeOf(spots, frame);
  if (zoom >= WHOLE) return showAll(flow, spots, frame);
  if (target !== undefined) return void flow.setCenter(target.x, target.y, { zoom: READABLE });
  const first = spots.reduce((left, spot) => (spot.x < left.x ? spot : left));
  const isTall = bottom * READABLE > height - 2 * MARGIN;
  const y = isTall ? Math.min(MARGIN, height / 2 - first.y * READABLE) : (height - bottom * READABLE) / 2;
  void flow.setViewport({ x: MARGIN, y, zoom: READABLE });
}

function showAll(flow: ReactFlowInstance, spots: readonly Middle[], frame: Size): void {
  const { zoom, right, bottom } = wholeOf(spots, frame);
  const x = (frame.width - right * zoom) / 2;
  void flow.setViewport({ x, y: (frame.height - bottom * zoom) / 2, zoom });
}

function wholeOf(spots: readonly Middle[], { width, height }: Size) {
  const right = spots.reduce((most, spot) => Math.max(most, spot.x + spot.width / 2), 1);
  const bottom = spots.reduce((most, spot) => Math.max(most, spot.y + spot.height / 2), 1);
  return { zoom: Math.min(1, (width - 2 * MARGIN) / right, (height - 2 * MARGIN) / bottom), right, bottom };
}
