import { eventually } from "../support/eventually";
import { Sharing } from "./sharing";

describe("A hub that asks and asks and reads no answer", () => {
  it("T6: is left, and met again with a new tunnel", async () => {
    const sharing = await Sharing.start();
    const { tunnel, hub } = sharing;
    // Only the answers stop: what the hub sends still arrives.
    tunnel.socket.pause();
    const isLeft = () => hub.tunnels.length > 1 || sharing.session.state.state === "reconnecting";
    for (let i = 0; i < 200_000 && !isLeft(); i++) {
      tunnel.request(undefined, { requestId: `f${i}`, operation: "no.such" });
      // A turn of the event loop, and room for what was sent.
      if (i % 500 === 0) await eventually(() => tunnel.socket.bufferedAmount < 1_000_000);
    }
    await eventually(() => hub.tunnels.length > 1);
    tunnel.socket.terminate();
    await sharing.dispose();
  }).timeout(60_000);
});
