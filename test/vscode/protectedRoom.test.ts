import assert from "node:assert/strict";
import * as vscode from "vscode";
import { HubClient } from "../../src/client/hubClient";
import { HumanError } from "../../src/common/humanError";
import type { Hub } from "../../src/hub/createHub";
import { readInvite } from "../../src/protocol/invite";
import type { CreatedRoom } from "../../src/protocol/room";
import { contextKeys } from "../../src/vscode/contextKeys";
import type { ExtensionApi } from "../../src/vscode/extensionApi";
import { parseInvite } from "../../src/vscode/room/openInvite";
import { FeedLog } from "../client/feedLog";
import { eventually } from "../support/eventually";
import { activeExtension, joinedRoom, leaveQuietly, startTestHub } from "../support/extensionHost";

const run = (command: string, ...args: unknown[]) =>
  vscode.commands.executeCommand<boolean>(`llmRooms.${command}`, ...args);

describe("a protected room inside VS Code", () => {
  let api: ExtensionApi;
  let hub: Hub;
  let made: CreatedRoom;
  let code: string;
  before(async () => {
    api = await activeExtension();
    hub = await startTestHub();
    const client = new HubClient(hub.url);
    made = await client.createRoom({ name: "Guild", access: "protected", password: "sesame" });
    code = made.room.code;
  });
  afterEach(async () => {
    await leaveQuietly(api);
    await vscode.commands.executeCommand("notifications.clearAll");
  });
  after(() => hub.close());

  const asHost = () => new HubClient(hub.url, { token: made.hostToken });

  it("A5: is joined by its password, which is exchanged for its key", async () => {
    assert.equal(
      await run("joinRoom", { hubUrl: hub.url, roomCode: code, nickname: "Kim", password: "sesame" }),
      true,
    );
    await eventually(() => assert.equal(joinedRoom(api).phase.state, "live"));
    assert.equal(api.connection.keys.memberToken?.length, 43);
    assert.equal(api.connection.state.state === "joined" && api.connection.state.isHost, false);
    // From now on by the key that was kept, with no question.
    await run("leaveRoom");
    assert.equal(await run("joinRoom", { hubUrl: hub.url, roomCode: code, nickname: "Kim" }), true);
  });

  it("N1: its invite holds what a teammate needs, and its key is an OpenAI client's API key", async () => {
    await run("joinRoom", { hubUrl: hub.url, roomCode: code, nickname: "Kim" });
    await run("copyInvite");
    const invite = readInvite(await vscode.env.clipboard.readText());
    assert.deepEqual([invite?.roomCode, invite?.fingerprint], [code, undefined]);
    const guest = new HubClient(invite?.hubUrl ?? "", { token: invite?.memberToken });
    assert.equal((await guest.getRoom(code)).name, "Guild");
    await run("copyRoomKey");
    const key = await vscode.env.clipboard.readText();
    const models = `${hub.url}/rooms/${code}/v1/models`;
    assert.equal((await fetch(models)).status, 401);
    assert.equal((await fetch(models, { headers: { authorization: `Bearer ${key}` } })).status, 200);
  });

  it("asks for its key where nothing is known of it, and Esc ends that quietly", async () => {
    const other = await new HubClient(hub.url).createRoom({ name: "Other", access: "protected" });
    let ended = false;
    const joining = run("joinRoom", { hubUrl: hub.url, roomCode: other.room.code, nickname: "Kim" });
    void joining.then(() => {
      ended = true;
    });
    await eventually(async () => {
      await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
      return ended;
    });
    assert.equal(await joining, false);
    assert.equal(api.connection.state.state, "left");
  });

  it("C10: says that its key was changed, and that it was closed, and keeps what was known", async () => {
    await run("joinRoom", { hubUrl: hub.url, roomCode: code, nickname: "Kim" });
    await eventually(() => assert.equal(joinedRoom(api).phase.state, "live"));
    await asHost().rotateMemberToken(code);
    await eventually(() => {
      const { phase } = joinedRoom(api);
      assert.equal(phase.state === "lost" && phase.error.code, "UNAUTHORIZED");
    });
    assert.equal((await api.secrets.keys(hub.url, code)).memberToken?.length, 43);
    await leaveQuietly(api);
    const password = "sesame";
    assert.equal(await run("joinRoom", { hubUrl: hub.url, roomCode: code, nickname: "Kim", password }), true);
    await eventually(() => assert.equal(joinedRoom(api).phase.state, "live"));
    await asHost().closeRoom(code);
    await eventually(() => {
      const { phase } = joinedRoom(api);
      assert.equal(phase.state === "lost" && phase.error.code, "ROOM_CLOSED");
    });
    assert.equal(joinedRoom(api).room.name, "Guild");
    // Its keys are void for good, and nothing of them stays.
    await eventually(async () => assert.deepEqual(await api.secrets.keys(hub.url, code), {}));
  });

  it("is known by its new key where another window of its host changed it", async () => {
    await run("hostRoom", { hubUrl: hub.url, name: "Hosted", password: "", nickname: "Kim" });
    const memberToken = "n".repeat(43);
    await api.secrets.remember(hub.url, joinedRoom(api).room.code, { memberToken });
    await eventually(() => assert.equal(api.connection.keys.memberToken, memberToken));
  });

  it("is left by whoever closes it without a word of its end, and stays where the hub refuses", async () => {
    const { connection } = api;
    await run("hostRoom", { hubUrl: hub.url, name: "Short", password: "", nickname: "Kim" });
    await eventually(() => assert.equal(joinedRoom(api).phase.state, "live"));
    const { token } = connection.credentials;
    const { room } = joinedRoom(api);
    const log = new FeedLog({ hubUrl: hub.url, room, token });
    await log.phase("live");
    const refused = () => new HubClient(hub.url, { token: made.memberToken }).closeRoom(room.code);
    await assert.rejects(connection.leaveAfter(refused));
    assert.equal(joinedRoom(api).phase.state, "live");
    const seen: string[] = [];
    const watching = connection.onDidChangeState(({ state }) => seen.push(state));
    await connection.leaveAfter(async () => {
      await new HubClient(hub.url, { token }).closeRoom(room.code);
      await log.phase("lost");
    });
    log.feed.dispose();
    watching.dispose();
    assert.deepEqual(seen, ["left"]);
  });

  it("has no host's commands any more once its host closed it in another window", async () => {
    await run("hostRoom", { hubUrl: hub.url, name: "Short", password: "", nickname: "Kim" });
    await eventually(() => assert.equal(joinedRoom(api).phase.state, "live"));
    assert.equal(contextKeys(api).host, true);
    const { token } = api.connection.credentials;
    await new HubClient(hub.url, { token }).closeRoom(joinedRoom(api).room.code);
    await eventually(() => assert.equal(contextKeys(api).closed, true));
    assert.equal(contextKeys(api).host, false);
  });

  it("is what Host Room makes, and its host is known as such", async () => {
    const args = { hubUrl: hub.url, name: "Hosted", password: "", nickname: "Kim" };
    assert.equal(await run("hostRoom", args), true);
    const { state, keys } = api.connection;
    assert.ok(state.state === "joined" && state.isHost);
    assert.equal(state.room.room.access, "protected");
    assert.ok(keys.hostToken && keys.memberToken);
    const stranger = new HubClient(hub.url).getRoom(state.room.room.code);
    await assert.rejects(stranger, (error) => error instanceof HumanError && error.code === "UNAUTHORIZED");
  });

  it("has no host's commands for those who did not make it", async () => {
    for (const command of ["renameRoom", "closeRoom", "changeRoomKey", "removeParticipant"])
      await run(command);
    assert.equal(api.connection.state.state, "left");
  });
});

