/** The transport for browsers and other runtimes: `fetch`. */
import {
  type Call,
  type Credentials,
  type Reply,
  SEQUENCE,
  silent,
  type StreamReply,
  type Transport,
  unreachable,
} from "./transport.ts";

/** A transport for the server at `base`, an http or https address without a slash at its end. */
export function createFetchTransport(base: string, { token }: Pick<Credentials, "token"> = {}): Transport {
  const all = new AbortController();

  const open = async (
    call: Call,
  ): Promise<{ response: Response; restart(): void; stop(): void; explain(error: unknown): unknown }> => {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), call.silenceMs);
    const stop = (): void => clearTimeout(timer);
    const restart = (): void => {
      stop();
      timer = setTimeout(() => silence.abort(), call.silenceMs);
    };
    const explain = (error: unknown): unknown => {
      stop();
      if (call.signal?.aborted) return call.signal.reason;
      if (silence.signal.aborted) return silent(base, call);
      const cause = (error as Error).cause as { code?: string } | undefined;
      return unreachable(base, cause?.code ?? (error as Error).message, error);
    };
    const signals = [silence.signal, all.signal, ...(call.signal === undefined ? [] : [call.signal])];
    const headers: Record<string, string> = { ...call.headers };
    if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
    if (call.body !== undefined) headers["content-type"] = call.contentType ?? "application/json";
    const init: RequestInit = { method: call.method, headers, signal: AbortSignal.any(signals), cache: "no-store" };
    if (call.body !== undefined) init.body = call.body;
    try {
      return { response: await fetch(base + call.path, init), restart, stop, explain };
    } catch (error) {
      throw explain(error);
    }
  };

  return {
    async call(call: Call): Promise<Reply> {
      const { response, stop, explain } = await open(call);
      try {
        const body = await response.text();
        stop();
        return { ...headOf(response), body };
      } catch (error) {
        throw explain(error);
      }
    },
    async stream(call: Call): Promise<StreamReply> {
      const { response, restart, stop, explain } = await open(call);
      async function* chunks(): AsyncGenerator<Uint8Array> {
        const reader = response.body?.getReader();
        if (reader === undefined) return stop();
        try {
          for (;;) {
            const { done, value } = await reader.read();
            if (done) break;
            restart();
            yield value;
          }
        } catch (error) {
          throw explain(error);
        } finally {
          stop();
          await reader.cancel().catch(() => undefined);
        }
      }
      return { ...headOf(response), chunks: chunks() };
    },
    close: () => all.abort(),
  };
}

function headOf({ status, headers }: Response) {
  const sequence = headers.get(SEQUENCE);
  return { status, contentType: headers.get("content-type") ?? "", ...(sequence !== null && { sequence }) };
}
