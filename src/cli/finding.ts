/** What `octopus doctor` has to say of one thing. */

export interface Finding {
  check: string;
  result: "ok" | "warn" | "fail";
  message: string;
  /** What to do; absent when there is nothing to do. */
  advice?: string;
}
