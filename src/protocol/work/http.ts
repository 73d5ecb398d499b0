/** A request over HTTP. */
import { z } from "zod";
import { Name, Size } from "../common.ts";
import { JsonValue } from "../json.ts";

/** An HTTP request. */
export const HttpWork = z
  .strictObject({
    method: z
      .string()
      .transform((method) => method.toUpperCase())
      .pipe(
        z.enum(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"], {
          error: "must be GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS",
        }),
      )
      .default("GET"),
    url: z.url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" }),
    headers: z.record(z.string(), z.string()).optional(),
    /** Text is sent as it is; anything else as JSON. */
    body: JsonValue.optional(),
    /** Statuses that count as success; default: every status below 400. */
    expect: z
      .union([z.int().transform((status) => [status]), z.array(z.int()).min(1)], {
        error: "must be a status, or a list of at least one",
      })
      .optional(),
    /** Bytes of the response kept in the result. */
    maxBody: Size.optional(),
    /** Name of the server's secret that signs the request (HMAC-SHA256, headers of Standard Webhooks). */
    sign: Name.optional(),
  })
  .meta({ id: "HttpWork" });
export type HttpWork = z.infer<typeof HttpWork>;
