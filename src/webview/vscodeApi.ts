import type { PageToHost } from "../protocol/panel";

/** What the user was looking at; kept by VS Code while the page is away. */
export interface PageState {
  readonly chatId: string;
  /** Undefined where the page followed its end. */
  readonly scrollTop: number | undefined;
}

export interface VsCodeApi {
  postMessage(message: PageToHost): void;
  getState(): PageState | undefined;
  setState(state: PageState): void;
}

declare global {
  /** VS Code's own; may be called once. */
  function acquireVsCodeApi(): VsCodeApi;
}
