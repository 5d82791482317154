import { isIPv4 } from "node:net";
import { HumanError } from "../common/humanError";
import type { MulticastSettings } from "../net/multicastDns";

/** LLM_ROOMS_MDNS: `off`, or the address (and port) of the one interface on which hubs are announced and looked for. */
export function multicastSettings({ LLM_ROOMS_MDNS: text }: NodeJS.ProcessEnv): MulticastSettings | "off" {
  if (!text) return {};
  if (text === "off") return "off";
  const [address = "", port, ...more] = text.split(":");
  const isPort = port === undefined || (/^\d{1,5}$/.test(port) && Number(port) <= 65_535);
  if (isIPv4(address) && isPort && more.length === 0) {
    return { interface: address, ...(port !== undefined && { port: Number(port) }) };
  }
  throw new HumanError(
    "INVALID_INPUT",
    "LLM_ROOMS_MDNS is neither off nor an address of this machine.",
    "Unset it, or set it like 192.168.1.20.",
  );
}
