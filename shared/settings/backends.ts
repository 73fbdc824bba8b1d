import './jitless.ts';
import * as z from 'zod';
import { isEntraIssuer } from '../providers/entra-id/authority.ts';
import { providerName } from '../providers/provider-name.ts';
import type { Problem } from './problems.ts';
import type { BackendSettings } from './settings.ts';
import { endpoint } from './values.ts';

/** `backends` of auth.json, Tokenkeep's own: which programs may have tokens of absent users, and for what. */

const audience = z.string().min(1, 'an audience');
const scopes = z
  .array(z.string().regex(/^\S+$/, 'a scope without spaces'))
  .min(1, 'at least one scope, or "*"')
  .refine((list) => !list.includes('*') || list.length === 1, '"*" alone, or scopes');

const backend = z
  .strictObject({
    title: z.string().regex(/^[^\p{C}]{1,80}$/u, 'a title of 1 to 80 characters'),
    purpose: z.string().regex(/^[^\p{C}]{1,200}$/u, 'a purpose of 1 to 200 characters'),
    issuer: endpoint,
    audience: z.union([audience, z.array(audience).min(1, 'an audience')], { error: 'an audience, or a list' }),
    applicationId: z.string().min(1, 'the client id of an application'),
    role: z.string().regex(/^\S+$/, 'the value of an app role').optional(),
    scope: z.string().regex(/^\S+$/, 'a scope').optional(),
    providers: z
      .record(z.string(), scopes)
      .refine((given) => Object.keys(given).length > 0, 'at least one provider with its scopes'),
    tokensPerHour: z.int('a whole number').min(1, 'at least 1').max(100_000, 'at most 100000').default(60),
  })
  .refine(
    ({ role, scope }) => (role === undefined) !== (scope === undefined),
    'either role (Entra ID) or scope (other issuers)',
  )
  .refine(
    ({ role, issuer }) => role === undefined || (isEntraIssuer(issuer) && namesTenant.test(issuer)),
    'with role: the issuer of one tenant of Entra ID, by its id',
  );

/** The first part of the path; `common` and `organizations` speak for everybody's tenants. */
const namesTenant = /^\w+:\/\/[^/]+\/[\da-f-]{36}(\/|$)/i;

/** A part of paths, and a name in sessions and log lines. */
const name = z.string().regex(/^[a-z][a-z\d-]{0,31}$/, 'a name of 1 to 32 lower-case letters, digits and hyphens');

export const backends = z.record(name, backend).refine(eachApplicationOnce, 'each application once').default({});

function eachApplicationOnce(given: Record<string, z.infer<typeof backend>>): boolean {
  const applications = Object.values(given).map((one) => JSON.stringify([one.issuer, one.applicationId]));
  return new Set(applications).size === applications.length;
}

/** The backends as the app uses them. Those for a provider that is not configured are problems. */
export function backendSettings(
  given: z.infer<typeof backends>,
  providers: readonly string[],
  problems: Problem[],
): BackendSettings[] {
  return Object.entries(given).map(([name, { audience, providers: allowed, ...backend }]) => {
    const byName = Object.entries(allowed).map(([provider, list]) => [providerName(provider), list] as const);
    for (const [provider] of byName.filter(([one]) => !providers.includes(one))) {
      const found = /^\w{1,32}$/.test(provider) ? `"${provider}"` : 'something else';
      const expected = `one of the providers: ${providers.join(', ')}`;
      problems.push({ path: `auth.json: backends.${name}.providers`, found, expected });
    }
    return { name, ...backend, audiences: [audience].flat(), providers: new Map(byName) };
  });
}
