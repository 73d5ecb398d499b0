/** The door of the converters: files of other systems as workflow files. */
export { convertActions } from "./actions.ts";
export { convertAirflow } from "./airflow.ts";
export { convertDagu } from "./dagu.ts";
export { type Converted, withLosses } from "./draft.ts";
export { convertMake } from "./make.ts";
export { convertWfCommons } from "./wfcommons.ts";
