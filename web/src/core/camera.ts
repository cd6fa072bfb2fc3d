// Where a point of the plane stands on the screen. The plane reaches from −1 to 1 both ways, y downwards.

export interface Camera {
  /** 1 shows the whole plane; 8 an eighth of its side. */
  zoom: number;
  /** The point of the plane in the middle of the screen. */
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export const home: Camera = { zoom: 1, x: 0, y: 0 };
export const mostZoom = 60;
/** Room around the plane, so that what lies at its edge is drawn whole. */
const pad = 0.06;

/** Screen pixels per unit of the plane. */
export const unitOf = (camera: Camera, { width, height }: Size) =>
  (camera.zoom * Math.min(width, height)) / (2 + 2 * pad);

export interface Projection {
  unit: number;
  left: number;
  top: number;
}

/** `x · unit + left` is where x stands. */
export function projection(camera: Camera, size: Size): Projection {
  const unit = unitOf(camera, size);
  return { unit, left: size.width / 2 - camera.x * unit, top: size.height / 2 - camera.y * unit };
}

/** The middle never leaves the plane, and the whole plane is the farthest view. */
function within(camera: Camera): Camera {
  const zoom = Math.min(mostZoom, Math.max(1, camera.zoom));
  const reach = 1 - 1 / zoom + (zoom > 1 ? 0.25 / zoom : 0);
  const kept = (value: number) => Math.min(reach, Math.max(-reach, value));
  return { zoom, x: kept(camera.x), y: kept(camera.y) };
}

/** Zooms by a factor; what stands at (x, y) of the screen stays there, as far as the edges allow. */
export function zoomed(camera: Camera, size: Size, by: number, x: number, y: number): Camera {
  const before = unitOf(camera, size);
  const zoom = Math.min(mostZoom, Math.max(1, camera.zoom * by));
  const after = unitOf({ ...camera, zoom }, size);
  const shift = 1 / before - 1 / after;
  return within({
    zoom,
    x: camera.x + (x - size.width / 2) * shift,
    y: camera.y + (y - size.height / 2) * shift,
  });
}

/** Moves what is seen by screen pixels, as a hand moves paper. */
export function panned(camera: Camera, size: Size, dx: number, dy: number): Camera {
  const unit = unitOf(camera, size);
  return within({ ...camera, x: camera.x - dx / unit, y: camera.y - dy / unit });
}

/** Moves as little as is needed for a point of the plane to be seen well inside the screen. */
export function showing(camera: Camera, size: Size, x: number, y: number): Camera {
  const unit = unitOf(camera, size);
  const room = 0.8;
  const across = (room * size.width) / 2 / unit;
  const down = (room * size.height) / 2 / unit;
  return within({
    ...camera,
    x: Math.min(x + across, Math.max(x - across, camera.x)),
    y: Math.min(y + down, Math.max(y - down, camera.y)),
  });
}
