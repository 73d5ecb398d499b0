/** Walking through a picture by arrow keys: left and right along edges, up and down to what stands there. */

export interface Spot {
  id: string;
  /** Its middle. */
  x: number;
  y: number;
}

export type Direction = "left" | "right" | "up" | "down";

/**
 * Where a key leads from `from`: along an edge to the nearest that it leads to or comes from; else to the nearest in that
 * direction, those straight ahead before those at an angle. Undefined: there is nothing further.
 */
export function stepTo(
  direction: Direction,
  from: string,
  spots: readonly Spot[],
  edges: readonly { from: string; to: string }[],
): string | undefined {
  const here = spots.find(({ id }) => id === from);
  if (here === undefined) return spots.toSorted((a, b) => a.x - b.x || a.y - b.y)[0]?.id;
  if (direction === "left" || direction === "right") {
    const linked = new Set(
      edges.flatMap((edge) => {
        if (direction === "right") return edge.from === from ? [edge.to] : [];
        return edge.to === from ? [edge.from] : [];
      }),
    );
    const near = nearest(
      spots.filter(({ id }) => linked.has(id)),
      (spot) => Math.abs(spot.y - here.y),
    );
    if (near !== undefined) return near;
  }
  const isSideways = direction === "left" || direction === "right";
  const sign = direction === "right" || direction === "down" ? 1 : -1;
  const ahead = spots.filter((spot) => sign * (isSideways ? spot.x - here.x : spot.y - here.y) > 1);
  return nearest(ahead, (spot) => {
    const along = Math.abs(isSideways ? spot.x - here.x : spot.y - here.y);
    const across = Math.abs(isSideways ? spot.y - here.y : spot.x - here.x);
    return along + across * 3;
  });
}

function nearest(spots: readonly Spot[], distance: (spot: Spot) => number): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const spot of spots) {
    const far = distance(spot);
    if (far >= least) continue;
    least = far;
    best = spot.id;
  }
  return best;
}
