/** `octopus config`: every setting, its value, its origin. */
import { entriesOf } from "../../config/entries.ts";
import { renderTable } from "../../view/table.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";

export async function run({ out, settings }: Context): Promise<ExitCode> {
  const loaded = await settings();
  const entries = entriesOf(loaded);
  out.answer(
    { file: loaded.file ?? null, settings: entries },
    {
      table: () =>
        renderTable(
          [
            { title: "KEY", cell: ({ key }) => key },
            { title: "VALUE", cell: ({ value }) => value, max: 80 },
            {
              title: "ORIGIN",
              cell: ({ origin }) => origin,
              colour: ({ origin }) => (origin === "default" ? "grey" : "cyan"),
            },
          ],
          entries,
          { paint: out.paint, columns: out.columns },
        ),
      quiet: () => entries.map(({ key, value }) => `${key}=${value}`).join("\n"),
    },
  );
  return EXIT.ok;
}
