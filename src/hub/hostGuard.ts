import type { IncomingMessage } from "node:http";
import { hostname, networkInterfaces } from "node:os";
import { TLSSocket } from "node:tls";
import { Refusal } from "./refusal";

/** A name or an address, and perhaps a port: whatever else a URL could hold is nobody's host. */
const hostHeader = /^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i;

/**
 * Refuses what a web page could make a browser send. Host: after DNS rebinding a stranger's page has the stranger's name
 * there. Origin: a page may post to any address without reading the answer. There is no CORS header anywhere. Headers in
 * which a proxy tells what it was asked for are not read: anybody can send them.
 */
export class HostGuard {
  readonly #names: ReadonlySet<string>;
  readonly #maxUrlLength: number;
  #last: { readonly host: string; readonly name: string | undefined } = { host: "", name: undefined };

  constructor(boundHost: string, allowedHosts: readonly string[] = [], maxUrlLength: number) {
    this.#maxUrlLength = maxUrlLength;
    const machine = hostname();
    // A machine may know itself by its whole name; in the local network it is announced by the first part of it.
    const short = machine.split(".")[0] ?? machine;
    const machines = [machine, `${machine}.local`, short, `${short}.local`];
    const own = ["localhost", boundHost, ...machines, ...allowedHosts];
    this.#names = new Set(own.map((name) => hostnameOf(name) ?? name.toLowerCase()));
  }

  /** @returns why the request is refused, or undefined. */
  check({ url = "", headers, rawHeaders, socket }: IncomingMessage): Refusal | undefined {
    const { host = "", origin } = headers;
    const name = this.#nameIn(host);
    if (name === undefined || !isOneHost(rawHeaders) || !this.#isOwn(name)) return notOwn("host name");
    if (origin !== undefined && !isSameOrigin(origin, host, socket instanceof TLSSocket))
      return notOwn("origin");
    // A picture or script of another site comes without an origin; a link that a person follows may lead here.
    const isEmbedded = headers["sec-fetch-site"] === "cross-site" && headers["sec-fetch-mode"] !== "navigate";
    if (isEmbedded) return notOwn("origin");
    if (!url.startsWith("/") && hostOf(url) !== host.toLowerCase()) return notOwn("address");
    if (url.length > this.#maxUrlLength) return urlTooLong();
    return undefined;
  }

  /** Parsing a URL is the dearest part of all this, and whoever asks mostly asks for the same host as the last one did. */
  #nameIn(host: string): string | undefined {
    if (this.#last.host !== host)
      this.#last = { host, name: hostHeader.test(host) ? hostnameOf(host) : undefined };
    return this.#last.name;
  }

  #isOwn(name: string): boolean {
    return this.#names.has(name) || name.endsWith(".localhost") || isLocalAddress(name);
  }
}

/** Of several hosts, whoever reads further on might take another one than is looked at here. */
function isOneHost(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === "host") count++;
  }
  return count === 1;
}

/** Over TLS a page of the same name but without TLS is another's: anybody on the way could have written it. */
function isSameOrigin(origin: string, host: string, secure: boolean): boolean {
  return hostOf(origin) === host.toLowerCase() && !(secure && !/^https:/i.test(origin));
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
  // To ask the operating system is slow, and a name is not an address.
  if (!/^[\d.]+$|:/.test(name)) return false;
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