describe("an invite link", () => {
  const refused = (link: string) => {
    try {
      parseInvite(link);
    } catch (error) {
      assert.ok(error instanceof HumanError && error.code === "BAD_INVITE", String(error));
      return error.message + error.hint;
    }
    return assert.fail(`It was taken: ${link}`);
  };
  const base = "vscode://llm-rooms.llm-rooms/join?";

  it("N5: is refused where it is damaged, hostile or contradicts itself, without a word of it", () => {
    const fingerprint = "AB".repeat(32);
    const secret = "s".repeat(43);
    const links = [
      "vscode://llm-rooms.llm-rooms/run?hub=http://x&room=ABC234",
      base,
      `${base}hub=http://x`,
      `${base}room=ABC234`,
      `${base}hub=javascript:alert(1)&room=ABC234&token=${secret}`,
      `${base}hub=file:///etc/passwd&room=ABC234`,
      `${base}hub=${encodeURIComponent(`http://me:${secret}@x`)}&room=ABC234`,
      `${base}hub=http://x&room=ABC234&token=short`,
      `${base}hub=https://x&room=ABC234&fingerprint=${fingerprint.slice(1)}`,
      `${base}hub=http://x&room=ABC234&fingerprint=${fingerprint}`,
      `${base}hub=http://${"x".repeat(5_000)}&room=ABC234`,
    ];
    for (const link of links)
      assert.doesNotMatch(refused(link), /sss|javascript|passwd|xxx/, link.slice(0, 80));
  });

  it("N5: is read from what VS Code hands over", () => {
    const token = "t".repeat(43);
    const uri = vscode.Uri.parse(
      `${base}${new URLSearchParams({ hub: "https://10.0.0.7:5567", room: "abc234", token })}`,
    );
    const invite = parseInvite(`${uri.scheme}://${uri.authority}${uri.path}?${uri.query}`);
    const expected = { hubUrl: "https://10.0.0.7:5567", roomCode: "ABC234", memberToken: token };
    assert.deepEqual(invite, { ...expected, fingerprint: undefined });
  });
});
