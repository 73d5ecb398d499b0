/** Durations as people write them: 90s, 1h30m. */
const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };

export function parseDuration(text) {
  const parts = [...text.matchAll(/(\d+)([dhms])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) throw new Error(`not a duration: ${text}`);
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit], 0);
}

/** The day that a moment belongs to, where this process is. */
export function localDay(ms) {
  const at = new Date(ms);
  const two = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
