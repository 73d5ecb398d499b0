/** The commands of README.md, the last of the guide and the examples. */
import { documentsOf } from "./commands.ts";

documentsOf("readme");
