// A sample's place as it is written on the command line: the data's name and its number.

/** The number of a sample of these data ("digits:17" of digits is 17); null for anything else. */
export function sampleOf(place: string, data: string): number | null {
  const [, name, number] = /^(.*):(\d+)$/s.exec(place) ?? [];
  return data !== "" && name === data ? Number(number) : null;
}
