import { equal, throws } from "node:assert/strict";
import { publicHubUrl } from "../../src/cli/inviteLink";

describe("--public-url", () => {
  it("takes scheme and port of the hub where it is a name alone, whatever path follows", () => {
    for (const [text, url] of [
      ["hub.lan", "https://hub.lan:5567"],
      ["hub.lan/", "https://hub.lan:5567"],
      ["hub.lan/team/", "https://hub.lan:5567/team"],
      ["hub.lan:443/team", "https://hub.lan/team"],
      ["[2001:db8::1]", "https://[2001:db8::1]:5567"],
      ["https://hub.lan/", "https://hub.lan"],
    ] as const) {
      equal(publicHubUrl("https://127.0.0.1:5567", text), url);
    }
    equal(publicHubUrl("http://127.0.0.1", "hub.lan/"), "http://hub.lan");
    throws(() => publicHubUrl("https://127.0.0.1:5567", "http://hub.lan"), /--public-url is not/);
    throws(() => publicHubUrl("https://127.0.0.1:5567", ""), /not the address/);
  });
});
