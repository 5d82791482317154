import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { ByteCollector } from "../common/byteCollector";
import { chunkSocketOf, writeChunk } from "./chunks";

/** A head waits so long for the first bytes, ms: participants send both at once, in packets of their own. */
const HEAD_ALONE_MS = 2;

/**
 * A token's last step: the bytes of one answer into its requester's socket. What comes in one turn of the event loop leaves
 * in one write; what comes while the requester does not read is put together, so that it costs its bytes and no more.
 */
export class AnswerPipe {
  readonly #response: ServerResponse;
  readonly #onChange: (unsentBytes: number, wasTaken: boolean) => void;
  /** Of this turn of the event loop. */
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  /** Behind what the network has not taken yet. */
  readonly #held = new ByteCollector();
  #isCongested = false;
  /** The response's head has left, or leaves before what is written next. */
  #isHeadOut = false;
  #isFlushing = false;
  #socket: Socket | undefined;
  readonly #onTurnEnd = () => {
    this.#isFlushing = false;
    this.#flush();
  };

  /** @param onChange called when something was written, held back, or taken after all: what is still unsent. */
  constructor(response: ServerResponse, onChange: (unsentBytes: number, wasTaken: boolean) => void) {
    this.#response = response;
    this.#onChange = onChange;
    response.on("drain", () => this.#drained());
  }

  /** Of the answer, not yet taken by the network. */
  get unsentBytes(): number {
    return this.#response.writableLength + this.#held.size + this.#pieceBytes;
  }

  /** The requester does not keep up at the moment. */
  get isCongested(): boolean {
    return this.#isCongested;
  }

  /** After `writeHead`: it leaves with the first bytes where they come at once, else alone. */
  begin(): void {
    setTimeout(() => {
      if (!this.#isHeadOut && !this.#response.destroyed) this.#response.flushHeaders();
      this.#isHeadOut = true;
    }, HEAD_ALONE_MS);
  }

  write(piece: Uint8Array): void {
    if (this.#isCongested) {
      this.#held.push(piece);
      this.#onChange(this.unsentBytes, false);
      return;
    }
    this.#flushSoon();
    this.#pieces.push(piece);
    this.#pieceBytes += piece.byteLength;
  }

  /** In the order of all else, at once. */
  writeText(text: string): void {
    this.#flush();
    if (this.#isCongested) this.#held.push(Buffer.from(text));
    else this.#response.write(text);
    this.#isHeadOut = true;
  }

  /** All that was written, then the response's end. */
  end(): void {
    const { socket } = this.#response;
    socket?.cork();
    this.#flush();
    if (this.#held.size > 0) this.#response.write(this.#held.bytes());
    this.#held.clear();
    this.#isHeadOut = true;
    this.#response.end();
    socket?.uncork();
  }

  /** As soon as everything that was received at once has been looked at. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    // Not a microtask, of which Node makes an object with a context of its own.
    process.nextTick(this.#onTurnEnd);
  }

  #flush(): void {
    const pieces = this.#pieces;
    if (pieces.length === 0) return;
    const bytes = this.#pieceBytes;
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#send(pieces, bytes);
    this.#onChange(this.unsentBytes, false);
  }

  #send(pieces: readonly Uint8Array[], bytes: number): void {
    const socket = this.#directSocket();
    if (socket) this.#isCongested = !writeChunk(socket, pieces, bytes);
    else for (const piece of pieces) this.#isCongested = !this.#response.write(piece);
    this.#isHeadOut = true;
  }

  #directSocket(): Socket | undefined {
    const socket = this.#isHeadOut ? chunkSocketOf(this.#response) : undefined;
    if (socket && this.#socket !== socket) {
      this.#socket = socket;
      const onDrain = () => this.#drained();
      socket.on("drain", onDrain);
      this.#response.once("close", () => socket.off("drain", onDrain));
    }
    return socket;
  }

  #drained(): void {
    if (!this.#isCongested) return;
    this.#isCongested = false;
    const held = this.#held.bytes();
    this.#held.clear();
    if (held.byteLength > 0) this.#send([held], held.byteLength);
    this.#onChange(this.unsentBytes, true);
  }
}
