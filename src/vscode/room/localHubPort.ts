import { DEFAULT_HUB_PORT } from "../../protocol/constants";

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Where a hub of this machine is looked for and started: the port of `llmRooms.hubUrl` if that is here, else the usual one. */
export function localHubPort(hubUrl: string): number {
  const { protocol, hostname, port } = new URL(hubUrl);
  if (!/^https?:$/.test(protocol) || !loopback.test(hostname) || port === "") return DEFAULT_HUB_PORT;
  return Number(port);
}
