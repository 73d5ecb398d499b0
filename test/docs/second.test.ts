/** The commands of the second half of the guide, but for its end. */
import { documentsOf } from "./commands.ts";

documentsOf("second");
