/**
 * Pure. Where all places are taken: whose a newcomer gets, so that one network does not keep all others out. It is the last of
 * those of the network that has most, and only where the newcomer's then has no more than that one; else undefined.
 *
 * @param holders of the places, those first who keep theirs longest
 * @param newcomer its network
 */
export function whoGivesWay<T>(
  holders: Iterable<T>,
  networkOf: (holder: T) => string,
  newcomer: string,
): T | undefined {
  const byNetwork = new Map<string, { count: number; last: T }>();
  for (const last of holders) {
    const network = networkOf(last);
    const its = byNetwork.get(network);
    if (!its) byNetwork.set(network, { count: 1, last });
    else {
      its.count++;
      its.last = last;
    }
  }
  const [most] = [...byNetwork.values()].sort((a, b) => b.count - a.count);
  const own = byNetwork.get(newcomer)?.count ?? 0;
  return most && own + 1 < most.count ? most.last : undefined;
}
