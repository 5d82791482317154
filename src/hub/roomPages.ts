/** Rooms of one page: so much is written anew where one of them changes. */
const ROOMS_PER_PAGE = 256;
/** Between two rooms, and two pages. */
export const SEPARATOR = ",\n";

interface Page {
  readonly lines: Map<string, string>;
  /** Absent where a line has changed since. */
  bytes: Buffer | undefined;
}

/**
 * The lines of many rooms, by code, as bytes to be written. Those that did not change are not put together again: with
 * 20,000 rooms that would keep tokens waiting at each join.
 */
export class RoomPages {
  readonly #pageOf = new Map<string, Page>();
  readonly #pages = new Set<Page>();
  #last: Page | undefined;

  get(code: string): string | undefined {
    return this.#pageOf.get(code)?.lines.get(code);
  }

  /** Undefined takes the room out. */
  set(code: string, line: string | undefined): void {
    const page = this.#pageOf.get(code) ?? this.#roomyPage();
    page.bytes = undefined;
    if (line !== undefined) {
      page.lines.set(code, line);
      this.#pageOf.set(code, page);
      this.#pages.add(page);
      return;
    }
    page.lines.delete(code);
    this.#pageOf.delete(code);
    if (page.lines.size === 0) this.#pages.delete(page);
  }

  /** Each a page, to be written with a separator between two. */
  bytes(): Buffer[] {
    return [...this.#pages].map((page) => {
      page.bytes ??= Buffer.from([...page.lines.values()].join(SEPARATOR));
      return page.bytes;
    });
  }

  #roomyPage(): Page {
    if (!this.#last || this.#last.lines.size >= ROOMS_PER_PAGE) {
      this.#last = { lines: new Map(), bytes: undefined };
    }
    return this.#last;
  }
}
