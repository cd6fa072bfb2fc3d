// The look at a drawing, and with it the layers in sight: one question, so that they follow the pen.
import { base64 } from "../../core/strokes.ts";
import type { Sheet } from "../../core/strokes.ts";
import { ask, json, tensors } from "../api.ts";
import { strips } from "../layers/strips.svelte.ts";
import { studio } from "../studio.svelte.ts";
import type { LookMade } from "../wire.ts";
import { comparing } from "./comparing.svelte.ts";

export async function lookAtDrawing({ height, width, pixels }: Sheet): Promise<LookMade> {
  const drawn = json({ height, width, pixels: base64(pixels) });
  // Layers that show something else than the look are asked for when that is known.
  const asking = comparing.key === studio.look?.key ? strips.asking : null;
  if (!asking) return (await ask("api/looks/drawing", "look", drawn)).json();
  const found = await tensors(`api/looks/drawing/strips?${asking.query}`, "look", drawn);
  const look: LookMade = JSON.parse(new TextDecoder().decode(found.get("told")!.data));
  asking.keep(look.key, found);
  return look;
}
