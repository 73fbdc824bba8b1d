import type { App } from '../../shared/app.ts';
import { seconds } from '../../shared/platform.ts';
import { endOfLife } from '../../shared/refresh/schedule.ts';
import type { Epoch } from '../../shared/token-store/epoch.ts';
import type { Entry, Session } from '../../shared/token-store/session.ts';
import { importedEntries } from './imported-entries.ts';
import { importedId, importedSession } from './imported-session.ts';
import type { StoreKey } from './open-entry.ts';
import { openFile } from './open-file.ts';
import { importRecords } from './record.ts';
import type { Outcome, Reason } from './report.ts';
import type { Sids } from './sids.ts';
import type { StoreFile } from './store-source.ts';

/** Imports one file. Throws where the stores cannot be reached. */
export type ImportFile = (file: StoreFile) => Promise<Outcome>;

/**
 * Makes the import into an app's store. A file that was imported is known again, so that it can be run as often as one
 * likes; one that has changed since brings its session up to date, unless the tokens in there are newer.
 */
export function createImport(app: App, epoch: Epoch, key: StoreKey, sids: Sids): ImportFile {
  const { store, settings, platform } = app;
  const { absoluteLifetime, refreshExtension } = settings.session;
  const records = importRecords(app.container, epoch);

  /** The user's session of a sign-in here, which an import must not stand before. */
  async function hasSignedIn({ user }: Session): Promise<boolean> {
    const newest = await store.newestOf(user);
    if (!newest || endOfLife(newest.session, refreshExtension) <= seconds(platform.clock)) return false;
    return !(await records.has(newest.session.id));
  }

  /** Stores the session of a file that is not as it was imported; what keeps it from that. */
  async function put(session: Session, seen: 'none' | 'other'): Promise<Reason | undefined> {
    const stored = await store.read(session.id);
    if (!stored) {
      // Without delete, what is left of the ended session keeps its place taken.
      if (seen === 'other' && !app.container.deletes) return 'ended';
      if (await hasSignedIn(session)) return 'newer-session';
      await store.create(session);
      return undefined;
    }
    // An import that was interrupted has stored the session, and nothing but its record is missing.
    if (seen === 'none') return undefined;
    const updated = broughtUpToDate(stored.session, session);
    if (!updated) return 'newer-tokens';
    return (await store.update(updated, stored.session, { etag: stored.etag })) ? undefined : 'busy';
  }

  return async (file) => {
    if (!/\.json$/i.test(file.name)) return left('other-file');
    const read = await file.read();
    if (!read) return left('too-large');
    const name = file.name.slice(0, -'.json'.length).toLowerCase();
    const id = importedId(epoch, name);
    const seen = await records.look(id, read.content);
    if (seen === 'same') return { status: 'already' };
    const opened = openFile(read.content, key);
    if (!opened.ok) return left(opened.reason);

    const now = seconds(platform.clock);
    const { entries, names, without, isConfigured } = importedEntries(opened.entries, app, now, read.writtenAt);
    if (entries.size === 0) return left(isConfigured ? 'no-identity' : 'unknown-provider');
    const alive = Math.max(...[...entries.values()].map(({ expiresAt }) => expiresAt ?? read.writtenAt));
    if (alive + absoluteLifetime <= now) return left('expired');

    const imported = { name, entries, sids: sids.of([name, ...names]) };
    const session = importedSession(imported, app.provider, settings.session, epoch, platform);
    const obstacle = await put(session, seen);
    if (obstacle) return left(obstacle);
    await records.write(id, read.content);
    const providers = [...entries.keys()];
    return { status: 'imported', again: seen === 'other', sid: session.sid, providers, without };
  };
}

function left(reason: Reason): Outcome {
  return { status: 'left', reason };
}

/**
 * The stored session with what Easy Auth has renewed since; undefined where it has renewed nothing. Who the user is
 * stays as it was found, and the session lives on as if it had begun now.
 */
function broughtUpToDate(stored: Session, session: Session): Session | undefined {
  const renewed = Object.entries(session.entries).filter(([of, entry]) => isNewer(entry, stored.entries[of]));
  if (renewed.length === 0) return undefined;
  const { expiresAt, endsAt, visitAt } = session;
  return { ...stored, expiresAt, endsAt, visitAt, entries: { ...stored.entries, ...Object.fromEntries(renewed) } };
}

function isNewer(entry: Entry, stored: Entry | undefined): boolean {
  if (!stored) return true;
  // Easy Auth once named files by what may change hands, such as an e-mail address.
  if (entry.issuer !== stored.issuer || entry.subject !== stored.subject) return false;
  if (entry.accessToken?.reveal() === stored.accessToken?.reveal()) return false;
  return (entry.expiresAt ?? entry.issuedAt) > (stored.expiresAt ?? stored.issuedAt);
}
