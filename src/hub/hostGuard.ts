import type { IncomingMessage } from "node:http";
import { hostname, networkInterfaces } from "node:os";
import { Refusal } from "./refusal";

/**
 * Refuses what a web page could make a browser send. Host: after DNS rebinding a stranger's page has the stranger's name
 * there. Origin: a page may post to any address without reading the answer. There is no CORS header anywhere.
 */
export class HostGuard {
  readonly #names: ReadonlySet<string>;
  readonly #maxUrlLength: number;

  constructor(boundHost: string, allowedHosts: readonly string[] = [], maxUrlLength: number) {
    this.#maxUrlLength = maxUrlLength;
    const machine = hostname();
    const own = ["localhost", boundHost, machine, `${machine}.local`, ...allowedHosts];
    this.#names = new Set(own.map((name) => hostnameOf(name) ?? name.toLowerCase()));
  }

  /** @returns why the request is refused, or undefined. */
  check({ url = "", headers }: IncomingMessage): Refusal | undefined {
    const { host, origin } = headers;
    const name = host === undefined ? undefined : hostnameOf(host);
    if (name === undefined || !this.#isOwn(name)) return notOwn("host name");
    if (origin !== undefined && hostOf(origin) !== host?.toLowerCase()) return notOwn("origin");
    if (url.length > this.#maxUrlLength) return urlTooLong();
    return undefined;
  }

  #isOwn(name: string): boolean {
    return this.#names.has(name) || name.endsWith(".localhost") || isLocalAddress(name);
  }
}

function notOwn(what: string): Refusal {
  return new Refusal(
    403,
    "INVALID_REQUEST",
    `This hub does not answer to that ${what}.`,
    "Use the hub's own address, or start it with that host allowed.",
  );
}

function urlTooLong(): Refusal {
  return new Refusal(414, "INVALID_REQUEST", "The address is too long.", "Send what is long in a body.");
}

/** Interfaces come and go with networks, so that they are read each time. */
function isLocalAddress(name: string): boolean {
  if (/^127(\.\d{1,3}){3}$/.test(name) || name === "::1") return true;
  return Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === name));
}

/** `[::1]:5567`, `Hub.local:80` or `10.0.0.2` without port, brackets and capitals; undefined where it is no host. */
function hostnameOf(host: string): string | undefined {
  const bare = host.includes(":") && !host.includes("[") && host.indexOf(":") !== host.lastIndexOf(":");
  try {
    const url = new URL(`http://${bare ? `[${host}]` : host}`);
    const clean = url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
    return clean ? url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "") : undefined;
  } catch {
    return undefined; // Not a host at all: refused like a foreign one.
  }
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
