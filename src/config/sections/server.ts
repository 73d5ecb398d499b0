/** The server: where it listens, how it is found, who may ask it. */
import { NAMESPACE_FORM, NAMESPACE_SHAPE } from "../../base/namespace-url.ts";
import { NAME, NAME_FORM, setting } from "../setting.ts";
import { address, duration, line, list, orNone, shaped, whole, word } from "../values.ts";

export const serverSection = {
  host: setting(line("a host name or an IP address"), "127.0.0.1", "Address that the server listens on."),
  port: setting(whole(0, 65_535), "8000", "Port that the server listens on; 0 takes any free one."),
  url: setting(address(), "from host and port", "Where commands and workers find the server."),
  name: setting(shaped(NAME_FORM, NAME), "the host's name", "Name under which workers on the same network find it."),
  announce: setting(
    word(["auto", "on", "off"]),
    "auto",
    "Whether it is announced by mDNS; auto does so when it listens beyond the loopback address.",
  ),
  interfaces: setting(
    list("a list of names or addresses of network interfaces"),
    "none",
    "Interfaces on which it is announced, and on which workers look for it; none is all of them.",
  ),
};

export const namespaceSetting = setting(
  orNone(shaped(NAMESPACE_FORM, NAMESPACE_SHAPE), NAMESPACE_FORM),
  "none",
  "Namespace that commands and workers ask; none is `default`, or the one that `server.url` names. Servers do not read it.",
);

export const tlsSection = {
  mode: setting(
    word(["auto", "on", "off"]),
    "auto",
    "Whether connections are encrypted; auto does so when the server listens beyond the loopback address.",
  ),
  cert: setting(orNone(line("a path"), "a path"), "none", "Certificate chain (PEM); none is one of its own making.", {
    path: true,
  }),
  key: setting(orNone(line("a path"), "a path"), "none", "Private key (PEM) of that certificate.", { path: true }),
  names: setting(
    list("a list of host names and addresses"),
    "none",
    "Names beyond those of the machine that its own certificate holds for.",
  ),
};

export const accessSection = {
  mode: setting(
    word(["auto", "on", "off"]),
    "auto",
    "Whether tokens are needed; auto does so when the server listens beyond the loopback address.",
  ),
  token: setting(orNone(line("a text"), "a text"), "none", "Token with which commands ask the server.", {
    secret: true,
  }),
  fingerprint: setting(
    orNone(line("SHA-256 in hex"), "SHA-256 in hex"),
    "none",
    "Fingerprint of the certificate authority that the server must have.",
  ),
  workers: setting(
    orNone(list("a list of names", NAME), "a list of names"),
    "none",
    "The only names that workers may have; none is any name.",
  ),
  audit: setting(duration(), "90d", "Time that rows of the audit log are kept."),
};
