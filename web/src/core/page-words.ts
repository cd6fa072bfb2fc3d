// What a list of pages says of what it leaves out.

export interface Listed {
  folders: readonly string[];
  left_out: number;
  is_whole: boolean;
}

/** One sentence or two under a list of so many pages; empty if all that there is was listed. */
export function leftOutWords(listed: number, { folders, left_out, is_whole }: Listed): string {
  const said = [];
  if (listed === 0 && left_out === 0 && is_whole)
    said.push(
      `No page of a study, a search or a report lies in ${folders.join(", ")}, or at most three folders below.`,
    );
  if (left_out > 0)
    said.push(`${left_out} older HTML ${left_out === 1 ? "file" : "files"} left unopened.`);
  if (!is_whole)
    said.push("The folders hold more files than were gone through: name a smaller one.");
  return said.join(" ");
}
