/** Answers what a plugin asks of its worker while it runs. */
import type { Json } from "../../base/words.ts";
import type { AdapterWish } from "../adapters/desk.ts";
import type { AttemptContext } from "../executor.ts";
import type { Question } from "./messages.ts";

export interface AnswerOptions {
  callAdapter: (wish: AdapterWish) => Promise<Json | undefined>;
  /** It is kept from something: no file is opened for it that it may not be able to open itself. */
  isInSandbox: boolean;
}

/** A rejection is told to the plugin, as its message. */
export async function answerAttempt(
  question: Question,
  context: AttemptContext,
  { callAdapter, isInSandbox }: AnswerOptions,
): Promise<Json | undefined> {
  switch (question.what) {
    case "artifact":
      if (isInSandbox && question.file !== undefined) throw new Error("the worker opens no files for a sandbox");
      return keepArtifact(question, context);
    case "adapter":
      return callAdapter(question);
  }
}

async function keepArtifact(
  { path, text, base64, file }: Extract<Question, { what: "artifact" }>,
  { keepFile }: AttemptContext,
): Promise<undefined> {
  if (keepFile === undefined) throw new Error("this worker has nobody to hand files to");
  if (file !== undefined) await keepFile(path, { file });
  else await keepFile(path, { content: text ?? Buffer.from(base64 ?? "", "base64") });
}
