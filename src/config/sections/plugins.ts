/** The catalogue of plugins: where their files lie, and how many of their versions are kept. */
import { setting } from "../setting.ts";
import { line, orNone, whole, yesNo } from "../values.ts";

export const pluginsSection = {
  dir: setting(
    orNone(line("a path"), "a path"),
    "plugins in data.dir",
    "Folder of the plugins that the server distributes to its workers.",
    { path: true },
  ),
  watch: setting(yesNo(), "true", "Whether changes in that folder are seen while the server runs."),
  keep: setting(whole(1, 1000), "20", "Versions of each plugin that are kept, beside those that waiting tasks name."),
};
