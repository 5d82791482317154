import { RawHttp } from "./rawHttp";

/** Sends this text on a connection of its own, and resolves with all that came back until the hub closed it. */
export async function rawAsk(
  port: number,
  text: string | Uint8Array,
  localAddress?: string,
): Promise<RawHttp> {
  const client = new RawHttp(port, localAddress).write(text);
  await client.closed;
  return client;
}

/** A request written by hand, after which the hub is asked to close. */
export function rawRequest(line: string, headers: readonly string[] = [], body = ""): string {
  const lines = [`${line} HTTP/1.1`, "Host: localhost", "Connection: close", ...headers];
  if (body !== "") lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** An offer to open a tunnel there. */
export function rawUpgrade(path: string, headers: readonly string[] = ["Host: localhost"]): string {
  const key = `${"a".repeat(22)}==`;
  const upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
  return `${[`GET ${path} HTTP/1.1`, ...headers, ...upgrade, `Sec-WebSocket-Key: ${key}`].join("\r\n")}\r\n\r\n`;
}
