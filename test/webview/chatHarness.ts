import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type {
  Answer,
  ChatView,
  EntryView,
  HostToPage,
  PageToHost,
  RoomView,
  TargetOption,
} from "../../src/protocol/panel";
import { pageToHostSchema } from "../../src/protocol/panel";
import { chatHtml } from "../../src/vscode/chat/chatHtml";
import { launchChromium } from "../support/chromium";
import { eventually } from "../support/eventually";

const types: Record<string, string> = { js: "text/javascript", css: "text/css", ttf: "font/ttf" };

/** What the page can do wrong in silence: the browser tells of each. */
export interface Misdeeds {
  readonly violations: string[];
  readonly errors: string[];
  readonly dialogs: string[];
  readonly foreignRequests: string[];
}

/** The built chat page under its own policy in a real browser, with this test in VS Code's place. */
export class ChatHarness {
  readonly page: Page;
  /** What the page said, in order; each is one that the host would accept. */
  readonly said: PageToHost[] = [];
  readonly misdeeds: Misdeeds = { violations: [], errors: [], dialogs: [], foreignRequests: [] };

  private constructor(page: Page) {
    this.page = page;
  }

  /** A tab, still empty. */
  static async open(browser: Browser, url: string): Promise<ChatHarness> {
    const page = await browser.newPage();
    const harness = new ChatHarness(page);
    const { violations, errors, dialogs, foreignRequests } = harness.misdeeds;
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss().catch((error: unknown) => errors.push(String(error)));
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(url)) foreignRequests.push(request.url());
    });
    await page.exposeFunction("hostReceives", (message: unknown) =>
      harness.said.push(pageToHostSchema.parse(message)),
    );
    await page.exposeFunction("pageViolates", (what: string) => violations.push(what));
    await page.addInitScript(standInForVscode);
    return harness;
  }

  /** The page as when its tab was just opened; what came before is forgotten. */
  async start(url: string): Promise<void> {
    await this.page.setViewportSize({ width: 900, height: 700 });
    if (this.page.url().startsWith(url)) await this.page.evaluate(() => sessionStorage.clear());
    this.said.length = 0;
    for (const each of Object.values(this.misdeeds)) each.length = 0;
    await this.page.goto(url);
    await this.heard("ready");
  }

  async post(...messages: HostToPage[]): Promise<void> {
    await this.page.evaluate((all) => {
      for (const message of all) window.postMessage(message, "*");
      // Messages are delivered one by one: when this one has come, so have they.
      return new Promise((resolve) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = resolve;
        window.addEventListener("message", function once(event) {
          if (event.data?.type !== "test.last") return;
          window.removeEventListener("message", once);
          channel.port2.postMessage(0);
        });
        window.postMessage({ type: "test.last" }, "*");
      });
    }, messages);
  }

  /** The first message of a type that the page says after what it said before; waits for it. */
  async heard<T extends PageToHost["type"]>(type: T, after = 0): Promise<Extract<PageToHost, { type: T }>> {
    return eventually(() => {
      const found = this.said.slice(after).find((message) => message.type === type);
      if (!found) throw new Error(`The page did not say ${type}.`);
      return found as Extract<PageToHost, { type: T }>;
    });
  }

  /** A snapshot of a joined room with these entries. */
  async show(
    entries: readonly EntryView[],
    more: { chat?: Partial<ChatView>; room?: RoomView } = {},
  ): Promise<void> {
    await this.post(snapshot(entries, more));
  }
}

/** Runs in the page, before its script: VS Code's side of the API. */
function standInForVscode(): void {
  const w = window as unknown as {
    hostReceives(message: unknown): void;
    pageViolates(what: string): void;
    acquireVsCodeApi(): unknown;
  };
  w.acquireVsCodeApi = () => ({
    postMessage: (message: unknown) => w.hostReceives(message),
    getState: () => JSON.parse(sessionStorage.getItem("state") ?? "null") ?? undefined,
    setState: (state: unknown) => sessionStorage.setItem("state", JSON.stringify(state)),
  });
  document.addEventListener("securitypolicyviolation", (event) =>
    w.pageViolates(`${event.violatedDirective}: ${event.blockedURI}`),
  );
}

