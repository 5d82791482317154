import { Refusal } from "./refusal";

/** A participant's message is shown to a person: short, and on one line. */
const MAX_MESSAGE_LENGTH = 300;

export function providerFailed(why: string): Refusal {
  return new Refusal(
    502,
    "ENDPOINT_NOT_REACHABLE",
    `The provider failed. ${why}`,
    "Ask its owner, or try another participant.",
  );
}

/** In a participant's own words. */
export function participantFailed({ stage, message }: { stage: string; message: string }): Refusal {
  const text = message.replace(/\s+/g, " ").slice(0, MAX_MESSAGE_LENGTH);
  if (stage === "refused") {
    return new Refusal(429, "PARTICIPANT_BUSY", `The participant refused. ${text}`, "Retry later.");
  }
  if (stage === "cancelled") {
    const message = text || "The participant stopped it.";
    return new Refusal(
      502,
      "PARTICIPANT_TUNNEL_NOT_CONNECTED",
      message,
      "Retry, or try another participant.",
    );
  }
  return providerFailed(text);
}

export function tunnelLost(): Refusal {
  return new Refusal(
    502,
    "PARTICIPANT_TUNNEL_NOT_CONNECTED",
    "The participant's tunnel closed.",
    "Retry, or try another participant.",
  );
}

export function notInTime(nickname: string): Refusal {
  return new Refusal(
    504,
    "ENDPOINT_NOT_REACHABLE",
    `${nickname} did not answer in time.`,
    "Retry, or try another participant.",
  );
}

export function requesterCancelled(): Refusal {
  return new Refusal(409, "INVALID_REQUEST", "The requester cancelled it.", "Ask again for another answer.");
}
