/** Small helpers of the report that stand apart so that the functions module exports functions of tasks only. */

/** Columns side by side: text to the left, numbers to the right. */
export function table(head: string[], rows: (string | number)[][]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => String(row[column]).length)));
  const numeric = head.map((_, column) => rows.every((row) => typeof row[column] === "number"));
  const line = (row: (string | number)[]): string =>
    row
      .map((cell, column) =>
        numeric[column] ? String(cell).padStart(widths[column]!) : String(cell).padEnd(widths[column]!),
      )
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return `${[line(head), rule, ...rows.map(line)].join("\n")}\n`;
}

/** Great-circle distance in whole kilometres. */
export function distanceKm(latitudeA: number, longitudeA: number, latitudeB: number, longitudeB: number): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const a = Math.sin(radians(latitudeB - latitudeA) / 2) ** 2;
  const b = Math.sin(radians(longitudeB - longitudeA) / 2) ** 2;
  const h = a + Math.cos(radians(latitudeA)) * Math.cos(radians(latitudeB)) * b;
  return Math.round(2 * 6371 * Math.asin(Math.sqrt(h)));
}
