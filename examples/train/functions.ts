/**
 * The functions of the training example: predict the magnitude of an earthquake from where and how deep it was, by the average
 * of the `k` nearest ones. Plain JavaScript; everything is the same each time.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FunctionContext } from "@octopus-tasks/octopus/worker";

interface Quake {
  magnitude: number;
  depth: number;
  latitude: number;
  longitude: number;
}

interface Model {
  /** Neighbours that are asked. */
  k: number;
  /** Kilometres of distance that a kilometre of depth counts as. */
  depth: number;
}

interface Score extends Model {
  /** Root of the mean square of the error, in magnitudes. */
  error: number;
}

/** Reads the table and leaves two parts: four of five to learn from, the fifth to be judged by. */
export async function splitQuakes(
  { work, file }: { work: string; file: string },
  context: FunctionContext,
): Promise<{ train: number; test: number; folder: string }> {
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n").slice(1);
  const quakes = lines.map((line): Quake => {
    const [, magnitude, depth, latitude, longitude] = line.split("\t").map(Number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    return { magnitude, depth, latitude, longitude };
  });
  const folder = join(work, context.task.run!);
  await mkdir(folder, { recursive: true });
  const test = quakes.filter((_, index) => index % 5 === 4);
  const train = quakes.filter((_, index) => index % 5 !== 4);
  await save(folder, "train.json", JSON.stringify(train));
  await save(folder, "test.json", JSON.stringify(test));
  return { train: train.length, test: test.length, folder };
}

/** Judges one model: five parts of the training data, each predicted from the other four. */
export async function crossValidate(
  { folder, model }: { folder: string; model: Model },
  context: FunctionContext,
): Promise<Score> {
  const quakes = await load(folder, "train.json");
  const squares: number[] = [];
  for (let fold = 0; fold < 5; fold++) {
    if (context.signal.aborted) throw new Error("stopped");
    const known = quakes.filter((_, index) => index % 5 !== fold);
    const asked = quakes.filter((_, index) => index % 5 === fold);
    squares.push(...asked.map((quake) => (predict(model, known, quake) - quake.magnitude) ** 2));
    context.progress((fold + 1) / 5);
  }
  return { ...model, error: rootMean(squares) };
}

export function chooseModel({ scores }: { scores: Score[] }): Score {
  return scores.toSorted((a, b) => a.error - b.error || a.k - b.k || a.depth - b.depth)[0]!;
}

/** Judges the chosen model by what no model has seen, beside the plainest one: always the average. */
export async function evaluateModel({ folder, model }: { folder: string; model: Score }): Promise<{
  error: number;
  plain: number;
  better: boolean;
}> {
  const [train, test] = [await load(folder, "train.json"), await load(folder, "test.json")];
  const mean = train.reduce((sum, { magnitude }) => sum + magnitude, 0) / train.length;
  const error = rootMean(test.map((quake) => (predict(model, train, quake) - quake.magnitude) ** 2));
  const plain = rootMean(test.map((quake) => (mean - quake.magnitude) ** 2));
  return { error, plain, better: error < plain };
}

export async function reportModel({
  folder,
  scores,
  chosen,
  final,
}: {
  folder: string;
  scores: Score[];
  chosen: Score;
  final: { error: number; plain: number };
}): Promise<{ text: string }> {
  const line = ({ k, depth, error }: Score): string =>
    `${String(k).padStart(3)} neighbours, depth x ${depth}: ${error.toFixed(3)}${k === chosen.k && depth === chosen.depth ? "  <- chosen" : ""}`;
  const text = [
    "MAGNITUDE FROM PLACE AND DEPTH",
    "",
    ...scores.map(line),
    "",
    `on earthquakes that no model has seen: ${final.error.toFixed(3)}`,
    `the average of all, for comparison:    ${final.plain.toFixed(3)}`,
    "",
  ].join("\n");
  await save(folder, "report.txt", text);
  return { text };
}

function predict(model: Model, known: readonly Quake[], asked: Quake): number {
  const nearest: { far: number; magnitude: number }[] = [];
  for (const quake of known) {
    const far = distance(model, quake, asked);
    if (nearest.length === model.k && far >= nearest.at(-1)!.far) continue;
    const at = nearest.findIndex((one) => far < one.far);
    nearest.splice(at === -1 ? nearest.length : at, 0, { far, magnitude: quake.magnitude });
    if (nearest.length > model.k) nearest.pop();
  }
  return nearest.reduce((sum, { magnitude }) => sum + magnitude, 0) / nearest.length;
}

/** Near enough for neighbours: a degree is 111 km, less of it from pole to pole. */
function distance(model: Model, a: Quake, b: Quake): number {
  const north = (a.latitude - b.latitude) * 111;
  const turn = Math.abs(a.longitude - b.longitude);
  const east = Math.min(turn, 360 - turn) * 111 * Math.cos((((a.latitude + b.latitude) / 2) * Math.PI) / 180);
  return Math.hypot(north, east, (a.depth - b.depth) * model.depth);
}

function rootMean(squares: readonly number[]): number {
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

async function load(folder: string, name: string): Promise<Quake[]> {
  return JSON.parse(await readFile(join(folder, name), "utf8")) as Quake[];
}

async function save(folder: string, name: string, text: string): Promise<void> {
  await writeFile(join(folder, `${name}.part`), text);
  await rename(join(folder, `${name}.part`), join(folder, name));
}
