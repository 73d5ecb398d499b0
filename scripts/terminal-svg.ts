/**
 * Draws what a terminal shows as an SVG, for README and guide: reads what `script` recorded on standard input, writes the
 * picture to standard output. It knows what `octopus` uses of a terminal: looks, cursor up, erase to the end.
 *
 *     script -qec 'sh session.sh' /dev/stdout < /dev/null | node scripts/terminal-svg.ts > docs/terminal.svg
 *     tmux capture-pane -ep | node scripts/terminal-svg.ts > docs/top.svg
 */
import { readFileSync } from "node:fs";

interface Piece {
  text: string;
  look: Look;
}

interface Look {
  isBold?: boolean;
  isDim?: boolean;
  isSwapped?: boolean;
  code?: number;
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
const GROUND = "#1a1b26";
const CHAR_PX = 7.8;
const LINE_PX = 19;
const MARGIN_PX = 16;

process.stdout.write(draw(screenOf(readFileSync(0, "utf8"))));

/** The lines that stand on the screen at the end. */
function screenOf(recorded: string): Piece[][] {
  let lines: Piece[][] = [[]];
  let look: Look = {};
  for (const [token, values, command] of recorded.matchAll(/\u001b\[([\d;]*)([A-Za-z])|\r?\n|\r|[^\u001b\r\n]+/g)) {
    if (command === "m") for (const code of values!.split(";")) look = lookAfter(look, Number(code));
    else if (command === "A") lines = [...lines.slice(0, lines.length - 1 - Number(values)), []];
    else if (command !== undefined || token === "\r") continue;
    else if (token.endsWith("\n")) lines.push([]);
    else lines.at(-1)!.push({ text: token, look });
  }
  while (lines.at(-1)?.length === 0) lines.pop();
  return lines;
}

function lookAfter(look: Look, code: number): Look {
  if (code === 0) return {};
  if (code === 1) return { ...look, isBold: true };
  if (code === 2) return { ...look, isDim: true };
  if (code === 7) return { ...look, isSwapped: true };
  return COLOURS[code] === undefined && code !== 39 ? look : { ...look, code };
}

function draw(lines: readonly Piece[][]): string {
  const columns = Math.max(...lines.map((line) => line.reduce((sum, { text }) => sum + Array.from(text).length, 0)));
  const width = Math.ceil(columns * CHAR_PX + 2 * MARGIN_PX);
  const height = lines.length * LINE_PX + 2 * MARGIN_PX;
  const rows = lines.map((line, row) => {
    const y = MARGIN_PX + (row + 0.75) * LINE_PX;
    const text = line.map(span).join("");
    return line.length === 0 ? "" : `${grounds(line, row)}<text x="${MARGIN_PX}" y="${y}">${text}</text>\n`;
  });
  const font = `font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="13"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${font} fill="${TEXT}">
<style>text { white-space: pre }</style>
<rect width="100%" height="100%" rx="8" fill="${GROUND}"/>
${rows.join("")}</svg>
`;
}

function span({ text, look }: Piece): string {
  const safe = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const { isBold, isDim, isSwapped, code = 0 } = look;
  const style = [
    isBold === true ? ` font-weight="bold"` : "",
    isDim === true ? ` fill-opacity="0.6"` : "",
    isSwapped === true ? ` fill="${GROUND}"` : COLOURS[code] === undefined ? "" : ` fill="${COLOURS[code]}"`,
  ].join("");
  return style === "" ? safe : `<tspan${style}>${safe}</tspan>`;
}

/** What lies below text whose colours are swapped. */
function grounds(line: readonly Piece[], row: number): string {
  let column = 0;
  return line
    .map(({ text, look }) => {
      const from = column;
      column += Array.from(text).length;
      if (look.isSwapped !== true) return "";
      const [x, y] = [MARGIN_PX + from * CHAR_PX, MARGIN_PX + row * LINE_PX];
      return `<rect x="${x.toFixed(1)}" y="${y}" width="${((column - from) * CHAR_PX).toFixed(1)}" height="${LINE_PX}"/>\n`;
    })
    .join("");
}
