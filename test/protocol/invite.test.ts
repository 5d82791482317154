import { deepEqual, equal } from "node:assert/strict";
import { looksLikeInvite, readInvite, writeInvite } from "../../src/protocol/invite";

const invite = {
  hubUrl: "https://10.0.0.7:5567",
  roomCode: "ABC234",
  memberToken: "k".repeat(43),
  fingerprint: Array.from({ length: 32 }, () => "AB").join(":"),
};
const link = writeInvite(invite);
const open = writeInvite({ hubUrl: "http://hub.lan:5567", roomCode: "ABC234" });

describe("an invite that was pasted", () => {
  it("N5: is read with quotes, brackets and words around it", () => {
    for (const text of [
      link,
      ` ${link}\n`,
      `"${link}"`,
      `'${link}'`,
      `<${link}>`,
      `‹${link}›`,
      `“${link}”`,
      `Join us: ${link}`,
      `Our room (${link}), see you there!`,
      `[the room](${link}).`,
      `Invite:${link}\n\nSent from my phone`,
      `<a href="${link.replaceAll("&", "&amp;")}">join</a>`,
    ]) {
      deepEqual(readInvite(text), invite, text);
    }
    equal(readInvite(`Come: ${open}.`)?.roomCode, "ABC234");
  });

  it("N5: is not taken for whole where it was cut off or damaged", () => {
    const cut = link.length - link.indexOf("&token") - 3;
    for (const text of [
      link.slice(0, -5),
      // In the midst of the key.
      ...[1, 20, 42].map((length) => link.slice(0, link.indexOf("&token=") + "&token=".length + length)),
      // Else it would be an invite without its key.
      link.slice(0, -cut),
      link.slice(0, link.indexOf("&token") + 1),
      link.slice(0, link.indexOf("&room")),
      link.slice(0, link.indexOf("?")),
      link.slice(link.indexOf("llm-rooms")),
      link.replace("hub=https", "hub=ftp"),
      `${link}${"x".repeat(5_000)}`,
    ]) {
      equal(readInvite(text), undefined, text);
      equal(looksLikeInvite(text), true, text);
    }
    for (const text of [
      "",
      "hub.lan:5567",
      "http://hub.lan:5567",
      "open sesame",
      "https://x.example/rooms",
    ]) {
      equal(readInvite(text), undefined);
      equal(looksLikeInvite(text), false, text);
    }
  });

  it("N5: costs little to look for, whatever the text", () => {
    const started = performance.now();
    for (const text of ["a".repeat(1_000_000), "a://".repeat(250_000), "a://b/join?".repeat(90_000)]) {
      equal(readInvite(text), undefined);
      looksLikeInvite(text);
    }
    equal(performance.now() - started < 1_000, true);
  });
});
