/** Rooms of one page: so much is written anew where one of them changes. */
const ROOMS_PER_PAGE = 256;
/** Of one page; a room whose line is longer has one for itself. */
const BYTES_PER_PAGE = 256 * 1024;
/** Between two rooms, and two pages. */
export const SEPARATOR = ",\n";

interface Page {
  readonly lines: Map<string, string>;
  /** Of its lines. */
  size: number;
  /** Absent where a line has changed since. */
  bytes: Buffer | undefined;
}

/**
 * The lines of many rooms, by code, as bytes to be written. Those that did not change are not put together again: with
 * 20,000 rooms, or long ones, that would keep tokens waiting at each join.
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
    const before = this.#pageOf.get(code);
    const size = line === undefined ? 0 : Buffer.byteLength(line);
    if (before) {
      const rest = before.size - Buffer.byteLength(before.lines.get(code) ?? "");
      const isAlone = before.lines.size === 1;
      if (line !== undefined && (isAlone || rest + size <= BYTES_PER_PAGE)) {
        put(before, code, line, rest + size);
        return;
      }
      this.#takeOut(before, code, rest);
    }
    if (line === undefined) return;
    const page = this.#roomyPage(size);
    put(page, code, line, page.size + size);
    this.#pageOf.set(code, page);
    this.#pages.add(page);
  }

  /** Each a page, to be written with a separator between two. */
  bytes(): Buffer[] {
    return [...this.#pages].map((page) => {
      page.bytes ??= Buffer.from([...page.lines.values()].join(SEPARATOR));
      return page.bytes;
    });
  }

  #takeOut(page: Page, code: string, rest: number): void {
    page.bytes = undefined;
    page.size = rest;
    page.lines.delete(code);
    this.#pageOf.delete(code);
    if (page.lines.size === 0) this.#pages.delete(page);
  }

  #roomyPage(size: number): Page {
    const last = this.#last;
    if (last && last.lines.size < ROOMS_PER_PAGE && last.size + size <= BYTES_PER_PAGE) return last;
    const page: Page = { lines: new Map(), size: 0, bytes: undefined };
    // Another that is short finds a place beside those before.
    if (!last || size <= BYTES_PER_PAGE) this.#last = page;
    return page;
  }
}

function put(page: Page, code: string, line: string, size: number): void {
  page.bytes = undefined;
  page.size = size;
  page.lines.set(code, line);
}
