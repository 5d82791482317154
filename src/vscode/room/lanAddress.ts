import { connect } from "node:net";
import { networkInterfaces } from "node:os";

/** A machine's own address answers at once or not at all, ms. */
const PROBE_TIMEOUT_MS = 500;

/** Where teammates reach a hub of this machine: its first address in the network that the hub really listens at. */
export async function lanAddress(hubUrl: string): Promise<string | undefined> {
  const { hostname, port, protocol } = new URL(hubUrl);
  if (!["127.0.0.1", "localhost", "[::1]"].includes(hostname)) return undefined;
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter((each) => !each.internal && each.family === "IPv4");
  const known = port || (protocol === "https:" ? "443" : "80");
  for (const { address } of addresses) {
    if (await listens(address, Number(known))) return `${protocol}//${address}:${known}`;
  }
  return undefined;
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PROBE_TIMEOUT_MS });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
