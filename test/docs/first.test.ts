/** The commands of the first half of the guide. */
import { documentsOf } from "./commands.ts";

documentsOf("first");
