/** How NATS is reached: what the servers of a cluster and the workers that come over NATS are told alike. */
export interface NatsSettings {
  /** `host`, `host:port`, `nats://host:port` or `tls://host:port`; one that is reached tells of the others. */
  servers: readonly string[];
  user?: string;
  password?: string;
  token?: string;
  /** File with the seed of an nkey (`SU…`). Read again at each connection. */
  nkey?: string;
  /** File with a JWT and its seed, as `nsc` writes it. Read again at each connection. */
  creds?: string;
  /** File with the certificate authority of the servers; without it those of the machine count. */
  ca?: string;
  /** Files with certificate and key of this client, where the servers ask for one. */
  cert?: string;
  key?: string;
}
