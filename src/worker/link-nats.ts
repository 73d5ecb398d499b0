/** The link over NATS, for `octopus worker --nats`: loaded only then, so that no other worker carries the client. */
import { type LinkOptions, ServerLink } from "./link.ts";
import { NatsPlace, type NatsPlaceOptions } from "./nats/place.ts";
import { NatsSession, type Shown } from "./nats/session.ts";

export { NatsPlace } from "./nats/place.ts";
export type { NatsPlaceOptions } from "./nats/place.ts";

export interface NatsLinkOptions extends LinkOptions<NatsPlace> {
  shown: Shown;
}

export class NatsLink extends ServerLink {
  readonly #place: NatsPlace;
  #session: NatsSession | undefined;

  constructor(options: NatsLinkOptions) {
    const { server: place, shown } = options;
    super(options, (events) => (this.#session = new NatsSession(place, shown, events)));
    this.#place = place;
    place.onLeader = (word) => {
      // A session that has just ended comes again by itself; one that waits for its next try need not.
      if (this.#session?.led(word) !== true && word.server !== "") this.hurry();
    };
  }

  /** The session that stands, if any. */
  get session(): NatsSession | undefined {
    return this.#session?.isOpen === true ? this.#session : undefined;
  }

  /** Ends the connection to NATS, after the last words are out. */
  leave(): Promise<void> {
    this.stop();
    return this.#place.close();
  }
}

/** Where this worker meets its server. */
export function natsPlace(options: NatsPlaceOptions): NatsPlace {
  return new NatsPlace(options);
}
