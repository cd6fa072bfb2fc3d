// Long work: whether there is something to wait for.

export const goesOn = ({ state }: { state: string }): boolean =>
  state === "waiting" || state === "running";
