/** The commands of operation and reference. */
import { documentsOf } from "./commands.ts";

documentsOf("operating");
