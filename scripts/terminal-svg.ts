/**
 * Draws what a terminal shows as an SVG, for the README: reads what `script` recorded on standard input, writes the
 * picture to standard output. It knows what `octopus` uses of a terminal: colours, cursor up, erase to the end.
 *
 *     script -qec 'sh session.sh' /dev/stdout < /dev/null | node scripts/terminal-svg.ts > docs/terminal.svg
 */
import { readFileSync } from "node:fs";

interface Piece {
  text: string;
  code: number;
}

const COLOURS: Record<number, string> = {
  31: "#f7768e",
  32: "#9ece6a",
  33: "#e0af68",
  34: "#7aa2f7",
  36: "#7dcfff",
  90: "#737aa2",
};
const TEXT = "#c0caf5";
const CHAR_PX = 7.8;
const LINE_PX = 19;
const MARGIN_PX = 16;

process.stdout.write(draw(screenOf(readFileSync(0, "utf8"))));

/** The lines that stand on the screen at the end. */
function screenOf(recorded: string): Piece[][] {
  let lines: Piece[][] = [[]];
  let code = 0;
  for (const [token, argument, command] of recorded.matchAll(/\u001b\[(\d*)([A-Za-z])|\r?\n|\r|[^\u001b\r\n]+/g)) {
    if (command === "m") code = Number(argument);
    else if (command === "A") lines = [...lines.slice(0, lines.length - 1 - Number(argument)), []];
    else if (command !== undefined || token === "\r") continue;
    else if (token.endsWith("\n")) lines.push([]);
    else lines.at(-1)!.push({ text: token, code });
  }
  while (lines.at(-1)?.length === 0) lines.pop();
  return lines;
}

function draw(lines: readonly Piece[][]): string {
  const columns = Math.max(...lines.map((line) => line.reduce((sum, { text }) => sum + Array.from(text).length, 0)));
  const width = Math.ceil(columns * CHAR_PX + 2 * MARGIN_PX);
  const height = lines.length * LINE_PX + 2 * MARGIN_PX;
  const rows = lines.map((line, row) => {
    const y = MARGIN_PX + (row + 0.75) * LINE_PX;
    return line.length === 0 ? "" : `<text x="${MARGIN_PX}" y="${y}">${line.map(span).join("")}</text>\n`;
  });
  const font = `font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="13"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${font} fill="${TEXT}">
<style>text { white-space: pre }</style>
<rect width="100%" height="100%" rx="8" fill="#1a1b26"/>
${rows.join("")}</svg>
`;
}

function span({ text, code }: Piece): string {
  const safe = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const style = code === 1 ? ` font-weight="bold"` : COLOURS[code] === undefined ? "" : ` fill="${COLOURS[code]}"`;
  return style === "" ? safe : `<tspan${style}>${safe}</tspan>`;
}
