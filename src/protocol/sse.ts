/** One server-sent event. @throws TypeError where `event` or `id` has a line break: it would start another field. */
export function writeSse(message: { event?: string; id?: string; data: string }): string {
  let text = "";
  if (message.event !== undefined) text += `event: ${oneLine(message.event)}\n`;
  if (message.id !== undefined) text += `id: ${oneLine(message.id)}\n`;
  // JSON has none, and may be megabytes long.
  const isOneLine = !message.data.includes("\n") && !message.data.includes("\r");
  const lines = isOneLine ? [message.data] : message.data.split(/\r\n|\r|\n/);
  for (const line of lines) text += `data: ${line}\n`;
  return `${text}\n`;
}

/** A comment: keeps a connection alive and is seen by no client. */
export function writeSseComment(text: string): string {
  return `: ${oneLine(text)}\n\n`;
}

function oneLine(value: string): string {
  if (/[\r\n\0]/.test(value)) throw new TypeError("An SSE field must be one line.");
  return value;
}
