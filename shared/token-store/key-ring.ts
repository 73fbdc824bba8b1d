import { isTokenkeepError, TokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Platform, seconds } from '../platform.ts';
import type { Log } from '../telemetry/log.ts';
import type { Container } from './container.ts';
import { closeEpoch, type Epoch, generateEpoch, openEpoch } from './epoch.ts';
import { blobName, type EpochNumber, epochAfter, isEpochNumber } from './names.ts';
import type { Vault } from './vault.ts';

/** An epoch is succeeded after this many seconds: 30 days. */
export const epochSeconds = 30 * 24 * 3600;
/** An opened epoch is served for at most an hour, so that disabling the vault key shuts the store within it. */
const keepMilliseconds = 60 * 60_000;
/** From this age on it is opened anew in the background, so that a short outage of Key Vault goes unnoticed. */
const reopenMilliseconds = 50 * 60_000;
/** Unknown epoch numbers, and asking for all, make the ring look at the container at most this often, in milliseconds. */
const lookAgainMilliseconds = 1_000;
/** After a successor could not be made, its predecessor serves this long before it is tried again, in milliseconds. */
const createAgainMilliseconds = 60_000;

/** The data keys, rooted in Key Vault, opened rarely and kept in memory in between. */
export interface KeyRing {
  /** The epoch to seal and sign with; made on first use, and again every 30 days. */
  newest(): Promise<Epoch>;
  /** The epoch that sealed or signed something; throws `seal_epoch_unknown` where it does not exist. */
  epoch(number: EpochNumber): Promise<Epoch>;
  /** Every epoch that opens, oldest first; throws where the newest does not. */
  all(): Promise<readonly Epoch[]>;
  /** Starts a new epoch at once: what was sealed before stays readable. */
  rotate(): Promise<Epoch>;
}

export function createKeyRing(container: Container, vault: Vault, platform: Platform, log: Log): KeyRing {
  const { clock } = platform;
  const opened = new Map<EpochNumber, Opened>();
  let known: { readonly numbers: readonly EpochNumber[]; readonly at: number } | undefined;
  let listing: Promise<readonly EpochNumber[]> | undefined;
  let creating: Promise<Epoch> | undefined;
  let creationFailedAt: number | undefined;
  let lookedAgain: { readonly numbers: Promise<readonly EpochNumber[]>; readonly at: number } | undefined;

  /** Milliseconds since `at`. A clock that was set back would make things look young for ever: they count as old. */
  function age(at: number | undefined): number {
    const elapsed = at === undefined ? -1 : clock.now() - at;
    return elapsed < 0 ? Number.POSITIVE_INFINITY : elapsed;
  }

  /** The epoch numbers in the container, oldest first; at most `maxAge` milliseconds old. */
  async function numbers(maxAge: number): Promise<readonly EpochNumber[]> {
    if (known && age(known.at) < maxAge) return known.numbers;
    listing ??= list().finally(() => {
      listing = undefined;
    });
    return listing;
  }

  async function list(): Promise<readonly EpochNumber[]> {
    const found: EpochNumber[] = [];
    for await (const name of container.list('keyring/')) {
      const number = name.slice('keyring/'.length);
      if (isEpochNumber(number)) found.push(number);
    }
    known = { numbers: found, at: clock.now() };
    return found;
  }

  async function read(number: EpochNumber): Promise<Epoch> {
    const blob = await container.read(blobName.epoch(number));
    if (blob.status !== 'found') throw new TokenkeepError('seal_epoch_unknown', { detail: number });
    const epoch = await openEpoch(vault, number, blob.body);
    log.event('epoch_opened', { epoch: number });
    return epoch;
  }

  /** Opens an epoch once, whoever asks; a failure is not remembered. */
  function open(number: EpochNumber): Promise<Epoch> {
    const current = opened.get(number);
    if (current && age(current.at) < reopenMilliseconds) return current.epoch;

    if (current && age(current.at) < keepMilliseconds) {
      if (!current.reopening) {
        current.reopening = true;
        read(number).then(
          (epoch) => opened.set(number, { epoch: Promise.resolve(epoch), at: clock.now(), reopening: false }),
          (error) => {
            current.reopening = false;
            log.event('epoch_reopening_failed', { epoch: number }, error);
          },
        );
      }
      return current.epoch;
    }

    const opening = { epoch: read(number), at: clock.now(), reopening: false };
    opened.set(number, opening);
    opening.epoch.catch(() => {
      if (opened.get(number) === opening) opened.delete(number);
    });
    return opening.epoch;
  }

  /** Of several instances that create the same epoch, one wins; the others read what it wrote. */
  async function create(predecessor: Epoch | undefined): Promise<Epoch> {
    const number = epochAfter(predecessor?.number);
    const document = await generateEpoch(number, seconds(clock), platform.random, predecessor);
    const won = await container.create(blobName.epoch(number), await closeEpoch(vault, document));
    if (won) log.event('epoch_created', { epoch: number });
    await list();
    return open(number);
  }

  function createOnce(predecessor: Epoch | undefined): Promise<Epoch> {
    creating ??= create(predecessor).finally(() => {
      creating = undefined;
    });
    return creating;
  }

  async function newest(): Promise<Epoch> {
    const last = (await numbers(keepMilliseconds)).at(-1);
    if (last === undefined) return createOnce(undefined);
    const epoch = await open(last);
    if (seconds(clock) - epoch.createdAt < epochSeconds || age(creationFailedAt) < createAgainMilliseconds)
      return epoch;
    try {
      return await createOnce(epoch);
    } catch (error) {
      if (!isTokenkeepError(error)) throw error;
      creationFailedAt = clock.now();
      log.event('epoch_creation_failed', {}, error);
      return epoch;
    }
  }

  /** Whether a number that was not there when the ring last looked is there now. */
  async function isNew(number: EpochNumber): Promise<boolean> {
    if (!lookedAgain || age(lookedAgain.at) >= lookAgainMilliseconds)
      lookedAgain = { numbers: list(), at: clock.now() };
    return (await lookedAgain.numbers).includes(number);
  }

  return {
    newest,
    async epoch(number) {
      if (!(await numbers(keepMilliseconds)).includes(number) && !(await isNew(number))) {
        throw new TokenkeepError('seal_epoch_unknown', { detail: number });
      }
      return open(number);
    },
    async all() {
      const opening = await Promise.allSettled((await numbers(lookAgainMilliseconds)).map(open));
      const last = opening.at(-1);
      if (last?.status === 'rejected') throw last.reason;
      return opening.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
    },
    async rotate() {
      await list();
      return createOnce(await newest());
    },
  };
}

interface Opened {
  readonly epoch: Promise<Epoch>;
  readonly at: number;
  reopening: boolean;
}
