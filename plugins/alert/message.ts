/** What an alert says. */

export interface Message {
  text: string;
  title?: string;
  level?: "info" | "warning" | "error";
  /** Values by name that are shown below the text. */
  fields?: Record<string, unknown>;
}
