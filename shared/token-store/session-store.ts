import { isSealError, TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { Log } from '../telemetry/log.ts';
import type { Agenda } from './agenda.ts';
import type { Condition, Container, ETag } from './container.ts';
import {
  blobName,
  type EpochNumber,
  type Marker,
  type Minute,
  minuteOf,
  parseMarker,
  type SessionId,
  type UserId,
} from './names.ts';
import { keepRecent } from './recently-used.ts';
import type { Sealer } from './seal.ts';
import { decodeSession, encodeSession, type Session } from './session.ts';

/** A session as it was read, with the tag that a later write must match. */
export interface StoredSession {
  readonly session: Session;
  readonly etag: ETag;
}

/** Sessions at rest: sealed, indexed in the agenda and by user. */
export interface SessionStore {
  /** Stores a new session with its markers. */
  create(session: Session): Promise<void>;
  /** Undefined where there is no such session. Throws `seal_*` where the blob cannot be trusted. */
  read(id: SessionId): Promise<StoredSession | undefined>;
  /** As `read`, without asking the container where what is kept has this tag. */
  current(id: SessionId, etag: ETag): Promise<StoredSession | undefined>;
  /** The session a user began last, of those that are there still. Throws as `read` does. */
  newestOf(user: UserId): Promise<StoredSession | undefined>;
  /**
   * The sessions of a user, or those that an account is connected in: newest first, without any that cannot be read. Of
   * more than 50 the newest, or with `which` all, where to overlook one would be wrong.
   */
  sessionsOf(user: UserId, which?: 'all'): Promise<readonly StoredSession[]>;
  /** Seals a session for the recovery queue. */
  seal(session: Session): Promise<string>;
  /** Opens what `seal` sealed. Throws `seal_*`. */
  unseal(id: SessionId, sealed: string): Promise<Session>;
  /** Replaces the document and moves its markers: new markers, then the document, then the old markers away. */
  update(session: Session, old: Session, condition: Condition): Promise<ETag | undefined>;
  /**
   * Ends a session for good: whoever holds its lease loses it. Gives it as it was last, which may be newer than what was
   * given here; undefined where it had ended before.
   */
  end(session: Session): Promise<Session | undefined>;
  /** Ends a session that is still as it was read, and that nobody holds the lease of; false where that is not so. */
  endUnchanged(stored: StoredSession): Promise<boolean>;
}

/** How many opened sessions a process keeps, to answer an unchanged blob without opening it again. */
const keptSessions = 5_000;
/** Ending a session races with refreshes of it, each of which can win at most once. */
const endAttempts = 5;
/** Markers of a user that are looked at, newest first: those without a session are what a crash has left. */
const newestTried = 10;
/** Sessions of one user that are looked at together. */
const mostSessions = 50;

export function createSessionStore(container: Container, sealer: Sealer, agenda: Agenda, log: Log): SessionStore {
  const kept = new Map<SessionId, Kept>();

  async function read(id: SessionId): Promise<StoredSession | undefined> {
    const before = kept.get(id);
    const place = blobName.session(id);
    const blob = await container.read(place, before?.etag);
    kept.delete(id);
    if (blob.status === 'absent') return undefined;
    try {
      if (blob.status === 'unchanged' && before) {
        await sealer.admits(before.epoch);
        return keepRecent(kept, id, before, keptSessions);
      }
      if (blob.status !== 'found') throw new Error('304 without a tag to compare');
      const { document, epoch } = await sealer.open(place, blob.body);
      return keepRecent(kept, id, { session: decodeSession(document), etag: blob.etag, epoch }, keptSessions);
    } catch (error) {
      if (isSealError(error)) log.event('seal_refused', { session: id }, error);
      throw error;
    }
  }

  async function readable(id: SessionId): Promise<StoredSession | undefined> {
    try {
      return await read(id);
    } catch (error) {
      if (isSealError(error)) return undefined;
      throw error;
    }
  }

  const sealSession = (session: Session) => sealer.seal(blobName.session(session.id), encodeSession(session));

  return {
    read,

    async current(id, etag) {
      const before = kept.get(id);
      if (before?.etag !== etag) return read(id);
      await sealer.admits(before.epoch);
      return keepRecent(kept, id, before, keptSessions);
    },

    seal: sealSession,
    unseal: (id, sealed) => opened(blobName.session(id), sealed),

    async newestOf(user) {
      const names: string[] = [];
      for await (const name of container.list(`users/${user}/`)) names.push(name);
      let newest: (StoredSession & { readonly minute: Minute }) | undefined;
      for (const marker of names.slice(-newestTried).reverse().map(parseMarker)) {
        if (!marker || (newest && marker.minute !== newest.minute)) continue;
        const stored = await read(marker.id);
        // Who can write to the container can name a marker as they like; what is sealed in the session counts.
        if (!stored || !opensBy(stored.session).includes(user)) continue;
        const isNewer = !newest || stored.session.signedInAt > newest.session.signedInAt;
        if (isNewer) newest = { ...stored, minute: marker.minute };
      }
      return newest;
    },

    async sessionsOf(user, which) {
      const markers: Marker[] = [];
      for await (const name of container.list(`users/${user}/`)) {
        const marker = parseMarker(name);
        if (marker) markers.push(marker);
      }
      const found: (StoredSession | undefined)[] = [];
      do {
        const newest = markers.splice(-mostSessions);
        found.push(...(await Promise.all(newest.map(({ id }) => readable(id)))));
      } while (which === 'all' && markers.length > 0);
      return found
        .filter((stored) => stored !== undefined)
        .filter(({ session }) => namesOf(session).includes(user))
        .sort((one, other) => other.session.signedInAt - one.session.signedInAt);
    },

    async create(session) {
      const sealed = await sealSession(session);
      await Promise.all([
        agenda.file({ minute: session.visitAt, id: session.id }),
        ...userMarkers(session).map((name) => container.mark(name)),
      ]);
      // What is there already is what a first try has made whose answer was lost: nobody draws the same 256 bits.
      await container.create(blobName.session(session.id), sealed);
    },

    async update(session, old, condition) {
      const moved = session.visitAt !== old.visitAt;
      const [names, oldNames] = [userMarkers(session), userMarkers(old)];
      const added = names.filter((name) => !oldNames.includes(name));
      const dropped = oldNames.filter((name) => !names.includes(name));
      const sealed = await sealSession(session);
      if (moved) await agenda.file({ minute: session.visitAt, id: session.id });
      await Promise.all(added.map((name) => container.mark(name)));
      const etag = await container.replace(blobName.session(session.id), sealed, condition);
      if (etag && moved) await agenda.clear({ minute: old.visitAt, id: old.id });
      if (etag) await Promise.all(dropped.map((name) => container.unmark(name)));
      return etag;
    },

    async end(session) {
      const place = blobName.session(session.id);
      const removed = await removeWhateverIsThere(place);
      kept.delete(session.id);
      // What cannot be opened has ended all the same; then what the caller knows of it is all there is.
      const last = removed === undefined ? undefined : await opened(place, removed).catch(() => session);
      await clearMarkers(last ?? session);
      return last;
    },

    async endUnchanged({ session, etag }) {
      if (!(await container.remove(blobName.session(session.id), { etag }))) return false;
      kept.delete(session.id);
      await clearMarkers(session);
      return true;
    },
  };

  async function clearMarkers(session: Session): Promise<void> {
    const markers = userMarkers(session).map((name) => container.unmark(name));
    await Promise.all([...markers, agenda.clear({ minute: session.visitAt, id: session.id })]);
  }

  async function opened(place: string, body: string): Promise<Session> {
    return decodeSession((await sealer.open(place, body)).document);
  }

  /** Gives what was there. */
  async function removeWhateverIsThere(place: string): Promise<string | undefined> {
    for (let attempt = 0; attempt < endAttempts; attempt++) {
      const blob = await container.read(place);
      if (blob.status !== 'found') return undefined;
      await container.breakLease(place);
      if (await container.remove(place, { etag: blob.etag })) return blob.body;
    }
    throw new TokenkeepError('container_unreachable', { detail: 'the session is being written again and again' });
  }
}

/** The names that open a session: of whoever has signed in. */
function opensBy({ user, aliases }: Session): readonly UserId[] {
  return [user, ...aliases];
}

function namesOf(session: Session): readonly UserId[] {
  return [...opensBy(session), ...(session.connected ?? [])];
}

function userMarkers(session: Session): string[] {
  const marker = { minute: minuteOf(session.signedInAt * 1000), id: session.id };
  return namesOf(session).map((name) => blobName.ofUser(name, marker));
}

type Kept = StoredSession & { readonly epoch: EpochNumber };
