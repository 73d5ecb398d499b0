/** Programs that run commands: ours, GNU parallel and make with output captured, xargs without. None of them is durable. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Case, type Figure, scaled } from "../harness/case.ts";
import { perSecond } from "../harness/statistics.ts";

const COUNT = 3000;
const CLI = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Runs a program with `stdin` and answers the milliseconds it took; undefined where it is not there or fails. */
async function time(command: string, args: string[], stdin: string): Promise<number | undefined> {
  const child = spawn(command, args, { stdio: ["pipe", "ignore", "ignore"] });
  const begun = performance.now();
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  try {
    const [code] = (await once(child, "exit")) as [number | null];
    return code === 0 ? performance.now() - begun : undefined;
  } catch {
    return undefined;
  }
}

export const commandPrograms: Case = {
  name: "peer-commands",
  title: "octopus parallel, GNU parallel, make, xargs: /bin/sh -c true, 8 at once",
  async run(context) {
    const count = scaled(context, COUNT);
    const targets = Array.from({ length: count }, (_, n) => `t${n}`);
    const makefile = join(context.folder, "Makefile");
    writeFileSync(
      makefile,
      `all: ${targets.join(" ")}\n${targets.map((name) => `${name}:\n\t@/bin/sh -c true\n`).join("")}`,
    );
    const lines = "x\n".repeat(count);
    const parallel = [...context.nodeArgs, CLI, "parallel", "-j8", "-N0", "/bin/sh", "-c", "true"];
    const programs = [
      { name: "octopus parallel -j8", command: process.execPath, args: parallel },
      { name: "GNU parallel -j8", command: "parallel", args: ["--will-cite", "-j8", "-N0", "/bin/sh", "-c", "true"] },
      { name: "make -j8 -O", command: "make", args: ["-s", "-j8", "-O", "-f", makefile] },
      { name: "xargs -P8", command: "xargs", args: ["-P8", "-I{}", "/bin/sh", "-c", "true"] },
    ];
    const figures: Figure[] = [];
    const notes: string[] = [`${count} commands`];
    for (const { name, command, args } of programs) {
      const ms = await time(command, args, lines);
      if (ms === undefined) notes.push(`${name} skipped: ${command} is not here, or failed`);
      else figures.push({ name, value: perSecond(count, ms), unit: "/s", limit: "xargs -P8 sh -c true" });
    }
    return { figures, notes };
  },
};
