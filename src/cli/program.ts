import { Command } from "commander";
import { version } from "../../package.json";
import { chatCommand } from "./chatCommand";
import { createCommand } from "./createCommand";
import { demoCommand } from "./demoCommand";
import { hubCommand } from "./hubCommand";
import { hubsCommand } from "./hubsCommand";
import { participantsCommand } from "./participantsCommand";
import { roomCommand } from "./roomCommand";
import { roomsCommand } from "./roomsCommand";
import { shareCommand } from "./shareCommand";
import type { Terminal } from "./terminal";

/** As `--help` groups them; each command stands in a file of its own. */
const groups = {
  "Use a room:": [shareCommand, chatCommand, participantsCommand],
  "Make and rule rooms:": [createCommand, roomCommand, roomsCommand],
  "Run and find hubs:": [hubCommand, hubsCommand],
  "Try it all at once:": [demoCommand],
} as const;

/** The whole terminal program. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command("llm-rooms")
    .description("Share your team's own LLMs in a room: run a hub, share a model, chat from the terminal.")
    .version(version)
    .showHelpAfterError("(llm-rooms --help explains the commands)")
    .addHelpText("after", examples);
  for (const [group, commands] of Object.entries(groups)) {
    for (const make of commands) program.addCommand(inherit(make(terminal).helpGroup(group), program));
  }
  return program;
}

/** addCommand() does not hand down what the program says after a wrong option. */
function inherit(command: Command, parent: Command, path = "llm-rooms"): Command {
  const name = `${path} ${command.name()}`;
  command.copyInheritedSettings(parent).showHelpAfterError(`(${name} --help explains its options)`);
  for (const each of command.commands) inherit(each, command, name);
  return command;
}

const examples = `
A first room; hub and share each keep a terminal:
  llm-rooms hub
  llm-rooms create --name Team          prints the room's code and its invite link
  llm-rooms share --room CODE           shares a local model until Ctrl+C
  llm-rooms chat --room CODE "Hello"
For teammates:
  llm-rooms hub --host 0.0.0.0 --tls --data ~/rooms
  llm-rooms create --name Team          beside it
  llm-rooms share --invite 'LINK'       on their machines, with the link that create printed

Each command explains itself with --help; most print JSON with --json. They end with 0 where all went well, 1 where not
(stderr says why and what to do), 130 where Ctrl+C stopped them before they were done (hub, share and demo are done then).

Environment (a secret in a command line can be seen by every user of the machine):
  LLM_ROOMS_HUB          the hub's URL, in place of --hub
  LLM_ROOMS_INVITE       a room's invite link, in place of --invite
  LLM_ROOMS_TOKEN        a room's member token, in place of --token
  LLM_ROOMS_PASSWORD     a room's password, in place of --password
  LLM_ROOMS_HOST_TOKEN   the host token of a room that was made elsewhere
  LLM_ROOMS_FINGERPRINT  of the hub's certificate, in place of --fingerprint
  LLM_ROOMS_API_KEY      the provider's key; it never leaves this machine
  LLM_ROOMS_HOME         where certificate and tokens are kept, in place of your user's own folder
  LLM_ROOMS_MDNS         off: announce and look for no hubs; or the address of the one interface for it`;
