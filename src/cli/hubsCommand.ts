import { Command, Option } from "commander";
import { discoverHubs } from "../client/discoverHubs";
import { multicastSettings } from "../client/multicastSettings";
import { HumanError } from "../common/humanError";
import { jsonOption, seconds } from "./options";
import { formatTable } from "./table";
import type { Terminal } from "./terminal";

const SEARCH_S = 2;

export function hubsCommand(terminal: Terminal): Command {
  return new Command("hubs")
    .description("list the hubs, Gambi's too, that are announced in the local network")
    .addOption(
      new Option("--wait <seconds>", "how long to listen")
        .argParser(seconds)
        .default(SEARCH_S * 1_000, `${SEARCH_S}`),
    )
    .addOption(jsonOption("print the list as JSON"))
    .action((flags: { wait: number; json: boolean }) => listHubs(terminal, flags));
}

async function listHubs(terminal: Terminal, flags: { wait: number; json: boolean }): Promise<void> {
  const settings = multicastSettings(terminal.env);
  if (settings === "off") {
    const hint = "Unset it to look for hubs.";
    throw new HumanError("INVALID_INPUT", "Looking for hubs is switched off by LLM_ROOMS_MDNS.", hint);
  }
  const hubs = await discoverHubs({ ...settings, searchMs: flags.wait }, terminal.ended);
  if (flags.json) return terminal.printJson(hubs);
  if (hubs.length === 0) {
    return terminal.print(
      "No hub is announced in this network. One that is not may still be called by its address.",
    );
  }
  const rows = hubs.map(({ name, hubUrl, service, version = "" }) => [hubUrl, name, `${service} ${version}`]);
  await terminal.print(formatTable([["HUB", "NAME", "KIND"], ...rows]));
  terminal.note(
    "Anybody in the network can announce anything: an invite link proves that a hub is the right one.",
  );
}
