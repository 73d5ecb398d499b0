/**
 * POST /api/v1/tasks, straight on Node's own request and response. This is the route that everything waits for: going
 * through a framework's Request, Response and router costs more than all the work done here (figures in
 * `bench/cases/http.ts`). Schemas, errors and documentation are the same as for every other route.
 *
 * One JSON object is one task; an array, or one object per line, is many, read while they arrive (`intake.ts`).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { OctopusError } from "../base/errors.ts";
import { show } from "../protocol/parse.ts";
import { parseTask } from "../protocol/task-fast.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { Submitted } from "../protocol/views.ts";
import { discard, gone, parseJson, textOf, tooLarge } from "./body.ts";
import { createIntake, type Intake } from "./intake.ts";
import { aboutOne, aboutOneTask } from "./one-task.ts";
import type { Principal } from "../protocol/access.ts";
import { addressOf } from "./access/address.ts";
import { checkTasks } from "./access/arms.ts";
import type { ServerOptions } from "./options.ts";
import { sendProblem } from "./problem.ts";
import type { ServerScope } from "./scope.ts";

export const TASKS_PATH = "/api/v1/tasks";

/** Longest time that bulk input may hold the loop at a stretch. */
const SLICE_MS = 4;

/** Bytes that may wait to be parsed before the client is held back. */
const WAITING_BYTES_MAX = 1024 * 1024;

/** Of many tasks the first that are warned of are told. */
const WARNINGS_MAX = 20;

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;
const LINES_TYPE = /^application\/(?:x-)?ndjson\s*(?:;|$)/i;

type Received = { single: TaskSpec } | { many: TaskSpec[] };

/** Makes the handler of POST /api/v1/tasks. */
export function createSubmitHandler(
  scope: ServerScope,
): (request: IncomingMessage, response: ServerResponse, principal: Principal) => void {
  const { options, audit } = scope;
  const { engine, log } = options;

  const answerOne = (response: ServerResponse, { id, state, existed, warnings }: Submitted): void => {
    const warned = warnings === undefined ? "" : `,"warnings":${JSON.stringify(warnings.map(aboutOne))}`;
    const body = existed === true ? `,"existed":true${warned}}` : `${warned}}`;
    const text = `{"id":${JSON.stringify(id)},"state":"${state}"${body}`;
    response.writeHead(201, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
      location: `${scope.prefix}${TASKS_PATH}/${encodeURIComponent(id)}`,
    });
    response.end(text);
  };

  const answerMany = (response: ServerResponse, submitted: readonly Submitted[]): void => {
    const ids: string[] = [];
    let warnings: string[] | undefined;
    for (const one of submitted) {
      ids.push(one.id);
      if (one.warnings !== undefined && (warnings?.length ?? 0) < WARNINGS_MAX) (warnings ??= []).push(...one.warnings);
    }
    const text = JSON.stringify({ count: submitted.length, ids, ...(warnings !== undefined && { warnings }) });
    response.writeHead(201, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    response.end(text);
  };

  return (request, response, principal) => {
    const fail = (error: unknown): void => sendProblem(response, error, log);
    const note = (count: number, { id }: Submitted): void =>
      audit.submitted(principal, () => addressOf(request), count, id);
    const submit = async (received: Received): Promise<void> => {
      if ("single" in received) {
        try {
          if (principal.arms !== undefined) checkTasks(scope, principal, [received.single], request);
          const [first] = await engine.submit([received.single], principal);
          note(1, first!);
          answerOne(response, first!);
        } catch (error) {
          throw aboutOneTask(error);
        }
        return;
      }
      if (principal.arms !== undefined) checkTasks(scope, principal, received.many, request);
      const all = received.many.length === 0 ? [] : await engine.submit(received.many, principal);
      if (all.length > 0) note(all.length, all[0]!);
      answerMany(response, all);
    };
    let form: "json" | "lines";
    try {
      form = formOf(request);
    } catch (error) {
      void discard(request).then(() => fail(error));
      return;
    }
    receive(request, form, options).then(submit).catch(fail);
  };
}

