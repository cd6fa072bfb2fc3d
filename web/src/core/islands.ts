// The map: points brought to the canvas, thinned so that pictures do not cover each other, names above the islands.

export interface Box {
  width: number;
  height: number;
  pad: number;
}

/** Points (x, y, x, y …) scaled alike in both directions to fill the box, centred. */
export function fitted(points: ArrayLike<number>, { width, height, pad }: Box): Float32Array {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i + 1 < points.length; i += 2) {
    left = Math.min(left, points[i]!);
    right = Math.max(right, points[i]!);
    top = Math.min(top, points[i + 1]!);
    bottom = Math.max(bottom, points[i + 1]!);
  }
  const across = right - left || 1;
  const down = bottom - top || 1;
  const zoom = Math.min((width - 2 * pad) / across, (height - 2 * pad) / down);
  const placed = new Float32Array(points.length);
  for (let i = 0; i + 1 < points.length; i += 2) {
    placed[i] = width / 2 + (points[i]! - (left + right) / 2) * zoom;
    placed[i + 1] = height / 2 + (points[i + 1]! - (top + bottom) / 2) * zoom;
  }
  return placed;
}

/** The first point of each cell of a grid; the others are drawn as dots. */
export function thinned(placed: ArrayLike<number>, cell: number): number[] {
  const taken = new Set<string>();
  const chosen: number[] = [];
  for (let i = 0; 2 * i + 1 < placed.length; i++) {
    const key = `${Math.round(placed[2 * i]! / cell)},${Math.round(placed[2 * i + 1]! / cell)}`;
    if (taken.has(key)) continue;
    taken.add(key);
    chosen.push(i);
  }
  return chosen;
}

export interface Name {
  of: number;
  x: number;
  y: number;
}

interface Spot {
  x: number;
  y: number;
}

/** The points around the one with most neighbours: the island of a class, whatever lies elsewhere. */
function island(points: readonly Spot[], radius: number): Spot[] {
  const around = (centre: Spot, reach: number) =>
    points.filter((spot) => (spot.x - centre.x) ** 2 + (spot.y - centre.y) ** 2 <= reach ** 2);
  let best: Spot | undefined;
  let most = 0;
  // A few hundred candidates find the densest place as well as thousands do.
  const step = Math.ceil(points.length / 300);
  for (let i = 0; i < points.length; i += step) {
    const neighbours = around(points[i]!, radius).length;
    if (neighbours > most) [best, most] = [points[i]!, neighbours];
  }
  return best ? around(best, 1.5 * radius) : [];
}

function byClass(placed: ArrayLike<number>, labels: ArrayLike<number>, classes: number): Spot[][] {
  const groups: Spot[][] = Array.from({ length: classes }, () => []);
  for (let i = 0; i < labels.length; i++) {
    groups[labels[i]!]?.push({ x: placed[2 * i]!, y: placed[2 * i + 1]! });
  }
  return groups;
}

/** A name per class above its island, moved up while it meets another. */
export function islandNames(
  placed: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
  size: { width: number; height: number; rise: number; radius: number },
): Name[] {
  const names: Name[] = [];
  byClass(placed, labels, classes).forEach((spots, of) => {
    const home = island(spots, size.radius);
    if (home.length === 0) return;
    const x = home.reduce((sum, spot) => sum + spot.x, 0) / home.length;
    const heights = home.map((spot) => spot.y).sort((a, b) => a - b);
    names.push({ of, x, y: heights[Math.floor(heights.length * 0.02)]! - size.rise });
  });
  names.sort((a, b) => b.y - a.y);
  names.forEach((name, k) => {
    const meets = (other: Name) =>
      Math.abs(other.x - name.x) < size.width && Math.abs(other.y - name.y) < size.height;
    for (let tries = 0; tries < 8 && names.slice(0, k).some(meets); tries++) {
      name.y -= size.height / 2;
    }
    name.y = Math.max(size.height, name.y);
  });
  return names;
}
