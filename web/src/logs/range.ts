/** Lines that are pointed at: `12`, `12-20`. */
export interface Range {
  from: number;
  to: number;
}

export function parseRange(text: string): Range | undefined {
  const match = /^(\d{1,12})(?:-(\d{1,12}))?$/.exec(text.trim());
  if (match === null || Number(match[1]) === 0) return undefined;
  const from = Number(match[1]);
  const to = match[2] === undefined ? from : Number(match[2]);
  return { from: Math.min(from, to), to: Math.max(from, to) };
}

export function rangeText({ from, to }: Range): string {
  return from === to ? String(from) : `${from}-${to}`;
}

export function isWithin(range: Range | undefined, line: number): boolean {
  return range !== undefined && line >= range.from && line <= range.to;
}
