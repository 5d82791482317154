import { MAX_BODY_BYTES, PARTICIPANT_TIMEOUT } from "../protocol/constants";

/** Every wait, size and count that a hub keeps to. Times in ms. */
export interface HubLimits {
  /** Until the provider's first byte: models load slowly. */
  firstByteMs: number;
  /** Without a byte inside an answer. */
  silenceMs: number;
  /** Without a word on a tunnel. */
  tunnelSilenceMs: number;
  /** A requester that takes nothing of its answer for so long is dropped, which frees who serves it. */
  stalledMs: number;
  /** A finished answer that its requester does not take is thrown away after this long. */
  flushMs: number;
  /** Of a TLS handshake, its first byte included. */
  handshakeMs: number;
  /** Until a request's headers are there, from the connection's first moment on. */
  headersMs: number;
  /** Until a request is there whole: 32 MB over a slow network take minutes. */
  requestMs: number;
  /** Between two requests on a connection: longer than a chat's pauses need be, shorter than a proxy's patience. */
  keepAliveMs: number;
  /** Of a request's headers, its first line included. */
  headerBytes: number;
  /** Of a request's path and query: a participant's id is 200 bytes, percent-encoded three times as many. */
  urlLength: number;
  /** Of a request on the inference plane. */
  bodyBytes: number;
  /** Of all requests that are being received at once, short ones apart. */
  bodyBytesTogether: number;
  /** The same of one address: others' long prompts find a place beside its. */
  bodyBytesPerAddress: number;
  /** Of messages of tunnels that have not come whole: each may be 1 MiB, of base tunnels 42 MiB. */
  unfinishedBytesTogether: number;
  /** Of those from one address. */
  unfinishedBytesPerAddress: number;
  /** Of the hub's own long answers, lists above all, that have not been read yet. */
  answerBytesTogether: number;
  /** Of those to one address. */
  answerBytesPerAddress: number;
  /** A long body that comes more slowly, seen over 10 s, is given up. */
  bodyBytesPerSecond: number;
  /** Of a request on the management plane: cards are small. */
  managementBodyBytes: number;
  /** Of an answer, waiting for a requester that reads too slowly; beyond it the request is cancelled. */
  unsentBytes: number;
  /** Of what is longer, because one message was: of all requesters that have not taken theirs. */
  unsentBytesTogether: number;
  /** Of those at one address. */
  unsentBytesPerAddress: number;
  /** Of events, waiting for a watcher that reads too slowly; beyond it the watcher is dropped. */
  watcherBytes: number;
  /** Of each room's latest events, for watchers that come back. */
  eventsKept: number;
  eventBytesKept: number;
  /** The same of all rooms. */
  eventBytesKeptTogether: number;
  /** Requests of a room that wait for a participant; 0 refuses them, as the base contract does. */
  maxQueue: number;
  /** What a place in a queue may hold; a longer body takes several, bytes. */
  queuePlaceBytes: number;
  /** Of all requests whose answer has not begun: of each the rest above 64 KB. */
  keptBytesTogether: number;
  /** Of those from one address. */
  keptBytesPerAddress: number;
  /** How long a request waits for a participant. */
  queueTimeoutMs: number;
  rooms: number;
  participantsPerRoom: number;
  /** Of all rooms. */
  participants: number;
  /** Registered from one address; a whole team may come by one. */
  participantsPerAddress: number;
  /** What the cards of all participants hold, `instructions` above all. */
  cardBytesTogether: number;
  /** The same of those from one address. */
  cardBytesPerAddress: number;
  watchersPerRoom: number;
  /** Each participant has two, each watcher one. */
  connections: number;
  /** Fewer than all, so that nobody has every place; a whole team may come by one address. */
  connectionsPerAddress: number;
  /** Of one client, which is an address and, where it shows one of a room's tokens, that token; heartbeats apart. */
  requestsPerMinute: number;
  /** Made from one address. */
  roomsPerMinute: number;
  /** Whose requests are counted at once. */
  countedClients: number;
  /** Whose wrong tokens and passwords are remembered at once. */
  slowedAddresses: number;
}

const MiB = 1024 * 1024;

export const defaultLimits: HubLimits = {
  firstByteMs: 300_000,
  silenceMs: 120_000,
  tunnelSilenceMs: PARTICIPANT_TIMEOUT,
  stalledMs: 60_000,
  flushMs: 120_000,
  handshakeMs: 10_000,
  headersMs: 15_000,
  requestMs: 600_000,
  keepAliveMs: 30_000,
  headerBytes: 16 * 1024,
  urlLength: 4_000,
  bodyBytes: MAX_BODY_BYTES,
  bodyBytesTogether: 512 * MiB,
  bodyBytesPerAddress: 256 * MiB,
  unfinishedBytesTogether: 256 * MiB,
  unfinishedBytesPerAddress: 128 * MiB,
  answerBytesTogether: 256 * MiB,
  answerBytesPerAddress: 64 * MiB,
  bodyBytesPerSecond: 8 * 1024,
  managementBodyBytes: MiB / 4,
  unsentBytes: 8 * MiB,
  unsentBytesTogether: 256 * MiB,
  unsentBytesPerAddress: 128 * MiB,
  watcherBytes: MiB,
  eventsKept: 1_000,
  eventBytesKept: MiB / 4,
  eventBytesKeptTogether: 64 * MiB,
  maxQueue: 64,
  queuePlaceBytes: 2 * MiB,
  keptBytesTogether: 512 * MiB,
  keptBytesPerAddress: 256 * MiB,
  queueTimeoutMs: 300_000,
  rooms: 1_000,
  participantsPerRoom: 10_000,
  participants: 20_000,
  participantsPerAddress: 10_000,
  cardBytesTogether: 256 * MiB,
  cardBytesPerAddress: 64 * MiB,
  watchersPerRoom: 2_000,
  connections: 24_000,
  connectionsPerAddress: 20_000,
  requestsPerMinute: 60_000,
  roomsPerMinute: 120,
  countedClients: 20_000,
  slowedAddresses: 10_000,
};
