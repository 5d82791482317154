import * as vscode from "vscode";
import { DisposableStore } from "../common/disposable";
import { describeError, HumanError } from "../common/humanError";
import { withoutLinks } from "./views/plainText";

export interface AskTextOptions<T> {
  title: string;
  prompt: string;
  value?: string | undefined;
  placeholder?: string | undefined;
  /** Shows dots. */
  secret?: boolean;
  /** Shown under the box from the start: why it is asked again. */
  problem?: string | undefined;
  /** Checks the text, on the network too; what it throws for people shows under the box, and Enter tries again. */
  accept: (text: string, signal: AbortSignal) => T | Promise<T>;
}

/** Asks for one text until it is accepted; undefined where the user pressed Esc. */
export function askText<T>(options: AskTextOptions<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const closed = new AbortController();
    const store = new DisposableStore();
    const input = store.add(vscode.window.createInputBox());
    const finish = () => {
      closed.abort();
      store.dispose();
    };
    Object.assign(input, {
      title: options.title,
      prompt: withoutLinks(options.prompt),
      value: options.value ?? "",
      placeholder: options.placeholder,
      password: options.secret ?? false,
      // The user may have to look a code up in another window.
      ignoreFocusOut: true,
      validationMessage: options.problem && withoutLinks(options.problem),
    });
    const tryAccept = async () => {
      if (input.busy) return;
      input.busy = true;
      input.validationMessage = undefined;
      try {
        const result = await options.accept(input.value.trim(), closed.signal);
        if (closed.signal.aborted) return;
        resolve(result);
        finish();
      } catch (error) {
        if (closed.signal.aborted) return;
        if (error instanceof HumanError) {
          input.validationMessage = withoutLinks(describeError(error));
        } else {
          reject(error);
          finish();
        }
      } finally {
        input.busy = false;
      }
    };
    store.add(input.onDidChangeValue(() => (input.validationMessage = undefined)));
    store.add(input.onDidAccept(() => void tryAccept()));
    store.add(
      input.onDidHide(() => {
        resolve(undefined);
        finish();
      }),
    );
    input.show();
  });
}
