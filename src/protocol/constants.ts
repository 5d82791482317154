/** A participant sends a heartbeat, and a tunnel a ping, this often, ms. */
export const HEALTH_CHECK_INTERVAL = 10_000;
/** A participant that missed three heartbeats is offline, ms. */
export const PARTICIPANT_TIMEOUT = 30_000;
/**
 * Who lost the hub tries again at least this often, ms: also the last of hundreds is back within a heartbeat of its return.
 * A hub that is away for hours costs each of them a connection that is refused, every few seconds.
 */
export const RECONNECT_MAX_MS = 5_000;
/** The same where the hub is there and has no place for us, ms: its room is gone, or a token or password is void. */
export const REFUSED_RETRY_MS = 30_000;
/** A tunnel token not used by then is void, ms. */
export const TUNNEL_TOKEN_TTL_MS = 60_000;
/** The hub lists an offline participant this long, then it has left, ms. */
export const OFFLINE_LISTED_MS = 600_000;
/** Where our hub listens and our settings look unless told otherwise. */
export const DEFAULT_HUB_PORT = 5567;
/** The largest request body that a hub relays, bytes. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** The same for what a hub makes of it: with a longer model's name, or the room's defaults in it. */
export const MAX_RELAYED_BODY_BYTES = MAX_BODY_BYTES + 1024 * 1024;
/** The largest tunnel frame that we send, bytes, number included; longer bodies are split. */
export const MAX_FRAME_BYTES = 1024 * 1024;
/** Nicknames, model names, ids and other strings of the management plane are at most this long, UTF-16 units. */
export const MAX_TEXT_LENGTH = 200;
/** Messages of one request, parts of one message, items of one answer: more is no conversation. */
export const MAX_LIST_LENGTH = 10_000;
/** Texts, or tokens, of one request for a completion or embeddings; a text that was cut into tokens has many. */
export const MAX_PROMPT_LIST_LENGTH = 500_000;
/** Rooms of a hub and participants of a room: no team has more, a hostile hub might. */
export const MAX_LISTED = 10_000;
/** A list, or a snapshot in one event, of so many at a kilobyte each, bytes. */
export const MAX_LISTED_BYTES = 16 * 1024 * 1024;
/** What everyone in a room sees of a card, or of a room's defaults, bytes of JSON: a list has thousands of them. */
export const MAX_CARD_BYTES = 4 * 1024;
/** `instructions` is a system prompt: longer than a name, bounded all the same. */
export const MAX_INSTRUCTIONS_LENGTH = 20_000;
/** Letters and digits that nobody mistakes for another when read aloud. */
export const ROOM_CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";
export const ROOM_CODE_LENGTH = 6;
/** The WebSocket subprotocol of our tunnel: binary frames, cancel, status. */
export const TUNNEL_SUBPROTOCOL = "llm-rooms.1";
/** SSE comments keep event streams and waiting requests alive this often, ms. */
export const SSE_KEEPALIVE_MS = 10_000;
/** A cancelled request frees its slot after this long even where the participant does not confirm, ms. */
export const CANCEL_CONFIRM_MS = 5_000;
