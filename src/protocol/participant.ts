import { z } from "zod";
import { boundedArray, cutText, fitsInJson } from "./bounded";
import { MAX_CARD_BYTES, MAX_INSTRUCTIONS_LENGTH, MAX_TEXT_LENGTH } from "./constants";

export const shortText = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(MAX_TEXT_LENGTH, `must have ${MAX_TEXT_LENGTH} characters at most`);

/** Shown on one line, and in terminals: neither line breaks nor what moves a cursor, nor half a letter. */
const plain = /^[^\p{Cc}\p{Cs}]*$/u;
const notPlain = "must not have control characters";

/** A name that is given anew. */
export const plainText = shortText.regex(plain, notPlain);

/**
 * Sampling defaults, named and bounded as in OpenAI's chat completions, but for what the base leaves to the provider: to some
 * a `max_tokens` of -1 or 0 means no limit.
 */
export const generationConfigSchema = z.object({
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  max_tokens: z.number().optional(),
  stop: boundedArray(z.string().max(MAX_TEXT_LENGTH), 16).optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  seed: z.number().optional(),
});
export type GenerationConfig = z.infer<typeof generationConfigSchema>;

/** A room's or participant's defaults, as its owner sends them: `instructions` is a system prompt. */
export const runtimeConfigSchema = generationConfigSchema.extend({
  instructions: z.string().trim().min(1).max(MAX_INSTRUCTIONS_LENGTH).optional(),
});
export type RuntimeConfig = z.infer<typeof runtimeConfigSchema>;

/** The same defaults as others see them: that there are instructions, never what they say. */
export const publicConfigSchema = generationConfigSchema.extend({
  hasInstructions: z.boolean().default(false),
});
export type PublicConfig = z.infer<typeof publicConfigSchema>;

/**
 * What a machine tells of itself; `vram` and `ram` in GB. A field is absent where the machine does not tell. What is too long
 * is cut off: nobody has typed it, and nobody could mend it.
 */
export const machineSpecsSchema = z.object({
  gpu: cutText(MAX_TEXT_LENGTH).optional(),
  vram: z.number().nonnegative().optional(),
  ram: z.number().nonnegative().optional(),
  cpu: cutText(MAX_TEXT_LENGTH).optional(),
});
export type MachineSpecs = z.infer<typeof machineSpecsSchema>;

/** `online` can take a request; `busy` processes as many as it takes; `offline` has no heartbeat or no tunnel. */
export const participantStatusSchema = z.enum(["online", "busy", "offline"]);
export type ParticipantStatus = z.infer<typeof participantStatusSchema>;

const supportSchema = z.enum(["supported", "unsupported", "unknown"]);
export const capabilitiesSchema = z.object({
  openResponses: supportSchema.default("unknown"),
  chatCompletions: supportSchema.default("unknown"),
});
export type Capabilities = z.infer<typeof capabilitiesSchema>;

/** Unix ms within what a Date can hold: a stranger's 1e300 must not throw where it is shown. */
export const timeSchema = z.number().min(0).max(8.64e15);

const connectionSchema = z.object({
  kind: z.literal("tunnel").default("tunnel"),
  connected: z.boolean().default(false),
  lastTunnelSeenAt: timeSchema.nullable().default(null),
});

/** How many requests a participant takes at once (ours; the base's answer is always one). */
export const capacitySchema = z.number().int().min(1).max(64);

/** One model shared by one machine in one room, as everyone in the room sees it. Times are Unix ms. */
export const participantInfoSchema = z.object({
  id: z.string().min(1).max(MAX_TEXT_LENGTH),
  nickname: z.string().max(MAX_TEXT_LENGTH),
  model: z.string().max(MAX_TEXT_LENGTH),
  /** Informational: nobody but the participant itself ever calls it. */
  endpoint: z.string(),
  config: publicConfigSchema.default({ hasInstructions: false }),
  specs: machineSpecsSchema.default({}),
  capabilities: capabilitiesSchema.default({ openResponses: "unknown", chatCompletions: "unknown" }),
  connection: connectionSchema.default({ kind: "tunnel", connected: false, lastTunnelSeenAt: null }),
  status: participantStatusSchema,
  joinedAt: timeSchema,
  lastSeen: timeSchema,
  updatedAt: timeSchema,
  capacity: capacitySchema.optional(),
});
export type ParticipantInfo = z.infer<typeof participantInfoSchema>;

const plainSpecsSchema = machineSpecsSchema.extend({
  gpu: cutText(MAX_TEXT_LENGTH).transform(withoutControls).optional(),
  cpu: cutText(MAX_TEXT_LENGTH).transform(withoutControls).optional(),
});

function withoutControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]+/gu, " ");
}

/** Body of PUT participant. Credentials of a provider are refused by name: see `credentialFields`. */
export const registrationSchema = z
  .object({
    nickname: plainText,
    model: plainText,
    endpoint: z.url().max(2_000),
    password: z.string().max(MAX_TEXT_LENGTH).optional(),
    specs: plainSpecsSchema.optional(),
    config: runtimeConfigSchema.optional(),
    capabilities: capabilitiesSchema.optional(),
    capacity: capacitySchema.optional(),
  })
  .refine(({ password, config, ...card }) => isShort({ ...card, config: withoutInstructions(config) }), {
    error: `The card has more than ${MAX_CARD_BYTES} bytes, instructions apart: shorten endpoint, stop or specs`,
  });
export type Registration = z.input<typeof registrationSchema>;

/** What everyone sees of a room's defaults. */
export function isShortConfig(config: RuntimeConfig | undefined): boolean {
  return isShort(withoutInstructions(config));
}

function withoutInstructions({ instructions, ...rest }: RuntimeConfig = {}): GenerationConfig {
  return rest;
}

function isShort(value: object): boolean {
  return fitsInJson(value, MAX_CARD_BYTES);
}

/** Fields that would carry a provider's key to the hub: a PUT with one is refused, so that the mistake is noticed. */
export const credentialFields = ["authHeaders", "apiKey", "headers", "authorization"] as const;

/**
 * Body of a heartbeat (ours): the participant's own word, e.g. busy with its owner's work. Anything else is passed over: the
 * base does so with any body, and who is refused for one would go offline.
 */
export const heartbeatBodySchema = z
  .object({
    status: participantStatusSchema.optional().catch(undefined),
    active: z.number().int().nonnegative().optional().catch(undefined),
    capacity: capacitySchema.optional().catch(undefined),
  })
  .catch({});
export type HeartbeatBody = z.infer<typeof heartbeatBodySchema>;
