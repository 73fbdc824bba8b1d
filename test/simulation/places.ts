import { blobName, minuteOf, type SessionId } from '../../shared/token-store/names.ts';
import type { Session } from '../../shared/token-store/session.ts';
import { nameOf } from './amending.ts';
import type { Witness } from './invariants.ts';
import type { Family } from './ledger.ts';
import type { ModelProvider } from './model-provider.ts';
import { violation } from './violation.ts';

/** Watches in which session each family of refresh tokens is, and that it never returns to where it was taken out. */
export function createPlaces(provider: ModelProvider) {
  const familiesIn = (session: Session | undefined): Family[] =>
    Object.values(session?.entries ?? {}).flatMap(({ refreshToken }) =>
      refreshToken ? [provider.familyOf(refreshToken).family] : [],
    );

  function enter(family: Family, id: SessionId): void {
    if (family.isOut) violation('came-back', `${family.name} to ${id.slice(0, 4)}, which was disconnected`);
    if (family.place !== undefined && family.place !== id) {
      violation('in-two-sessions', `${family.name}: ${family.place.slice(0, 4)} and ${id.slice(0, 4)}`);
    }
    family.place = id;
  }

  return {
    /** A session was written. */
    written(witness: Witness, session: Session): void {
      const families = familiesIn(session);
      for (const family of familiesIn(witness.session).filter((one) => !families.includes(one))) {
        family.place = undefined;
        family.isOut = true;
      }
      for (const family of families) {
        enter(family, session.id);
        witness.families.add(family);
      }
    },
    /** A session was removed; what it had may go over into another. */
    removed(witness: Witness): void {
      for (const family of familiesIn(witness.session)) family.place = undefined;
      if (!witness.session) return;
      const { [witness.session.provider]: _signIn, ...entries } = witness.session.entries;
      witness.last = familiesIn({ ...witness.session, entries });
    },
  };
}

/** What is wrong with a session's names of accounts; those of a connection that was cut may be left over. */
export function wrongNames(
  session: Session,
  isMarked: (name: string) => boolean,
  mayHaveMore: boolean,
): string | undefined {
  const { entries, connected = [], provider, user, signedInAt, id } = session;
  const names = Object.entries(entries).flatMap(([name, entry]) => (name === provider ? [] : [nameOf(name, entry)]));
  if (!names.every((name) => connected.includes(name))) return 'an entry has no name';
  if (new Set(connected).size < connected.length) return 'a name is there twice';
  if (!mayHaveMore && connected.length > names.length) return 'a name has no entry';
  const marker = { minute: minuteOf(signedInAt * 1000), id };
  return [user, ...connected].every((name) => isMarked(blobName.ofUser(name, marker)))
    ? undefined
    : 'a name is unmarked';
}

/** What amendments have come to, as far as it was confirmed: consents by backend, and uses. */
export type Amended = Map<string, { given: boolean | undefined; uses: number }>;

/** Throws where a session is not as amendments have left it. */
export function checkAmended(session: Session, amended: Amended): void {
  for (const [backend, { given, uses }] of amended) {
    const isThere = session.consents?.[backend] !== undefined;
    if (given !== undefined && given !== isThere) {
      violation('undone', `${session.id.slice(0, 4)}: the consent for ${backend} is ${isThere ? 'there' : 'gone'}`);
    }
    const counted = session.uses?.find((one) => one.backend === backend)?.count ?? 0;
    if (counted < uses) violation('undone', `${session.id.slice(0, 4)}: ${counted} uses by ${backend} of ${uses}`);
  }
}
