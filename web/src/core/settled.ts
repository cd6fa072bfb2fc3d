// Work that waits until nobody asks for it any more, for so many milliseconds.

export interface Settled<Arguments extends unknown[]> {
  (...given: Arguments): void;
  /** Does now what is waiting, if anything is. */
  flush: () => void;
}

export function settled<Arguments extends unknown[]>(
  work: (...given: Arguments) => void,
  milliseconds: number,
): Settled<Arguments> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waiting: Arguments | null = null;
  const flush = () => {
    clearTimeout(timer);
    const given = waiting;
    waiting = null;
    if (given) work(...given);
  };
  const asked = (...given: Arguments) => {
    waiting = given;
    clearTimeout(timer);
    timer = setTimeout(flush, milliseconds);
  };
  return Object.assign(asked, { flush });
}
