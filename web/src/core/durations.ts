// Durations as people say them.
import { narrow } from "./numbers.ts";

/** 0.4 s, 9 s, 4 min 10 s, 2 h 5 min. */
export function seconds(value: number): string {
  if (value < 1) return `${value.toFixed(1)}${narrow}s`;
  const whole = Math.round(value);
  if (whole < 60) return `${whole}${narrow}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 ? `${minutes} min ${whole % 60}${narrow}s` : `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
