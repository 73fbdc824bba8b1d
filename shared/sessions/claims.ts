import { claimType } from '../providers/claim-types.ts';
import type { ClaimTypes } from '../providers/provider.ts';
import type { Claims } from '../token-store/session.ts';

/** One claim as the contract shows it: the value is always text. */
export interface ClaimView {
  readonly typ: string;
  readonly val: string;
}

/** What WEBSITE_AUTH_USE_LEGACY_CLAIMS=False renames as well, so that .NET's `IsInRole` finds roles. */
const modernTypes = {
  roles: claimType.role,
  scp: claimType.scope,
  acr: claimType.authenticationClass,
};

/** Claims in the order of the token; an array becomes one claim an element, an object its JSON. */
export function claimViews(claims: Claims, { types, prefix = '' }: ClaimTypes, legacy: boolean): ClaimView[] {
  const long = new Map(Object.entries(legacy ? types : { ...modernTypes, ...types }));
  return Object.entries(claims).flatMap(([name, value]) => {
    const typ = long.get(name) ?? prefix + name;
    const values = Array.isArray(value) ? value : [value];
    return values.filter((one) => one !== null && one !== undefined).map((one) => ({ typ, val: text(one) }));
  });
}

function text(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
