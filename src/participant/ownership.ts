/**
 * Where a participant keeps what proves that its id is its own, so that it still can after its own process was restarted. A
 * secret. Neither call rejects: whoever keeps it tells of its failures, and sharing goes on without.
 */
export interface Ownership {
  load(): Promise<string | undefined>;
  save(token: string): Promise<void>;
}

export interface TokenOptions {
  /** Of a protected room. */
  memberToken?: string | undefined;
  ownership?: Ownership | undefined;
}

/** What a participant shows to its hub: its id's own token as soon as it has one, the room's until then. */
export class ParticipantTokens {
  readonly #member: string | undefined;
  readonly #ownership: Ownership | undefined;
  #own: string | undefined;
  #loading: Promise<void> | undefined;

  constructor({ memberToken, ownership }: TokenOptions) {
    this.#member = memberToken;
    this.#ownership = ownership;
  }

  get current(): string | undefined {
    return this.#own ?? this.#member;
  }

  /** What to register with, in this order: a hub that forgot us does not know our own token any more. */
  async candidates(): Promise<(string | undefined)[]> {
    this.#loading ??= this.#load();
    await this.#loading;
    return this.#own === undefined ? [this.#member] : [this.#own, this.#member];
  }

  /** @param used with which of the candidates the hub took us; @param given what it gave us for later */
  async registered(used: string | undefined, given: string | undefined): Promise<void> {
    // One that did not help is void; kept, it would be refused where none at all is let through.
    if (used !== this.#own) this.#own = undefined;
    if (given === undefined) return;
    this.#own = given;
    await this.#ownership?.save(given);
  }

  async #load(): Promise<void> {
    this.#own = await this.#ownership?.load();
  }
}
