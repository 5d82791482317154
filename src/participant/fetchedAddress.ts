import { isRecord } from "../common/isRecord";

/** Where a request holds what the model is to look at, in content parts nested in any way. */
const contents = ["messages", "input", "instructions", "prompt"] as const;

/** Fields in which an address is looked for. */
export const addressedFields: readonly string[] = [...contents, "tools"];

/**
 * The field by which a request would have its provider fetch something (`image_url`, `video_url`, `file_url`; of a tool `server_url`),
 * or read a file: that would be done from the owner's machine, which reaches what nobody has shared. What comes in the request itself, as a
 * `data:` URL, is not fetched. Undefined where there is none.
 */
export function fetchedAddress(body: Record<string, unknown>): string | undefined {
  // What a function's parameters are called is no address.
  const tools = Array.isArray(body.tools) ? body.tools.filter(isRecord) : [];
  for (const tool of tools) {
    const name = Object.keys(tool).find((each) => isAddress(each, tool[each]));
    if (name !== undefined) return name;
  }
  const rest: unknown[] = contents.map((name) => body[name]);
  while (rest.length > 0) {
    const value = rest.pop();
    // A prompt in tokens is a long list of numbers.
    if (Array.isArray(value)) for (const each of value) if (typeof each === "object") rest.push(each);
    if (!isRecord(value)) continue;
    for (const [name, field] of Object.entries(value)) {
      if (isAddress(name, field)) return name;
      rest.push(field);
    }
  }
  return undefined;
}

/** Some providers take the address itself, others an object with a `url`; some ignore case. */
function isAddress(name: string, field: unknown): boolean {
  // For bytes or a file's id mlx_vlm and SGLang take a path or URL, LiteLLM a URL.
  if (/^input_audio$/i.test(name) && isRecord(field))
    return Object.keys(field).some((key) => key.toLowerCase() === "data" && !isBytes(field[key]));
  // SGLang reads `image` of an embedding's inputs.
  if (/^(file_data|image)$/i.test(name)) return !isBytes(field);
  if (/^file_id$/i.test(name)) return typeof field === "string" && /^\s*[a-z][a-z\d+.-]*:/i.test(field);
  if (!/_url$/i.test(name)) return false;
  if (!isRecord(field)) return isFetched(field);
  return Object.keys(field).some((key) => key.toLowerCase() === "url" && isFetched(field[key]));
}

/** A path may look like base64, `/etc/passwd` for one; of a picture or a sound that begins with a slash there is more. */
const shortPath = /^\/.{0,62}$/;

/** Base64, or a `data:` URL. What is no text is left to the provider. */
function isBytes(field: unknown): boolean {
  if (typeof field !== "string" || !isFetched(field)) return true;
  return /^[\w+/=\s-]*$/.test(field) && !shortPath.test(field);
}

function isFetched(address: unknown): boolean {
  return typeof address === "string" && !/^data:/i.test(address);
}