function formOf(request: IncomingMessage): "json" | "lines" {
  const query = request.url!.slice(TASKS_PATH.length + 1);
  if (query !== "")
    throw new OctopusError("invalid", `POST ${TASKS_PATH} takes no query parameters, not ${show(query)}`);
  const type = request.headers["content-type"] ?? "";
  if (JSON_TYPE.test(type)) return "json";
  if (LINES_TYPE.test(type)) return "lines";
  const seen = type === "" ? "is missing" : `is ${show(type)}`;
  throw new OctopusError("unsupported_type", `the content type ${seen}; send application/json or application/x-ndjson`);
}

/** Reads the body: the first byte that is not white space tells one task from many. */
function receive(request: IncomingMessage, form: "json" | "lines", options: ServerOptions): Promise<Received> {
  const { bodyBytes, taskBytes } = options.limits;
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    const stop = (): void => void request.off("data", onData).off("end", onEnd).off("close", onClose);
    const fail = (error: unknown): void => {
      stop();
      void discard(request).then(() => reject(error));
    };
    const onData = (chunk: Buffer): void => {
      const first = bytes === 0 ? firstByte(chunk) : undefined;
      if (form === "lines" || first === 0x5b) {
        stop();
        chunks.push(chunk);
        const intake = createIntake(form === "lines" ? "lines" : "array", taskBytes);
        receiveMany(request, chunks, intake, bodyBytes).then(resolve, reject);
        return;
      }
      bytes += first === undefined && bytes === 0 ? 0 : chunk.length;
      if (bytes > taskBytes) fail(tooLarge("the task", taskBytes));
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      stop();
      const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      chunks = [];
      if (form === "lines") resolve({ many: [] });
      else attempt(() => ({ single: readOne(whole) })).then(resolve, reject);
    };
    const onClose = (): void => reject(gone());
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}

/** What `make` answers or throws, as a promise. */
async function attempt<T>(make: () => T): Promise<T> {
  return make();
}

function readOne(body: Buffer): TaskSpec {
  if (body.length === 0) throw new OctopusError("malformed", "the body is empty; send a task as a JSON object");
  return parseTask(parseJson(textOf(body)));
}

/** Undefined while there is only white space. */
function firstByte(chunk: Buffer): number | undefined {
  return chunk.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09);
}

/** Feeds the intake in slices, so that other requests and the engine get their turns between them. */
function receiveMany(
  request: IncomingMessage,
  waiting: Buffer[],
  intake: Intake,
  bodyBytesMax: number,
): Promise<{ many: TaskSpec[] }> {
  return new Promise((resolve, reject) => {
    let waitingBytes = waiting.reduce((sum, chunk) => sum + chunk.length, 0);
    let bytes = waitingBytes;
    let ended = false;
    let scheduled = false;
    let failed = false;
    const stop = (): void => void request.off("data", onData).off("end", onEnd).off("close", onClose);
    const fail = (error: unknown): void => {
      failed = true;
      stop();
      waiting.length = 0;
      void discard(request).then(() => reject(error));
    };
    const work = (): void => {
      scheduled = false;
      if (failed) return;
      const until = performance.now() + SLICE_MS;
      try {
        let taken = 0;
        while (taken < waiting.length && performance.now() < until) {
          waitingBytes -= waiting[taken]!.length;
          intake.take(waiting[taken++]!);
        }
        waiting.splice(0, taken);
        if (waiting.length > 0) return schedule();
        if (ended) return resolve({ many: intake.finish() });
        if (request.isPaused()) request.resume();
      } catch (error) {
        fail(error);
      }
    };
    const schedule = (): void => {
      if (scheduled) return;
      scheduled = true;
      setImmediate(work);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > bodyBytesMax) return fail(tooLarge("the body", bodyBytesMax));
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes > WAITING_BYTES_MAX) request.pause();
      schedule();
    };
    const onEnd = (): void => {
      ended = true;
      request.off("close", onClose);
      schedule();
    };
    const onClose = (): void => {
      failed = true;
      stop();
      waiting.length = 0;
      reject(gone());
    };
    request.on("data", onData).on("end", onEnd).on("close", onClose);
    schedule();
  });
}
