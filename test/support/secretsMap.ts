/** As much of VS Code's secret storage as is used, which forgets when the test ends; the test looks into `stored`. */
export class SecretsMap {
  readonly stored = new Map<string, string>();

  get = async (key: string) => this.stored.get(key);
  store = async (key: string, value: string) => void this.stored.set(key, value);
  delete = async (key: string) => void this.stored.delete(key);
}
