import assert from "node:assert/strict";
import { makeCertificate } from "../../src/cli/makeCertificate";
import { HubClient } from "../../src/client/hubClient";
import { createHub, type Hub } from "../../src/hub/createHub";
import { hubAccess } from "../../src/vscode/networkAccess";
import { renewRoomKey } from "../../src/vscode/room/renewRoomKey";
import { RoomConnection } from "../../src/vscode/room/roomConnection";
import { RoomSecrets } from "../../src/vscode/room/roomSecrets";
import { SecretsMap } from "../support/secretsMap";

const otherCertificate = Array(32).fill("CD").join(":");

describe("a room's new key", () => {
  let hub: Hub;
  before(async () => {
    hub = await createHub({ tls: await makeCertificate([], Date.now()) });
  });
  after(() => hub.close());

  it("N7: is kept for the hub that made it, also where another window was given another certificate meanwhile", async () => {
    const { fingerprint, url } = hub;
    const made = await new HubClient(url, { fingerprint }).createRoom({ name: "Team", access: "protected" });
    const { hostToken, memberToken } = made;
    const { code } = made.room;
    const secrets = new RoomSecrets(new SecretsMap());
    await secrets.remember(url, code, { hostToken, memberToken, fingerprint });
    const connection = new RoomConnection(hubAccess, (...room) => secrets.keys(...room));
    await connection.join({ hubUrl: url, roomCode: code, nickname: "Ada" });

    await secrets.rememberHub(url, otherCertificate);
    const client = await hubAccess.openHub(url, connection.credentials);
    await renewRoomKey({ secrets, connection }, { hub: client, hubUrl: url, code, keys: connection.keys });

    const kept = await secrets.keys(url, code);
    assert.deepEqual([kept.fingerprint, kept.hostToken], [fingerprint, hostToken]);
    assert.notEqual(kept.memberToken, memberToken);
    assert.deepEqual(connection.keys, kept);
    const asMember = new HubClient(url, { token: kept.memberToken, fingerprint });
    assert.equal((await asMember.getRoom(code)).name, "Team");
    // Whoever has the other certificate is told nothing.
    await secrets.rememberHub(url, otherCertificate);
    assert.deepEqual(await secrets.keys(url, code), { fingerprint: otherCertificate });
    connection.dispose();
  });
});
