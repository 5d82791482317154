import assert from "node:assert/strict";
import { inviteText } from "../../src/vscode/room/inviteText";
import { sharedAtOnce } from "../../src/vscode/room/sharedAtOnce";
import type { Settings } from "../../src/vscode/settings";

const memberToken = "t".repeat(43);
const fingerprint = Array.from({ length: 32 }, () => "AB").join(":");
const hub = "https://10.0.0.7:5567";

describe("what an invite asks", () => {
  it("N6: names hub, room and protection, and never the key", () => {
    const { title, detail } = inviteText({ hubUrl: hub, roomCode: "ABC234", memberToken, fingerprint });
    assert.equal(title, "Join room ABC234?");
    assert.match(detail, /Hub: 10\.0\.0\.7:5567\nRoom: ABC234, protected/);
    assert.match(detail, /encrypted, and only with the certificate .*\(AB:AB/);
    assert.match(detail, /Nothing of yours is shared/);
    assert.doesNotMatch(detail, /ttt|CAUTION/);
  });

  it("N6: says where the connection is less than that", () => {
    const detail = (hubUrl: string) => inviteText({ hubUrl, roomCode: "ABC234" }).detail;
    assert.match(detail("http://10.0.0.7:5567"), /NOT ENCRYPTED/);
    assert.match(detail(hub), /this machine has to trust already/);
    assert.match(detail("http://127.0.0.1:5567"), /Connection: on this machine/);
    assert.match(detail("http://127.0.0.1.evil.example"), /NOT ENCRYPTED/);
    assert.match(detail(hub), /open to everyone who reaches the hub/);
  });

  it("N6: warns where the hub is known by another certificate", () => {
    const other = fingerprint.replace("AB", "CD");
    const invite = { hubUrl: hub, roomCode: "ABC234", memberToken, fingerprint };
    assert.match(inviteText(invite, other).detail, /CAUTION: .*another certificate/);
    assert.doesNotMatch(inviteText(invite, fingerprint).detail, /CAUTION/);
  });

  it("N6: says where a model is shared in the room as soon as it is joined", () => {
    const settings = (onStartup: boolean, endpoint = "http://localhost:11434", model = "llama3:8b") => ({
      shareOnStartup: { value: onStartup } as Settings["shareOnStartup"],
      shareEndpoint: { value: endpoint } as Settings["shareEndpoint"],
      shareModel: { value: model } as Settings["shareModel"],
    });
    const detail = (...given: Parameters<typeof settings>) =>
      inviteText({ hubUrl: hub, roomCode: "ABC234" }, undefined, sharedAtOnce(settings(...given))).detail;
    assert.match(detail(true), /Your model llama3:8b is shared in it at once/);
    assert.doesNotMatch(detail(true), /Nothing of yours is shared/);
    for (const none of [detail(false), detail(true, ""), detail(true, "http://localhost:11434", "")])
      assert.match(none, /Nothing of yours is shared/);
  });

  it("N6: shows a hostile code as one short line", () => {
    const { title, detail } = inviteText({
      hubUrl: hub,
      roomCode: `A\n\u202eB${"c".repeat(200)}`,
      memberToken,
    });
    assert.doesNotMatch(title, /[\n\u202e]/);
    assert.ok(title.length < 90);
    assert.doesNotMatch(detail, /\u202e/);
  });
});
