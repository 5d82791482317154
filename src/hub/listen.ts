import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { HumanError } from "../common/humanError";

/** Resolves with the port when the server listens. @throws HumanError where it cannot. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(explain(error, host, port));
    server.once("error", onError);
    server.listen({ host, port }, () => {
      server.off("error", onError);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case "EADDRINUSE":
      return new HumanError(
        "INVALID_INPUT",
        `Port ${port} is already in use on ${host}.`,
        "Choose another port, or use the hub that may run there already.",
        { cause: error },
      );
    case "EACCES":
      return new HumanError("INVALID_INPUT", `Port ${port} may not be used.`, "Choose one above 1023.", {
        cause: error,
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    // No name server answers; no IPv6 here; a link's own address without its link.
    case "EAI_AGAIN":
    case "EAFNOSUPPORT":
    case "EINVAL":
      return new HumanError(
        "INVALID_INPUT",
        `${host} is not an address of this machine.`,
        "Use 127.0.0.1 for this machine only, or 0.0.0.0 for everyone who reaches it.",
        { cause: error },
      );
    default:
      return error;
  }
}

/** The origin by which this machine reaches a server that listens on `host`. */
export function originOf(host: string, port: number, secure: boolean): string {
  const anywhere = host === "0.0.0.0" || host === "::" || host === "localhost";
  const name = anywhere ? "127.0.0.1" : host;
  return `${secure ? "https" : "http"}://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
