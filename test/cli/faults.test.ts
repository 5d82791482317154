import { equal, match, notEqual, ok } from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { CliRunner } from "../support/cliRunner";
import { areEndedOnce } from "../support/endedOnce";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { askChat, type Requester } from "../support/requester";
import { startHub, type TestHub } from "../support/startHub";
import { type EventLog, watchEvents } from "../support/watchEvents";

/** Longer than the hub believes in a participant that says nothing, ms. */
const SILENCE_MS = 32_000;
/** The same for a requester that takes nothing: shorter here, so that no participant is missed meanwhile. */
const STALLED_MS = 1_000;

describe("Programs that are killed or stopped in the middle of an answer", () => {
  const cli = new CliRunner();
  const asked: Requester[] = [];
  let t: TestHub;
  let code: string;
  let log: EventLog;
  let provider: FakeProvider;

  beforeEach(async () => {
    t = await startHub({ limits: { stalledMs: STALLED_MS } });
    code = await t.makeRoom();
    log = await watchEvents(t.url + paths.events(code));
    provider = await startFakeProvider({ models: ["holds", "floods"] });
  });
  afterEach(async () => {
    for (const each of asked.splice(0)) each.leave();
    await cli.dispose();
    await provider.close();
    log.stop();
    await t.hub.close();
    await eventually(() => t.clock.pendingTimers === 0);
  });

  const share = async (model = "holds") => {
    const where = ["--hub", t.url, "--room", code, "--endpoint", provider.url];
    const started = cli.start(["share", ...where, "--model", model, "--nickname", "Ada"]);
    await started.shows(/^online$/m);
    return started;
  };
  const chat = () => cli.start(["chat", "--hub", t.url, "--room", code, "Hello"]);
  const ask = () => {
    const requester = askChat(t, code);
    asked.push(requester);
    return requester;
  };
  const status = async () => {
    const { body } = await t.ask("GET", paths.participants(code));
    return body.data.map((each: { status: string }) => each.status).join();
  };
  const isServed = async () => {
    const requester = ask();
    await eventually(() => requester.text.includes("held 3"));
    provider.release();
    match((await requester.whole()).text, /\[DONE\]/);
  };

  it("S3: a participant that is killed ends its answer with an error, and serves again when it is started", async () => {
    const first = await share();
    const broken = ask();
    await eventually(() => broken.text.includes("held 3"));
    await first.kill("SIGKILL");
    match((await broken.whole()).text, /data: \{"error".*\n\n$/s);
    equal(await status(), "offline");
    await share();
    equal(await status(), "online");
    await isServed();
    await eventually(() => areEndedOnce(log, 2));
  });

  it("S3: a participant that is stopped is given up, and serves again when it goes on", async () => {
    const stopped = await share();
    const broken = ask();
    await eventually(() => broken.text.includes("held 3"));
    stopped.child.kill("SIGSTOP");
    t.clock.advance(SILENCE_MS);
    match((await broken.whole()).text, /data: \{"error".*\n\n$/s);
    equal(await status(), "offline");
    stopped.child.kill("SIGCONT");
    await eventually(async () => (await status()) === "online");
    await isServed();
    await eventually(() => areEndedOnce(log, 2));
  });

  it("I9: a requester that is killed frees the participant and its provider", async () => {
    await share();
    const requester = chat();
    await requester.shows(/held 3/);
    equal(await status(), "busy");
    await requester.kill("SIGKILL");
    const [request] = provider.requests.filter(({ body }) => body?.stream === true);
    ok(request);
    await request.ended;
    equal(request.aborted, true);
    await eventually(async () => (await status()) === "online");
    await isServed();
    await eventually(() => areEndedOnce(log, 2));
  });

  it("F5: a requester that is stopped is given up, and frees the participant and its provider", async () => {
    await share("floods");
    const requester = chat();
    await requester.shows(/\w{100}/);
    requester.child.kill("SIGSTOP");
    const request = await provider.waitForRequest(({ body }) => body?.stream === true);
    // Whatever lies between is full when nothing is sent any more.
    let sent = -1;
    await eventually(async () => {
      const isFull = sent === request.bytesSent;
      sent = request.bytesSent;
      await t.ask("GET", paths.health);
      return isFull && sent > 0;
    });
    await eventually(async () => {
      t.clock.advance(STALLED_MS);
      await t.ask("GET", paths.health);
      return request.aborted || request.finished;
    });
    equal(request.aborted, true);
    await eventually(async () => (await status()) === "online");
    requester.child.kill("SIGCONT");
    notEqual((await requester.exited).code, 0);
    match(requester.stderr, /broke off/);
    match(requester.stdout, /\w\n$/, "what went wrong has a line of its own");
    await eventually(() => areEndedOnce(log, 1));
  });
});
