/** `octopus migrate`: a data directory into a cluster, or out of one. */
import { OctopusError } from "../../base/errors.ts";
import type { Config } from "../../config/schema.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { loadNode } from "../node-port.ts";
import { usage } from "../read.ts";

export async function run({ options, out, settings }: Context): Promise<ExitCode> {
  const { config } = await settings();
  const to = options["to"] as string | undefined;
  if (to === undefined) throw usage("say where to: --to nats://HOST:4222, --to postgres://…, or --to embedded");
  const direction = to === "embedded" ? "embedded" : "cluster";
  const { migrate } = loadNode();
  const moved = await migrate(direction === "embedded" ? config : withPlace(config, to), direction);
  const { dir } = config.data;
  out.answer(
    { ...moved, to: direction, dataDir: dir },
    {
      table: () =>
        direction === "cluster"
          ? `${dir} is a replica of cluster ${moved.cluster} now, at record ${moved.record}: start servers with the settings of that cluster`
          : `${dir} stands alone now, with all that cluster ${moved.cluster} held up to record ${moved.record}: start \`octopus up\``,
      quiet: () => String(moved.record),
    },
  );
  return EXIT.ok;
}

function withPlace(config: Config, to: string): Config {
  const { cluster } = config;
  if (/^postgres(ql)?:\/\//.test(to)) return { ...config, cluster: { ...cluster, journal: to, nats: null } };
  const nats = to.split(",").filter((address) => address !== "");
  if (nats.length > 0 && nats.every((address) => /^(?:(?:nats|tls):\/\/)?[^\s,/]+$/.test(address)))
    return { ...config, cluster: { ...cluster, nats, journal: null } };
  throw new OctopusError(
    "invalid",
    `--to ${JSON.stringify(to)} names no place: nats://HOST:4222 (more between commas), postgres://…, or embedded`,
  );
}
