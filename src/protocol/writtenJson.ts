/** A part of a JSON text that is written already: a long text is escaped once, however many times it is said. */
export class WrittenJson {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  static of(value: unknown): WrittenJson {
    return new WrittenJson(JSON.stringify(value));
  }

  static array(elements: readonly WrittenJson[]): WrittenJson {
    return new WrittenJson(`[${elements.map(({ text }) => text).join(",")}]`);
  }

  /** Of fields that may be written already; those that are undefined are left out. */
  static object(fields: Record<string, unknown>): WrittenJson {
    const written = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${JSON.stringify(name)}:${jsonOf(value)}`);
    return new WrittenJson(`{${written.join(",")}}`);
  }
}

function jsonOf(value: unknown): string {
  return value instanceof WrittenJson ? value.text : JSON.stringify(value);
}
