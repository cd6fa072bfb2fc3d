// What else a map is linked with: in the studio units and inputs, in a file nothing.
import { getContext, setContext } from "svelte";
import type { Component } from "svelte";
import type { VectorMapView } from "./figures/vector-map-view.svelte.ts";

export interface MapLinking {
  /** Hears which map is shown, before it is drawn. */
  attach: (map: VectorMapView) => void;
  /** Stands above the map, and under it. */
  Above: Component;
  Below: Component;
}

const key = Symbol("map linking");

export const provideMapLinking = (linking: MapLinking) => setContext(key, linking);

export const mapLinking = (): MapLinking | undefined => getContext<MapLinking | undefined>(key);