/** Serves the page's frame and the three files of dist/webview, as VS Code does. */
async function servePage(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const { host } = request.headers;
    const origin = `http://${host}`;
    if (request.url === "/") {
      response.setHeader("content-type", "text/html; charset=utf-8");
      const uris = { scriptUri: `${origin}/chat.js`, styleUri: `${origin}/chat.css` };
      response.end(chatHtml({ cspSource: origin, ...uris, nonce: "dGVzdA==" }));
      return;
    }
    const name = /^\/(chat\.js|chat\.css|codicon[\w-]*\.ttf)/.exec(request.url ?? "")?.[1];
    if (!name) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("content-type", types[name.split(".").at(-1) ?? ""] ?? "");
    readFile(join("dist", "webview", name)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(500).end("dist/webview is not built"),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Called in a describe(): a browser for its tests, and the page afresh for each; no test may leave a misdeed behind. */
export function useChatPage(): { readonly chat: ChatHarness } {
  let browser: Browser | undefined;
  let served: { server: Server; url: string } | undefined;
  let chat: ChatHarness | undefined;

  before(async function () {
    this.timeout(60_000);
    served = await servePage();
    browser = await launchChromium();
    chat = await ChatHarness.open(browser, served.url);
  });

  beforeEach(async () => {
    if (!chat || !served) throw new Error("before() failed");
    await chat.start(served.url);
  });

  afterEach(async () => {
    const { violations, errors, dialogs, foreignRequests } = chat?.misdeeds ?? {};
    const all = [violations, errors, dialogs, foreignRequests].flat();
    if (all.length > 0) throw new Error(`The page misbehaved: ${all.join("; ")}`);
  });

  after(async () => {
    await browser?.close();
    await new Promise((resolve) => served?.server.close(resolve) ?? resolve(undefined));
  });

  return {
    get chat() {
      if (!chat) throw new Error("Only in a test there is a page.");
      return chat;
    },
  };
}

const shared = { model: "llama3:8b", isMine: false };
export const targets: readonly TargetOption[] = [
  {
    ...shared,
    selector: "any",
    kind: "any",
    label: "Any free participant",
    model: "",
    status: "online",
    detail: "1 of 3 free",
  },
  {
    ...shared,
    selector: "ana",
    kind: "participant",
    label: "Ana",
    status: "online",
    detail: "RTX 4090 24 GB",
  },
  { ...shared, selector: "bo", kind: "participant", label: "Bo", status: "busy", detail: "" },
  {
    ...shared,
    selector: "cy",
    kind: "participant",
    label: "Cy",
    status: "offline",
    detail: "",
    isMine: true,
  },
];
export const room: RoomView = { state: "joined", name: "Team", hub: "live", targets };

export function snapshot(
  entries: readonly EntryView[],
  { chat, room: view = room }: { chat?: Partial<ChatView>; room?: RoomView } = {},
): HostToPage {
  const draft = { revision: 1, text: "", attachments: [] };
  const target = { selector: "any", label: "Any free participant" };
  return {
    type: "snapshot",
    room: view,
    chat: { id: "c1", entries, draft, target, ...chat },
    limits: { maxPromptChars: 1_000 },
  };
}

export const prompt: Extract<EntryView, { kind: "prompt" }> = {
  kind: "prompt",
  id: "p1",
  text: "hello",
  attachments: [],
};

export function answer(text: string, more: Partial<Answer> = {}): Answer {
  return {
    kind: "answer",
    id: "r1",
    who: { participantId: "ana", nickname: "Ana", model: "llama3:8b" },
    text,
    reasoning: "",
    status: { state: "done" },
    ...more,
  };
}
