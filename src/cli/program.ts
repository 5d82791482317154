import { Command } from "commander";
import { version } from "../../package.json";
import { chatCommand } from "./chatCommand";
import { createCommand } from "./createCommand";
import { demoCommand } from "./demoCommand";
import { hubCommand } from "./hubCommand";
import { participantsCommand } from "./participantsCommand";
import { roomsCommand } from "./roomsCommand";
import { shareCommand } from "./shareCommand";
import type { Terminal } from "./terminal";

/** The whole terminal program; each command stands in a file of its own. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command("llm-rooms")
    .description("Share your team's own LLMs in a room: run a hub, share a model, chat from the terminal.")
    .version(version)
    .showHelpAfterError("(llm-rooms --help explains the commands)")
    .addHelpText("after", examples);
  const commands = [
    hubCommand,
    createCommand,
    roomsCommand,
    shareCommand,
    participantsCommand,
    chatCommand,
    demoCommand,
  ];
  for (const make of commands) {
    // addCommand() does not hand down what the program says after a wrong option.
    const command = make(terminal).copyInheritedSettings(program);
    program.addCommand(
      command.showHelpAfterError(`(llm-rooms ${command.name()} --help explains its options)`),
    );
  }
  return program;
}

const examples = `
A first room, in three terminals:
  llm-rooms hub
  llm-rooms create --name Team          prints the room's code
  llm-rooms share --room CODE           shares a local model until Ctrl+C
Then, from anywhere that reaches the hub:
  llm-rooms chat --room CODE "Hello"

Environment:
  LLM_ROOMS_HUB        the hub's URL, in place of --hub
  LLM_ROOMS_PASSWORD   the room's password, in place of --password
  LLM_ROOMS_API_KEY    the provider's key; it never leaves this machine`;
