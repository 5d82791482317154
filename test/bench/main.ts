// `npm run bench`: what the hub adds to a provider, in one table. See docs/performance.md.
import { idle, watchers } from "./crowdRows";
import { aborts, firstTokens, joins, kills, tokenDelay } from "./latencyRows";
import { floods, prompts } from "./memoryRows";
import { type BenchOptions, readOptions } from "./options";
import { emptyRow, type Measurement, type Row } from "./row";
import { soak } from "./soakRow";
import { Stage } from "./stage";
import { tableOf } from "./table";
import { big, fast, streams } from "./throughputRows";

const MEASUREMENTS: readonly Measurement[] = [
  ...[firstTokens, tokenDelay, fast, big, streams, idle, watchers, joins, kills, aborts, prompts, floods],
];
/** Whatever hangs, the bench ends. */
const LIMIT_MS = 15 * 60_000;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const chosen = chooseMeasurements(options);
  const limit = LIMIT_MS + options.soakMinutes * 60_000;
  setTimeout(() => {
    console.error("The bench took too long.");
    process.exit(1);
  }, limit).unref();
  const stage = new Stage(options.builds, options.profile);
  await stage.start();
  const names = options.builds.map(({ name }) => name);
  const rows = await measureAll(stage, options, chosen);
  await stage.close();
  const columns = [
    "direct",
    ...(stage.nginx ? ["nginx"] : []),
    ...names,
    ...(options.floor ? ["bare relay"] : []),
  ];
  if (!stage.nginx) console.log("There is no nginx on this machine: its column is left out.");
  console.log(`\n${tableOf(rows, columns, names)}`);
}

async function measureAll(
  stage: Stage,
  options: BenchOptions,
  chosen: readonly Measurement[],
): Promise<Row[]> {
  const hubs = [];
  for (const build of options.builds) {
    const hub = await stage.startHub(build);
    await stage.share(hub);
    hubs.push(hub);
  }
  const rows: Row[] = [];
  for (const { key, measure } of chosen) {
    const startedAt = Date.now();
    const measured = await measure({ stage, options, hubs }).catch((error: Error) => [failed(key, error)]);
    rows.push(...measured);
    console.error(`${key}: ${((Date.now() - startedAt) / 1_000).toFixed(0)} s`);
    for (const { title, cells } of measured) console.error(`  ${title}: ${JSON.stringify(cells)}`);
  }
  return rows;
}

/** One that cannot be measured does not cost the others. */
function failed(key: string, { stack }: Error): Row {
  console.error(stack);
  return emptyRow(`${key}: could not be measured`, "");
}

function chooseMeasurements({ only, soakMinutes }: BenchOptions): readonly Measurement[] {
  if (soakMinutes > 0) return [soak];
  const keys = MEASUREMENTS.map(({ key }) => key);
  const unknown = only.filter((key) => !keys.includes(key));
  if (unknown.length > 0) throw new Error(`--only takes some of ${keys.join(",")}.`);
  return only.length === 0 ? MEASUREMENTS : MEASUREMENTS.filter(({ key }) => only.includes(key));
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.stack : error);
    process.exit(1);
  },
);
