import { z } from "zod";

/** One model of one provider that the user chose to share. */
export const shareChoiceSchema = z.object({
  endpoint: z.string(),
  model: z.string(),
  /** "Ollama", "LM Studio", …; for people. */
  providerName: z.string(),
});
export type ShareChoice = z.infer<typeof shareChoiceSchema>;
