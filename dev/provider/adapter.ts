import { type Adapter, type AdapterFactory, type AdapterPayload, errors } from 'oidc-provider';
import type { RecordStore } from './record-store.ts';

/** What one grant gave out; all of it dies with the grant. */
const issuedUnderGrant = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);

/**
 * oidc-provider's storage interface over the record store.
 *
 * oidc-provider looks whether a code or refresh token is consumed and marks it so in two steps, so two requests that
 * arrive together could both be served. Here the second mark counts as reuse: the grant goes with all its tokens and
 * the request is refused (RFC 9700 section 4.14.2), which is what strict vendors do to two instances that race.
 */
export function storeAdapter(store: RecordStore): AdapterFactory {
  return (model): Adapter => ({
    async upsert(id: string, payload: AdapterPayload, expiresIn?: number) {
      store.put(model, id, payload, expiresIn);
    },
    async find(id: string) {
      return store.get(model, id);
    },
    async findByUid(uid: string) {
      return store.find(model, (payload) => payload.uid === uid);
    },
    async findByUserCode(userCode: string) {
      return store.find(model, (payload) => payload.userCode === userCode);
    },
    async consume(id: string) {
      const current = store.get(model, id);
      if (!current || current.consumed) {
        if (current?.grantId) revokeGrant(store, current.grantId);
        throw new errors.InvalidGrant({ detail: `${model} was used twice` });
      }
      store.patch(model, id, { consumed: Math.floor(Date.now() / 1000) });
    },
    async destroy(id: string) {
      store.delete(model, id);
    },
    async revokeByGrantId(grantId: string) {
      store.deleteWhere((record) => record.model === model && record.payload.grantId === grantId);
    },
  });
}

/** Removes a grant with every code and token issued under it: the next refresh answers `invalid_grant`. */
export function revokeGrant(store: RecordStore, grantId: string): void {
  store.delete('Grant', grantId);
  store.deleteWhere(({ model, payload }) => issuedUnderGrant.has(model) && payload.grantId === grantId);
}

/**
 * Removes the grants of one user, or of everyone, with all their tokens, as if the users had withdrawn their consent
 * at the provider. Browser sessions at the provider stay. Returns how many grants there were.
 */
export function revokeGrants(store: RecordStore, sub?: string): number {
  const concerned = (payload: AdapterPayload) => sub === undefined || payload.accountId === sub;
  store.deleteWhere(({ model, payload }) => issuedUnderGrant.has(model) && concerned(payload));
  return store.deleteWhere(({ model, payload }) => model === 'Grant' && concerned(payload));
}
