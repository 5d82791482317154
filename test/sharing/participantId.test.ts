import assert from "node:assert/strict";
import { participantId } from "../../src/vscode/sharing/participantId";

const key = {
  installId: "secret",
  hubUrl: "http://localhost:5567",
  roomCode: "ABC234",
  endpoint: "http://127.0.0.1:11434",
  model: "llama3:8b",
};

describe("participantId", () => {
  it("is the same for the same model shared again", () => {
    assert.equal(participantId(key), participantId({ ...key }));
    assert.match(participantId(key), /^vscode-[0-9a-f]{20}$/);
  });

  it("N7: is another one for another installation, hub, certificate, room, provider or model", () => {
    const others = [
      { installId: "other" },
      { hubUrl: "http://gpu-box:5567" },
      { fingerprint: "AB:CD" },
      { roomCode: "XYZ789" },
      { endpoint: "http://127.0.0.1:1234" },
      { model: "llama3:70b" },
    ].map((change) => participantId({ ...key, ...change }));
    assert.equal(new Set([participantId(key), ...others]).size, others.length + 1);
  });

  it("can be computed from a card, which shows of an endpoint only its origin", () => {
    assert.equal(participantId(key), participantId({ ...key, endpoint: "http://127.0.0.1:11434/" }));
    assert.equal(participantId(key), participantId({ ...key, roomCode: "abc234" }));
  });

  it("takes a foreign card's endpoint, whatever it is", () => {
    assert.match(participantId({ ...key, endpoint: "not a url" }), /^vscode-/);
  });

  it("does not confuse where one part ends and the next begins", () => {
    const one = participantId({ ...key, endpoint: "x", model: "y,z" });
    assert.notEqual(one, participantId({ ...key, endpoint: "x,y", model: "z" }));
  });
});
