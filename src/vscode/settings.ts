import * as vscode from "vscode";
import type { Disposable } from "../common/disposable";
import { describeError } from "../common/humanError";
import type { GenerationConfig } from "../protocol/participant";
import {
  booleanRule,
  capacityRule,
  generationRule,
  maxTokensRule,
  proposedRoomRule,
  type SettingRule,
  specsRule,
  textRule,
  urlRule,
} from "./settingRules";

const section = "llmRooms";

/** One setting, read and checked at the moment it is asked for, so that nobody holds an old value. */
class Setting<T> {
  readonly #rule: SettingRule<T>;

  constructor(
    readonly key: string,
    rule: SettingRule<T>,
  ) {
    this.#rule = rule;
  }

  /** @throws HumanError INVALID_INPUT that names the setting. */
  get value(): T {
    return this.#rule(vscode.workspace.getConfiguration(section).get(this.key), `${section}.${this.key}`);
  }

  /** Whether the user gave it a value, as opposed to the default. */
  get isSet(): boolean {
    return vscode.workspace.getConfiguration(section).inspect(this.key)?.globalValue !== undefined;
  }

  onDidChange(listener: () => void): Disposable {
    return vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(`${section}.${this.key}`)) listener();
    });
  }

  /**
   * Keeps a value that has proved right in the user's settings, for the next time. Where VS Code cannot write those (a file that
   * is damaged, not saved, or somebody else's), the log says so: what it proved right for is done by then.
   */
  async remember(value: T, log: vscode.LogOutputChannel): Promise<void> {
    const settings = vscode.workspace.getConfiguration(section);
    try {
      if (this.isSet && settings.get(this.key) === value) return;
      await settings.update(this.key, value, vscode.ConfigurationTarget.Global);
    } catch (error) {
      log.warn(`The setting ${section}.${this.key} was not written: ${describeError(error)}`);
    }
  }
}

/** All settings of the extension, by the names that package.json gives them. */
export class Settings {
  readonly hubUrl = new Setting("hubUrl", urlRule({ optional: false }));
  readonly roomCode = new Setting("roomCode", textRule);
  readonly nickname = new Setting("nickname", textRule);
  readonly autoJoin = new Setting("autoJoin", booleanRule);
  /** The only one that a workspace may set. */
  readonly workspaceRoom = new Setting("workspaceRoom", proposedRoomRule);
  readonly shareEndpoint = new Setting("share.endpoint", urlRule({ optional: true }));
  readonly shareModel = new Setting("share.model", textRule);
  readonly shareOnStartup = new Setting("share.onStartup", booleanRule);
  readonly shareSpecs = new Setting("share.specs", specsRule);
  readonly shareMaxConcurrent = new Setting("share.maxConcurrent", capacityRule);
  readonly shareMaxTokens = new Setting("share.maxTokens", maxTokensRule);

  readonly #generation = {
    temperature: new Setting("share.generation.temperature", generationRule("temperature")),
    top_p: new Setting("share.generation.top_p", generationRule("top_p")),
    max_tokens: new Setting("share.generation.max_tokens", generationRule("max_tokens")),
    stop: new Setting("share.generation.stop", generationRule("stop")),
    frequency_penalty: new Setting("share.generation.frequency_penalty", generationRule("frequency_penalty")),
    presence_penalty: new Setting("share.generation.presence_penalty", generationRule("presence_penalty")),
    seed: new Setting("share.generation.seed", generationRule("seed")),
  };

  /** The sampling defaults that are set. @throws HumanError INVALID_INPUT that names the one out of range. */
  get shareGeneration(): GenerationConfig {
    const entries = Object.entries(this.#generation).map(([key, setting]) => [key, setting.value]);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }
}
